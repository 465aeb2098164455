"""What a lesson says of itself: its title, what else it needs, why it has no model."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sidebyside.checkout import ROOT, repository_url
from sidebyside.errors import MissingExtraError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import checks, pairs
from sidebyside.lessons.extras import (
    extras,
    missing_environment,
    missing_extra,
    missing_program,
    require_extra,
)
from sidebyside.lessons.facts import read_facts
from sidebyside.lessons.notebooks import HIDDEN, METADATA, write_notebook
from sidebyside.lessons.scaffold import new_pair
from sidebyside.lessons.tidying import tidy
from sidebyside.view.comparison import compare


@pytest.fixture
def pair(tmp_path):
    """Return a new pair, in a checkout of its own."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    new_pair("beginner/bert_fine_tuning", tmp_path)
    return pairs.find_pair("bert_fine_tuning", tmp_path)


def change(pair, framework, ours=None, title=None):
    notebook = pair.read(framework)
    if ours is not None:
        notebook.metadata["sidebyside"] = ours
    if title:
        notebook.cells[0].source = title
    write_notebook(notebook, pair.path(framework))


def problems(pair):
    return checks.problems(pair, repository_url())


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("# BERT fine-tuning in PyTorch\n\nText.", "BERT fine-tuning"),
        ("# A GAN in PyTorch", "A GAN"),
        ("# What is in `nn` in PyTorch", "What is in nn"),
        ("# Numbers in PyTorch in PyTorch", "Numbers in PyTorch"),
        ("Text.\n\n# Below", "Bert fine tuning"),
        ("## Of the second level", "Bert fine tuning"),
    ],
)
def test_the_title_is_the_first_heading(pair, heading, title):
    change(pair, "pytorch", title=heading)
    assert pair.title == title


def test_the_title_is_that_of_the_notebook_that_there_is(pair):
    change(pair, "tensorflow", title="# BERT, fine-tuned in TensorFlow/Keras")
    pair.path("pytorch").unlink()
    assert pair.title == "BERT, fine-tuned"
    pair.path("tensorflow").write_text("{", "utf-8")
    assert pair.title == "Bert fine tuning"
    pair.path("tensorflow").unlink()
    assert pair.title == "Bert fine tuning"


def test_facts_are_read_again_only_when_the_file_has_changed(pair):
    before = read_facts(pair.path("pytorch"))
    assert read_facts(pair.path("pytorch")) is before
    change(pair, "pytorch", title="# Another title in PyTorch")
    assert pair.title == "Another title"


def test_titles_need_no_nbformat():
    code = (
        "import sys; from sidebyside.lessons.pairs import find_pairs;"
        "print([pair.title for pair in find_pairs()]); assert 'nbformat' not in sys.modules"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "'Image classification'" in done.stdout


def test_titles_that_differ_are_a_problem(pair):
    change(pair, "pytorch", title=pair.read("pytorch").cells[0].source.replace("Bert", "BERT"))
    assert (
        "its title is 'BERT fine tuning' in PyTorch, 'Bert fine tuning' in TensorFlow."
        in problems(pair)
    )


def test_what_a_lesson_says_is_kept_and_nothing_else():
    ours = {"extra": "vision", "without_model": "it has none"}
    more = {"widgets": {"state": 1}, "signature": "x"}
    cells = [
        new_code_cell("1", id="a", metadata={"tags": ["framework"], **HIDDEN, "execution": {}}),
        new_code_cell("2", id="b", metadata={"collapsed": True, "jupyter": {"source_hidden": 1}}),
        new_markdown_cell("3", id="c"),
    ]
    notebook = new_notebook(metadata=METADATA | {"sidebyside": ours} | more, cells=cells)
    tidied = tidy(nbformat.from_dict(json.loads(json.dumps(notebook))))
    assert tidied.metadata == METADATA | {"sidebyside": ours}
    assert [cell.metadata for cell in tidied.cells] == [{"tags": ["framework"], **HIDDEN}, {}, {}]


KEYS_TOLD = "it may have environment, extra, program, without_model"


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        ({"extras": "test"}, f"its metadata 'sidebyside' has 'extras'; {KEYS_TOLD}."),
        ({"without_model": " "}, "its metadata 'sidebyside' has no text for 'without_model'."),
        ({"extra": ["test"]}, "its metadata 'sidebyside' has no text for 'extra'."),
        ({"extra": "visions"}, "it needs the extra 'visions'; pyproject.toml has "),
        (
            {"environment": "serving"},
            "it needs the environment 'serving', and there is no requirements/serving.txt.",
        ),
        ({"program": ""}, "its metadata 'sidebyside' has no text for 'program'."),
        (
            "test",
            "its metadata 'sidebyside' is not a table of environment, extra, program, "
            "without_model.",
        ),
    ],
)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_wrong_metadata_is_a_problem(pair, framework, ours, sentence):
    change(pair, framework, ours)
    named = f"{pair.path(framework).name}: {sentence}"
    assert any(problem.startswith(named) for problem in problems(pair)), problems(pair)


def test_metadata_that_a_run_would_leave_out_is_a_problem(pair):
    notebook = pair.read("pytorch")
    notebook.metadata["widgets"] = {}
    write_notebook(notebook, pair.path("pytorch"))
    assert any("'widgets', which 'sidebyside run --save'" in text for text in problems(pair))


