"""Code as HTML: colours that can be read on both grounds, lines that step back, lines that hang."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.style import Style
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Token
from pygments.util import ClassNotFound


class Light(Style):
    """For dark text on #f6f8fa; every colour has a contrast of at least 4.5 there."""

    background_color = "#f6f8fa"
    styles = {  # noqa: RUF012 (Pygments wants it so)
        Token: "#1f2328",
        Comment: "#2c6e49",
        Keyword: "#b3203a",
        Operator.Word: "#b3203a",
        Name.Builtin: "#0550ae",
        Name.Class: "#7a3e00",
        Name.Decorator: "#6639ba",
        Name.Exception: "#7a3e00",
        Name.Function: "#6639ba",
        Number: "#0550ae",
        String: "#0a3a73",
        Error: "#b3203a",
    }


class Dark(Style):
    """For light text on #161b22, likewise."""

    background_color = "#161b22"
    styles = {  # noqa: RUF012
        Token: "#e6edf3",
        Comment: "#7fc49b",
        Keyword: "#ff8b83",
        Operator.Word: "#ff8b83",
        Name.Builtin: "#79c0ff",
        Name.Class: "#ffb877",
        Name.Decorator: "#d2a8ff",
        Name.Exception: "#ffb877",
        Name.Function: "#d2a8ff",
        Number: "#79c0ff",
        String: "#a5d6ff",
        Error: "#ff8b83",
    }


# a highlighted line that is indented: the tags that are opened, the spaces, the rest
INDENT = re.compile(r"((?:<span[^>]*>)*)( +)(?!\s)(.*)", re.DOTALL)

WITHOUT_COLOUR = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')


class HangingLines(HtmlFormatter[str]):
    """Puts each line into a ``<span class="line">`` that knows how far it is indented.

    With it a style sheet lets what does not fit into a line go on below its own indent.
    """

    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Yield the lines, each in its span, then what Pygments puts around all of them."""
        return super().wrap(_hanging(source))  # type: ignore[no-any-return]


def python(source: str, dim: Collection[int] = ()) -> Markup:
    """Return a highlighted cell; the lines `dim`, counted from 1, have the class ``shared``."""
    html = _html(source, _lexer("ipython3", "python"), hl_lines=sorted(dim))
    return Markup(html.replace('<span class="hll">', '<span class="shared">'))


def spans(source: str) -> Markup:
    """Return highlighted Python as spans alone, which may stand wherever text may.

    Names, operators and brackets, which have no colour, have no span: a page with much code is
    half as large without them.
    """
    inside = re.search(r"<pre>(?:<span></span>)?(.*)</pre>", python(source), re.DOTALL)
    return Markup(WITHOUT_COLOUR.sub(r"\1", inside[1] if inside else ""))


def fenced(source: str, language: str) -> Markup:
    """Return a highlighted block of code in any language; as it is, in one that is not known."""
    return Markup(_html(source, _lexer(language, "text")))


def style_sheet(style: type[Style], scope: str) -> str:
    """Return the rules that colour highlighted code inside of `scope`, a selector."""
    rules = HtmlFormatter(style=style).get_token_style_defs(f"{scope} .highlight")
    return "\n".join(rules)


def _html(source: str, lexer: Lexer, **options: Any) -> str:
    return str(highlight(source, lexer, HangingLines(cssclass="highlight", **options)))


def _hanging(source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for is_code, line in source:
        if is_code and (found := INDENT.match(line)):
            tags, indent, rest = found.groups()
            line = f'{tags}<span class="indent">{indent}</span>{rest}'
            yield is_code, f'<span class="line" style="--indent:{len(indent)}">{line}</span>'
        else:
            yield is_code, f'<span class="line">{line}</span>' if is_code else line


def _lexer(name: str, other: str) -> Lexer:
    try:
        return get_lexer_by_name(name or other)
    except ClassNotFound:
        return get_lexer_by_name(other)
