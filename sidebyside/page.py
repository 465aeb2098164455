"""The side-by-side view as one HTML page that needs no other file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import jinja2
import nbformat
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.lexers.python import PythonLexer

from sidebyside.compare import Comparison, shared_lines
from sidebyside.pairs import FRAMEWORKS, Step, repository_url

LIGHT, DARK = "xcode", "github-dark"


@dataclass(frozen=True)
class Cell:
    """One cell as HTML: whose it is (None: both), its body and its outputs."""

    framework: str | None
    body: str
    outputs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One step as HTML: one cell across both columns, or two."""

    id: str
    kind: str  # "prose" or "code"
    cells: list[Cell]


def render(comparison: Comparison) -> str:
    """Return the page as text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sidebyside", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    folder = comparison.pair.folder.relative_to(comparison.pair.root).as_posix()
    base = f"{repository_url()}/blob/main/{folder}"
    return environment.get_template("page.html.jinja").render(
        comparison=comparison,
        frameworks=FRAMEWORKS,
        rows=[row(step, base) for step in comparison.steps],
        outline=list(headings(comparison)),
        light=HtmlFormatter(style=LIGHT).get_style_defs(".code"),
        dark=HtmlFormatter(style=DARK).get_style_defs(".code"),
    )


def row(step: Step, base: str) -> Row:
    """Return a step as HTML: what is the same on both sides once, across the columns.

    `base` is where the notebooks' folder is to be seen, for links to what is in it.
    """
    kinds = {cell.cell_type for cell in step.cells}
    kind = "prose" if kinds == {"markdown"} else "code"
    outputs = [_outputs(cell) for cell in step.cells]
    if step.same and outputs[0] == outputs[1]:
        return Row(step.id, kind, [Cell(None, _body(step.pytorch, base), outputs[0])])
    if step.same:
        both = [Cell(None, _body(step.pytorch, base))]
        sides = zip(FRAMEWORKS, outputs, strict=True)
        return Row(step.id, kind, both + [Cell(name, "", output) for name, output in sides])
    shared = shared_lines(step) if kinds == {"code"} else (set(), set())
    sides = zip(FRAMEWORKS, step.cells, shared, outputs, strict=True)
    return Row(step.id, kind, [Cell(f, _body(cell, base, dim), out) for f, cell, dim, out in sides])


def headings(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Yield the sections of a lesson: the id of the step, and the heading."""
    for step in comparison.steps:
        if step.pytorch.cell_type == "markdown" and step.pytorch.source.startswith("## "):
            yield step.id, step.pytorch.source.splitlines()[0].removeprefix("## ")


def _body(cell: nbformat.NotebookNode, base: str, dim: set[int] = frozenset()) -> str:
    if cell.cell_type == "code":
        return _code(cell.source, dim)
    return _markdown(re.sub(r"\]\((?!\w+:|#)", f"]({base}/", cell.source))


def _code(source: str, dim: set[int] = frozenset()) -> str:
    """Return highlighted code; the lines `dim` have the class ``hll``."""
    formatter = HtmlFormatter(cssclass="code", hl_lines=sorted(dim))
    return highlight(source, PythonLexer(), formatter)


def _markdown(source: str) -> str:
    return MarkdownIt("commonmark", {"html": True, "highlight": _fenced}).enable("table").render(
        source
    )  # fmt: skip


def _fenced(source: str, language: str, _: str) -> str:
    lexer = get_lexer_by_name(language or "text")
    # markdown-it takes what begins with <pre as it is
    return highlight(source, lexer, HtmlFormatter(nowrap=True)).join(
        ('<pre class="code">', "</pre>")
    )


def _outputs(cell: nbformat.NotebookNode) -> list[str]:
    return [html for output in cell.get("outputs", []) if (html := _output(cell.id, output))]


def _output(name: str, output: nbformat.NotebookNode) -> str:
    escape = jinja2.filters.escape
    if output.output_type == "stream":
        return f"<pre>{escape(output.text.rstrip())}</pre>"
    if output.output_type == "error":
        return f'<pre class="error">{escape(output.ename)}: {escape(output.evalue)}</pre>'
    data = output.data
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            alt = f"Picture made by the step {name}"
            return f'<img src="data:{kind};base64,{data[kind].strip()}" alt="{alt}">'
    if "text/html" in data:
        return f'<div class="rich">{data["text/html"]}</div>'
    return f"<pre>{escape(data.get('text/plain', ''))}</pre>"
