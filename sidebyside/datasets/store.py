"""Where data sets lie, whether they are whole, and how they get there.

Every file that a loader reads is named in ``data/registry.txt`` with its hash. A file is used
only after its hash has been checked; what is missing or damaged is fetched again, to a temporary
name first, so that a folder never holds half a file under a real name.

A data set of very many small files has a line a folder instead, with one hash over all that the
folder holds (`contents_hash`). Such a folder is written, and replaced, as a whole.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import stat
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sidebyside.checkout import ROOT, package_data
from sidebyside.errors import DamagedDataError, DataError, MissingDataError, UnsafeArchiveError

REGISTRY_FILE = package_data("data/registry.txt")
SIZES = ("full", "sample")
SAMPLE_HINT = "Set SIDEBYSIDE_DATA=sample to work on the built-in sample instead."


def data_size() -> str:
    """Return ``full`` or ``sample``, from `SIDEBYSIDE_DATA`; any other value is a `DataError`."""
    size = os.environ.get("SIDEBYSIDE_DATA", "full")
    if size not in SIZES:
        raise DataError(
            f"SIDEBYSIDE_DATA is {size!r}, which is not a data size. "
            "Set it to 'full' (the original data) or 'sample' (small, made on this machine)."
        )
    return size


def data_folder() -> Path:
    """Return the folder of the data sets: `SIDEBYSIDE_DATA_DIR`, or the repository's ``data/``."""
    return Path(os.environ.get("SIDEBYSIDE_DATA_DIR") or ROOT / "data").expanduser()


@dataclass(frozen=True)
class Entry:
    """A line of the registry: a file's name in the data folder, its hash, where it is from."""

    name: str
    hash: str  # "md5:...", "sha256:..." or, of a folder, "folder:..."
    url: str | None = None  # None: it comes out of an archive, or is made here

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, with one hash over all its files."""
        return self.hash.startswith("folder:")


def read_registry(file: Path = REGISTRY_FILE) -> dict[str, Entry]:
    """Read a registry: a line a file, ``NAME ALGORITHM:HASH [URL]``, with # comments."""
    lines = (line.split("#")[0].split() for line in file.read_text("utf-8").splitlines())
    return {words[0]: Entry(*words) for words in lines if words}


def file_hash(file: Path, algorithm: str) -> str:
    """Return the hexadecimal hash of `file`."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return what the files right in `folder` hold, by their names, in the names' order."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_file())
    contents = {}
    for name in names:
        with open(f"{folder}/{name}", "rb", buffering=0) as stream:
            contents[name] = stream.read()
    return contents


def contents_hash(contents: dict[str, bytes]) -> str:
    """Return the hash of a folder: SHA-256 over a line for each file, in the names' order.

    A line is the file's name, a zero byte, the file's own SHA-256 in hexadecimal, a line feed.
    """
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(f"{name}\0{hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    return whole.hexdigest()


def write_folder(target: Path, contents: dict[str, bytes]) -> None:
    """Write a folder of files that takes the name `target` only when it is complete.

    A folder of that name is replaced as a whole.

    Raises
    ------
    DataError
        If the folder around it cannot be written to.
    """
    require_writable(target.parent)
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}.", suffix=".part"))
    try:
        new = part / "new"
        new.mkdir()
        for name, content in contents.items():
            (new / name).write_bytes(content)
        if target.is_dir() and read_folder(target) == contents:
            return  # another process was faster, and may be reading it
        if target.exists():
            os.replace(target, part / "old")
        os.replace(new, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def written_whole(target: Path):
    """Open a binary file that takes the name `target` only if the block ends without an error.

    Raises
    ------
    DataError
        If the folder cannot be written to.
    """
    require_writable(target.parent)
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.chmod(part, 0o644)
        os.replace(part, target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def require_writable(folder: Path) -> None:
    """Make `folder` if need be; a `DataError` if it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise DataError(
            f"The data folder {folder} cannot be written to ({error.strerror}). "
            "Set SIDEBYSIDE_DATA_DIR to a folder of yours."
        ) from error


