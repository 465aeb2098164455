"""A pair, side by side: the model behind the terminal's view, the HTML page and the site."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.notebooks import read_notebook
from sidebyside.lessons.pairs import Pair
from sidebyside.lessons.steps import Step, align
from sidebyside.measure.figures import (
    Figures,
    Quantity,
    benchmark_figures,
    figures,
    last_report,
    load_benchmark,
    machine,
    quantities,
    with_benchmark,
)
from sidebyside.measure.parity_record import Parity, parity


@dataclass(frozen=True)
class Comparison:
    """All that a side-by-side view shows.

    Attributes
    ----------
    steps
        The aligned cells.
    figures
        For each framework, its figures by their keys.
    measured
        For each framework, a sentence on data, versions and machine; empty if nothing is stored.
    parity
        What the parity tests measured; None if the pair has no model, or was not measured.
    """

    pair: Pair
    steps: list[Step]
    figures: dict[str, Figures]
    measured: dict[str, str]
    parity: Parity | None = None

    @property
    def quantities(self) -> list[Quantity]:
        """What either side has a figure of, in the order of tables."""
        return quantities(self.figures.values())

    @property
    def without_model(self) -> str:
        """Why there is no model to compare; empty if there is one."""
        return self.pair.facts.without_model


def compare(pair: Pair, folder: Path | None = None) -> Comparison:
    """Return the comparison of a pair's stored notebooks, or of the run kept in `folder`."""
    notebooks = {
        framework: read_notebook((folder or pair.folder) / pair.path(framework).name)
        for framework in FRAMEWORKS
    }
    benchmark = load_benchmark(folder or pair.folder)
    reports = {framework: last_report(notebook) for framework, notebook in notebooks.items()}
    return Comparison(
        pair=pair,
        steps=align(notebooks["pytorch"], notebooks["tensorflow"]),
        figures={
            framework: with_benchmark(figures(notebook), benchmark_figures(benchmark, framework))
            for framework, notebook in notebooks.items()
        },
        measured={name: machine(report) if report else "" for name, report in reports.items()},
        parity=parity(pair),
    )


def shared_lines(step: Step) -> tuple[set[int], set[int]]:
    """Return which lines of the two cells, counted from 1, stand on the other side, too."""
    lines = [[line.strip() for line in cell.source.splitlines()] for cell in step.cells]
    matcher = difflib.SequenceMatcher(a=lines[0], b=lines[1], autojunk=False)
    left, right = set[int](), set[int]()
    for a, b, size in matcher.get_matching_blocks():
        left.update(range(a + 1, a + size + 1))
        right.update(range(b + 1, b + size + 1))
    return left, right
