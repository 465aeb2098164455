"""The pairs of notebooks: which there are, where they are, what they are called.

A pair is two files, ``<name>_pytorch.ipynb`` and ``<name>_tensorflow.ipynb``, in one folder. A
cell's id is the name of its step, and both files have the same ids in the same order; that is all
that aligns them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.checkout import ROOT
from sidebyside.errors import BrokenNotebookError, TopicError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.facts import Facts, read_facts

if TYPE_CHECKING:  # importing it takes a second: only what reads a notebook does
    import nbformat

LEVELS = ("prerequisites", "beginner", "intermediate", "advanced", "next")
PATH = "notebooks"  # the folder of the learning path
PATH_FOLDERS = tuple(f"{PATH}/{number}_{level}" for number, level in enumerate(LEVELS))
PROJECT_LEVELS = LEVELS[1:4]  # which have projects, in folders of their own


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
    def place(self) -> str:
        """Where it is in the repository: ``notebooks/1_beginner/02_first_network``."""
        return (self.folder.relative_to(self.root) / self.stem).as_posix()

    @property
    def level(self) -> str:
        """One of LEVELS."""
        folder = self.folder.relative_to(self.root)
        return re.sub(r"^\d+_", "", folder.parts[0 if self.is_project else 1])

    @property
    def is_project(self) -> bool:
        """Whether it is a project, with a folder of its own, and not a lesson of the path."""
        return self.folder.relative_to(self.root).parts[0] != PATH

    @property
    def topic(self) -> str:
        """What it is called in full, which nothing else is.

        ``beginner/image_classification``, a project; ``notebooks/beginner/first_network``, a
        lesson of the path.
        """
        return f"{self.level}/{self.stem}" if self.is_project else f"{PATH}/{self.short_topic}"

    @property
    def short_topic(self) -> str:
        """Level and name, which a lesson and a project may have in common."""
        return f"{self.level}/{self.name}"

    @property
    def facts(self) -> Facts:
        """What the PyTorch notebook says of the lesson, or the other one if there is none."""
        paths = [self.path(framework) for framework in FRAMEWORKS]
        return read_facts(next((path for path in paths if path.is_file()), paths[0]))

    @property
    def title(self) -> str:
        """The name for people, from the first heading: ``Image classification``."""
        return self.facts.title or self.name.replace("_", " ").capitalize()

    def path(self, framework: str) -> Path:
        """Return the file of one side."""
        return self.folder / f"{self.stem}_{framework}.ipynb"

    def read(self, framework: str) -> nbformat.NotebookNode:
        """Return one side's notebook.

        Raises
        ------
        BrokenNotebookError
            If the file is not a notebook that is in order.
        """
        from sidebyside.lessons.notebooks import read_notebook

        return read_notebook(self.path(framework))

    def broken(self) -> list[BrokenNotebookError]:
        """Return what keeps its notebooks from being read; nothing if both can be."""
        found = []
        for framework in FRAMEWORKS:
            try:
                self.read(framework)
            except BrokenNotebookError as error:
                found.append(error)
        return found


def pair_of(file: Path, root: Path = ROOT) -> Pair | None:
    """Return the pair that a notebook belongs to by its name; None if it has no such name."""
    for framework in FRAMEWORKS:
        if file.name.endswith(suffix := f"_{framework}.ipynb"):
            return Pair(file.parent, file.name.removesuffix(suffix), root)
    return None


def find_pairs(root: Path = ROOT) -> list[Pair]:
    """Return every pair of a repository, in the order of the learning path.

    A pair of which only one side exists is among them.
    """
    places = [*PATH_FOLDERS, *(f"{level}/*" for level in PROJECT_LEVELS)]
    files = [file for place in places for file in root.glob(f"{place}/*.ipynb")]
    found = {pair for file in files if (pair := pair_of(file, root))}
    return sorted(found, key=lambda pair: (LEVELS.index(pair.level), pair.is_project, pair.stem))


def find_pair(topic: str, root: Path = ROOT) -> Pair:
    """Return the pair called `topic`.

    Parameters
    ----------
    topic
        Its full topic, its place in the repository, or, where only one pair is called so, its
        short topic (``beginner/first_network``) or its name (``first_network``).

    Raises
    ------
    TopicError
        If no pair is called so, or more than one.
    """
    topic, pairs = topic.strip("/"), find_pairs(root)
    for called in (_in_full, _in_short):
        found = [pair for pair in pairs if topic in called(pair)]
        if len(found) == 1:
            return found[0]
        if found:
            raise TopicError(_ambiguous(topic, found))
    raise TopicError(_unknown(topic, pairs))


def _in_full(pair: Pair) -> Iterator[str]:
    yield from (pair.topic, pair.place)


def _in_short(pair: Pair) -> Iterator[str]:
    yield from (pair.short_topic, pair.name)


def _ambiguous(topic: str, found: list[Pair]) -> str:
    names = [pair.topic for pair in found]
    if len(set(names)) < len(names):  # which `sidebyside check` says, too
        names = [pair.place for pair in found]
    return f"There is more than one topic {topic!r}. Say which: {' or '.join(names)}."


def _unknown(topic: str, pairs: list[Pair]) -> str:
    if not pairs:
        return (
            f"There is no topic {topic!r}, and no lesson at all: lessons are in a checkout of the "
            "repository."
        )
    known = {name: pair.topic for pair in pairs for name in (*_in_full(pair), *_in_short(pair))}
    near = difflib.get_close_matches(topic, known, cutoff=0.5)
    names = sorted({known[name] for name in near}) or [pair.topic for pair in pairs]
    return (
        f"There is no topic {topic!r}. Did you mean: {', '.join(names)}? 'sidebyside list' shows "
        "them all."
    )