class Store:
    """A folder of data files and the registry that says what they must be.

    Parameters
    ----------
    folder
        Where the files are, or will be put.
    registry
        What they must be; the repository's ``data/registry.txt`` unless given.
    """

    def __init__(self, folder: Path | None = None, registry: dict[str, Entry] | None = None):
        self.folder = folder or data_folder()
        self.registry = read_registry() if registry is None else registry

    def state(self, name: str) -> str:
        """Return ``verified``, ``damaged`` or ``missing`` for the file, or folder, `name`."""
        entry, path = self.registry[name], self.folder / name
        if not (path.is_dir() if entry.is_folder else path.is_file()):
            return "missing"
        algorithm, _, expected = entry.hash.partition(":")
        found = contents_hash(read_folder(path)) if entry.is_folder else file_hash(path, algorithm)
        return "verified" if found == expected else "damaged"

    def members(self, folder: str) -> list[str]:
        """Return the registered names below `folder`, in the registry's order."""
        return [name for name in self.registry if name.startswith(f"{folder}/")]

    def ensure(self, names: Iterable[str], archive: str | None = None) -> list[Path]:
        """Return the paths of the files `names`, every one whole.

        What is verified is left alone. What is missing or damaged is taken out of `archive`,
        which is downloaded if need be; without an archive each file is downloaded by itself.

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
        if archive is None:
            return [self.fetch(name) for name in names]
        wanted = {name: state for name in names if (state := self.state(name)) != "verified"}
        for name, state in wanted.items():
            if state == "damaged":
                _say(f"{self.folder / name} is damaged (wrong hash): fetching it again.")
        if wanted:
            self.extract(self.fetch(archive, wanted), wanted)
        return [self.folder / name for name in names]

    def fetch(self, name: str, wanted: Iterable[str] = ()) -> Path:
        """Return the path of the downloaded file `name`, verified; download it if need be.

        `wanted` names the files it is needed for, for the message if it cannot be had.
        """
        import pooch  # only a download needs it

        entry, target = self.registry[name], self.folder / name
        if (state := self.state(name)) == "verified":
            return target
        if state == "damaged":
            _say(f"{target} is damaged (wrong hash): downloading it again.")
        require_writable(target.parent)
        pooch.get_logger().setLevel("WARNING")
        try:
            # to a temporary name; renamed only if the hash is right
            pooch.retrieve(entry.url, entry.hash, name, self.folder, progressbar=True)
        except ValueError as error:
            raise DamagedDataError(
                f"What {entry.url} sent is not {name} as registered (wrong hash); it was not "
                f"kept. Try again: a broken download is the usual reason. {SAMPLE_HINT}"
            ) from error
        except OSError as error:  # what requests raises is an OSError, too
            by_hand = f"{name}, or the files out of it," if wanted else "it"
            raise MissingDataError(
                f"Could not download {entry.url} ({type(error).__name__}). "
                f"Needed in {self.folder}: {', '.join(wanted) or name}. Without a network, "
                f"put {by_hand} there by hand. {SAMPLE_HINT}"
            ) from error
        return target

    def extract(self, archive: Path, names: Iterable[str]) -> None:
        """Take the members `names` out of a tar or zip archive, each checked by its hash."""
        opened = zipfile.ZipFile if archive.suffix == ".zip" else tarfile.open
        with opened(archive) as pack:
            members = _zip_members(pack) if archive.suffix == ".zip" else _tar_members(pack)
            for member in members.values():
                _refuse_outside(member, self.folder, archive)
            for name in names:
                if self.registry[name].is_folder:
                    self._extract_folder(members, archive, name)
                    continue
                source = members[name].read() if name in members else None
                if source is None:
                    raise DamagedDataError(f"{archive} does not hold {name}: delete it, try again.")
                algorithm, _, expected = self.registry[name].hash.partition(":")
                with source, written_whole(self.folder / name) as stream:
                    content = source.read()
                    if hashlib.new(algorithm, content).hexdigest() != expected:
                        raise DamagedDataError(
                            f"{name} in {archive} is damaged (wrong hash): delete it, try again."
                        )
                    stream.write(content)

    def _extract_folder(self, members: dict[str, "_Member"], archive: Path, folder: str) -> None:
        """Take the files right in `folder` out of an archive, if they are what is registered."""
        contents = {}
        for name, member in members.items():  # in the archive's order: it is read once through
            place, _, file = name.rpartition("/")
            if place == folder and (source := member.read()) is not None:
                with source:
                    contents[file] = source.read()
        if not contents:
            raise DamagedDataError(f"{archive} does not hold {folder}: delete it, try again.")
        if contents_hash(contents) != self.registry[folder].hash.partition(":")[2]:
            raise DamagedDataError(
                f"{folder} in {archive} is damaged (wrong hash): delete it, try again."
            )
        write_folder(self.folder / folder, contents)

    def make(self, names: Iterable[str], contents: Callable[[], dict]) -> list[Path]:
        """Return the paths of made files; those not whole are written from `contents()`.

        It returns the bytes of each file by its name; for a folder, such a dictionary.
        """
        names = list(names)
        wanted = [name for name in names if self.state(name) != "verified"]
        made = contents() if wanted else {}
        for name in wanted:
            if self.registry[name].is_folder:
                write_folder(self.folder / name, made[name])
                continue
            with written_whole(self.folder / name) as stream:
                stream.write(made[name])
        return [self.folder / name for name in names]


@dataclass(frozen=True)
class _Member:
    """A member of an archive: its name, where it points to if it is a link, how to read it."""

    name: str
    target: Path | None  # relative to the folder that is unpacked into
    read: Callable[[], IO[bytes] | None]  # opens it; None if it is not a file


def _not_a_file() -> None:
    return None


def _tar_members(tar: tarfile.TarFile) -> dict[str, _Member]:
    members = {}
    for info in tar:
        target = Path(info.linkname) if info.islnk() else None
        if info.issym():
            target = Path(info.name).parent / info.linkname
        read = functools.partial(tar.extractfile, info) if info.isfile() else _not_a_file
        members[info.name.removeprefix("./")] = _Member(info.name, target, read)
    return members


def _zip_members(pack: zipfile.ZipFile) -> dict[str, _Member]:
    members = {}
    for info in pack.infolist():
        target = None
        if stat.S_ISLNK(info.external_attr >> 16):  # its content is where it points to
            target = Path(info.filename).parent / os.fsdecode(pack.read(info))
        is_file = target is None and not info.is_dir()
        read = functools.partial(pack.open, info) if is_file else _not_a_file
        members[info.filename.removeprefix("./")] = _Member(info.filename, target, read)
    return members


def _refuse_outside(member: _Member, folder: Path, archive: Path) -> None:
    root = folder.resolve()
    landing = [root / member.name, root / (member.target or "")]
    if not all(path.resolve().is_relative_to(root) for path in landing):
        raise UnsafeArchiveError(
            f"{archive} was not unpacked: its member {member.name!r} would land outside "
            f"{folder}. Delete the archive; it is not the one that this project describes."
        )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
