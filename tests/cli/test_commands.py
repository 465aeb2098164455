"""The commands, here in this process: what they print, their exit codes, what they leave behind."""

import re
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sidebyside.checkout import ROOT
from sidebyside.cli.main import app
from sidebyside.frameworks import FRAMEWORKS, OWNERS, other
from sidebyside.lessons import environment, execution, notebooks, pairs


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return a small pair, which commands know as the topic 'small'."""
    pair = pairs.Pair(tmp_path / "beginner" / "small", "small", tmp_path)
    cells = [
        new_code_cell("print('hello')", id="hello"),
        new_code_cell("x = 1\nprint(x / 1)", id="divide"),
    ]
    paths = [pair.path(framework) for framework in FRAMEWORKS]
    notebooks.write_notebooks({path: new_notebook(cells=cells) for path in paths})
    monkeypatch.setattr(pairs, "find_pair", lambda _: pair)
    return pair


@pytest.fixture
def hide(monkeypatch):
    """Return a function that makes a framework's modules as good as not installed."""

    def hidden(*frameworks):
        for module, framework in OWNERS.items():
            if framework in frameworks:
                monkeypatch.setitem(sys.modules, module, None)

    return hidden


@pytest.fixture
def installed(monkeypatch):
    """Make both frameworks as good as installed: the small pair needs neither."""
    monkeypatch.setattr("sidebyside.cli.working.require", lambda *_: None)


