"""Code that names no framework is the same in both notebooks; where it is not, it is named."""

import ast
import shutil

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from sidebyside.checkout import ROOT, repository_url
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import checks, pairs
from sidebyside.lessons.notebook_code import both_sides, global_names, parsed
from sidebyside.lessons.notebooks import write_notebook
from sidebyside.lessons.shared_code import differences
from sidebyside.lessons.steps import Step, steps

IMPORTS = (
    "import numpy as np\nimport torch\nfrom torch import nn",
    "import numpy as np\nimport tensorflow as tf\nfrom keras import layers",
)


def step(name, left, right=None, tags=()):
    """Return a step of two code cells; None makes Markdown of a side."""
    cells = [
        new_markdown_cell("nothing to do")
        if source is None
        else new_code_cell(source, metadata={"tags": list(tags)})
        for source in (left, right)
    ]
    for cell in cells:
        cell.id = name
    return Step(name, *cells)


def found(*steps):
    return list(differences([step("imports", *IMPORTS), *steps]))


def same(name, source):
    return step(name, source, source)


@pytest.mark.parametrize("name", ["recommender", "image_classification"])
def test_every_changed_number_of_shared_cells_is_found(name):
    aligned = steps(pairs.find_pair(name))
    assert list(differences(aligned)) == []
    changed = 0
    for one in aligned:
        is_code = one.tensorflow.cell_type == "code"
        if is_code and one.same and one.id not in ("setup", "imports"):
            original = one.tensorflow.source
            for source in list(with_one_number_changed(original))[-1:]:
                one.tensorflow.source = source
                changed += 1
                assert any(f"{one.id!r}" in text for text in differences(aligned)), source
            one.tensorflow.source = original
    assert changed > 10


def with_one_number_changed(source):
    """Yield a cell's code with each of its numbers changed, one at a time."""
    lines = source.split("\n")
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            row = node.lineno - 1
            raw = lines[row].encode()  # in which columns are counted
            before, after = raw[: node.col_offset], raw[node.end_col_offset :]
            changed = before + str(node.value + 7).encode() + after
            yield "\n".join([*lines[:row], changed.decode(), *lines[row + 1 :]])


@pytest.fixture
def recommender(tmp_path):
    """Return a copy of the recommender, to change."""
    original = pairs.find_pair("recommender")
    shutil.copytree(original.folder, tmp_path / "beginner" / "recommender")
    shutil.copytree(ROOT / "dictionary", tmp_path / "dictionary")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return pairs.Pair(tmp_path / "beginner" / "recommender", original.stem, tmp_path)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_setting_that_differs_for_full_data_alone_is_named(recommender, framework):
    assert list(differences(steps(recommender))) == []
    notebook = recommender.read(framework)
    settings = next(cell for cell in notebook.cells if cell.id == "settings")
    assert "500 if full" in settings.source
    settings.source = settings.source.replace("500 if full", "250 if full")
    write_notebook(notebook, recommender.path(framework))
    lines = ["batch_size = 500 if full else 250", "batch_size = 250 if full else 250"]
    lines = lines if framework == "tensorflow" else lines[::-1]
    assert (
        "step 'settings': it names no framework, but differs: "
        f"`{lines[0]}` in PyTorch, `{lines[1]}` in TensorFlow/Keras."
    ) in checks.problems(recommender, repository_url())


