"""Marking the calls of a program that the dictionary knows."""

import ast
import json
import re
import subprocess
import sys

import pytest

from sidebyside.dictionary import coverage, read_all
from sidebyside.dictionary.entries import FOLDER
from sidebyside.dictionary.names import canonical, qualified
from sidebyside.dictionary.translate import Index, ProgramError, read_program, translate
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.view import translation_terminal as terminal

CHAPTERS = read_all()

PROGRAM = """\
import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.optim import Adam as Optimizer
from . import mine


class Net(nn.Module):
    def __init__(self, width: torch.Size = None):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.odd = nn.FractionalMaxPool2d(2, 0.5)
        self.norm = mine.Norm()

    def forward(self, x):
        x = F.relu(self.conv(x))
        return torch.flatten(x, 1).view(-1, 2)


Optimizer(Net().parameters())
print(len("x"))
"""


def test_calls_are_followed_through_the_imports():
    found = translate(PROGRAM, Index(CHAPTERS))
    known = {(call.line, call.name) for call in found.known}
    assert {(11, "nn.Conv2d"), (16, "F.relu"), (17, "torch.flatten"), (17, ".view"),
            (20, "optim.Adam")} <= known  # fmt: skip
    assert found.unknown == {"nn.FractionalMaxPool2d": [12]}
    assert {call.framework for call in found.calls} == {"pytorch"}


def test_a_method_that_no_entry_knows_is_told_from_the_programs_own():
    program = "import torch\ndef addmm(x):\n    return x\ny = torch.ones(2)\n"
    program += "y.addmv(y, y)\nit.addmm(y, y)\ny.of_mine()\n[].append(y)\ny.exp()\n"
    program += "import numpy as np\nnp.exp(2)\nnp.random.addmv(2)\n"
    found = translate(program, Index(CHAPTERS, coverage.methods()))
    assert found.unknown == {".addmv": [5]}
    assert (9, ".exp") in [(call.line, call.name) for call in found.known]
    assert 11 not in [call.line for call in found.calls]
    assert {"addmv", "cuda", "train"} <= set(coverage.methods()["pytorch"])


def test_keras_goes_by_all_its_names():
    program = (
        "import tensorflow as tf\nfrom tensorflow.keras import layers\nimport keras as K\n"
        "from keras.src.layers import Dense\nfrom tensorflow.keras.layers import *\n"
        "tf.keras.layers.Dense(3)\nlayers.Dense(3)\nK.layers.Dense(3)\nDense(3)\n"
        "tf.concat([], 0)\nmodel = K.Model()\nmodel.fit(1, 2)\nConv2D(3, 3)\nsorted([])\n"
    )
    found = translate(program, Index(CHAPTERS))
    assert [call.line for call in found.known if call.name == "layers.Dense"] == [6, 7, 8, 9]
    assert (13, "layers.Conv2D") in [(call.line, call.name) for call in found.known]
    assert found.unknown == {}
    names = {call.name for call in found.known}
    assert {"tf.concat", ".fit"} <= names
    assert {call.framework for call in found.calls} == {"tensorflow"}
    assert canonical("tensorflow.keras.layers.Dense") == qualified("layers.Dense", "tensorflow")


def test_the_entry_that_fits_the_arguments_comes_first():
    program = "import torch.nn as nn\nnn.LSTM(3, 4)\nnn.LSTM(3, 4, bidirectional=True)\n"
    calls = translate(program, Index(CHAPTERS)).known
    keywords = [ast.unparse(ast.parse(call.entries[0].lines["pytorch"])) for call in calls]
    assert "bidirectional=True" in keywords[1]
    assert "bidirectional" not in keywords[0]


