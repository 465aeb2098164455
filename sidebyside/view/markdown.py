"""Markdown as HTML: tables, highlighted code, formulas, links led where they should go."""

import re
from collections.abc import Callable
from functools import cache

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from sidebyside.view.highlighting import fenced

Link = Callable[[str], str]


def to_html(source: str, link: Link = str, picture: Link = str) -> str:
    """Return a piece of Markdown as HTML.

    Parameters
    ----------
    link
        What the relative address of a link, as it stands in the source, is replaced by.
    picture
        The same for a picture.
    """
    parser = _parser()
    tokens = parser.parse(source)
    for token in tokens:
        for child in token.children or ():
            for name, lead in (("href", link), ("src", picture)):
                if (target := child.attrs.get(name)) and is_relative(str(target)):
                    child.attrs[name] = lead(str(target))
    return parser.renderer.render(tokens, parser.options, {})


def is_relative(target: str) -> bool:
    """Return whether an address leads to another file of the repository."""
    return not re.match(r"[a-zA-Z][\w+.-]*:|#|//", target)


def formula(tex: str, display: bool) -> str:
    """Return a formula, written in TeX, as MathML, which browsers draw without any script.

    Raises
    ------
    ValueError
        If it has a command that is not known.
    """
    shown = convert(tex.strip(), display="block" if display else "inline")
    if unknown := re.search(r"\\[a-zA-Z]+", re.sub(r"&#x0*5C;", r"\\", shown, flags=re.I)):
        raise ValueError(f"The formula {tex.strip()!r} has {unknown[0]}, which is not known.")
    return shown


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.use(
        dollarmath_plugin,
        allow_space=False,
        allow_digits=False,
        renderer=lambda tex, options: formula(tex, options["display_mode"]),
    )
    parser.add_render_rule("fence", _fence)
    return parser


def _fence(self, tokens, index, options, env) -> str:
    token = tokens[index]
    return fenced(token.content, token.info.split()[0] if token.info.strip() else "")
