"""How the two notebooks of a pair line up: step by step, by the ids of their cells."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidebyside.lessons.pairs import Pair

if TYPE_CHECKING:  # importing it takes a second: only what reads a notebook does
    import nbformat

FIRST_STEPS = ("title", "setup", "imports")
LAST_STEPS = ("check", "report", "differences", "summary", "exercises", "explain")


@dataclass(frozen=True)
class Step:
    """One step of a pair: the two cells that share an id."""

    id: str
    pytorch: nbformat.NotebookNode
    tensorflow: nbformat.NotebookNode

    @property
    def cells(self) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
        """The PyTorch cell and the TensorFlow/Keras cell."""
        return self.pytorch, self.tensorflow

    @property
    def same(self) -> bool:
        """Whether both cells have the same text."""
        texts = [(cell.cell_type, cell.source) for cell in self.cells]
        return texts[0] == texts[1]


def steps(pair: Pair) -> list[Step]:
    """Return the steps of `pair`, aligned by cell id.

    Where the two files disagree (which the checks forbid), a step that only one of them has
    stands where it has it, with an empty cell on the other side.
    """
    return align(pair.read("pytorch"), pair.read("tensorflow"))


def align(pytorch: nbformat.NotebookNode, tensorflow: nbformat.NotebookNode) -> list[Step]:
    """Return the steps of two notebooks, aligned by cell id."""
    left, right = _by_id(pytorch), _by_id(tensorflow)
    return [
        Step(key[0], left.get(key) or _nothing(key[0]), right.get(key) or _nothing(key[0]))
        for key in _merged(list(left), list(right))
    ]


Key = tuple[str, int]  # a cell's id, and how many cells before it have the same


def _by_id(notebook: nbformat.NotebookNode) -> dict[Key, nbformat.NotebookNode]:
    seen: Counter[str] = Counter()
    found = {}
    for cell in notebook.cells:
        found[cell.id, seen[cell.id]] = cell
        seen[cell.id] += 1
    return found


def _merged(left: list[Key], right: list[Key]) -> Iterator[Key]:
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    seen = set()
    for _, a, b, c, d in matcher.get_opcodes():
        for key in left[a:b] + right[c:d]:
            if key not in seen:
                seen.add(key)
                yield key


def _nothing(name: str) -> nbformat.NotebookNode:
    from nbformat.v4 import new_markdown_cell

    cell: nbformat.NotebookNode = new_markdown_cell("", id=name)
    return cell


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))
