"""What the system refuses: a sentence that says what to do, and nothing half-written."""

import builtins
import errno
import os
import shutil
import stat
import subprocess
import sys

import pytest

from sidebyside import datasets
from sidebyside.datasets import DATA_SETS, DataError, MissingDataError, downloads, registry
from sidebyside.datasets.store import Store

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
ARCHIVED, FOLDERS, PLAIN = (DATA_SETS[name] for name in ("cifar10", "imdb", "mnist"))
every = pytest.mark.parametrize("data_set", DATA_SETS.values(), ids=DATA_SETS)
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class Stream:
    """A file that takes a few bytes, and then raises an error."""

    def __init__(self, path, problem):
        self.file = builtins.open(path, "wb")  # noqa: SIM115
        self.problem = problem

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(content[:100])
        self.file.flush()
        raise self.problem


@pytest.fixture
def interrupt(monkeypatch):
    """Return a function that lets downloads end with an error while they write."""

    def let(problem):
        def opened(path, mode):
            return Stream(path, problem)

        monkeypatch.setattr(downloads, "open", opened, raising=False)

    return let


@pytest.fixture
def full_disk(monkeypatch):
    """Let files that are written in one go take a few bytes only."""

    def write_half(path, content):
        with Stream(path, FULL) as stream:
            stream.write(content)

    monkeypatch.setattr("pathlib.Path.write_bytes", write_half)


@every
def test_disk_full_while_a_sample_is_made(data_set, tmp_path, full_disk):
    with pytest.raises(DataError) as error:
        data_set.load(Store(tmp_path))
    assert f"The data folder {tmp_path} cannot be written to (" in str(error.value)
    assert "Make room there, or set SIDEBYSIDE_DATA_DIR" in str(error.value)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "data_set", [one for one in DATA_SETS.values() if one.archive], ids=lambda one: one.name
)
def test_disk_full_while_unpacking(data_set, published, full_disk):
    with pytest.raises(DataError, match=f"{os.strerror(errno.ENOSPC)}.*Make room there"):
        data_set.load()
    assert files(published) == [data_set.archive]


@every
def test_disk_full_in_a_download_does_not_blame_the_network(data_set, published, interrupt):
    interrupt(FULL)
    with pytest.raises(DataError, match="Make room there") as error:
        data_set.load()
    assert not isinstance(error.value, MissingDataError)
    assert "network" not in str(error.value)
    assert files(published) == []


def test_a_download_that_is_interrupted_leaves_nothing(published, interrupt):
    interrupt(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        datasets.cifar10()
    assert files(published) == []


# A file system of 300 kB, seen by this command only: it is gone when the command ends.
SMALL_DISK = ["unshare", "--mount", "--map-root-user", "sh", "-c",
              'mount -t tmpfs -o size=300k tmpfs "$1" && shift && exec "$@"', "sh"]  # fmt: skip
ON_SMALL_DISK = """
import sys
from pathlib import Path
from sidebyside.datasets import DATA_SETS, DataError
from sidebyside.datasets.registry import Entry
from sidebyside.datasets.store import Store

folder, url = Path(sys.argv[1]), sys.argv[2]
one = Store(folder, {"one": Entry("one", "md5:0", url)})
for attempt in (lambda: DATA_SETS["cifar10"].load(Store(folder)), lambda: one.fetch("one")):
    try:
        attempt()
    except DataError as error:
        print(error)
    print([path.name for path in folder.rglob("*") if path.is_file()])
"""


def test_on_a_disk_that_is_really_full(tmp_path, server):
    small_disk = [*SMALL_DISK, str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*small_disk, "true"], check=False).returncode:
        pytest.skip("this system does not let us mount a small file system")
    served, address = server
    (served / "one").write_bytes(bytes(500_000))
    words = [*small_disk, sys.executable, "-c", ON_SMALL_DISK, str(tmp_path), f"{address}/one"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    made, after_making, fetched, after_fetching = done.stdout.splitlines()
    for sentence in (made, fetched):
        assert sentence.startswith(f"The data folder {tmp_path} cannot be written to (No space")
    assert after_making == after_fetching == "[]"


# ---- permissions ----


@posix
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o007, 0o660)])
def test_files_have_the_permissions_that_the_user_gives(published, mask, mode):
    before = os.umask(mask)
    try:
        for data_set in (ARCHIVED, FOLDERS, PLAIN):
            data_set.load()
    finally:
        os.umask(before)
    for path in published.rglob("*"):
        expected = mode | (mode >> 2 & 0o111) if path.is_dir() else mode
        assert stat.S_IMODE(path.stat().st_mode) == expected


def test_a_file_that_cannot_be_read_is_a_sentence(published, monkeypatch):
    datasets.mnist()

    def refuse(path, algorithm):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(registry, "file_hash", refuse)
    name = PLAIN.names("full", Store())[0]
    assert Store().state(name) == "unreadable"
    with pytest.raises(DataError, match=r"is there, but cannot be read\. Make it readable"):
        datasets.mnist()


# ---- what a killed process leaves ----


@pytest.fixture
def dead():
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@every
@pytest.mark.parametrize("size", ["full", "sample"])
def test_leftovers_of_a_killed_process_go(data_set, size, published, dead, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA", size)
    data_set.load()
    before = files(published)
    name = data_set.names(size, Store())[0]
    if data_set.archive and size == "full":
        name = data_set.archive
    left = (published / name).with_name(f".{(published / name).name}.{dead}-0a1b2c.part")
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    data_set.load()
    assert files(published) == before
