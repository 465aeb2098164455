"""Folders that are written whole, and what killed processes leave behind."""

import errno
import os
import re
import subprocess
import sys

import pytest

from sidebyside import files
from sidebyside.errors import WriteError


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_new_folder_appears_as_a_whole(tmp_path):
    files.write_folder(tmp_path / "deep" / "x", {"a": b"1", "b": b"2"})
    assert contents(tmp_path) == {"deep/x/a": b"1", "deep/x/b": b"2"}


def test_in_a_folder_only_what_differs_is_replaced(tmp_path):
    folder = tmp_path / "x"
    files.write_folder(folder, {"a": b"1", "b": b"2"})
    (folder / "mine").mkdir()
    (folder / "mine" / "a").write_bytes(b"of mine")
    (folder / "note").write_bytes(b"of mine")
    before = (folder / "a").stat().st_mtime_ns
    files.write_folder(folder, {"a": b"1", "b": b"3", "c": b"4"})
    mine = {"note": b"of mine", "mine/a": b"of mine"}
    assert contents(folder) == {"a": b"1", "b": b"3", "c": b"4"} | mine
    assert (folder / "a").stat().st_mtime_ns == before
    assert os.listdir(tmp_path) == ["x"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "x").mkdir()
    files.write_folder(tmp_path / "x", {"a": b"1"})
    assert contents(tmp_path) == {"x/a": b"1"}


def test_a_failed_write_leaves_the_old_folder(tmp_path, monkeypatch):
    files.write_folder(tmp_path / "x", {"a": b"1"})
    with pytest.raises(TypeError):
        files.write_folder(tmp_path / "x", {"a": b"2", "b": None})
    assert contents(tmp_path) == {"x/a": b"1"}

    def full(path, content):
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(WriteError, match=re.escape(f"{tmp_path / 'x'} cannot be written (")):
        files.write_folder(tmp_path / "x", {"a": b"2"})
    assert contents(tmp_path) == {"x/a": b"1"}


def test_a_file_in_the_folders_place_is_an_error(tmp_path):
    (tmp_path / "x").write_text("not a folder")
    with pytest.raises(WriteError, match="cannot be written"):
        files.write_folder(tmp_path / "x", {"a": b"1"})
    assert contents(tmp_path) == {"x": b"not a folder"}


def test_what_is_put_aside_replaces_nothing(tmp_path):
    for number, folder in enumerate(("aside", "aside-2", "aside-3")):
        (tmp_path / "a").write_bytes(b"%d" % number)
        assert files.put_aside([tmp_path / "a"], tmp_path / "aside") == tmp_path / folder
    assert contents(tmp_path) == {"aside/a": b"0", "aside-2/a": b"1", "aside-3/a": b"2"}


def test_what_cannot_be_put_aside_is_an_error(tmp_path):
    with pytest.raises(WriteError, match="cannot be written"):
        files.put_aside([tmp_path / "a"], tmp_path / "no" / "aside")


@pytest.fixture
def left(tmp_path):
    """Return a function that leaves a part of a file or folder behind, as a killed process does."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    def leave(target, kind="file", pid=process.pid, age=120):
        with files.written_together([target]) as [part]:  # its name, and nothing else
            part.touch()
            name = part.name.replace(str(os.getpid()), str(pid), 1)
        target.unlink()
        path = target.with_name(name)
        if kind == "folder":
            path.mkdir()
            (path / "a").write_bytes(b"half")
        else:
            path.write_bytes(b"half")
        stamp = path.stat().st_mtime - age
        os.utime(path, (stamp, stamp))
        return path

    return leave


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_leftovers_of_a_dead_process_are_removed(tmp_path, left, kind):
    left(tmp_path / "deep" / "one.txt", kind)
    files.remove_leftovers([tmp_path / "deep" / "one.txt", tmp_path / "none" / "two.txt"])
    assert os.listdir(tmp_path / "deep") == []


def test_what_may_be_at_work_stays(tmp_path, left):
    kept = [
        left(tmp_path / "one.txt", pid=os.getpid()),  # a process that lives
        left(tmp_path / "one.txt", age=0),  # written to just now, maybe by another machine
        left(tmp_path / "two.txt"),  # of a file that was not asked for
    ]
    for name in ("one.txt.part", ".one.txt.part", ".one.txt.12-notes.part"):
        (tmp_path / name).write_bytes(b"of mine")
        os.utime(tmp_path / name, (0, 0))
        kept.append(tmp_path / name)
    files.remove_leftovers([tmp_path / "one.txt"])
    assert sorted(tmp_path.iterdir()) == sorted(kept)
