"""Markdown as HTML: tables, highlighted code, formulas, links led where they should go.

HTML in it is cleaned, and a picture that the repository does not have becomes its text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from sidebyside.view.highlighting import fenced
from sidebyside.view.sanitising import clean

Link = Callable[[str], str]
FindPicture = Callable[[str], str | None]


def to_html(source: str, link: Link = str, picture: FindPicture = lambda target: None) -> Markup:
    """Return a piece of Markdown as HTML.

    Parameters
    ----------
    link
        What the relative address of a link, as it stands in the source, is replaced by.
    picture
        The same for a picture; None if there is no such picture.
    """
    parser = _parser()
    tokens = parser.parse(source)
    for token in [token for parent in tokens for token in parent.children or ()]:
        if token.type == "image":
            _lead_picture(token, picture)
        elif (target := token.attrs.get("href")) and is_relative(str(target)):
            token.attrs["href"] = link(str(target))
    _clean(list(_html(tokens)))
    return Markup(parser.renderer.render(tokens, parser.options, {}))


def is_relative(target: str) -> bool:
    """Return whether an address leads to another file of the repository."""
    return not re.match(r"[a-zA-Z][\w+.-]*:|#|//", target)


def without_picture(text: str) -> str:
    """Return what is shown in place of a picture that the repository does not have."""
    return f"{text or 'A picture'} (not in the repository)"


def formula(tex: str, display: bool) -> str:
    """Return a formula, written in TeX, as MathML, which browsers draw without any script.

    Raises
    ------
    ValueError
        If it has a command that is not known.
    """
    shown = str(convert(tex.strip(), display="block" if display else "inline"))
    if unknown := re.search(r"\\[a-zA-Z]+", re.sub(r"&#x0*5C;", r"\\", shown, flags=re.I)):
        raise ValueError(f"The formula {tex.strip()!r} has {unknown[0]}, which is not known.")
    return shown


def _lead_picture(token: Token, picture: FindPicture) -> None:
    """Give a picture its address; where there is none, make it a text."""
    target = str(token.attrs["src"])
    if target.startswith("data:"):  # is the picture itself
        return
    if address := picture(target):
        token.attrs["src"] = address
        return
    token.type, token.tag, token.attrs, token.children = "text", "", {}, None
    token.content = without_picture(token.content)


def _html(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the pieces of HTML, in their order."""
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            yield token
        yield from _html(token.children or ())


def _clean(pieces: list[Token]) -> None:
    for token, cleaned in zip(pieces, clean([token.content for token in pieces]), strict=True):
        token.content = cleaned


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


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    token = tokens[index]
    return str(fenced(token.content, token.info.split()[0] if token.info.strip() else ""))
