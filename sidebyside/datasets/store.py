"""Where data sets lie, whether they are whole, and how they get there.

Every file that a loader reads is named in ``data/registry.txt`` with its hash. A file is used
only after its hash has been checked; what is missing or damaged is fetched again, to a temporary
name first, so that a folder never holds half a file under a real name.

What is in the data folder and not in the registry is the user's, and is never deleted.
"""

import contextlib
import errno
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from sidebyside.datasets.archives import Member, opened
from sidebyside.datasets.data_settings import SAMPLE_HINT, data_folder
from sidebyside.datasets.packaged import PACKAGE, copy_from_package, is_installed
from sidebyside.datasets.registry import Entry, folder_names, read_registry
from sidebyside.errors import DamagedDataError, DataError, MissingDataError, WriteError
from sidebyside.files import (
    put_aside,
    remove_leftovers,
    require_writable,
    write_folder,
    write_together,
    written_together,
)

State = Literal["verified", "damaged", "missing", "unreadable"]
Content = bytes | Mapping[str, bytes]  # of a file; of a folder's files, by their names

FOLDER_HINT = "Set SIDEBYSIDE_DATA_DIR to a folder of yours."
FULL = (errno.ENOSPC, errno.EDQUOT)  # no room on the disk, or no more for this user


class Store:
    """A folder of data files and the registry that says what they must be.

    Its methods raise a `DataError`, whose message says what to do, also if a file cannot be read
    or the folder cannot be written to.

    Parameters
    ----------
    folder
        Where the files are, or will be put; `data_folder()` unless given.
    registry
        What they must be; ``data/registry.txt`` unless given.
    """

    def __init__(self, folder: Path | None = None, registry: dict[str, Entry] | None = None):
        self.folder = folder or data_folder()
        self.registry = read_registry() if registry is None else registry

    def state(self, name: str) -> State:
        """Return whether the file, or folder, `name` is there and has its hash."""
        entry, path = self.registry[name], self.folder / name
        try:
            if not (path.is_dir() if entry.is_folder else path.is_file()):
                return "missing"
            return "verified" if entry.is_at(path) else "damaged"
        except OSError:
            return "unreadable"

    def members(self, folder: str) -> list[str]:
        """Return the registered names below `folder`, in the registry's order."""
        return [name for name in self.registry if name.startswith(f"{folder}/")]

    def ensure(
        self, names: Iterable[str], archive: str | None = None, inside: str = ""
    ) -> list[Path]:
        """Return the paths of the files `names`, every one whole.

        What is verified is left alone. What is missing or damaged is taken out of `archive`,
        which is downloaded if need be; without an archive each file is downloaded by itself.

        Parameters
        ----------
        names
            Of files and folders, as in the registry.
        archive
            The archive's name in the registry.
        inside
            What the names in the archive begin with: ``project-1.0/``.

        Raises
        ------
        MissingDataError
            If the archive, or a file, cannot be downloaded.
        DamagedDataError
            If what was downloaded is not, or does not hold, what the registry describes.
        UnsafeArchiveError
            If a member of the archive would land outside the folder.
        """
        names = list(names)
        with self._sentences():
            remove_leftovers(self.folder / name for name in [archive, *names] if name)
            if archive is None:
                return [self.fetch(name) for name in names]
            if wanted := self._wanted(names):
                self._extract(self.fetch(archive, wanted), wanted, inside)
        return [self.folder / name for name in names]

    def fetch(self, name: str, wanted: Iterable[str] = ()) -> Path:
        """Return the path of the downloaded file `name`, verified; download it if need be.

        `wanted` names the files it is needed for, for the message if it cannot be had.
        """
        entry, target = self.registry[name], self.folder / name
        with self._sentences():
            if not self._wanted([name]):
                return target
            require_writable(target)
            with written_together([target]) as [part]:
                self._download(entry, part, list(wanted))
                if not entry.is_at(part):
                    raise DamagedDataError(
                        f"What {entry.url} sent is not {name} as registered (wrong hash); it was "
                        "not kept. Try again: a broken download is the usual reason. "
                        f"{SAMPLE_HINT}"
                    )
        return target

    def make(
        self, names: Iterable[str], contents: Callable[[], Mapping[str, Content]]
    ) -> list[Path]:
        """Return the paths of files made on this machine; those not whole are written.

        Parameters
        ----------
        names
            Of files and folders, as in the registry.
        contents
            Makes what they hold, by their names; called only if it is needed.
        """
        names = list(names)
        paths = [self.folder / name for name in names]
        with self._sentences():
            remove_leftovers(paths)
            if wanted := self._wanted(names, say=False):
                require_writable(self.folder / wanted[0])
                made = contents()
                for name in wanted:
                    self._write(name, made[name])
        return paths

    def _wanted(self, names: Iterable[str], say: bool = True) -> list[str]:
        """Return which of `names` must be had again, or for the first time."""
        wanted = []
        for name in names:
            state, path = self.state(name), self.folder / name
            if state == "unreadable":
                raise DataError(
                    f"{path} is there, but cannot be read. Make it readable, or set "
                    "SIDEBYSIDE_DATA_DIR to a folder of yours."
                )
            if state == "damaged" and say:
                _say(f"{path} is damaged (wrong hash): fetching it again.")
            if state != "verified":
                wanted.append(name)
        return wanted

    def _download(self, entry: Entry, part: Path, wanted: list[str]) -> None:
        import requests  # only a download needs it

        from sidebyside.datasets.downloads import download

        if entry.url is None:
            raise MissingDataError(
                f"{entry.name} is not in {self.folder}, and there is no address to download it "
                f"from: put it there by hand. {SAMPLE_HINT}"
            )
        url = entry.url
        if url.startswith(PACKAGE):
            if entry.instead is None or is_installed(url):
                copy_from_package(entry.name, url, part)
                return
            url = entry.instead
        _say(f"Downloading {url}")
        try:
            download(url, part)
        except requests.RequestException as error:
            by_hand = f"{entry.name}, or the files out of it," if wanted else "it"
            raise MissingDataError(
                f"Could not download {url} ({type(error).__name__}). "
                f"Needed in {self.folder}: {', '.join(wanted) or entry.name}. Without a network, "
                f"put {by_hand} there by hand. {SAMPLE_HINT}"
            ) from error

    def _extract(self, archive: Path, names: Iterable[str], inside: str) -> None:
        """Take the files and folders `names` out of an archive, each checked by its hash."""
        with opened(archive, self.folder) as members:
            for name in names:
                content = self._content(members, name, inside)
                if content is None:
                    raise DamagedDataError(f"{archive} does not hold {name}: delete it, try again.")
                if not self.registry[name].describes(content):
                    raise DamagedDataError(
                        f"{name} in {archive} is damaged (wrong hash): delete it, try again."
                    )
                self._write(name, content)

    def _content(self, members: dict[str, Member], name: str, inside: str) -> Content | None:
        """Return what an archive has of a file or folder; None if it has nothing."""
        entry = self.registry[name]
        if not entry.is_folder:
            member = members.get(f"{inside}{name}")
            return member.read() if member else None
        contents = {}
        for path, member in members.items():  # in the archive's order: it is read once through
            place, _, file = path.rpartition("/")
            belongs = place == f"{inside}{name}" and fnmatchcase(file, entry.pattern)
            if belongs and (content := member.read()) is not None:
                contents[file] = content
        return contents or None

    def _write(self, name: str, content: Content) -> None:
        """Write a file, or a folder; other files that match the folder's pattern move out."""
        path, pattern = self.folder / name, self.registry[name].pattern
        if isinstance(content, bytes):
            write_together({path: content})
            return
        write_folder(path, content)
        others = [file for file in folder_names(path, pattern) if file not in content]
        if others:
            new = put_aside((path / file for file in others), path.with_name(f"{path.name}.extra"))
            _say(f"Not part of the data set, and moved from {path} to {new}: {_shown(others)}.")

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn the system's errors into sentences."""
        try:
            yield
        except WriteError as error:
            reason = error.__cause__ if isinstance(error.__cause__, OSError) else error
            hint = FOLDER_HINT
            if reason.errno in FULL:
                hint = "Make room there, or set SIDEBYSIDE_DATA_DIR to a folder on another disk."
            raise DataError(
                f"The data folder {self.folder} cannot be written to "
                f"({reason.strerror or reason}). {hint}"
            ) from error
        except OSError as error:
            raise DataError(
                f"{error.filename or self.folder} cannot be read ({error.strerror or error}). "
                f"{FOLDER_HINT}"
            ) from error


def _shown(names: list[str], most: int = 5) -> str:
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
