"""Where data sets lie, whether they are whole, and how they get there.

Every file that a loader reads is named in ``data/registry.txt`` with its hash. A file is used
only after its hash has been checked; what is missing or damaged is fetched again, to a temporary
name first, so that a folder never holds half a file under a real name.
"""

import contextlib
import hashlib
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
REGISTRY_FILE = REPOSITORY / "data" / "registry.txt"
SIZES = ("full", "sample")
SAMPLE_HINT = "Set SIDEBYSIDE_DATA=sample to work on the built-in sample instead."


class DataError(RuntimeError):
    """A data set cannot be had as asked; the message says what to do."""


class MissingDataError(DataError):
    """A file is not there and could not be downloaded."""


class DamagedDataError(DataError):
    """A file does not have the hash that the registry gives for it."""


class UnsafeArchiveError(DataError):
    """An archive holds a member that would land outside the data folder."""


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
    return Path(os.environ.get("SIDEBYSIDE_DATA_DIR") or REPOSITORY / "data").expanduser()


@dataclass(frozen=True)
class Entry:
    """A line of the registry: a file's name in the data folder, its hash, where it is from."""

    name: str
    hash: str  # "md5:..." or "sha256:..."
    url: str | None = None  # None: it comes out of an archive, or is made here


def read_registry(file: Path = REGISTRY_FILE) -> dict[str, Entry]:
    """Read a registry: a line a file, ``NAME ALGORITHM:HASH [URL]``, with # comments."""
    lines = (line.split("#")[0].split() for line in file.read_text("utf-8").splitlines())
    return {words[0]: Entry(*words) for words in lines if words}


def file_hash(file: Path, algorithm: str) -> str:
    """Return the hexadecimal hash of `file`."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


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
        """Return ``verified``, ``damaged`` or ``missing`` for the file `name`."""
        file = self.folder / name
        if not file.is_file():
            return "missing"
        algorithm, _, expected = self.registry[name].hash.partition(":")
        return "verified" if file_hash(file, algorithm) == expected else "damaged"

    def members(self, folder: str) -> list[str]:
        """Return the registered names below `folder`, in the registry's order."""
        return [name for name in self.registry if name.startswith(f"{folder}/")]

    def ensure(self, names: Iterable[str], archive: str) -> list[Path]:
        """Return the paths of the files `names`, every one whole.

        What is verified is left alone. What is missing or damaged is taken out of `archive`,
        which is downloaded if need be.

        Raises
        ------
        MissingDataError
            If the archive cannot be downloaded.
        DamagedDataError
            If the archive, as downloaded, does not hold the files that the registry describes.
        UnsafeArchiveError
            If a member of the archive would land outside the folder.
        """
        names = list(names)
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
        require_writable(self.folder)
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
            raise MissingDataError(
                f"Could not download {entry.url} ({type(error).__name__}). "
                f"Needed in {self.folder}: {', '.join(wanted) or name}. Without a network, "
                f"put {name}, or the files out of it, there by hand. {SAMPLE_HINT}"
            ) from error
        return target

    def extract(self, archive: Path, names: Iterable[str]) -> None:
        """Take the members `names` out of a tar archive, each checked by its hash."""
        with tarfile.open(archive) as tar:
            members = {member.name.removeprefix("./"): member for member in tar}
            for member in members.values():
                _refuse_outside(member, self.folder, archive)
            for name in names:
                member = members.get(name)
                source = tar.extractfile(member) if member and member.isfile() else None
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

    def make(self, names: Iterable[str], contents: Callable[[], dict[str, bytes]]) -> list[Path]:
        """Return the paths of made files; those not whole are written from `contents()`."""
        names = list(names)
        wanted = [name for name in names if self.state(name) != "verified"]
        made = contents() if wanted else {}
        for name in wanted:
            with written_whole(self.folder / name) as stream:
                stream.write(made[name])
        return [self.folder / name for name in names]


def _refuse_outside(member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
    root = folder.resolve()
    landing = [root / member.name]
    if member.issym():
        landing.append((root / member.name).parent / member.linkname)
    elif member.islnk():
        landing.append(root / member.linkname)
    if not all(path.resolve().is_relative_to(root) for path in landing):
        raise UnsafeArchiveError(
            f"{archive} was not unpacked: its member {member.name!r} would land outside "
            f"{folder}. Delete the archive; it is not the one that this project describes."
        )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