DIFFERENT = {
    "a cell that names none": (
        [step("settings", "epochs = 5\nrate = 0.1", "epochs = 5\nrate = 0.2")],
        "step 'settings': it names no framework, but differs: `rate = 0.1` in "
        "PyTorch, `rate = 0.2` in TensorFlow/Keras.",
    ),
    "a line more": (
        [step("settings", "epochs = 5", "epochs = 5\nseed = 1")],
        "step 'settings': it names no framework, but differs: nothing in PyTorch, "
        "`seed = 1` in TensorFlow/Keras.",
    ),
    "a comment": (
        [step("settings", "epochs = 5", "epochs = 5  # as many")],
        "step 'settings': it names no framework, but differs: `epochs = 5` in "
        "PyTorch, `epochs = 5 # as many` in TensorFlow/Keras.",
    ),
    "a function": (
        [same("data", "data = np.ones(3)"), step("mean", *(
            f"def mean(values):\n    return values.sum() / {n}\n\nmean(data)" for n in (3, 4)
        ))],
        "step 'mean': it names no framework, but differs: `return values.sum() / 3` "
        "in PyTorch, `return values.sum() / 4` in TensorFlow/Keras.",
    ),
    "a number beside a framework": (
        [step("seed", "torch.manual_seed(0)\nepochs = 500 if full else 20",
              "tf.random.set_seed(0)\nepochs = 250 if full else 20")],
        "step 'seed': nothing but numbers or operators differs: `epochs = 500 if full else 20` in "
        "PyTorch, `epochs = 250 if full else 20` in TensorFlow/Keras.",
    ),
    "an operator on what a framework made": (
        [step("model", "loss = torch.ones(1)", "loss = tf.ones(1)"),
         step("check", "print('low:', loss < 0.5)", "print('low:', loss <= 0.5)")],
        "step 'check': nothing but numbers or operators differs: `print('low:', loss < 0.5)` in "
        "PyTorch, `print('low:', loss <= 0.5)` in TensorFlow/Keras.",
    ),
    "a setting in another form": (
        [step("one", "torch.manual_seed(0)\nepochs = 500 if full else 20",
              "tf.random.set_seed(1 * 0)\nepochs = 20")],
        "step 'one': epochs is `500 if full else 20` in PyTorch, `20` in TensorFlow/Keras.",
    ),
    "a setting in another step": (
        [step("one", "torch.manual_seed(0)\nepochs = 500", "tf.random.set_seed(1 * 0)"),
         step("two", "nn.Linear(1, 2)", "layers.Dense(2)\nepochs = 250")],
        "step 'one': epochs is `500` in PyTorch, `250` in TensorFlow/Keras.",
    ),
    "the end of a long line": (
        [step("one", *(f"{'x' * 50} = nn.f({n}, 2, {'y' * 40})" for n in (8, 9)))],
        f"step 'one': nothing but numbers or operators differs: `...{'x' * 22} = nn.f(8, 2, "
        f"{'y' * 24}...` in PyTorch, `...{'x' * 22} = nn.f(9, 2, {'y' * 24}...` in "
        "TensorFlow/Keras.",
    ),
    "a default of a function": (
        [step("one", "def make(width=64):\n    return nn.Linear(1, width)",
              "def make(size, width=32):\n    return layers.Dense(width)")],
        "step 'one': make(width) is `64` in PyTorch, `32` in TensorFlow/Keras.",
    ),
    "a default of a keyword": (
        [step("one", "def make(a, *, b, width=64):\n    return nn.Linear(a, width)",
              "def make(*, b, width=32):\n    return layers.Dense(width)")],
        "step 'one': make(width) is `64` in PyTorch, `32` in TensorFlow/Keras.",
    ),
    "a choice within a call": (
        [step("one", "nn.Linear(1, 9 if full else 2)", "layers.Dense(8 if full else 2)")],
        "step 'one': a choice is `9 if full else 2` in PyTorch, `8 if full else 2` in "
        "TensorFlow/Keras.",
    ),
    "a choice on one side": (
        [step("one", "nn.Linear(1, 9 if full else 2)", "layers.Dense(9)")],
        "step 'one': a choice is `9 if full else 2` in PyTorch, nothing in TensorFlow/Keras.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_named(name):
    changed, sentence = DIFFERENT[name]
    assert found(*changed) == [sentence]


ALLOWED = {
    "calls of the frameworks": [step("one", "nn.Linear(1, 64)", "layers.Dense(32)")],
    "what is made from a framework": [
        step("model", "model = nn.Linear(1, 2)", "model = layers.Dense(2)"),
        step("count", "n = sum(p.numel() for p in model.parameters())", "n = model.count_params()"),
        step("print", "print(n, 'weights')", "print('weights:', n)"),
    ],
    "a package of one side": [
        step("more", "import lightning as L", "import math"),
        step("use", "L.seed_everything(0)", "x = math.pi"),
    ],
    "a string that speaks of a framework": [
        step("report", "report('pytorch', epochs)", "report('tensorflow', epochs)")
    ],
    "a comment on a framework's default": [
        step("settings", "rate = 0.1  # PyTorch: 0.001", "rate = 0.1  # Keras: 0.01")
    ],
    "a step of one side": [step("one", "epochs = 5", None)],
    "other arguments": [step("one", "x = nn.f(a, b)", "x = layers.f(b, a)")],
    "numbers in functions' own names": [
        step("one", "def f(x):\n    axis = 1\n    return torch.sum(x, axis)",
             "def f(x):\n    axis = -1\n    y = tf.reduce_sum(x, axis)\n    return y")
    ],
    "a tagged step": [
        step("one", "torch.ones(1)\nx = a[0] + 1", "tf.ones(1)\nx = a[1] + 1", ["framework"])
    ],
    "what is no Python": [step("one", "x = (", "y = (")],
    "a command": [step("one", "!pip install a\ntorch.x()", "!pip install b\ntf.x()")],
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_what_may_differ_does(name):
    assert found(*ALLOWED[name]) == []


def test_a_tag_is_no_excuse_where_no_framework_is_named():
    texts = found(step("settings", "epochs = 5", "epochs = 6", ["framework"]))
    assert len(texts) == 1


def test_a_file_that_a_cell_writes_names_a_framework_in_its_text():
    head = "%%writefile program.py\n"
    assert found(step("write", f"{head}import torch", f"{head}import keras")) == []
    assert found(step("write", f"{head}rate = 1", f"{head}rate = 2"))


def test_names_that_are_made_from_a_frameworks_are_its_own():
    made = [
        step("imports", *IMPORTS),
        same("plain", "width = 3\nsize = width + 1"),
        step("model", "def make():\n    return nn.Linear(width, 2)", "make = layers.Dense"),
        same("use", "model = make()\nsizes = [w.shape for w in model.weights]"),
    ]
    for side, first in zip(both_sides(made), ("torch nn", "tf layers"), strict=True):
        assert side.framework_names == {*first.split(), "make", "model", "sizes"}


def test_a_functions_own_names_are_not_global():
    tree = ast.parse("def f(model):\n    x = model + y\n    return [z for z in x if other]")
    assert global_names(tree) == ({"f", "y", "other"}, {"f"})
