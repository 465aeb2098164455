"""The size of code, the same figure on every supported Python."""

import pytest

from sidebyside.measure.code_size import Complexity, measure

FUNCTION = '''
import numpy as np
from torch import nn, optim as o

def f(x, self):
    """Say what it does."""
    if x and self.y or not x:  # a comment
        return [np.abs(i) for i in x if i]
    return f"{x!r:>{10}} and {nn.Linear(1, 2).bias}" f"more"
'''


def test_a_function_by_hand():
    # statements: import, from, def, if, return, return; the docstring is none
    # branches: if, "and", "or", one comprehension
    # names: numpy, nn, optim, abs, Linear, bias; self.y is the lesson's own. On Python 3.11 the
    # names inside an f-string are found by the syntax tree, too.
    size = measure([FUNCTION])
    assert (size.lines, size.branches, size.api_names) == (6, 4, 6)


@pytest.mark.parametrize(
    ("source", "tokens"),
    [
        ("x = 1", 3),
        ("x = 1  # comment\n\n\n", 3),
        ("x = f'{a + b} {c:{d}.3f}'", 3),  # an f-string is one token, whatever is in it
        ("x = f'{f\"{a}\"}' + rf'{b}'", 5),
        ("if x:\n    y()", 6),
        ('"""A docstring."""\nx = 1', 3),
    ],
)
def test_tokens(source, tokens):
    assert measure([source]).tokens == tokens


@pytest.mark.parametrize(
    "source",
    ["!git clone x", "%matplotlib inline", "%%bash\nfor x in *; do echo; done", "f?"],
)
def test_a_magic_is_one_line_of_one_token(source):
    assert measure([source]) == Complexity(lines=1, tokens=1, branches=0, api_names=0)


def test_an_assigned_command_is_one_token_of_its_line():
    assert measure(["files = !ls -l *.py"]).tokens == 3


def test_a_timed_cell_counts_its_code():
    assert measure(["%%time\nx = 1\ny = 2"]).lines == 3
    assert measure(["%time x = 1"]) == measure(["x = 1"])


def test_what_looks_like_a_magic_is_not_one():
    assert measure(["a = b % c", "x = 5 %d"]).tokens == 10


def test_broken_code_is_an_error():
    with pytest.raises(SyntaxError):
        measure(["x = ("])
