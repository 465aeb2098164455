"""A whole run keeps the weights for the demo."""

from small_project import CELLS, write_project

from sidebyside.demos.keeping import execute_and_keep
from sidebyside.demos.making import DEMO, demo_files, missing_weights

QUIET = {"later": "x = 1"}  # the small project's last cell raises


def nothing(*_):
    pass


def test_a_run_keeps_the_weights_and_leaves_no_trace_in_the_notebook(tmp_path):
    pair = write_project(tmp_path, **QUIET)
    notebook, complaint = execute_and_keep(pair, "tensorflow", "sample", nothing)
    assert complaint == ""
    assert [cell.id for cell in notebook.cells] == ["title", *CELLS]
    assert missing_weights(demo_files(pair, "sample")) == ["pytorch"]


def test_a_run_does_not_fail_when_the_weights_cannot_be_kept(tmp_path):
    pair = write_project(tmp_path, train="x = 1", **QUIET)
    notebook, complaint = execute_and_keep(pair, "pytorch", "sample", nothing)
    assert [cell.id for cell in notebook.cells] == ["title", *CELLS]
    assert "not kept for its demo" in complaint and "no 'model'" in complaint
    assert not demo_files(pair, "sample").weights["pytorch"].exists()


def test_a_pair_without_a_demo_is_executed_as_it_is(tmp_path):
    pair = write_project(tmp_path, **QUIET)
    (pair.folder / DEMO).unlink()
    notebook, complaint = execute_and_keep(pair, "pytorch", "sample", nothing)
    assert [cell.id for cell in notebook.cells] == ["title", *CELLS]
    assert complaint == ""
