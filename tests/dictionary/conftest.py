"""What the tests of the dictionary share: a small chapter, and a terminal to print in."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from sidebyside.frameworks import missing

ENTRY = """
[chapter]
title = "Sums"
about = "About sums."

[total]
name = "Sum of all"
verdict = "same"
pytorch_names = ["torch.sum"]
tensorflow_names = ["tf.reduce_sum"]
inputs = "x = normal(3, 4)"
pytorch = "torch.sum(x)"
tensorflow = "tf.reduce_sum(x)"
note = "They add."
tolerance = 1e-6
because = "float32"
"""
TRAP = """
[[total.trap]]
tensorflow = "tf.reduce_sum(x, axis=0)"
note = "One axis only."
gives = "shape (4,)"
"""


@pytest.fixture
def good():
    """Return a chapter with one entry that is in order."""
    return ENTRY


@pytest.fixture
def trap():
    """Return a trap of this entry that holds."""
    return TRAP


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a chapter's text into a file of an empty folder."""

    def write_chapter(text: str, name: str = "01_sums.toml") -> Path:
        file = tmp_path / name
        file.write_text(text, "utf-8")
        return file

    return write_chapter


@pytest.fixture
def printed():
    """Return a function that calls another, which prints, and returns the text."""

    def text_of(function, *arguments) -> str:
        console = Console(width=160, file=io.StringIO())
        function(*arguments, console)
        return console.file.getvalue()

    return text_of


@pytest.fixture(scope="session")
def both_frameworks():
    """Skip a test that executes entries where a framework is not installed."""
    if why := " ".join(missing().values()):
        pytest.skip(why)
