"""What a learner can get wrong, through the command line: a sentence, an exit code, no mess."""

import os
import re
import subprocess
import sys

import pytest

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS, OWNERS, other
from sidebyside.lessons import pairs
from sidebyside.lessons.execution import runs_folder

# Put before every program of the child processes, kernels included: what HIDE names cannot be
# imported or found, as if it were not installed; importing what KILL names ends a kernel.
SITE = """
import os
import sys
from importlib.machinery import PathFinder

KERNEL = any("ipykernel" in word for word in sys.orig_argv)


class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        top = name.partition(".")[0]
        if top == os.environ.get("KILL") and KERNEL:
            os.write(2, b"out of memory")
            os._exit(9)
        if top in os.environ.get("HIDE", "").split(","):
            return None
        return super().find_spec(name, path, target)


sys.meta_path[:] = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
"""
# what works without either, in one process
COMMANDS = """
import sys
import sidebyside
sidebyside.datasets.cifar10()
from sidebyside.cli import main
topic = "image_classification"
for words in (["list"], ["check", topic], ["compare", topic], ["data"], ["lookup", "conv2d"]):
    sys.argv = ["sidebyside", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code, words
for name in ("torch", "tensorflow", "keras"):
    assert name not in sys.modules
"""
TOPIC = pairs.find_pair("python_for_deep_learning")
LAST_RUN = runs_folder(TOPIC)


@pytest.fixture
def python(tmp_path):
    """Return a function that runs Python in such a process, in the repository's folder."""
    (tmp_path / "sitecustomize.py").write_text(SITE, "utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"PYTHONPATH": str(tmp_path), "COLUMNS": "500"}

    def run(*words, hide=None, **more):
        hidden = [module for module, framework in OWNERS.items() if framework == hide]
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env=environment | {"HIDE": ",".join(hidden)} | more,
        )  # fmt: skip

    return run


def files(folder):
    """Return the contents of the notebooks in a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*.ipynb")}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_run_without_a_framework_says_what_to_install(python, framework):
    before = files(TOPIC.folder), files(LAST_RUN)
    done = python("-m", "sidebyside", "run", TOPIC.topic, "--save", hide=framework)
    assert done.returncode == 1
    assert "is not installed in this environment" in done.stderr
    assert f"'pip install -e .[{framework}]'" in done.stderr
    assert f"--framework {other(framework)}'" in done.stderr
    assert (files(TOPIC.folder), files(LAST_RUN)) == before


def test_the_rest_needs_no_framework(python):
    done = python("-c", COMMANDS, HIDE=",".join(OWNERS))
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_framework_the_other_one_is_checked(python):
    made = [str(TOPIC.path(framework)) for framework in FRAMEWORKS]
    chapter = "dictionary/13_losses.toml"
    words = ["-m", "pytest", "-n", "0", "-rs", *made, "tests/parity/test_parity.py", chapter]
    done = python(*words, hide="tensorflow")
    assert done.returncode == 0, done.stdout
    cells = TOPIC.read("pytorch").cells
    steps = [cell.cell_type for cell in cells].count("code")
    assert f"{steps + 1} passed" in done.stdout  # and that it stands alone
    assert "What needs it is skipped: tensorflow is not installed" in done.stdout
    assert "SKIPPED [1] tests/parity/test_parity.py" in done.stdout
    assert re.search(rf"SKIPPED \[\d+\] {chapter}\S*: tensorflow is not", done.stdout)
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout


def test_in_continuous_integration_both_must_be_there(python):
    done = python(
        "-m", "pytest", "-n", "0", "tests/lessons/test_pairs.py", hide="pytorch", CI="true"
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stdout == ""
    assert done.stderr.startswith("ERROR: torch is not installed in this environment.")


def test_a_kernel_that_dies_is_told_with_its_step(python):
    before = files(TOPIC.folder)
    done = python("-m", "sidebyside", "run", TOPIC.topic, "--save", KILL="torch")
    assert done.returncode == 1
    assert "PyTorch: the step 'imports' failed. Nothing was written." in done.stderr
    assert "The kernel died." in done.stderr
    assert "out of memory" in done.stderr
    assert files(TOPIC.folder) == before


def test_wrong_data_size_is_told_in_the_step_that_loads(python):
    code = "import sidebyside; sidebyside.datasets.mnist()"
    done = python("-c", code, SIDEBYSIDE_DATA="smaple")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "SIDEBYSIDE_DATA is 'smaple', which is not a data size. Set it to 'full' (the original "
        "data) or 'sample' (small, made on this machine)."
    )
    done = python("-m", "sidebyside", "run", TOPIC.topic, "--data", "smaple")
    assert done.returncode == 2
    assert "'smaple' is not one of 'sample', 'full'" in done.stderr


@pytest.mark.parametrize(
    ("words", "inside"),
    [
        (["data", "fetch", "mnist"], ""),
        (["data", "fetch", "mnist"], "deeper"),
        (["run", "first_network"], ""),
    ],
    ids=["itself", "below it", "in a notebook"],
)
def test_data_folder_that_is_a_file_is_told(python, tmp_path, words, inside):
    file = tmp_path / "file"
    file.write_text("not a folder")
    done = python("-m", "sidebyside", *words, SIDEBYSIDE_DATA_DIR=str(file / inside))
    assert done.returncode == 1
    assert "cannot be written to" in done.stderr
    assert "Set SIDEBYSIDE_DATA_DIR to a folder of yours." in done.stderr
    assert file.read_text() == "not a folder"
