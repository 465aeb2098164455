"""The check of notebooks checks: a changed output fails, by its step's name.

All notebooks are checked by one pytest process, and what it says of each is looked at.
"""

import os
import shutil
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from sidebyside.checkout import ROOT, repository_url
from sidebyside.frameworks import FRAMEWORKS, missing
from sidebyside.lessons.address import setup_source

FOLDER = ROOT / "build" / "nbval"
NEEDY = f"needy_{next(name for name in FRAMEWORKS if name not in missing())}"
NAME = repository_url().rsplit("/", 1)[-1]
# lessons may need an extra that no environment has
PLUGIN = """
from sidebyside.lessons import extras

extras.extras = lambda root: {"vision": ["no-such-package"]}
"""


def cell(name, source, stored=None, tags=()):
    outputs = [new_output("stream", text=stored)] if stored else []
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, id=name, outputs=outputs, execution_count=1, metadata=metadata)


SETUP = cell("setup", setup_source(repository_url()))
NOTEBOOKS = {
    "equal": [cell("say-hello", "print('hello')", "hello\n"), cell("add", "x = 1")],
    "changed": [cell("say-hello", "print('hello')", "goodbye\n"), cell("after", "x = 1")],
    "ignored": [cell("train", "print('0.51')", "0.49\n", tags=["nbval-ignore-output"])],
    "sample": [
        cell(
            "look",
            "import os; print(os.environ['SIDEBYSIDE_DATA'], os.environ['OMP_NUM_THREADS'])",
            "sample 1\n",
        )
    ],
    "colab": [
        SETUP,
        cell(
            "look",
            "import sidebyside; print(os.path.relpath(sidebyside.__file__), os.listdir())",
            f"{os.path.join(NAME, 'sidebyside', '__init__.py')} ['{NAME}']\n",
        ),
    ],
    "writes": [SETUP, cell("wrong", "open('model.bin', 'w').close()")],
    "installed": [SETUP, cell("wrong", "import sys; sys.path.pop(0); import sidebyside")],
    NEEDY: [cell("say-hello", "print('hello')", "hello\n")],
}


@pytest.fixture(scope="module")
def checked():
    """Return what pytest prints of the notebooks above."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, cells in NOTEBOOKS.items():
        notebook = new_notebook(cells=cells)
        if name == NEEDY:
            notebook.metadata["sidebyside"] = {"extra": "vision"}
        (FOLDER / f"{name}.ipynb").write_text(writes(notebook), "utf-8")
    (FOLDER / "without_extra.py").write_text(PLUGIN, "utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment["PYTHONPATH"] = os.pathsep.join([str(FOLDER), environment.get("PYTHONPATH", "")])
    words = ["-n", "0", "-rA", "-p", "without_extra", str(FOLDER)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    shutil.rmtree(FOLDER)
    return done.stdout


def outcomes(printed, name):
    """Return what became of a notebook's steps: ``{"say-hello": "PASSED"}``."""
    lines = [line.split(maxsplit=1) for line in printed.splitlines()]
    named = f"build/nbval/{name}.ipynb::"
    return {
        rest.removeprefix(named).partition(" ")[0]: word
        for word, rest in (line for line in lines if len(line) == 2)
        if rest.startswith(named) and word in ("PASSED", "FAILED")
    }


def test_equal_outputs_pass_and_steps_name_the_tests(checked):
    assert outcomes(checked, "equal") == {"say-hello": "PASSED", "add": "PASSED"}


def test_a_changed_output_fails_and_the_rest_is_skipped(checked):
    assert outcomes(checked, "changed") == {"say-hello": "FAILED"}
    assert "the step 'say-hello' before it failed" in checked


def test_an_ignored_output_may_change(checked):
    assert outcomes(checked, "ignored") == {"train": "PASSED"}


def test_kernels_compute_on_the_sample_with_one_thread(checked):
    assert outcomes(checked, "sample") == {"look": "PASSED"}


def test_a_lesson_is_executed_as_in_colab(checked):
    assert outcomes(checked, "colab") == dict.fromkeys(["setup", "look", "alone"], "PASSED")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("writes", "it wrote beside the clone"), ("installed", "__init__.py")],
    ids=["writes", "takes the installed package"],
)
def test_a_lesson_that_does_not_stand_alone_is_found(checked, name, reason):
    assert outcomes(checked, name) == {"setup": "PASSED", "wrong": "PASSED", "alone": "FAILED"}
    assert reason in checked


def test_a_lesson_whose_extra_is_not_there_is_skipped_with_what_to_install(checked):
    assert outcomes(checked, NEEDY) == {}
    assert "needs no-such-package besides the frameworks, which is not installed" in checked
    assert "'pip install -e .[vision]'" in checked


def test_nothing_else_became_of_them(checked):
    assert "3 failed, 11 passed, 2 skipped" in checked