def files(folder):
    """Return what the files below a folder hold."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_list_shows_the_pairs_and_their_results(sidebyside):
    done = sidebyside("list")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"beginner/image_classification +project +PyTorch +full +test acc", done.out)
    assert re.search(r"TensorFlow/Keras +full +test accuracy \d\d\.\d%", done.out)


@pytest.mark.parametrize("words", [["run"], ["compare"], ["open"], ["check"], ["benchmark"]])
def test_an_unknown_topic_is_a_sentence_and_exit_code_1(sidebyside, words):
    done = sidebyside(*words, "image_clasification")
    assert done.code == 1
    assert "Did you mean: beginner/image_classification?" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["new", "beginner/Sorting"], "is not a place for a pair"),
        (["new", "beginner/recommender"], "There is a pair 'beginner/recommender' already"),
        (["repository", "nowhere"], "is not an address of the form https://github.com/OWNER/NAME"),
        (["run", "recommender", "--framework", "pytorch", "--save"], "leave out --framework"),
    ],
)
def test_what_a_user_can_get_wrong_is_a_sentence(sidebyside, words, sentence):
    done = sidebyside(*words)
    assert done.code == 1
    assert done.err.startswith("Error: ")
    assert sentence in done.err


def test_a_bug_keeps_its_traceback(sidebyside, monkeypatch):
    def broken(_):
        raise ValueError("a bug")

    monkeypatch.setattr(pairs, "find_pair", broken)
    with pytest.raises(ValueError, match="a bug"):
        sidebyside("run", "recommender")


def test_every_command_explains_itself(sidebyside):
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert {"list", "run", "benchmark", "compare", "open", "new", "repository"} <= commands
    overview = sidebyside("--help")
    assert overview.code == 0
    for command in [*commands, "data"]:
        assert command in overview.out
        explained = sidebyside(command, "--help")
        assert explained.code == 0
        assert f"sidebyside {command}" in explained.out


def test_run_keeps_both_notebooks_in_build(small, sidebyside, installed):
    before = files(small.folder)
    done = sidebyside("run", "small")
    assert done.code == 0, done.err
    assert re.search(r"PyTorch +2/2 +divide +\d+\.\d s", done.out)  # one line per step
    assert files(small.folder) == before
    kept = execution.runs_folder(small)
    for framework in FRAMEWORKS:
        executed = notebooks.read_notebook(kept / small.path(framework).name)
        assert executed.cells[1].outputs[0].text == "1.0\n"


def test_run_shows_the_failing_step_and_writes_nothing(small, sidebyside, installed):
    notebook = small.read("tensorflow")
    notebook.cells[1].source = "x = 1\nx / 0"
    notebooks.write_notebook(notebook, small.path("tensorflow"))
    before = files(small.root)
    done = sidebyside("run", "small", "--save")
    assert done.code == 1
    assert "the step 'divide' failed. Nothing was written." in done.err
    assert "x / 0" in done.err
    assert "ZeroDivisionError: division by zero" in done.err
    assert files(small.root) == before


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_run_of_a_framework_that_is_not_there(small, sidebyside, hide, framework):
    hide(*FRAMEWORKS)
    done = sidebyside("run", "small", "--framework", framework)
    assert done.code == 1
    assert f"'pip install -e .[{framework}]'" in done.err
    assert "--framework" not in done.err  # there is no other to run


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_run_with_one_framework(small, sidebyside, monkeypatch, framework):
    monkeypatch.setattr("sidebyside.frameworks.missing", lambda: {other(framework): "It is not."})
    monkeypatch.setattr("sidebyside.cli.working.missing", lambda: {other(framework): "It is not."})
    done = sidebyside("run", "small")
    assert done.code == 1
    assert done.err == (
        "Error: It is not. To run the other notebook alone: 'sidebyside run beginner/small "
        f"--framework {framework}'.\n"
    )
    assert not (small.root / "build").exists()
    done = sidebyside("run", "small", "--framework", framework)
    assert done.code == 0, done.err
    kept = [path.name for path in execution.runs_folder(small).iterdir()]
    assert kept == [small.path(framework).name]


@pytest.mark.parametrize("save", [[], ["--save"]], ids=["build", "notebooks"])
def test_what_cannot_be_written_is_known_before_a_notebook_runs(
    small, sidebyside, installed, monkeypatch, save
):
    def touch(path, *_, **__):
        raise PermissionError(30, "Read-only file system", str(path))

    def never(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("pathlib.Path.touch", touch)
    monkeypatch.setattr("sidebyside.demos.keeping.execute_notebook", never)
    before = files(small.root)
    done = sidebyside("run", "small", *save)
    assert done.code == 1
    assert "cannot be written (Read-only file system). Nothing was done." in done.err
    assert files(small.root) == before


def test_a_relative_data_folder_is_the_commands_own_in_a_kernel(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", "my data")
    notebook = small.read("pytorch")
    notebook.cells[1].source = "import os\nprint(os.environ['SIDEBYSIDE_DATA_DIR'])"
    executed = execution.execute_notebook(notebook, small, "pytorch", "sample")
    assert executed.cells[1].outputs[0].text == f"{tmp_path / 'my data'}\n"
    assert environment.environment()["SIDEBYSIDE_DATA_DIR"] == str(tmp_path / "my data")


def test_a_data_folder_in_a_home_is_found_from_everywhere(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", "~/data")
    assert environment.environment("full")["SIDEBYSIDE_DATA_DIR"] == str(tmp_path / "data")
    monkeypatch.delenv("SIDEBYSIDE_DATA_DIR")
    assert "SIDEBYSIDE_DATA_DIR" not in environment.environment("full")


def test_compare_prints_and_writes_a_page(tmp_path, sidebyside):
    target = tmp_path / "[/b] deep" / "page.html"  # what a printed text must not choke on
    done = sidebyside("compare", "image_classification", "--html", str(target))
    assert done.code == 0
    assert target.as_uri() in done.out.replace("\n", "")
    assert "test accuracy" in done.out
    assert target.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_titles_and_paths_may_have_brackets(small, sidebyside, installed, monkeypatch):
    for framework in FRAMEWORKS:
        notebook = small.read(framework)
        notebook.cells.insert(0, new_markdown_cell("# A [/b] title in PyTorch", id="title"))
        notebooks.write_notebook(notebook, small.path(framework))
    folder = small.root / "[/b]"
    monkeypatch.setattr(execution, "runs_folder", lambda _: folder)
    for words in (["run", "small"], ["compare", "small", "--last"]):
        done = sidebyside(*words)
        assert done.code == 0, done.err
    assert "A [/b] title" in done.out


def test_compare_says_what_has_not_been_run(small, sidebyside):
    done = sidebyside("compare", "small", "--last")
    assert done.code == 1
    assert "beginner/small has not been run: 'sidebyside run beginner/small' first." in done.err


def test_check_of_all_pairs(sidebyside):
    done = sidebyside("check")
    assert (done.code, done.err) == (0, "")
    assert done.out.strip() == f"{len(pairs.find_pairs(ROOT))} pairs are in order."
