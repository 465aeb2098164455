"""Which page of the site shows what, and where a link in the repository's text leads there."""

import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sidebyside.checkout import repository_url
from sidebyside.dictionary import Chapter, Entry, read_all
from sidebyside.errors import BrokenNotebookError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair, find_pairs

VIEWS = {"both": "Side by side"} | FRAMEWORKS
LEVELS = {
    "prerequisites": "Prerequisites",
    "beginner": "Beginner",
    "intermediate": "Intermediate",
    "advanced": "Advanced",
    "next": "What comes next",
}
DOCUMENTS = {
    "CONTRIBUTING.md": "contributing",
    "data/README.md": "data",
    "dictionary/README.md": "dictionary_entries",
}
HOME = "index"


@dataclass(frozen=True)
class Site:
    """The pages, by what they are made from.

    Attributes
    ----------
    root
        The repository.
    """

    root: Path

    @cached_property
    def pairs(self) -> list[Pair]:
        """The pairs whose notebooks are both there and can be read, in the order of the path."""
        return [pair for pair in self._complete if not self._broken[pair]]

    @cached_property
    def broken(self) -> list[BrokenNotebookError]:
        """What is wrong with the pairs that are left out because they cannot be read."""
        return [error for errors in self._broken.values() for error in errors]

    @cached_property
    def _complete(self) -> list[Pair]:
        return [p for p in find_pairs(self.root) if all(p.path(f).is_file() for f in FRAMEWORKS)]

    @cached_property
    def _broken(self) -> dict[Pair, list[BrokenNotebookError]]:
        return {pair: pair.broken() for pair in self._complete}

    @cached_property
    def url(self) -> str:
        """The repository's address."""
        return repository_url(self.root)

    @cached_property
    def lessons(self) -> dict[str, tuple[Pair, str]]:
        """For the name of each page of a pair: the pair, and which of VIEWS it is."""
        return {page(pair, view): (pair, view) for pair in self.pairs for view in VIEWS}

    def notebook(self, name: str) -> tuple[Pair, str] | None:
        """Return the pair and the framework of a page that shows a notebook, or None."""
        pair, view = self.lessons.get(name, (None, "both"))
        return (pair, view) if pair and view != "both" else None

    @cached_property
    def chapters(self) -> list[Chapter]:
        """The dictionary's chapters; none where there is no dictionary."""
        folder = self.root / "dictionary"
        return read_all(folder) if any(folder.glob("*_*.toml")) else []

    @cached_property
    def entries(self) -> dict[str, tuple[Chapter, Entry]]:
        """The dictionary's entries by their keys."""
        return {entry.key: (chapter, entry) for chapter in self.chapters
                for entry in chapter.entries}  # fmt: skip

    def project_page(self, pair: Pair) -> str | None:
        """Return the name of the page that a project's README is, or None."""
        there = pair.is_project and (pair.folder / "README.md").is_file()
        return f"{pair.topic}_project" if there else None

    @cached_property
    def sources(self) -> dict[str, str]:
        """For each file of the repository that is a page: the page's name."""
        found = {name: page for name, page in DOCUMENTS.items() if (self.root / name).is_file()}
        for pair in self.pairs:
            for framework in FRAMEWORKS:
                found[self._relative(pair.path(framework))] = page(pair, framework)
            if project := self.project_page(pair):
                found[self._relative(pair.folder / "README.md")] = project
        for chapter in self.chapters:
            found[self._relative(chapter.file)] = f"dictionary/{chapter.key}"
        found["README.md"] = HOME
        return found

    def neighbours(self, name: str) -> tuple[str | None, str | None]:
        """Return the pages before and after a lesson's page: the same view, along the path."""
        pair, view = self.lessons[name]
        place = self.pairs.index(pair)
        before = page(self.pairs[place - 1], view) if place else HOME
        after = page(self.pairs[place + 1], view) if place + 1 < len(self.pairs) else None
        return before, after

    def resolve(self, target: str, file: Path) -> str:
        """Return where a relative link that stands in `file` leads.

        The answer is a path below the site's root, such as ``/beginner/recommender_pytorch``, if
        the site has that page, otherwise the address in the repository.
        """
        path, hash_sign, anchor = target.partition("#")
        here = posixpath.dirname(self._relative(file))
        place = posixpath.normpath(posixpath.join(here, path))
        if place in self.sources:
            return f"/{self.sources[place]}{hash_sign}{anchor}"
        kind = "tree" if (self.root / place).is_dir() else "blob"
        return f"{self.url}/{kind}/main/{place}{hash_sign}{anchor}"

    def _relative(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()


def page(pair: Pair, view: str) -> str:
    """Return the name of a pair's page: ``beginner/recommender``, or one of its notebooks."""
    return pair.topic if view == "both" else f"{pair.topic}_{view}"


def relative(target: str, here: str) -> str:
    """Return the address of `target`, as `Site.resolve` gives it, from the page `here`."""
    if not target.startswith("/"):
        return target
    path, hash_sign, anchor = target[1:].partition("#")
    start = posixpath.dirname(here) or "."
    return f"{posixpath.relpath(f'{path}.html', start)}{hash_sign}{anchor}"
