"""The pairs of notebooks: where they are, and how their steps line up.

A pair is two files, ``<topic>_pytorch.ipynb`` and ``<topic>_tensorflow.ipynb``, in one folder. A
cell's id is the name of its step, and both files have the same ids in the same order; that is all
that aligns them.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing it takes a second: only what reads a notebook does
    import nbformat

REPOSITORY = Path(__file__).resolve().parents[1]
FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow/Keras"}
LEVELS = ("prerequisites", "beginner", "intermediate", "advanced", "next")
FIRST_STEPS = ("title", "setup", "imports")
LAST_STEPS = ("check", "report", "differences", "exercises", "explain")

SETUP = """\
# In Colab, fetch the repository; anywhere else this cell does nothing.
import os
import sys

if "google.colab" in sys.modules:
    if not os.path.exists("{name}"):
        !git clone --quiet --depth 1 {url}
    sys.path.insert(0, "{name}")"""


class TopicError(LookupError):
    """There is no such topic; the message names those that come near."""


@dataclass(frozen=True)
class Pair:
    """A topic's two notebooks.

    Attributes
    ----------
    folder
        The folder both are in.
    stem
        The file name up to ``_pytorch.ipynb``: ``image_classification``, ``03_the_learning_loop``.
    root
        The repository.
    """

    folder: Path
    stem: str
    root: Path = REPOSITORY

    @property
    def name(self) -> str:
        """The topic without its number: ``the_learning_loop``."""
        return re.sub(r"^\d+_", "", self.stem)

    @property
    def level(self) -> str:
        """One of LEVELS."""
        folder = self.folder.relative_to(self.root)
        return re.sub(r"^\d+_", "", folder.parts[1 if folder.parts[0] == "notebooks" else 0])

    @property
    def is_project(self) -> bool:
        """Whether it is a project, with a folder of its own, and not a lesson of the path."""
        return self.folder.relative_to(self.root).parts[0] != "notebooks"

    @property
    def topic(self) -> str:
        """What the command line calls it: ``beginner/image_classification``."""
        return f"{self.level}/{self.name}"

    @property
    def title(self) -> str:
        """The name for people: ``Image classification``."""
        return self.name.replace("_", " ").capitalize()

    def path(self, framework: str) -> Path:
        """Return the file of one side."""
        return self.folder / f"{self.stem}_{framework}.ipynb"

    def read(self, framework: str) -> nbformat.NotebookNode:
        """Return one side's notebook."""
        import nbformat

        return nbformat.read(self.path(framework), as_version=4)


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
        return self.pytorch.cell_type == self.tensorflow.cell_type and (
            self.pytorch.source == self.tensorflow.source
        )


def find_pairs(root: Path = REPOSITORY) -> list[Pair]:
    """Return every pair below `root`, in the order of the learning path.

    A pair of which only one side exists is among them.
    """
    found = set()
    for place in ["notebooks/*", *(f"{level}/*" for level in LEVELS)]:
        for framework in FRAMEWORKS:
            for file in root.glob(f"{place}/*_{framework}.ipynb"):
                found.add(Pair(file.parent, file.name.removesuffix(f"_{framework}.ipynb"), root))
    return sorted(found, key=lambda pair: (LEVELS.index(pair.level), pair.is_project, pair.stem))


def find_pair(topic: str, root: Path = REPOSITORY) -> Pair:
    """Return the pair called `topic`: ``beginner/recommender``, or just ``recommender``.

    Raises
    ------
    TopicError
        If no pair is called so, or more than one.
    """
    pairs = find_pairs(root)
    found = [pair for pair in pairs if topic.strip("/") in (pair.topic, pair.name)]
    if len(found) == 1:
        return found[0]
    known = {name: pair.topic for pair in pairs for name in (pair.topic, pair.name)}
    near = difflib.get_close_matches(topic, known, cutoff=0.5)
    names = sorted({known[name] for name in near}) or [pair.topic for pair in pairs]
    raise TopicError(
        f"There is {'more than one' if found else 'no'} topic {topic!r}. "
        f"Did you mean: {', '.join(names)}? 'sidebyside list' shows them all."
    )


def steps(pair: Pair) -> list[Step]:
    """Return the steps of `pair`, aligned by cell id.

    Where the two files disagree (which the checks forbid), a step that only one of them has
    stands where it has it, with an empty cell on the other side.
    """
    return align(pair.read("pytorch"), pair.read("tensorflow"))


def align(pytorch: nbformat.NotebookNode, tensorflow: nbformat.NotebookNode) -> list[Step]:
    """Return the steps of two notebooks, aligned by cell id."""
    left = {cell.id: cell for cell in pytorch.cells}
    right = {cell.id: cell for cell in tensorflow.cells}
    return [
        Step(name, left.get(name) or _nothing(name), right.get(name) or _nothing(name))
        for name in _merged(list(left), list(right))
    ]


def _merged(left: list[str], right: list[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    seen = set()
    for _, a, b, c, d in matcher.get_opcodes():
        for name in left[a:b] + right[c:d]:
            if name not in seen:
                seen.add(name)
                yield name


def _nothing(name: str) -> nbformat.NotebookNode:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell("", id=name)


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook as JupyterLab does, whole or not at all."""
    import nbformat

    part = path.with_name(f".{path.name}.part")
    try:
        nbformat.write(notebook, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def repository_url(root: Path = REPOSITORY) -> str:
    """Return the repository's address, which stands in pyproject.toml and nowhere else."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return project["urls"]["Repository"]


def setup_source(url: str) -> str:
    """Return the text of every notebook's `setup` cell."""
    return SETUP.format(url=url, name=url.rsplit("/", 1)[-1])


def links(pair: Pair, framework: str, url: str) -> dict[str, str]:
    """Return what one side's `title` cell links to: ``colab``, ``twin`` and ``page``."""
    owner, name = url.rsplit("/", 2)[-2:]
    other = next(other for other in FRAMEWORKS if other != framework)
    file = pair.path(framework).relative_to(pair.root).as_posix()
    return {
        "colab": f"https://colab.research.google.com/github/{owner}/{name}/blob/main/{file}",
        "twin": pair.path(other).name,
        "page": f"https://{owner}.github.io/{name}/{pair.topic}.html",
    }
