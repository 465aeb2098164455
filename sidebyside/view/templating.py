"""Templates: HTML is written in files beside the code, and what is put into it is escaped."""

from functools import cached_property
from typing import Any

import jinja2
from markupsafe import Markup


class Templates:
    """The templates of one package, which has them in its folder ``templates``.

    Parameters
    ----------
    package
        Its name; a module gives its own, ``Templates(__package__)``.
    """

    def __init__(self, package: str) -> None:
        self.package = package

    @cached_property
    def environment(self) -> jinja2.Environment:
        """What loads them; a value that is missing is an error."""
        return jinja2.Environment(
            loader=jinja2.PackageLoader(self.package, "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def page(self, name: str, **values: Any) -> str:
        """Return a whole template, with its values."""
        return self._template(name).render(**values)

    def part(self, name: str, macro: str, *values: Any, **named: Any) -> Markup:
        """Return what a macro of a template makes of its values."""
        return Markup(getattr(self._template(name).module, macro)(*values, **named))

    def _template(self, name: str) -> jinja2.Template:
        return self.environment.get_template(f"{name}.html.jinja")
