"""Files are written whole or not at all, several of them together."""

import os
import stat

import pytest

from sidebyside import files
from sidebyside.errors import WriteError

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_text_has_the_same_bytes_on_every_system(tmp_path):
    files.write_text(tmp_path / "deep" / "text", "one\ntwö\n")
    assert (tmp_path / "deep" / "text").read_bytes() == "one\ntwö\n".encode()


def test_json_ends_with_a_newline_and_keeps_letters(tmp_path):
    files.write_json(tmp_path / "a.json", {"é": [1]})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n "é": [\n  1\n ]\n}\n'


def test_several_are_written_together(tmp_path):
    files.write_together({tmp_path / "a": b"1", tmp_path / "b" / "c": b"2"})
    assert (tmp_path / "a").read_bytes() == b"1"
    assert (tmp_path / "b" / "c").read_bytes() == b"2"


@pytest.mark.parametrize("broken", ["a", "b"])
def test_none_is_written_if_one_cannot_be(tmp_path, broken):
    (tmp_path / "a").write_bytes(b"before")
    (tmp_path / "b").write_bytes(b"before")
    (tmp_path / broken).unlink()
    (tmp_path / broken).mkdir()  # in whose place no file can be renamed
    other = tmp_path / ("b" if broken == "a" else "a")
    with pytest.raises(WriteError, match=f"{broken} cannot be written"):
        files.write_together({tmp_path / "a": b"after", tmp_path / "b": b"after"})
    assert other.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("new", [False, True], ids=["replaced", "new"])
def test_what_was_there_comes_back_if_the_last_cannot_have_its_name(tmp_path, monkeypatch, new):
    names = ["a", "b", "c"]
    for name in names[new:]:
        (tmp_path / name).write_bytes(name.encode())
    before = contents(tmp_path)
    replace = type(tmp_path).replace

    def refuse(part, target):  # as Windows does while another program has the file open
        if target == tmp_path / "c":
            raise PermissionError(13, "Permission denied")
        return replace(part, target)

    monkeypatch.setattr(type(tmp_path), "replace", refuse)
    with pytest.raises(WriteError, match=r"c cannot be written \(Permission denied\)"):
        files.write_together({tmp_path / name: b"after" for name in names})
    assert contents(tmp_path) == before


def test_what_fails_in_the_middle_leaves_nothing_behind(tmp_path):
    (tmp_path / "a").write_bytes(b"before")

    def fill_the_disk():
        with files.written_together([tmp_path / "a", tmp_path / "b"]) as parts:
            parts[0].write_bytes(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match="No space left on device"):
        fill_the_disk()
    assert contents(tmp_path) == {"a": b"before"}


def test_an_error_of_ones_own_leaves_nothing_behind(tmp_path):
    def give_up():
        with files.written_together([tmp_path / "a"]) as parts:
            parts[0].write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    assert contents(tmp_path) == {}


def test_two_at_once_do_not_share_a_temporary_file(tmp_path):
    target = tmp_path / "a"
    with files.written_together([target]) as one, files.written_together([target]) as two:
        assert one != two
        assert {path.parent for path in (*one, *two)} == {tmp_path}
        one[0].write_bytes(b"1")
        two[0].write_bytes(b"2")
    assert contents(tmp_path) == {"a": b"1"}  # the outer block ends last


@posix
def test_permissions_are_kept(tmp_path):
    target = tmp_path / "script"
    target.write_text("before")
    target.chmod(0o750)
    files.write_text(target, "after")
    assert stat.S_IMODE(target.stat().st_mode) == 0o750


@posix
def test_a_new_file_can_be_read_by_whom_the_system_says(tmp_path):
    (tmp_path / "usual").write_text("as any program writes it")
    files.write_text(tmp_path / "ours", "")
    modes = [(tmp_path / name).stat().st_mode for name in ("usual", "ours")]
    assert modes[0] == modes[1]


@posix
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    files.write_text(tmp_path / "link", "after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_text() == "after"
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["file"]


def test_whether_a_file_can_be_written_is_known_before(tmp_path):
    files.require_writable(tmp_path / "deep" / "er" / "file")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "deep").write_text("a file where a folder should be")
    with pytest.raises(WriteError, match=r"cannot be written .*Nothing was done"):
        files.require_writable(tmp_path / "deep" / "er" / "file")