def test_the_listing_has_the_program_its_counterparts_and_what_is_not_known(printed):
    text = printed(terminal.show_translation, translate(PROGRAM, Index(CHAPTERS)))
    assert re.search(r"11 .*nn\.Conv2d\(3, 8, 3\).*layers\.Conv2D.*\[\d+\]", text)
    for line in PROGRAM.splitlines():
        assert line.rstrip() in text
    rest = text.partition("What to know")[2]
    assert "Trap, " in rest
    assert "nn.FractionalMaxPool2d  line 12" in rest.partition("Not in the dictionary")[2]
    assert re.search(r"\d+ of \d+ calls are in the dictionary", rest)


def counterparts(program):
    return {call.name: call.counterpart for call in translate(program, Index(CHAPTERS)).known}


@pytest.mark.parametrize(
    ("program", "name", "written"),
    [
        ("import torch.nn as nn\nloss_fn = nn.CrossEntropyLoss()\nloss_fn(out, labels)\n",
         "loss_fn", "loss_fn(labels, out)"),
        ("import torch.nn as nn\nclass A:\n    def __init__(self):\n"
         "        self.crit = nn.MSELoss()\n    def f(self, a, b):\n"
         "        return self.crit(a, b)\n", "self.crit", "self.crit(b, a)"),
        ("import keras\nloss = keras.losses.MeanSquaredError()\nloss(y, p)\n", "loss",
         "loss(p, y)"),
    ],
)  # fmt: skip
def test_a_loss_that_is_called_has_its_arguments_swapped(program, name, written):
    assert counterparts(program)[name] == written


def test_a_loss_of_three_arguments_and_a_layer_have_no_mark_of_their_own():
    program = "import torch.nn as nn\nt = nn.TripletMarginLoss()\nt(a, p, n)\n"
    program += "layer = nn.Linear(2, 3)\nlayer(x)\n"
    assert not {"t", "layer"} & set(counterparts(program))


@pytest.mark.parametrize(
    ("use", "written"),
    [
        ("net.load_state_dict(state)", "# nothing: model.load_weights(path) reads the file"),
        ("state['model']", "# tf.train.Checkpoint(model=model, optimizer=optimizer).restore(path)"),
        ("state.eval()", "keras.saving.load_model(path)"),
        ("print(state)", "# by what the file holds: model.load_weights(path) for a state dict, "
         "keras.saving.load_model(path) for a model, np.load(path) for data"),
    ],
)  # fmt: skip
def test_what_is_loaded_is_told_by_its_use(use, written):
    program = f"import torch\nstate = torch.load(path)\n{use}\n"
    assert counterparts(program)["torch.load"] == written


def test_notebooks_are_read_without_their_commands():
    for framework in FRAMEWORKS:
        file = FOLDER.parent / f"beginner/recommender/recommender_{framework}.ipynb"
        found = translate(read_program(file), Index(CHAPTERS))
        assert len(found.known) > 20
        assert {call.framework for call in found.calls} == {framework}


def test_commands_of_a_notebook_are_passed_over(tmp_path):
    sources = ["%pip install x\nimport torch", "%%bash\nls | wc", "%%time\nif True:\n    !ls\n"
               "    torch.ones(2)"]  # fmt: skip
    cells = [{"cell_type": "code", "source": [source]} for source in sources]
    file = tmp_path / "commands.ipynb"
    file.write_text(json.dumps({"cells": cells}), "utf-8")
    calls = translate(read_program(file), Index(CHAPTERS)).calls
    assert [call.name for call in calls] == ["torch.ones"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.py", "print('no framework')", "imports neither PyTorch nor TensorFlow/Keras"),
        ("b.py", "import torch\nx = (", "Line 2 is not Python"),
        ("c.ipynb", "{}", "neither a Python program nor a notebook"),
        ("d.py", None, "There is no file"),
    ],
)
def test_a_file_that_is_no_program_is_told(tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ProgramError, match=said):
        translate(read_program(tmp_path / name), Index(CHAPTERS))
    done = subprocess.run([sys.executable, "-m", "sidebyside", "translate", tmp_path / name],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr and "Traceback" not in done.stderr
