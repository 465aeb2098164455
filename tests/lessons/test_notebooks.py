"""A file that is no notebook is named with the reason, and is in nobody else's way."""

import copy
import io
import json
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes
from rich.console import Console

from sidebyside.checkout import ROOT, repository_url
from sidebyside.errors import BrokenNotebookError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import checks, pairs
from sidebyside.lessons.notebooks import as_file, read_notebook, read_raw, write_notebooks
from sidebyside.lessons.scaffold import new_pair
from sidebyside.lessons.steps import align, steps
from sidebyside.site import extension
from sidebyside.view import page, terminal
from sidebyside.view.comparison import compare

GOOD = writes(new_notebook(cells=[new_markdown_cell("# A title in PyTorch", id="title")]))
ONE = json.loads(GOOD)


def with_cell(**changes):
    cell = {key: value for key, value in (ONE["cells"][0] | changes).items() if value is not None}
    return json.dumps(ONE | {"cells": [cell]})


BROKEN = {
    "empty": ("", "it is empty"),
    "cut off": (GOOD[:100], "it ends in the middle (line 8)"),
    "cut off after a line": ("\n".join(GOOD.split("\n")[:5]), "it ends in the middle (line 5)"),
    "marks of a merge": (
        GOOD.replace('"cells"', '"cells": [\n<<<<<<< HEAD\n'),
        "it has the marks of a merge that was not finished (line 3)",
    ),
    "a comma too many": (GOOD.replace("[", "[,", 1), "line 2 is not JSON (Expecting value)"),
    "a list": ("[1, 2]", "it is JSON, but not a notebook's"),
    "another table": ('{"a": 1}', "it is JSON, but not a notebook's"),
    "format 3": (json.dumps({"nbformat": 3, "nbformat_minor": 0}), "its format is 3.0, not 4.5"),
    "format 4.4": (json.dumps(ONE | {"nbformat_minor": 4}), "its format is 4.4, not 4.5"),
    "format 5": (json.dumps(ONE | {"nbformat": 5}), "its format is 5.5, not 4.5"),
    "no cells": (json.dumps({**ONE, "cells": None}), "it has no list of cells"),
    "no metadata": (json.dumps({**ONE, "metadata": []}), "it has no metadata"),
    "a cell that is none": (json.dumps(ONE | {"cells": ["x"]}), "it has no list of cells"),
    "a cell without a text": (
        with_cell(source=None),
        "it has no list of cells that each have a text",
    ),
    "a cell without an id": (with_cell(id=None), "['cells'][0] is not what a notebook has"),
    "a cell of another kind": (with_cell(cell_type="video"), "is not what a notebook has"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_told_with_the_file(tmp_path, name):
    text, reason = BROKEN[name]
    file = tmp_path / "x_pytorch.ipynb"
    file.write_text(text, "utf-8")
    with pytest.raises(BrokenNotebookError) as error:
        read_notebook(file)
    assert error.value.file == file
    assert reason in error.value.reason
    assert str(error.value).startswith(f"{file} cannot be read as a notebook: ")
    assert "\n" not in str(error.value)


def test_what_is_not_text_or_not_there_is_told(tmp_path):
    file = tmp_path / "x.ipynb"
    with pytest.raises(BrokenNotebookError, match=r"x\.ipynb cannot be read"):
        read_raw(file)
    file.write_bytes(b'{"nbformat": \xff')
    with pytest.raises(BrokenNotebookError, match=r"not text in UTF-8 \(byte 13\)"):
        read_raw(file)


@pytest.mark.parametrize("pair", pairs.find_pairs(), ids=lambda pair: pair.topic)
def test_reading_and_writing_changes_nothing(pair):
    for framework in FRAMEWORKS:
        path = pair.path(framework)
        assert as_file(read_notebook(path)) == path.read_bytes()


def test_both_notebooks_are_stored_or_neither(tmp_path):
    paths = [tmp_path / "x_pytorch.ipynb", tmp_path / "x_tensorflow.ipynb"]
    write_notebooks(dict.fromkeys(paths, new_notebook()))
    before = paths[0].read_bytes()
    paths[1].unlink()
    paths[1].mkdir()
    with pytest.raises(OSError, match="x_tensorflow"):
        write_notebooks(dict.fromkeys(paths, new_notebook(cells=[new_code_cell("1", id="a")])))
    assert paths[0].read_bytes() == before


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a checkout with two pairs, the second of which is broken; commands work in it."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for topic in ("beginner/whole", "beginner/torn"):
        new_pair(topic, tmp_path)
    (tmp_path / "beginner/torn/torn_tensorflow.ipynb").write_text(GOOD[:100], "utf-8")
    original = pairs.find_pairs
    monkeypatch.setattr(pairs, "find_pairs", lambda *_: original(tmp_path))
    return tmp_path


def test_list_shows_it_as_broken_and_the_others(checkout, sidebyside):
    done = sidebyside("list")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert ["beginner/torn", "project", "PyTorch", "not", "run", "yet"] in rows
    assert ["TensorFlow/Keras:", "broken"] in rows
    assert ["beginner/whole", "project", "PyTorch", "not", "run", "yet"] in rows
    assert "torn_tensorflow.ipynb cannot be read as a notebook: it ends in the middle" in done.err


def test_check_has_it_as_a_problem_and_goes_on(checkout, sidebyside):
    done = sidebyside("check")
    assert done.code == 1
    problems = done.out.splitlines()
    assert [line for line in problems if line.startswith("beginner/torn: ")] == [
        "beginner/torn: torn_tensorflow.ipynb: it cannot be read: it ends in the middle (line 8)."
    ]
    assert any(line.startswith("beginner/whole: whole_pytorch.ipynb: it was") for line in problems)


@pytest.mark.parametrize("command", ["compare", "run", "benchmark"])
def test_commands_on_it_name_it(checkout, sidebyside, command):
    done = sidebyside(command, "torn")
    assert done.code == 1
    assert "torn_tensorflow.ipynb cannot be read as a notebook: it ends in" in done.err
    assert "Traceback" not in done.err


def test_others_can_be_compared(checkout, sidebyside):
    done = sidebyside("compare", "whole")
    assert (done.code, done.err) == (0, "")
    assert "load-data" in done.out


def test_code_that_is_not_python_is_in_nobodys_way(checkout, sidebyside):
    pair = pairs.find_pair("whole")
    made = pair.read("pytorch")
    made.cells[4].source = "x = ("
    write_notebooks({pair.path("pytorch"): made})
    for words in (["list"], ["compare", "whole"]):
        assert sidebyside(*words).code == 0
    assert (
        "step 'load-data': its code is not Python: '(' was never closed" in sidebyside("check").out
    )


def test_a_record_that_is_broken_is_named(checkout, sidebyside):
    record = checkout / "beginner" / "whole" / "benchmark.json"
    record.write_text("<<<<<<< HEAD\n", "utf-8")
    done = sidebyside("list")
    assert done.code == 0
    assert f"beginner/whole: {record} is not JSON (Expecting value: line 1 column 1" in done.err
    assert "git checkout -- benchmark.json" in done.err
    done = sidebyside("compare", "whole")
    assert (done.code, done.out) == (1, "")
    assert f"Error: {record} is not JSON" in done.err


def test_the_site_leaves_it_out_and_says_so(checkout, monkeypatch):
    said = []
    monkeypatch.setattr(extension, "say", said.append)
    config = SimpleNamespace(sidebyside_root=str(checkout), html_static_path=[])
    extension._configure(None, config)
    assert config.sidebyside_pages == [
        "beginner/whole", "beginner/whole_pytorch", "beginner/whole_tensorflow"
    ]  # fmt: skip
    assert len(said) == 1
    assert "torn_tensorflow.ipynb cannot be read as a notebook" in said[0]
    assert said[0].endswith(" The pair is left out.")


def notebook(*names):
    cells = [new_markdown_cell(f"## {name}", id=name) for name in names]
    return new_notebook(cells=cells)


def test_cells_of_one_id_are_aligned_one_by_one():
    left, right = notebook("a", "b"), notebook("a", "b")
    left.cells.append(copy.deepcopy(left.cells[0]))
    left.cells[2].source = "again"
    found = align(left, right)
    assert [step.id for step in found] == ["a", "b", "a"]
    assert [step.pytorch.source for step in found] == ["## a", "## b", "again"]
    assert found[2].tensorflow.source == ""


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("repeated", [False, True], ids=["lacking", "repeated"])
def test_a_pair_whose_steps_disagree_can_be_compared(tmp_path, framework, repeated):
    pair = pairs.Pair(tmp_path / "beginner" / "x", "x", tmp_path)
    both = {side: notebook("title", "intro", "end") for side in FRAMEWORKS}
    if repeated:
        both[framework].cells.append(copy.deepcopy(both[framework].cells[1]))
    else:
        del both[framework].cells[1]
    write_notebooks({pair.path(side): both[side] for side in FRAMEWORKS})
    assert [step.id for step in steps(pair)][:3] == ["title", "intro", "end"]
    console = Console(width=100, file=io.StringIO())
    terminal.show(compare(pair), console)
    assert "intro" in console.file.getvalue()
    assert 'id="intro"' in page.render(compare(pair))
    found = checks.problems(pair, repository_url())
    wanted = "two cells have the id 'intro'" if repeated else "cell 2 is the step"
    assert any(wanted in problem for problem in found)
