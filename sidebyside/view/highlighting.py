"""Code as HTML: colours that can be read on both grounds, and the lines that step back."""

from collections.abc import Collection

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


def python(source: str, dim: Collection[int] = ()) -> str:
    """Return a highlighted cell; the lines `dim`, counted from 1, have the class ``shared``."""
    formatter = HtmlFormatter(cssclass="highlight", hl_lines=sorted(dim))
    html = highlight(source, _lexer("ipython3", "python"), formatter)
    return html.replace('<span class="hll">', '<span class="shared">')


def fenced(source: str, language: str) -> str:
    """Return a highlighted block of code in any language; as it is, in one that is not known."""
    return highlight(source, _lexer(language, "text"), HtmlFormatter(cssclass="highlight"))


def style_sheet(style: type[Style], scope: str) -> str:
    """Return the rules that colour highlighted code inside of `scope`, a selector."""
    rules = HtmlFormatter(style=style).get_token_style_defs(f"{scope} .highlight")
    return "\n".join(rules)


def _lexer(name: str, other: str) -> Lexer:
    try:
        return get_lexer_by_name(name or other)
    except ClassNotFound:
        return get_lexer_by_name(other)
