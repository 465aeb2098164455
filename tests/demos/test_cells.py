"""A notebook's cells: executed in part, their names as attributes, their functions given others."""

import pytest
from small_project import write_notebook

from sidebyside.demos.cells import Lesson, execute, read_cells
from sidebyside.errors import DemoError


def test_code_cells_are_read_by_their_names(tmp_path):
    write_notebook(tmp_path / "notebook.ipynb", {"first": ["x = 1\n", "y = 2"], "second": "z = 3"})
    assert read_cells(tmp_path / "notebook.ipynb") == {"first": "x = 1\ny = 2", "second": "z = 3"}


def test_cells_are_executed_in_the_order_asked_for(capsys):
    lesson = Lesson("pytorch", {})
    cells = {"one": "x = 1", "two": "x += 1\nprint(x)", "three": "x = 7"}
    execute(lesson, cells, ("one", "two", "not-in-this-notebook"))
    assert lesson.x == 2
    assert capsys.readouterr().out == ""


def test_one_definition_of_a_cell_can_be_executed_alone():
    lesson = Lesson("pytorch", {})
    execute(lesson, {"define": "def double(x):\n    return 2 * x\n\n\n1 / 0"}, ("define:double",))
    assert lesson.double(4) == 8
    with pytest.raises(DemoError, match="'define' of the pytorch notebook does not define 'half'"):
        execute(lesson, {"define": "x = 1"}, ("define:half",))


def test_commands_of_a_notebook_are_passed_over():
    lesson = Lesson("pytorch", {})
    execute(lesson, {"time": "%time x = 5\n!ls"}, ("time",))
    assert lesson.x == 5


def test_a_name_that_is_missing_is_told():
    with pytest.raises(AttributeError, match="the tensorflow notebook that the demo executes def"):
        _ = Lesson("tensorflow", {}).model


def test_functions_see_the_names_that_they_are_given():
    lesson = Lesson("pytorch", {})
    source = "data = [1, 2]\ndef total(start=0):\n    return start + sum(rest())\n"
    execute(lesson, {"cell": source + "def rest():\n    return data"}, ("cell",))
    assert lesson.given(data=[5]).total() == 5
    assert lesson.given(data=[5]).total(start=1) == 6
    assert lesson.total() == 3
