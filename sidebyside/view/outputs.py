"""What a code cell has put out, as HTML; what is long is folded.

HTML that code has put out is shown as it is: whoever opens a page trusts the notebooks that it is
made from.
"""

import base64
import io
from collections.abc import Iterator

import nbformat
from markupsafe import Markup
from PIL import Image

from sidebyside.lessons.shape import is_hidden
from sidebyside.view.pictures import Picture, Show
from sidebyside.view.templating import Templates

FOLDED = 12  # lines of text, or rows of a table, from which on an output folds
SHOWN = 6  # lines of a folded text that are seen all the same
TALL = 520  # pixels, from which on a picture folds
PICTURES = ("image/png", "image/jpeg")

templates = Templates(__package__)


def outputs_as_html(cell: nbformat.NotebookNode, whose: str, show: Show) -> list[Markup]:
    """Return the outputs of a cell.

    Parameters
    ----------
    whose
        The framework's name for people, if it is one side's; it goes into the pictures' texts.
    show
        Takes a picture, and returns the address that shows it.
    """
    alt = f"Picture made by the step {cell.id}" + (f", {whose}" if whose else "")
    shown = [html for output in cell.get("outputs", []) for html in _output(output, alt, show)]
    if shown and is_hidden(cell):
        return [templates.part("outputs", "answer", Markup().join(shown))]
    return shown


def _output(output: nbformat.NotebookNode, alt: str, show: Show) -> Iterator[Markup]:
    """Yield one output; nothing if it is empty."""
    if output.output_type == "stream":
        yield from _text(output.text)
        return
    if output.output_type == "error":
        yield templates.part("outputs", "error", output.ename, output.evalue)
        return
    for kind in PICTURES:
        if kind in output.data:
            yield _picture(Picture(base64.b64decode(output.data[kind]), kind), alt, show)
            return
    if "text/html" in output.data:
        html = output.data["text/html"]
        rows = html.count("<tr")
        yield templates.part("outputs", "rich", Markup(html), rows, folded=rows > FOLDED)
        return
    yield from _text(output.data.get("text/plain", ""))


def _text(text: str) -> Iterator[Markup]:
    lines = text.rstrip().split("\n")
    if any(lines):
        shown = SHOWN if len(lines) > FOLDED else len(lines)
        yield templates.part("outputs", "text", lines, shown)


def _picture(picture: Picture, alt: str, show: Show) -> Markup:
    size = Image.open(io.BytesIO(picture.data)).size
    return templates.part("outputs", "picture", show(picture), alt, size, folded=size[1] > TALL)
