"""The side-by-side view in a terminal."""

from collections.abc import Iterator

import nbformat
from rich import box
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.markup import escape
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.steps import Step
from sidebyside.view.comparison import Comparison

MAX_OUTPUT_LINES = 12


def show(comparison: Comparison, console: Console) -> None:
    """Print a comparison: the steps aligned, then the figures."""
    for step in comparison.steps:
        for part in _step(step):
            console.print(part)
    console.print(figures_table(comparison))
    for framework, sentence in comparison.measured.items():
        if sentence:
            console.print(Text(f"{FRAMEWORKS[framework]}: {sentence}", "dim"))


def figures_table(comparison: Comparison) -> Table:
    """Return the figures of both sides as a table."""
    table = Table(
        "", *FRAMEWORKS.values(), box=box.SIMPLE_HEAD, title=escape(comparison.pair.title)
    )
    for quantity in comparison.quantities:
        sides = [comparison.figures[side].get(quantity.key) for side in FRAMEWORKS]
        table.add_row(quantity.label, *(figure.text if figure else "-" for figure in sides))
    return table


def _step(step: Step) -> Iterator[RenderableType]:
    if all(cell.cell_type == "markdown" for cell in step.cells):
        heading = (step.pytorch.source or step.tensorflow.source).partition("\n")[0]
        if heading.startswith("#"):
            yield Rule(Text(heading.lstrip("# "), style="bold"), characters="═")
        return  # the prose is on the page; a terminal is for the code
    yield Rule(Text(step.id, style="cyan"), align="left", style="dim")
    if step.same:
        yield Text("the same in both", style="dim italic")
        yield _source(step.pytorch)
    else:
        yield _columns(_source(step.pytorch), _source(step.tensorflow))
    outputs = [_output(cell) for cell in step.cells]
    if any(outputs):
        yield _columns(*(Text(text, style="green") for text in outputs))


def _columns(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _source(cell: nbformat.NotebookNode) -> RenderableType:
    if cell.cell_type == "markdown":
        return Group(Markdown(cell.source))
    return Syntax(cell.source, "python", theme="ansi_dark", background_color="default",
                  word_wrap=True)  # fmt: skip


def _output(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed, cut to some lines; pictures are on the page."""
    text = "".join(
        output.text for output in cell.get("outputs", []) if output.output_type == "stream"
    )
    lines = text.rstrip().splitlines()
    if len(lines) > MAX_OUTPUT_LINES:
        lines = [*lines[:MAX_OUTPUT_LINES], f"... {len(lines) - MAX_OUTPUT_LINES} lines more"]
    return "\n".join(lines)
