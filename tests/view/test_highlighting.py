"""Code as HTML."""

import pytest
from bs4 import BeautifulSoup

from sidebyside.view.highlighting import fenced, python

CODE = '''\
def f(x):
    """Say it.

      More, <b>.
    """
    return x  # y

!ls
'''


def lines(html):
    return BeautifulSoup(html, "html.parser").find_all(class_="line")


@pytest.mark.parametrize("show", [python, lambda code: fenced(code, "")])
def test_each_line_hangs_below_its_indent(show):
    found = lines(show(CODE))
    indents = [int(line.get("style", "--indent:0").removeprefix("--indent:")) for line in found]
    assert indents == [0, 4, 0, 6, 4, 4, 0, 0]
    assert "".join(line.text for line in found) == CODE
    spaces = [line.find(class_="indent") for line in found]
    assert [len(one.text) if one else 0 for one in spaces] == indents


def test_shared_lines_are_marked():
    shared = [line.find(class_="shared") is not None for line in lines(python(CODE, {1, 6}))]
    assert shared == [True, False, False, False, False, True, False, False]


def test_a_language_that_is_not_known_is_shown_as_it_is():
    assert "".join(line.text for line in lines(fenced("a < b\n", "klingon"))) == "a < b\n"
