"""Each notebook alone: in an empty folder, as Colab has it, with the clone of this checkout."""

import os
import re
import shutil
import subprocess

import nbformat
import pytest

from sidebyside.checkout import ROOT, repository_url
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.execution import execute
from sidebyside.lessons.notebooks import write_notebook
from sidebyside.measure.figures import last_report

SIDES = [(pair, framework) for pair in pairs.find_pairs() for framework in FRAMEWORKS]
STOPWATCH = {
    "before": "import time; stopwatch = time.process_time()",
    "after": "print('cpu seconds:', time.process_time() - stopwatch)",
}


def git(*words, cwd):
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    subprocess.run(["git", *identity, *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a git repository that holds this checkout as it is on disk."""
    origin = tmp_path_factory.mktemp("published")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        source = ROOT / name
        if source.is_file():
            (origin / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, origin / name)
    git("init", "--quiet", "--initial-branch=main", cwd=origin)
    git("add", "--all", cwd=origin)
    git("commit", "--quiet", "--message", "as it is", cwd=origin)
    return origin


@pytest.fixture(scope="module")
def colab(published, tmp_path_factory):
    """Return the environment variables of a machine that looks like Colab."""
    folder = tmp_path_factory.mktemp("colab")
    # no google/__init__.py: it would hide google.protobuf
    (folder / "google" / "colab").mkdir(parents=True)
    (folder / "google" / "colab" / "__init__.py").touch()
    (folder / "sitecustomize.py").write_text("import google.colab\n")
    config = folder / "gitconfig"
    url = repository_url()
    config.write_text(f'[url "{published.as_uri()}"]\n\tinsteadOf = {url}\n')
    return {
        "PYTHONPATH": str(folder),
        "GIT_CONFIG_GLOBAL": str(config),
        "PIP_NO_INDEX": "1",
    }


@pytest.fixture(scope="module", params=SIDES, ids=lambda side: f"{side[0].topic}-{side[1]}")
def alone(request, colab, tmp_path_factory):
    """Return a notebook executed alone, and the folder that it stood in."""
    pair, framework = request.param
    folder = tmp_path_factory.mktemp("content")
    notebook = pair.read(framework)
    names = [cell.id for cell in notebook.cells]
    where = nbformat.v4.new_code_cell("import sidebyside; print(sidebyside.__file__)", id="where")
    notebook.cells.append(where)
    if "train" in names:
        at = names.index("train")
        notebook.cells[at + 1 : at + 1] = [nbformat.v4.new_code_cell(STOPWATCH["after"], id="time")]
        notebook.cells[at:at] = [nbformat.v4.new_code_cell(STOPWATCH["before"], id="start")]
    alone = pairs.Pair(folder, pair.stem, folder)
    write_notebook(notebook, alone.path(framework))
    before = dict(os.environ)
    os.environ.update(colab)
    try:
        executed = execute(alone, framework, "sample")
    finally:
        os.environ.clear()
        os.environ.update(before)
    return pair, executed, folder


def printed(notebook, name):
    cell = next((cell for cell in notebook.cells if cell.id == name), None)
    return "".join(output.get("text", "") for output in cell.outputs) if cell else ""


def test_it_runs_with_the_package_that_it_cloned(alone):
    _, notebook, folder = alone
    name = repository_url().rsplit("/", 1)[-1]
    expected = folder / name / "sidebyside" / "__init__.py"
    # relative to the notebook's folder, as the set-up cell puts it
    assert (folder / printed(notebook, "where").strip()).resolve() == expected.resolve()


def test_it_writes_only_into_the_clone(alone):
    pair, notebook, folder = alone
    framework = last_report(notebook)["framework"]
    name = repository_url().rsplit("/", 1)[-1]
    assert sorted(os.listdir(folder)) == sorted([pair.path(framework).name, name])


def test_its_checks_hold(alone):
    _, notebook, _ = alone
    claims = printed(notebook, "check").strip().splitlines()
    assert claims
    assert [claim for claim in claims if not re.search(r": True$", claim)] == []


def test_the_network_learns_the_sample_in_30_seconds_of_one_thread(alone):
    pair, notebook, _ = alone
    if pair.name != "image_classification":
        pytest.skip("the claim is about the sample of CIFAR-10")
    assert last_report(notebook)["test_accuracy"] >= 0.7
    assert float(printed(notebook, "time").split(":")[1]) < 30
