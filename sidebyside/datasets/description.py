"""What is known of a data set before it is there, and how it is loaded.

A loader's module has three things: a dataclass for what it returns, a function that reads the
files, and a `DataSet` that describes the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from sidebyside.datasets.data_settings import data_size
from sidebyside.datasets.store import Content, Store

Loaded = TypeVar("Loaded")
Files = Mapping[str, Path]  # the files and folders of a data set, by their names in its folder


@dataclass(frozen=True, kw_only=True)
class DataSet(Generic[Loaded]):
    """A data set: where its files lie, how they get there, and how they are read.

    Attributes
    ----------
    name
        What the loader is called, and the data set on the command line: ``cifar10``.
    title
        What people call it: ``CIFAR-10``.
    folder
        The folder of its files in the data folder; its sample has the same one in ``sample/``.
    files
        Those files of the folder that belong to it; all that are registered there unless given.
    archive
        The registered archive that the files are taken out of; None if each is downloaded by
        itself.
    inside
        What the names in the archive begin with, before the folder: ``project-1.0/``.
    download
        Bytes to download.
    licence, source
        The terms in a few words, and the address of the page that has them in full.
    read
        Makes what the loader returns from the files and from the size, ``full`` or ``sample``.
    sample
        Makes the sample: what its files and folders hold, by their names in the data set's
        folder. The same bytes on every machine, in at most two seconds.
    """

    name: str
    title: str
    folder: str
    files: tuple[str, ...] = ()
    archive: str | None = None
    inside: str = ""
    download: int
    licence: str
    source: str
    read: Callable[[Files, str], Loaded]
    sample: Callable[[], Mapping[str, Content]]

    def load(self, store: Store | None = None) -> Loaded:
        """Return the data of the size that `SIDEBYSIDE_DATA` names; see the loader.

        Parameters
        ----------
        store
            Where the files are; the data folder unless given.
        """
        size = data_size()
        return self.read(self.ensure(size, store or Store()), size)

    def ensure(self, size: str, store: Store) -> dict[str, Path]:
        """Return the files, every one verified, after getting those that are not.

        Raises
        ------
        DataError
            If one cannot be had.
        """
        names = self.names(size, store)
        if size == "full":
            paths = store.ensure(names, self.archive, self.inside)
        else:
            paths = store.make(names, self._sample_contents)
        start = len(self._folder(size)) + 1
        return {name[start:]: path for name, path in zip(names, paths, strict=True)}

    def names(self, size: str, store: Store) -> list[str]:
        """Return the names of the files in the registry, without the archive's."""
        folder = self._folder(size)
        return [f"{folder}/{file}" for file in self.files] or store.members(folder)

    def _folder(self, size: str) -> str:
        return self.folder if size == "full" else f"sample/{self.folder}"

    def _sample_contents(self) -> dict[str, Content]:
        folder = self._folder("sample")
        return {f"{folder}/{name}": content for name, content in self.sample().items()}