def test_both_notebooks_say_the_same(pair):
    change(pair, "pytorch", {"without_model": "it has none"})
    assert "the metadata 'sidebyside' of the two notebooks differ." in problems(pair)
    change(pair, "tensorflow", {"without_model": "it has none"})
    assert not any("metadata" in text for text in problems(pair))
    assert pair.facts.without_model == "it has none"
    assert compare(pair).without_model == "it has none"


@pytest.fixture
def with_extra(pair):
    """Return a function that gives the pair an extra with these requirements."""

    def need(*requirements):
        file = pair.root / "pyproject.toml"
        text = file.read_text("utf-8")
        head = "[project.optional-dependencies]\n"
        needed = json.dumps(list(requirements))
        file.write_text(text.replace(head, f"{head}vision = {needed}\n"), "utf-8")
        for framework in FRAMEWORKS:
            change(pair, framework, {"extra": "vision"})
        return pair

    return need


def test_what_is_not_installed_is_told(with_extra):
    pair = with_extra("numpy", "no-such-package>=1", "another-one", "pytest<1")
    assert extras(pair.root)["vision"][0] == "numpy"
    with pytest.raises(MissingExtraError) as error:
        require_extra(pair)
    assert str(error.value) == (
        "beginner/bert_fine_tuning needs another-one, no-such-package, pytest<1 besides the "
        "frameworks, which are not installed in this environment. Install everything that it "
        "needs with 'pip install -e .[vision]'."
    )


def test_what_is_installed_or_not_for_this_system_is_not_told(with_extra):
    pair = with_extra("numpy>=1", "no-such-package; sys_platform == 'none'")
    assert missing_extra(pair) == ""
    require_extra(pair)
    assert not any("extra" in text for text in problems(pair))


def test_an_environment_of_its_own_is_found_or_told(pair, monkeypatch, tmp_path):
    monkeypatch.delenv("SIDEBYSIDE_ENVIRONMENTS", raising=False)
    assert missing_environment(pair) == ""
    for framework in FRAMEWORKS:
        change(pair, framework, {"environment": "serving"})
    with pytest.raises(MissingExtraError, match=r"make \.venv-serving/installed"):
        require_extra(pair)
    python = tmp_path / ".venv-serving" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setenv("SIDEBYSIDE_ENVIRONMENTS", str(tmp_path))
    require_extra(pair)
    here = "{}.{}".format(*sys.version_info)
    settings = python.parents[1] / "pyvenv.cfg"
    settings.write_text(f"home = /usr/bin\nversion = {here}.1\n", "utf-8")
    require_extra(pair)
    settings.write_text("home = /usr/bin\nversion_info = 3.9.1\n", "utf-8")
    assert f"which is of Python 3.9, not {here}: " in missing_environment(pair)


def test_a_program_is_found_or_told(pair, monkeypatch):
    for framework in FRAMEWORKS:
        change(pair, framework, {"program": "g++"})
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name, path: f"/usr/bin/{name}")
    require_extra(pair)
    monkeypatch.setattr("shutil.which", lambda name, path: None)
    with pytest.raises(MissingExtraError, match=r"needs Linux and its program g\+\+"):
        require_extra(pair)
    monkeypatch.setattr("shutil.which", lambda name, path: f"/opt/{name}")
    monkeypatch.setattr(sys, "platform", "win32")  # another g++ makes other libraries
    assert "Linux" in missing_program(pair)


def test_a_server_is_found_outside_of_the_search_path(pair, monkeypatch):
    change(pair, "pytorch", {"program": "nginx"})
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", "/usr/bin")
    server = "/usr/sbin/nginx"
    monkeypatch.setattr("shutil.which", lambda name, path: server if "/usr/sbin" in path else None)
    assert missing_program(pair) == ""


def test_each_notebook_may_need_an_environment_of_its_own(pair, monkeypatch, tmp_path):
    monkeypatch.setenv("SIDEBYSIDE_ENVIRONMENTS", str(tmp_path))
    change(pair, "pytorch", {"environment": "one", "without_model": "it has none"})
    change(pair, "tensorflow", {"environment": "two", "without_model": "it has none"})
    assert not any("differ" in text for text in problems(pair))
    assert ".venv-one" in missing_environment(pair)
    assert ".venv-two" in missing_environment(pair, "tensorflow")
    python = tmp_path / ".venv-two" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert missing_environment(pair, "tensorflow") == ""
    require_extra(pair, "tensorflow")
    with pytest.raises(MissingExtraError, match=r"\.venv-one"):
        require_extra(pair)


def test_run_says_what_to_install(with_extra, sidebyside, monkeypatch):
    pair = with_extra("no-such-package")
    monkeypatch.setattr(pairs, "find_pair", lambda _: pair)
    done = sidebyside("run", "bert_fine_tuning")
    assert done.code == 1
    assert "needs no-such-package besides the frameworks" in done.err
    assert not (pair.root / "build").exists()


@pytest.mark.parametrize("pair", pairs.find_pairs(), ids=lambda pair: pair.topic)
def test_a_lesson_has_a_model_or_a_reason(pair):
    steps = {cell.id for cell in pair.read("pytorch").cells}
    assert ("define-model" in steps) != bool(pair.facts.without_model)
