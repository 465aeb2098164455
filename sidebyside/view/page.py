"""The side-by-side view as HTML: one page that needs no other file, or a part of the site."""

import base64
import copy
import hashlib
import io
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

import jinja2
import nbformat
from PIL import Image

from sidebyside.checkout import repository_url
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.address import links
from sidebyside.lessons.steps import Step
from sidebyside.view import highlighting, markdown
from sidebyside.view.comparison import Comparison, shared_lines

ASSETS = Path(__file__).parent / "assets"
FOLDED = 12  # lines of text, or rows of a table, from which on an output folds
SHOWN = 6  # lines of a folded text that are seen all the same
TALL = 520  # pixels, from which on a picture folds
PICTURES = ("image/png", "image/jpeg")

TITLE_LINE = re.compile(r"# |\[Open in Colab\]")

Picture = Callable[[bytes, str], str]


@dataclass(frozen=True)
class Places:
    """Where what is outside of the page is.

    Attributes
    ----------
    link
        Returns where a relative link of the lesson's text leads.
    picture
        Takes a picture and its media type; returns the address that shows it.
    folder
        Where the pictures are that the lesson's text names.
    """

    link: markdown.Link
    picture: Picture
    folder: Path = Path()

    def file(self, target: str) -> str:
        """Return the address of a picture that is a file of its own."""
        file = self.folder / target
        if not file.is_file():
            return self.link(target)
        return self.picture(file.read_bytes(), mimetypes.guess_type(file.name)[0])


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
    """Return a whole page, with everything that it needs in it."""
    folder = comparison.pair.folder.relative_to(comparison.pair.root).as_posix()
    base = f"{repository_url()}/blob/main/{folder}"
    places = Places(lambda target: f"{base}/{target}", inline_picture, comparison.pair.folder)
    return template("page").render(
        comparison=comparison,
        main=body(comparison, places),
        outline=outline(comparison),
        style=(ASSETS / "sidebyside.css").read_text("utf-8") + code_colours(),
        script=(ASSETS / "sidebyside.js").read_text("utf-8"),
    )


def body(comparison: Comparison, places: Places) -> str:
    """Return the view itself: its head with the figures, the switch, a row a step."""
    pair, url = comparison.pair, repository_url()
    return template("comparison").module.body(
        comparison,
        frameworks=FRAMEWORKS,
        rows=[row(step, places) for step in comparison.steps],
        notebooks={name: places.link(pair.path(name).name) for name in FRAMEWORKS},
        power=power_of_ten,
        colab={name: links(pair, name, url)["colab"] for name in FRAMEWORKS},
    )


def outline(comparison: Comparison) -> str:
    """Return the list of the steps, by section, as links."""
    return template("comparison").module.outline(list(headings(comparison)))


def code_colours() -> str:
    """Return the style sheet of highlighted code, in both colour schemes."""
    light = highlighting.style_sheet(highlighting.Light, "body")
    dark = highlighting.style_sheet(highlighting.Dark, "body")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def inline_picture(data: bytes, kind: str) -> str:
    """Return a picture as an address that is the picture."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def power_of_ten(value: float) -> str:
    """Return a small number as it is written: ``1.5 × 10⁻⁷``."""
    if not value:
        return "0"
    digits, _, exponent = f"{value:.1e}".partition("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits.removesuffix('.0')} × 10{raised}"


def picture_name(data: bytes, kind: str) -> str:
    """Return the name of the file that a picture has on the site, where equal ones are one.

    It is the name that myst-nb gives to it, so that a pair's three pages share the file.
    """
    suffix = mimetypes.guess_extension(kind)
    return hashlib.sha256(data).hexdigest() + (".jpeg" if suffix == ".jpe" else suffix)


def row(step: Step, places: Places) -> Row:
    """Return a step as HTML: what is the same on both sides once, across the columns."""
    step = _without_title(step) if step.id == "title" else step
    kinds = {cell.cell_type for cell in step.cells}
    kind = "prose" if kinds == {"markdown"} else "code"
    outputs = [_outputs(cell, name, places) for name, cell in _sides(step)]
    if step.same and step.pytorch.get("outputs") == step.tensorflow.get("outputs"):
        outputs = [_outputs(step.pytorch, None, places)] * 2
    if step.same and outputs[0] == outputs[1]:
        return Row(step.id, kind, [Cell(None, _body(step.pytorch, places), outputs[0])])
    if step.same:
        both = [Cell(None, _body(step.pytorch, places))]
        sides = zip(FRAMEWORKS, outputs, strict=True)
        return Row(step.id, kind, both + [Cell(name, "", output) for name, output in sides])
    shared = shared_lines(step) if kinds == {"code"} else (set(), set())
    sides = zip(FRAMEWORKS, step.cells, shared, outputs, strict=True)
    return Row(
        step.id, kind, [Cell(f, _body(cell, places, dim), out) for f, cell, dim, out in sides]
    )


def headings(comparison: Comparison) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the sections of a lesson: the id of their first step, the heading, the steps' ids.

    What comes before the first section belongs to one of its own, called Start.
    """
    section = ("top", "Start", [])
    for step in comparison.steps:
        if step.pytorch.cell_type == "markdown" and step.pytorch.source.startswith("## "):
            if section[0] != "top" or section[2]:
                yield section
            heading = step.pytorch.source.splitlines()[0].removeprefix("## ").replace("`", "")
            section = (step.id, heading, [])
        elif "code" in {cell.cell_type for cell in step.cells}:
            section[2].append(step.id)
    yield section


