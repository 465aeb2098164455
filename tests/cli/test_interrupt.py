"""Ctrl-C: one line, the exit code that shells have for it, and nothing goes on running."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.notebooks import write_notebooks

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="Windows has no signal for one process that is not the end of it"
)
PATIENCE = 60  # seconds
# A shell's background job ignores Ctrl-C, and so do its children, unless they ask for it again.
COMMAND = """
import signal
import sys
from pathlib import Path
from sidebyside.cli import main, working
signal.signal(signal.SIGINT, signal.default_int_handler)
from sidebyside.lessons import pairs
root = Path(sys.argv.pop(1))
pair = pairs.Pair(root / "beginner" / "slow", "slow", root)
pairs.find_pair = lambda topic: pair
working.require = lambda *_: None  # the pair needs no framework
main()
"""


@pytest.fixture
def slow(tmp_path):
    """Return a pair whose first notebook says which process it is in, and then takes its time."""
    pair = pairs.Pair(tmp_path / "beginner" / "slow", "slow", tmp_path)
    source = "import os\nopen('started', 'w').write(str(os.getpid()))"
    cells = [
        new_code_cell(source, id="start"),
        new_code_cell("import time\ntime.sleep(100)", id="sleep"),
    ]
    paths = [pair.path(framework) for framework in FRAMEWORKS]
    write_notebooks({path: new_notebook(cells=cells) for path in paths})
    return pair


@pytest.fixture
def start(slow):
    """Return a function that starts a command on the pair; what it started ends with the test."""
    started = []

    def run(*words, **environment):
        process = psutil.Popen(
            [sys.executable, "-c", COMMAND, str(slow.root), *words],
            cwd=ROOT, env={**os.environ, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            end(process)


def wait_for(told, process):
    """Return what `told` returns, as soon as it is something."""
    for _ in range(PATIENCE * 10):
        if found := told():
            return found
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise TimeoutError


def end(process):
    """End a process with all that it has started, so that nobody waits for what they print."""
    for one in [*process.children(recursive=True), process]:
        one.kill()
    process.communicate()


def interrupt(process):
    """Press Ctrl-C; return the exit code, what was printed, and what goes on running."""
    below = process.children(recursive=True)
    process.send_signal(signal.SIGINT)
    try:
        printed = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        end(process)
        raise
    _, alive = psutil.wait_procs(below, timeout=5)
    return process.returncode, *printed, alive


def test_run_ends_with_its_kernel(slow, start):
    process = start("run", "slow")
    file = slow.folder / "started"
    kernel = wait_for(lambda: file.is_file() and file.read_text(), process)
    code, _, said, alive = interrupt(process)
    assert (code, said, alive) == (130, "Stopped by Ctrl-C.\n", [])
    assert not psutil.pid_exists(int(kernel))
    assert not (slow.root / "build").exists()


def test_run_ends_while_a_kernel_starts(slow, start):
    process = start("run", "slow")
    wait_for(process.children, process)
    code, _, said, alive = interrupt(process)
    assert (code, said, alive) == (130, "Stopped by Ctrl-C.\n", [])


def test_open_ends_jupyterlab_and_its_kernels(slow, start, tmp_path):
    settings = {
        "JUPYTER_TOKEN": "secret",
        "JUPYTER_PORT": "0",
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
    }
    process = start("open", "slow", "--no-browser", **settings)
    servers = (tmp_path / "runtime").glob
    file = wait_for(lambda: next(iter(servers("jpserver-*.json")), None), process)
    wait_for(lambda: file.read_text().endswith("}"), process)
    address = f"{json.loads(file.read_text())['url']}api/kernels?token=secret"
    wait_for(lambda: post(address), process)
    code, _, said, alive = interrupt(process)
    assert code == 130
    assert said.endswith("Stopped by Ctrl-C.\n")
    assert alive == []
    assert "Shutting down 1 kernel" in said


def post(address):
    """Have JupyterLab start a kernel."""
    try:
        with urllib.request.urlopen(address, data=b"{}", timeout=10) as answer:
            return answer.read()
    except OSError:  # it is not ready yet
        return None
