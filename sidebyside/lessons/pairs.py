"""The pairs of notebooks: which there are, and where they are.

A pair is two files, ``<topic>_pytorch.ipynb`` and ``<topic>_tensorflow.ipynb``, in one folder. A
cell's id is the name of its step, and both files have the same ids in the same order; that is all
that aligns them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.checkout import ROOT
from sidebyside.errors import TopicError
from sidebyside.frameworks import FRAMEWORKS

if TYPE_CHECKING:  # importing it takes a second: only what reads a notebook does
    import nbformat

LEVELS = ("prerequisites", "beginner", "intermediate", "advanced", "next")


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
    root: Path = ROOT

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
        from sidebyside.lessons.notebooks import read_notebook

        return read_notebook(self.path(framework))


def find_pairs(root: Path = ROOT) -> list[Pair]:
    """Return every pair below `root`, in the order of the learning path.

    A pair of which only one side exists is among them.
    """
    found = set()
    for place in ["notebooks/*", *(f"{level}/*" for level in LEVELS)]:
        for framework in FRAMEWORKS:
            for file in root.glob(f"{place}/*_{framework}.ipynb"):
                found.add(Pair(file.parent, file.name.removesuffix(f"_{framework}.ipynb"), root))
    return sorted(found, key=lambda pair: (LEVELS.index(pair.level), pair.is_project, pair.stem))


def find_pair(topic: str, root: Path = ROOT) -> Pair:
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
