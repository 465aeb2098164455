"""The registry: what each file of a data set must be, by its hash.

``data/registry.txt`` has one line per file: ``NAME ALGORITHM:HASH [URL [URL]]``, with # comments.
NAME is the file's place in the data folder. A file without a URL comes out of an archive, or is
made on this machine. A URL ``package:PACKAGE/PATH`` names a file of an installed Python package; a
second URL after it is where the file is downloaded from if the package is not installed.

Some servers pack an archive when it is asked for, and do not promise the same bytes next time:
GitHub's archives of a commit are of this kind. Such an archive has ``zip:members`` in place of a
hash. It must be a whole zip archive, and what is taken out of it has hashes of its own.

A data set of very many small files has one line per folder instead: ``FOLDER/PATTERN
folder:HASH``, with one hash over all files right in the folder that match the pattern
(`contents_hash`). What does not match is none of the data set's business: a file manager's hidden
file, or notes of yours.
"""

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sidebyside.checkout import package_data

REGISTRY_FILE = package_data("data/registry.txt")
ZIP = "zip"  # in place of a hash: an archive whose members are checked


@dataclass(frozen=True)
class Entry:
    """A line of the registry.

    Attributes
    ----------
    name
        Of the file or folder: its place in the data folder.
    hash
        ``md5:...``, ``sha256:...`` or, of a folder, ``folder:...``; ``zip:members`` for an archive
        whose members are checked, and not its bytes.
    url
        Where it is downloaded from; None if it comes out of an archive, or is made here.
    pattern
        Of a folder: which of its files belong to the data set.
    instead
        Where it is downloaded from if `url` names a package that is not installed.
    """

    name: str
    hash: str
    url: str | None = None
    pattern: str = "*"
    instead: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, with one hash over its files."""
        return self.hash.startswith("folder:")

    def describes(self, content: bytes | Mapping[str, bytes]) -> bool:
        """Return whether a file's content, or those of a folder's files, have the hash."""
        algorithm, _, expected = self.hash.partition(":")
        if isinstance(content, bytes) and algorithm == ZIP:
            return zipfile.is_zipfile(io.BytesIO(content))
        if isinstance(content, bytes):
            return hashlib.new(algorithm, content).hexdigest() == expected
        return contents_hash(content) == expected

    def is_at(self, path: Path) -> bool:
        """Return whether the file or folder at `path` has the hash."""
        algorithm, _, expected = self.hash.partition(":")
        if self.is_folder:
            return contents_hash(read_folder(path, self.pattern)) == expected
        if algorithm == ZIP:
            return zipfile.is_zipfile(path)
        return file_hash(path, algorithm) == expected


def read_registry(file: Path = REGISTRY_FILE) -> dict[str, Entry]:
    """Read a registry: its entries by their names, in the order of the lines."""
    lines = (line.split("#")[0].split() for line in file.read_text("utf-8").splitlines())
    entries = [_entry(*words) for words in lines if words]
    return {entry.name: entry for entry in entries}


def _entry(name: str, checksum: str, url: str | None = None, instead: str | None = None) -> Entry:
    if checksum.startswith("folder:"):
        folder, _, pattern = name.rpartition("/")
        return Entry(folder, checksum, url, pattern)
    return Entry(name, checksum, url, instead=instead)


def file_hash(file: Path, algorithm: str) -> str:
    """Return the hexadecimal hash of `file`."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def folder_names(folder: Path, pattern: str = "*") -> list[str]:
    """Return the names of the files right in `folder` that match `pattern`, sorted."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name for entry in entries if fnmatchcase(entry.name, pattern) and entry.is_file()
        )


def read_folder(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    """Return what the files right in `folder` hold, by their names, in the names' order.

    Parameters
    ----------
    folder
        The folder; what its own folders hold is left out.
    pattern
        Which files: ``*.txt``.
    """
    contents = {}
    for name in folder_names(folder, pattern):
        with open(f"{folder}/{name}", "rb", buffering=0) as stream:
            contents[name] = stream.read()
    return contents


def contents_hash(contents: Mapping[str, bytes]) -> str:
    """Return the hash of a folder: SHA-256 over one line per file, in the names' order.

    A line is the file's name, a zero byte, the file's own SHA-256 in hexadecimal, a line feed.
    """
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(f"{name}\0{hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    return whole.hexdigest()