@cache
def template(name: str) -> jinja2.Template:
    """Return one of the package's templates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sidebyside.view", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(f"{name}.html.jinja")


def _without_title(step: Step) -> Step:
    """Return the first step without its heading and its links, which the page has in its head."""
    cells = [copy.copy(cell) for cell in step.cells]
    for cell in cells:
        kept = [line for line in cell.source.split("\n") if not TITLE_LINE.match(line)]
        cell.source = re.sub("\n{3,}", "\n\n", "\n".join(kept)).strip()
    return Step(step.id, *cells)


def _sides(step: Step) -> Iterator[tuple[str, nbformat.NotebookNode]]:
    return zip(FRAMEWORKS.values(), step.cells, strict=True)


def _body(cell: nbformat.NotebookNode, places: Places, dim: set[int] = frozenset()) -> str:
    if cell.cell_type == "code":
        return highlighting.python(cell.source, dim)
    return markdown.to_html(cell.source, places.link, places.file)


def _outputs(cell: nbformat.NotebookNode, framework: str | None, places: Places) -> list[str]:
    alt = f"Picture made by the step {cell.id}" + (f", {framework}" if framework else "")
    outputs = cell.get("outputs", [])
    return [html for output in outputs if (html := _output(output, alt, places))]


def _output(output: nbformat.NotebookNode, alt: str, places: Places) -> str:
    if output.output_type == "stream":
        return _text(output.text)
    if output.output_type == "error":
        return f'<pre class="error">{escape(output.ename)}: {escape(output.evalue)}</pre>'
    for kind in PICTURES:
        if kind in output.data:
            return _picture(base64.b64decode(output.data[kind]), kind, alt, places)
    if "text/html" in output.data:
        rich = f'<div class="rich">{output.data["text/html"]}</div>'
        rows = rich.count("<tr")
        return _folded(f"Table, {rows} rows", rich) if rows > FOLDED else rich
    return _text(output.data.get("text/plain", ""))


def _text(text: str) -> str:
    lines = escape(text.rstrip()).split("\n")
    if len(lines) <= FOLDED:
        return _pre(lines) if any(lines) else ""
    rest = lines[SHOWN:]
    return _pre(lines[:SHOWN]) + _folded(f"{len(rest)} more lines", _pre(rest))


def _pre(lines: list[str]) -> str:
    text = "\n".join(lines)
    return f"<pre>{text}</pre>"


def _picture(data: bytes, kind: str, alt: str, places: Places) -> str:
    width, height = Image.open(io.BytesIO(data)).size
    source = escape(places.picture(data, kind))
    image = (
        f'<img src="{source}" alt="{escape(alt)}" width="{width}" height="{height}" loading="lazy">'
    )
    return _folded(f"Picture, {width} × {height} pixels", image) if height > TALL else image


def _folded(summary: str, html: str) -> str:
    return f'<details class="fold"><summary>{escape(summary)}</summary>{html}</details>'
