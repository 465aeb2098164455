"""The built wheel works alone: in an empty folder, with no checkout and only what it asks for."""

import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import platformdirs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sidebyside.checkout import ROOT

# runs a module or a program with some modules hidden, as if they were not installed
RUNNER = """
import runpy, sys
hidden, kind, what = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
sys.modules.update(dict.fromkeys(hidden))
sys.argv = [what, *sys.argv[4:]]
if kind == "module":
    runpy.run_module(what, run_name="__main__", alter_sys=True)
else:
    runpy.run_path(what, run_name="__main__")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*build, "--directory", str(folder)], cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return the folder in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("installed")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*install, "--target", str(folder), str(wheel)], check=True)
    return folder


@pytest.fixture
def run(installed, tmp_path):
    """Return a function that runs something with the wheel, in an empty folder.

    It sees the wheel and what the named extras ask for, nothing else that is installed here.
    """
    folder = tmp_path / "empty"
    folder.mkdir()

    def run(*words, extras=(), code=0, **environment):
        hidden = ",".join(sorted(not_asked_for(installed, extras)))
        done = subprocess.run(
            [sys.executable, "-P", "-X", "utf8", "-c", RUNNER, hidden, *map(str, words)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "160", **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout

    run.folder = folder
    return run


def asked_for(requirements, extras=()):
    """Return the names of the distributions that `requirements` lead to."""
    found, names = set(), set()
    todo = [(text, tuple(extras)) for text in requirements]
    while todo:
        text, wanted = todo.pop()
        requirement = Requirement(text)
        asked = [{"extra": extra} for extra in ("", *wanted)]
        marker = requirement.marker
        if marker and not any(marker.evaluate(environment) for environment in asked):
            continue
        name, more = canonicalize_name(requirement.name), tuple(sorted(requirement.extras))
        if (name, more) not in found:
            found.add((name, more))
            names.add(name)
            todo += [(text, more) for text in importlib.metadata.requires(name) or ()]
    return names


def not_asked_for(installed, extras):
    """Return the modules installed here that the wheel with these extras does not ask for."""
    (wheel,) = importlib.metadata.distributions(path=[str(installed)])
    names = asked_for(wheel.requires, extras)
    return [
        module
        for module, owners in importlib.metadata.packages_distributions().items()
        if module != "sidebyside" and names.isdisjoint(map(canonicalize_name, owners))
    ]


def test_wheel_has_the_package_and_its_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    listed = ["git", "ls-files", "sidebyside", "dictionary/*.json", "dictionary/*.toml"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = [name for name in [*done.stdout.split(), "data/registry.txt"] if "ruff" not in name]
    inside = {
        name if name.startswith("sidebyside/") else f"sidebyside/_data/{name}" for name in tracked
    }
    assert "sidebyside/_data/dictionary/13_losses.toml" in inside
    assert inside <= names
    assert [name for name in names - inside if not name.endswith(".py")] == []  # not yet tracked
    assert {name.partition("/")[0] for name in names} == {"sidebyside"}


def test_what_is_not_asked_for_is_hidden(installed):
    hidden = set(not_asked_for(installed, ["cli"]))
    assert {"jupyterlab", "nbclient", "sphinx", "pytest"} <= hidden
    assert hidden.isdisjoint({"sidebyside", "numpy", "requests", "typer", "rich", "nbformat"})
    assert "typer" in not_asked_for(installed, [])
    assert "jupyterlab" not in not_asked_for(installed, ["lessons"])


def test_lookup_works(run):
    shown = run("module", "sidebyside", "lookup", "conv2d", extras=["cli"])
    assert "nn.Conv2d" in shown
    assert "layers.Conv2D" in shown


def test_the_command_says_what_to_install(run):
    said = run("module", "sidebyside", "lookup", "conv2d", code=1)
    assert "which is not installed" in said
    assert "pip install 'sidebyside-frameworks[cli]'" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [["list"], ["check"], ["compare", "recommender"]])
def test_commands_for_lessons_say_that_they_need_a_checkout(run, command):
    said = run("module", "sidebyside", *command, extras=["cli"], code=1)
    assert "This command works in a checkout of the repository" in said
    assert "Traceback" not in said


def test_translate_works(run):
    program = run.folder / "program.py"
    program.write_text("import torch\n\nlayer = torch.nn.Linear(3, 2)\n", "utf-8")
    shown = run("module", "sidebyside", "translate", program, extras=["cli"])
    assert "layers.Dense" in shown


def test_latencies_are_compared(run):
    file = run.folder / "times.txt"
    file.write_text("\n".join(map(str, range(1, 301))), "utf-8")
    shown = run("module", "sidebyside", "latency", file, file, extras=["cli"])
    assert "Not shown: that p95 has changed" in shown


def test_datasets_work_with_what_a_notebook_has(run, installed):
    program = run.folder / "program.py"
    program.write_text(
        "import sidebyside\n"
        "from sidebyside import datasets\n"
        "print(sidebyside.__file__)\n"
        "print(datasets.mnist().train_images.shape)\n",
        "utf-8",
    )
    before = files(installed)
    shown = run("program", program, SIDEBYSIDE_DATA="sample", SIDEBYSIDE_DATA_DIR="here")
    where, shape = shown.splitlines()
    assert where == str(installed / "sidebyside" / "__init__.py")
    assert re.fullmatch(r"\(\d+, 28, 28\)", shape)
    assert files(run.folder / "here")
    assert files(installed) == before


def test_data_land_in_the_users_cache_folder(run, installed):
    program = run.folder / "program.py"
    program.write_text("from sidebyside import datasets\nprint(datasets.data_folder())\n", "utf-8")
    folder = Path(run("program", program, SIDEBYSIDE_DATA_DIR="").strip())
    assert folder == platformdirs.user_cache_path("sidebyside")
    assert not folder.is_relative_to(installed)


def files(folder):
    """Return the files of a folder, but for compiled ones."""
    return {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


MODELS = """
import numpy as np
import torch
from sidebyside import parity
import keras

torch_model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
keras_model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(2)]
)
random = np.random.default_rng(0)
batches = [
    (random.normal(size=(8, 4)).astype("float32"), random.integers(0, 2, 8)) for _ in range(3)
]
torch_loss = torch.nn.CrossEntropyLoss()
keras_loss = lambda outputs, targets: keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
    targets, outputs
)
"""
WALKED = """
inputs, targets = batches[0]
make_torch_optimizer = lambda model: torch.optim.SGD(model.parameters(), lr=0.01)
make_keras_optimizer = lambda model: keras.optimizers.SGD(0.01)
"""


@pytest.mark.skipif(
    find_spec("torch") is None or find_spec("tensorflow") is None,
    reason="port_weights and compare need both frameworks",
)
def test_readmes_example_of_porting_works(run):
    readme = (ROOT / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?port_weights.*?)```", readme, re.DOTALL)
    program = run.folder / "program.py"
    (walk,) = re.findall(r"```python\n(from sidebyside.parity import find_difference.*?)```",
                         readme, re.DOTALL)  # fmt: skip
    walk = f"{WALKED}\n{walk}\nprint('the same:', walk.ok)"
    program.write_text(f"{MODELS}\n{example}\nprint('ok:', result.ok)\n{walk}\n", "utf-8")
    shown = run("program", program, extras=["pytorch", "tensorflow"])
    assert "ok: True" in shown
    assert "the same: True" in shown
