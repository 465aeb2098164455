"""An environment that needs a newer C library: made whole or not at all, entered, and left."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from sidebyside.checkout import ROOT
from sidebyside.lessons import own_system
from sidebyside.lessons.extras import environments

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the lesson on TFX runs on Linux")
PYTHON = environments() / ".venv-tfx" / "bin" / "python"


@pytest.mark.parametrize(
    ("version", "enough"),
    [("2.36", False), ("2.39", True), ("2.41", True), ("3.0", True), ("2.39.1", True), ("", False)],
)
def test_a_version_is_new_enough_or_not(version, enough):
    assert own_system.is_new_enough(version) == enough


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Return a folder for an environment, a lock, and uv, on a system that is too old."""
    monkeypatch.setattr(own_system.platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(own_system, "why_not", lambda: "")
    monkeypatch.delenv("CI", raising=False)
    lock = tmp_path / "lock.txt"
    lock.touch()
    return tmp_path / ".venv-tfx", lock, tmp_path / "uv"


def test_what_was_cut_off_is_not_taken_for_whole_and_made_again(places, monkeypatch):
    folder, lock, uv = places
    tried = []

    def cut_off(place, *_):
        assert not place.exists()  # what was left of the last time is gone
        (place / "root").mkdir(parents=True)
        tried.append(place)
        if len(tried) == 1:
            raise subprocess.CalledProcessError(1, "debootstrap")

    monkeypatch.setattr(own_system, "make_system", cut_off)
    with pytest.raises(subprocess.CalledProcessError):
        own_system.build(folder, lock, uv)
    assert not folder.exists()
    assert own_system.build(folder, lock, uv) == ""
    assert (folder / "root").is_dir()
    assert (folder / own_system.DONE).is_file()
    assert not tried[0].exists()  # it has got its name


def test_a_failure_is_a_sentence_and_in_ci_an_error(places, monkeypatch, capsys):
    def fail(*_):
        raise subprocess.CalledProcessError(1, "debootstrap")

    words = [str(place) for place in places[:2]]
    monkeypatch.setattr(own_system, "make_system", fail)
    assert own_system.main(words) == 0
    assert "could not be made" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    assert own_system.main(words) == 1


def test_where_it_may_not_be_made_nothing_is_touched(places, monkeypatch, capsys):
    folder, lock, _ = places
    monkeypatch.setattr(own_system, "why_not", lambda: "Not here.")
    folder.mkdir()
    assert own_system.main([str(folder), str(lock)]) == 0
    assert capsys.readouterr().err == "Not here.\n"
    assert list(folder.iterdir()) == []


@LINUX
def test_it_says_why_not(monkeypatch):
    monkeypatch.setattr(own_system.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(own_system.os, "geteuid", lambda: 1000)
    assert "only root" in own_system.why_not()
    monkeypatch.setattr(own_system.os, "geteuid", lambda: 0)
    monkeypatch.setattr(own_system.shutil, "which", lambda name: name != "bwrap")
    assert "bwrap must be installed: apt-get install" in own_system.why_not().replace("to be ", "")
    monkeypatch.setattr(own_system.shutil, "which", lambda name: name)
    refused = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(own_system.subprocess, "run", lambda *_, **__: refused)
    assert "does not allow" in own_system.why_not()


def test_no_host_is_named():
    assert "://" not in (ROOT / "sidebyside" / "lessons" / "own_system.py").read_text("utf-8")


@LINUX
def test_the_script_shows_the_folders_of_this_system(tmp_path):
    script = tmp_path / "env" / "bin" / "python"
    script.parent.mkdir(parents=True)
    script.write_text(own_system.WRAPPER, "utf-8")
    script.chmod(0o755)
    bwrap = tmp_path / "bwrap"
    bwrap.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    bwrap.chmod(0o755)
    here = tmp_path / "a folder"
    here.mkdir()
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    command = [script, "-c", "print(1)"]
    options = {"cwd": here, "env": environment, "capture_output": True, "text": True}
    told = subprocess.run(command, check=True, **options).stdout.splitlines()
    bound = [told[n + 1 : n + 3] for n, word in enumerate(told) if word == "--bind"]
    assert [str(tmp_path / "env" / "root"), "/"] in bound
    assert [str(here)] * 2 in bound
    assert [str(tmp_path)] * 2 in bound
    assert told[-3:] == [f"{own_system.INSIDE}/bin/python", "-c", "print(1)"]
    assert {"--die-with-parent", "--unshare-pid"} <= set(told)


made = pytest.mark.skipif(not PYTHON.exists(), reason="make .venv-tfx/installed")


@made
def test_its_python_has_tfx_and_writes_where_we_read(tmp_path):
    code = "import importlib.metadata as m; open('found', 'w').write(m.version('tfx'))"
    subprocess.run([PYTHON, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "found").read_text("utf-8").startswith("1.")


@made
def test_what_runs_in_it_ends_when_it_is_killed(tmp_path):
    child = "import time; time.sleep(600)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{child}']).wait()"
    process = subprocess.Popen([PYTHON, "-c", code], cwd=tmp_path, start_new_session=True)
    try:
        begun = time.monotonic()
        while not (inside := [p for p in descendants(process.pid) if "600" in p[1][-1]][1:]):
            assert time.monotonic() - begun < 30
            time.sleep(0.1)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    gone, alive = psutil.wait_procs([one for one, _ in inside], timeout=10)
    assert gone
    assert not alive


def descendants(pid):
    """Return the processes below one, with their commands."""
    found = []
    for one in psutil.Process(pid).children(recursive=True):
        try:
            found.append((one, one.cmdline() or [""]))
        except psutil.NoSuchProcess:
            continue
    return found
