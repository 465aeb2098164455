"""The check of notebooks checks: a changed output fails, by its step's name."""

import os
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from sidebyside.checkout import ROOT, repository_url
from sidebyside.lessons.address import setup_source

FOLDER = ROOT / "build" / "nbval"


@pytest.fixture
def check():
    """Return a function that stores a notebook of cells and lets pytest check it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "made.ipynb"

    def run(*cells):
        path.write_text(writes(new_notebook(cells=list(cells))), "utf-8")
        command = [sys.executable, "-m", "pytest", "-n", "0", "-rA", str(path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout

    yield run
    path.unlink()


def cell(name, source, stored=None, tags=()):
    outputs = [new_output("stream", text=stored)] if stored else []
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, id=name, outputs=outputs, execution_count=1, metadata=metadata)


def test_equal_outputs_pass_and_steps_name_the_tests(check):
    printed = check(cell("say-hello", "print('hello')", "hello\n"), cell("add", "x = 1"))
    assert "PASSED build/nbval/made.ipynb::say-hello" in printed
    assert "2 passed" in printed


def test_a_changed_output_fails_and_the_rest_is_skipped(check):
    printed = check(cell("say-hello", "print('hello')", "goodbye\n"), cell("after", "x = 1"))
    assert "FAILED build/nbval/made.ipynb::say-hello" in printed
    assert "the step 'say-hello' before it failed" in printed
    assert "1 failed, 1 skipped" in printed


def test_an_ignored_output_may_change(check):
    printed = check(cell("train", "print('0.51')", "0.49\n", tags=["nbval-ignore-output"]))
    assert "1 passed" in printed


def test_kernels_compute_on_the_sample_with_one_thread(check):
    source = "import os; print(os.environ['SIDEBYSIDE_DATA'], os.environ['OMP_NUM_THREADS'])"
    assert "1 passed" in check(cell("look", source, "sample 1\n"))


def test_a_lesson_is_executed_as_in_colab(check):
    look = "import sidebyside; print(os.path.relpath(sidebyside.__file__), os.listdir())"
    name = repository_url().rsplit("/", 1)[-1]
    stored = f"{os.path.join(name, 'sidebyside', '__init__.py')} ['{name}']\n"
    printed = check(cell("setup", setup_source(repository_url())), cell("look", look, stored))
    assert "PASSED build/nbval/made.ipynb::alone" in printed
    assert "3 passed" in printed


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("open('model.bin', 'w').close()", "it wrote beside the clone"),
        ("import sys; sys.path.pop(0); import sidebyside", "__init__.py"),
    ],
    ids=["writes", "takes the installed package"],
)
def test_a_lesson_that_does_not_stand_alone_is_found(check, source, reason):
    printed = check(cell("setup", setup_source(repository_url())), cell("wrong", source))
    assert "FAILED build/nbval/made.ipynb::alone" in printed
    assert reason in printed
    assert "1 failed, 2 passed" in printed
