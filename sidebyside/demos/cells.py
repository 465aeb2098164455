"""A notebook's cells, and the names that they define."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from sidebyside.errors import DemoError
from sidebyside.magics import plain_python


class Lesson:
    """The names that a notebook's cells have defined, as attributes.

    Parameters
    ----------
    framework
        ``pytorch`` or ``tensorflow``.
    defined
        The names, with what they stand for.
    """

    def __init__(self, framework: str, defined: dict[str, Any]) -> None:
        self.framework, self.defined = framework, defined

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "defined":  # what copying asks for
            raise AttributeError(name)
        try:
            return self.defined[name]
        except KeyError:
            raise AttributeError(
                f"The cells of the {self.framework} notebook that the demo executes define no "
                f"{name!r}."
            ) from None

    def given(self, **names: Any) -> Lesson:
        """Return the same lesson with some names standing for something else.

        The notebook's own functions, as they stand in it, see them; those that a decorator has
        wrapped do not.
        """
        others = self.defined | names
        for name, value in self.defined.items():
            if isinstance(value, FunctionType) and value.__globals__ is self.defined:
                others[name] = _with_globals(value, others)
        return Lesson(self.framework, others | names)


def _with_globals(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    other = FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    other.__kwdefaults__ = function.__kwdefaults__
    return other


def read_cells(notebook: Path) -> dict[str, str]:
    """Return the code cells of a notebook's file, by the names of their steps."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}


def step_of(entry: str) -> str:
    """Return the step that an entry of `Demo.cells` names, without the one definition of it."""
    return entry.partition(":")[0]


def execute(lesson: Lesson, cells: Mapping[str, str], entries: Iterable[str]) -> None:
    """Execute some cells; what they print is dropped.

    Parameters
    ----------
    cells
        The notebook's code cells, by the names of their steps.
    entries
        As in `Demo.cells`. A step that is Markdown in this notebook is passed over.

    Raises
    ------
    DemoError
        If a cell does not define what an entry asks for.
    """
    for entry in entries:
        step, _, only = entry.partition(":")
        if step not in cells:
            continue
        tree = ast.parse(plain_python(cells[step]))
        if only:
            tree.body = [node for node in tree.body if getattr(node, "name", "") == only]
            if not tree.body:
                raise DemoError(
                    f"The step {step!r} of the {lesson.framework} notebook does not define "
                    f"{only!r}, which its demo needs."
                )
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, f"{lesson.framework}: {step}", "exec"), lesson.defined)
