"""The command: it says what it will do, trains what is missing, shows or writes."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from small_project import keep_weights, write_project

from sidebyside.checkout import ROOT
from sidebyside.demos.making import demo_files, missing_weights
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs

pytest.importorskip("gradio", reason="the extra 'demo' is not installed")


# A shell's background job ignores Ctrl-C, and so do its children, unless they ask for it again.
COMMAND = """
import signal
import sys
from pathlib import Path
from sidebyside.cli import main, showing
signal.signal(signal.SIGINT, signal.default_int_handler)
from sidebyside.lessons import pairs
root = Path(sys.argv.pop(1))
pair = pairs.Pair(root / "beginner" / "small", "small", root)
pairs.find_pair = lambda topic: pair
showing.require = lambda *_: None  # the project needs no framework
main()
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the small project, which commands know as the topic 'small'."""
    pair = write_project(tmp_path / "checkout")
    (pair.root / "data").mkdir()
    for name in ("pyproject.toml", "data/registry.txt"):
        (pair.root / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(pairs, "find_pair", lambda _: pair)
    monkeypatch.setattr("sidebyside.cli.showing.require", lambda *_: None)
    return pair


@pytest.fixture
def served(monkeypatch):
    """Return what is shown, and how, instead of showing it."""
    calls = []
    monkeypatch.setattr(
        "sidebyside.demos.serving.serve", lambda files, _, **options: calls.append((files, options))
    )
    return calls


def test_what_is_missing_is_trained_first_and_told(sidebyside, project, served):
    done = sidebyside("demo", "small", "--data", "sample", "--no-browser", "--port", "7999")
    assert (done.code, done.err) == (0, "")
    assert "no weights of beginner/small yet" in done.out
    assert "PyTorch and TensorFlow/Keras will be trained on the sample" in done.out
    files = demo_files(project, "sample")
    assert missing_weights(files) == []
    options = {"server_name": "127.0.0.1", "server_port": 7999}
    assert served == [(files, options)]


def test_what_is_there_is_shown_at_once(sidebyside, project, served):
    keep_weights(demo_files(project, "sample"))
    done = sidebyside("demo", "small")
    assert (done.code, done.err) == (0, "")
    assert "trained" not in done.out
    assert served[0][0] == demo_files(project, "sample")


def test_a_failing_cell_is_shown_with_its_code(sidebyside, project, served):
    text = project.path("tensorflow").read_text("utf-8")
    project.path("tensorflow").write_text(text.replace("model = make_model()", "1 / 0"), "utf-8")
    done = sidebyside("demo", "small", "--data", "sample")
    assert done.code == 1
    assert f"{FRAMEWORKS['tensorflow']}: the step 'train' failed" in done.err
    assert "ZeroDivisionError" in done.err
    assert served == []
    assert missing_weights(demo_files(project, "sample")) == ["tensorflow"]


def test_a_space_is_written_and_nothing_shown(sidebyside, project, served, tmp_path):
    keep_weights(demo_files(project, "sample"))
    done = sidebyside("demo", "small", "--space", str(tmp_path / "space"))
    assert (done.code, done.err) == (0, "")
    assert "Written: " in done.out
    assert (tmp_path / "space" / "app.py").is_file()
    assert served == []


def test_a_project_without_a_demo_gets_a_sentence(sidebyside, project):
    (project.folder / "demo.py").unlink()
    done = sidebyside("demo", "small")
    assert done.code == 1
    assert "has no demo" in done.err


def test_without_gradio_the_command_says_what_to_install(sidebyside, project, monkeypatch):
    monkeypatch.setattr("sidebyside.lessons.extras._absent", lambda *_: iter(["gradio"]))
    done = sidebyside("demo", "small")
    assert done.code == 1
    assert "The demo of beginner/small needs gradio, which is not installed" in done.err
    assert "pip install -e .[demo]" in done.err


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signal for one process")
def test_the_page_is_there_until_ctrl_c_ends_it(project):
    keep_weights(demo_files(project, "sample"))
    words = ["demo", "small", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", COMMAND, str(project.root), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = process.stdout.readline()
            address = re.fullmatch(r"The demo is at (http://127\.0\.0\.1:\d+/) until .*\n", said)[1]
            with urllib.request.urlopen(address) as page:
                assert b"gradio" in page.read()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "")
    assert err.endswith("Stopped by Ctrl-C.\n")
