"""The side-by-side view as HTML: one page that needs no other file, or a part of the site."""

import copy
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import nbformat
from markupsafe import Markup

from sidebyside.checkout import repository_url
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.address import links
from sidebyside.lessons.steps import Step
from sidebyside.view import highlighting, markdown
from sidebyside.view.comparison import Comparison, shared_lines
from sidebyside.view.outputs import outputs_as_html
from sidebyside.view.pictures import Picture, Show, named
from sidebyside.view.templating import Templates

ASSETS = Path(__file__).parent / "assets"
TITLE_LINE = re.compile(r"# |\[Open in Colab\]")

Section = tuple[str, str, list[str]]  # the id of its first step, its heading, the ids of its steps

templates = Templates(__package__)


@dataclass(frozen=True)
class Places:
    """Where what is outside of the page is.

    Attributes
    ----------
    link
        Returns where a relative link of the lesson's text leads.
    show
        Takes a picture; returns the address that shows it.
    find
        Takes the address of a picture in the lesson's text; returns the picture, or None if the
        repository has no such picture.
    """

    link: markdown.Link
    show: Show
    find: Callable[[str], Picture | None] = lambda target: None

    def picture(self, target: str) -> str | None:
        """Return the address that shows a picture of the lesson's text, or None."""
        found = self.find(target)
        return self.show(found) if found else None


@dataclass(frozen=True)
class Cell:
    """One cell as HTML: whose it is (None: both), its body and its outputs."""

    framework: str | None
    body: Markup
    outputs: list[Markup] = field(default_factory=list)


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
    places = Places(
        link=lambda target: f"{base}/{target}",
        show=lambda picture: picture.inline,
        find=partial(named, folder=comparison.pair.folder, root=comparison.pair.root),
    )
    return templates.page(
        "page",
        comparison=comparison,
        main=body(comparison, places),
        outline=outline(comparison),
        style=Markup((ASSETS / "sidebyside.css").read_text("utf-8") + code_colours()),
        script=Markup((ASSETS / "sidebyside.js").read_text("utf-8")),
    )


def body(comparison: Comparison, places: Places) -> Markup:
    """Return the view itself: its head with the figures, the switch, one row per step."""
    pair, url = comparison.pair, repository_url()
    return templates.part(
        "comparison",
        "body",
        comparison,
        frameworks=FRAMEWORKS,
        rows=[row(step, places) for step in comparison.steps],
        notebooks={name: places.link(pair.path(name).name) for name in FRAMEWORKS},
        power=power_of_ten,
        colab={name: links(pair, name, url)["colab"] for name in FRAMEWORKS},
    )


def outline(comparison: Comparison) -> Markup:
    """Return the list of the steps, by section, as links."""
    return outline_of(headings(comparison), "Steps")


def outline_of(sections: Iterator[Section], label: str) -> Markup:
    """Return a list of sections and what is in them, as links."""
    return templates.part("comparison", "outline", list(sections), label)


def code_colours() -> str:
    """Return the style sheet of highlighted code, in both colour schemes."""
    light = highlighting.style_sheet(highlighting.Light, "body")
    dark = highlighting.style_sheet(highlighting.Dark, "body")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def power_of_ten(value: float) -> str:
    """Return a small number as it is written: ``1.5 × 10⁻⁷``."""
    if not value:
        return "0"
    digits, _, exponent = f"{value:.1e}".partition("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits.removesuffix('.0')} × 10{raised}"


def row(step: Step, places: Places) -> Row:
    """Return a step as HTML: what is the same on both sides once, across the columns."""
    step = _without_title(step) if step.id == "title" else step
    kinds = {cell.cell_type for cell in step.cells}
    kind = "prose" if kinds == {"markdown"} else "code"
    outputs = _outputs(step, places)
    if step.same and outputs[0] == outputs[1]:
        return Row(step.id, kind, [Cell(None, _body(step.pytorch, places), outputs[0])])
    if step.same:
        both = [Cell(None, _body(step.pytorch, places))]
        own = [Cell(name, Markup(), out) for name, out in zip(FRAMEWORKS, outputs, strict=True)]
        return Row(step.id, kind, both + own)
    shared = shared_lines(step) if kinds == {"code"} else (set[int](), set[int]())
    sides = zip(FRAMEWORKS, step.cells, shared, outputs, strict=True)
    return Row(
        step.id, kind, [Cell(f, _body(cell, places, dim), out) for f, cell, dim, out in sides]
    )


def headings(comparison: Comparison) -> Iterator[Section]:
    """Yield the sections of a lesson.

    What comes before the first section belongs to one of its own, called Start.
    """
    section: Section = ("top", "Start", [])
    for step in comparison.steps:
        if step.pytorch.cell_type == "markdown" and step.pytorch.source.startswith("## "):
            if section[0] != "top" or section[2]:
                yield section
            heading = step.pytorch.source.splitlines()[0].removeprefix("## ").replace("`", "")
            section = (step.id, heading, [])
        elif "code" in {cell.cell_type for cell in step.cells}:
            section[2].append(step.id)
    yield section


def _without_title(step: Step) -> Step:
    """Return the first step without its heading and its links, which the page has in its head."""
    cells = [copy.copy(cell) for cell in step.cells]
    for cell in cells:
        kept = [line for line in cell.source.split("\n") if not TITLE_LINE.match(line)]
        cell.source = re.sub("\n{3,}", "\n\n", "\n".join(kept)).strip()
    return Step(step.id, *cells)


def _body(cell: nbformat.NotebookNode, places: Places, dim: Collection[int] = ()) -> Markup:
    if cell.cell_type == "code":
        return highlighting.python(cell.source, dim)
    return markdown.to_html(cell.source, places.link, places.picture)


def _outputs(step: Step, places: Places) -> list[list[Markup]]:
    """Return the outputs of both sides; equal ones do not name their side."""
    equal = step.same and step.pytorch.get("outputs") == step.tensorflow.get("outputs")
    if equal:
        return [outputs_as_html(step.pytorch, "", places.show)] * 2
    sides = zip(step.cells, FRAMEWORKS.values(), strict=True)
    return [outputs_as_html(cell, name, places.show) for cell, name in sides]
