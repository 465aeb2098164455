"""The dictionary: its form, that what is wrong in it is found, and where one meets it.

The entries themselves are executed as tests of their own, from the files in ``dictionary/``.
"""

import ast
import dataclasses
import io
import json
import re
import subprocess
import sys

import pytest
from rich.console import Console

from sidebyside.dictionary import DictionaryError, coverage, defaults, read, read_all
from sidebyside.dictionary.entries import CHAPTER, FOLDER, needed
from sidebyside.dictionary.lookup import find, near, plain
from sidebyside.dictionary.names import canonical, qualified
from sidebyside.dictionary.translate import Index, ProgramError, read_program, translate
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.proof import recording
from sidebyside.view import entry_terminal as terminal

CHAPTERS = read_all()
ENTRIES = [entry for chapter in CHAPTERS for entry in chapter.entries]
COLUMNS = 64
SUBJECTS = (
    "creating_tensors", "dtypes_and_devices", "indexing", "shapes_and_broadcasting",
    "arithmetic_and_reductions", "linear_algebra", "random_numbers", "autograd", "layers",
    "sequence_layers", "activations", "initialisers", "losses", "optimisers", "metrics",
    "data_pipelines", "training", "saving", "compiling", "distribution", "reproducibility", "boxes",
)  # fmt: skip

GOOD = """
[chapter]
title = "Sums"
about = "About sums."

[total]
name = "Sum of all"
verdict = "same"
pytorch_names = ["torch.sum"]
tensorflow_names = ["tf.reduce_sum"]
inputs = "x = normal(3, 4)"
pytorch = "torch.sum(x)"
tensorflow = "tf.reduce_sum(x)"
note = "They add."
tolerance = 1e-6
because = "float32"
"""
TRAP = """
[[total.trap]]
tensorflow = "tf.reduce_sum(x, axis=0)"
note = "One axis only."
gives = "shape (4,)"
"""


def write(folder, text):
    folder.mkdir(exist_ok=True)
    file = folder / "01_sums.toml"
    file.write_text(text, "utf-8")
    return file


# the files


def test_every_subject_has_its_chapter():
    assert tuple(chapter.key for chapter in CHAPTERS) == SUBJECTS
    assert all(CHAPTER.fullmatch(file.name) for file in FOLDER.glob("[0-9]*"))
    assert len(ENTRIES) >= 200
    assert all(len(chapter.entries) >= 5 for chapter in CHAPTERS)


def test_lines_fit_into_two_columns_and_are_python():
    long = []
    for entry in ENTRIES:
        shown = [*entry.lines.values(), *(trap.lines for trap in entry.traps)]
        for text in [*shown, *entry.check.values()]:
            ast.parse(text)
            limit = COLUMNS if text in shown else 79
            long += [f"{entry.key}: {line}" for line in text.splitlines() if len(line) > limit]
    assert long == []


def test_nothing_is_said_twice():
    notes = [entry.note for entry in ENTRIES]
    notes += [trap.note for entry in ENTRIES for trap in entry.traps]
    assert sorted({note for note in notes if notes.count(note) > 1}) == []
    names = [entry.name for entry in ENTRIES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_checks_can_fail():
    for entry in ENTRIES:
        for side, lines in entry.check.items():
            nodes = list(ast.walk(ast.parse(lines)))
            tests = [node for node in nodes if isinstance(node, ast.Assert)]
            assert tests or "np.testing.assert_" in lines, f"{entry.key}, {side}: no assertion"
            assert not any(isinstance(node.test, ast.Constant) for node in tests), entry.key


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[total]", "[Total]", "no key"),
        ('note = "They add."', "", "a name and a note"),
        ('verdict = "same"', 'verdict = "alike"', "verdict is one of"),
        ('verdict = "same"', 'verdict = "set"\nset = "the axis"', "needs a trap"),
        ('verdict = "same"', 'verdict = "none"', "missing"),
        ('because = "float32"', "", "goes with its reason"),
        ("tolerance = 1e-6", 'tolerance = "small"', "is a str"),
        ('tensorflow = "tf.reduce_sum(x)"', "", "lines of both sides"),
        ('pytorch_names = ["torch.sum"]', "", "needs pytorch_names"),
        ('note = "They add."', 'note = "They add."\ncolour = "red"', "not known"),
        ('title = "Sums"', "", "needs a title"),
        ("[chapter]", "[chapter", "is not TOML"),
        ("inputs =", 'compare = "looks"\ninputs =', "compare is one of"),
    ],
)
def test_what_is_not_in_order_is_told(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(DictionaryError, match=said) as error:
        read(write(tmp_path, GOOD.replace(old, new)))
    assert "01_sums.toml" in str(error.value)


def test_what_an_entry_relies_on_is_found_in_its_chapters_setup():
    setup = "import re\nfrom a import b, c\nscale = 2\ndef f(x):\n    return scale * x\nd = 3"
    assert needed(setup, "f(c)") == (
        "from a import b, c\nscale = 2\ndef f(x):\n    return scale * x"
    )
    assert needed(setup, "print(1)") == ""


def test_a_key_is_there_once(tmp_path):
    write(tmp_path, GOOD)
    (tmp_path / "02_more.toml").write_text(GOOD, "utf-8")
    with pytest.raises(DictionaryError, match=r"total is in 01_sums\.toml, too"):
        read_all(tmp_path)
    with pytest.raises(DictionaryError, match="no dictionary"):
        read_all(tmp_path / "nowhere")


# a wrong entry cannot pass


def proof(tmp_path, text):
    run = pytest.importorskip("sidebyside.dictionary.run")
    chapter = read(write(tmp_path, text))
    return run.prove(chapter.entries[0], chapter)


def test_a_right_entry_holds(tmp_path):
    found = proof(tmp_path, GOOD + TRAP)
    assert found.values <= 1e-6 and found.gradients <= 1e-6
    assert found.traps == ["trap gives shape (4,)"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tf.reduce_sum(x)", "tf.reduce_sum(x) + 0.01", "values differ by"),
        ("tf.reduce_sum(x)", "tf.reduce_sum(x, axis=0)", r"shape \(\) in PyTorch"),
        ("tf.reduce_sum(x)", "tf.reduce_sum(tf.stop_gradient(x))", "only PyTorch has a gradient"),
        ("tf.reduce_sum(x)", "tf.reduce_sum(2 * x - tf.stop_gradient(x))", "gradients of x differ"),
        ("tf.reduce_sum(x)", "tf.cast(tf.reduce_sum(x), tf.float64)", "the types are float32"),
        ("tf.reduce_sum(x)", "y = tf.reduce_sum(x)", "0"),
        ('["torch.sum"]', '["torch.summe"]', "There is no torch.summe"),
        ('["torch.sum"]', '["torch.mean"]', "None of torch.mean is in the lines"),
        ("tf.reduce_sum(x, axis=0)", "tf.reduce_sum(x)", "is to give"),
        ('gives = "shape (4,)"', 'raises = "ValueError"', "does not raise ValueError"),
        ('gives = "shape (4,)"', "difference = 1", "gives shape"),
        (
            'tensorflow = "tf.reduce_sum(x, axis=0)"\nnote = "One axis only."\n'
            'gives = "shape (4,)"',
            'tensorflow = "tf.reduce_sum(2 * x)"\nnote = "Twice."\ndifference = 123',
            "the entry says 123",
        ),
        (
            'tensorflow = "tf.reduce_sum(x, axis=0)"\nnote = "One axis only."\n'
            'gives = "shape (4,)"',
            'tensorflow = "tf.reduce_sum(x)"\nnote = "The same."\ndifference = 1',
            "which is no difference",
        ),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_found(tmp_path, old, new, said):
    text = GOOD + TRAP
    assert old in text
    with pytest.raises(AssertionError, match=said):
        proof(tmp_path, text.replace(old, new))


def test_a_check_that_does_not_hold_is_found(tmp_path):
    both = 'pytorch_check = "assert x.ndim == 2"\ntensorflow_check = "assert x.ndim == {}"\n'
    text = GOOD.replace('tolerance = 1e-6\nbecause = "float32"\n', both)
    assert str(proof(tmp_path, text.format(2))) == "checks hold"
    with pytest.raises(AssertionError):
        proof(tmp_path, text.format(3))


def test_a_deprecated_call_is_no_counterpart(tmp_path):
    old = "pytorch = \"import warnings; warnings.warn('old', FutureWarning); torch.sum(x)\""
    with pytest.raises(AssertionError, match="deprecated: old"):
        proof(tmp_path, GOOD.replace('pytorch = "torch.sum(x)"', old))


# defaults that differ


def test_defaults_are_those_of_the_installed_packages():
    pytest.importorskip("sidebyside.porting")
    found = recording.changed(defaults.record()["defaults"], recording.read_defaults())
    records = "'python -m sidebyside.proof.recording defaults --save' records it"
    assert not found, "\n".join([*found, records])


def same_value(values):
    try:
        left, right = (float(value) for value in values)
    except ValueError:
        left, right = values
    return left == right


def test_sixty_arguments_have_defaults_that_differ():
    rows = [row for rows in defaults.table().values() for row in rows]
    assert sum(row.both for row in rows) >= 60
    assert [row.names for row in rows if same_value(row.defaults.values())] == []
    names = [tuple(row.names.values()) for row in rows]
    assert len(set(names)) == len(names)
    effects = [row.effect for row in rows]
    assert len(set(effects)) == len(effects)
    keys = {entry.key for entry in ENTRIES}
    assert {row.entry for row in rows} - {""} <= keys


def test_a_default_that_changes_is_named():
    before = {"nn.BatchNorm2d(eps)": "1e-05", "nn.Old(x)": "1"}
    assert recording.changed(before, {"nn.BatchNorm2d(eps)": "0.001", "nn.New(x)": "2"}) == [
        "nn.BatchNorm2d(eps) was 1e-05, and is 0.001 in the installed package.",
        "nn.Old(x) is recorded, and not in the table any more.",
        "nn.New(x) is 2, and not recorded yet.",
    ]
    assert recording.changed(before, before) == []


# looking up


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("CrossEntropyLoss", "cross-entropy"),
        ("SparseCategoricalCrossentropy", "cross-entropy"),
        ("nn.CrossEntropyLoss", "cross-entropy"),
        ("corss entropy", "cross-entropy"),
        ("gather", "gather"),
    ],
)
def test_a_name_of_either_framework_is_found(words, key):
    assert find(words, CHAPTERS)[0].entry.key == key


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("conv2d", "nn.Conv2d"),
        ("Conv2D", "layers.Conv2D"),
        ("conv 2d", "nn.Conv2d"),
        ("batchnorm", "nn.BatchNorm2d"),
        ("BatchNormalization", "layers.BatchNormalization"),
        ("stop_gradient", "tf.stop_gradient"),
        ("detach", "Tensor.detach"),
        ("DataLoader", "torch.utils.data.DataLoader"),
        ("EarlyStopping", "keras.callbacks.EarlyStopping"),
        ("class weights", "nn.CrossEntropyLoss"),
    ],
)
def test_what_is_found_is_about_it(words, name):
    best = [match.entry for match in find(words, CHAPTERS)[:3]]
    assert name in [name for entry in best for side in FRAMEWORKS for name in entry.names[side]]


def test_every_entry_is_found_by_its_key_and_its_name():
    for entry in ENTRIES:
        assert find(entry.key, CHAPTERS)[0].entry.key == entry.key
        assert entry.key in [match.entry.key for match in find(entry.name, CHAPTERS)]


def test_nonsense_is_not_found():
    assert find("xyzzy plugh", CHAPTERS) == []
    assert find("", CHAPTERS) == []
    assert len(list(near("xyzzy", CHAPTERS))) == 5
    assert plain("BatchNorm_2d (x)") == "batch norm 2d x"


LOOKUP = """
import sys, time
from sidebyside.cli import main
sys.argv = ["sidebyside", "lookup", {words!r}]
try:
    main()
finally:
    heavy = {{"torch", "tensorflow", "keras", "nbformat"}} & set(sys.modules)
    assert not heavy, heavy
    # of the processor, from the start of the process: other tests run at the same time
    print(time.process_time(), file=sys.stderr)
"""


def test_looking_up_takes_less_than_half_a_second_and_imports_no_framework():
    seconds = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", LOOKUP.format(words="conv2d")],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        seconds.append(float(done.stderr))
    assert 0.01 < min(seconds) < 0.5
    assert "nn.Conv2d" in done.stdout and "layers.Conv2D" in done.stdout


def test_an_unknown_word_is_told_with_what_is_near():
    done = subprocess.run([sys.executable, "-m", "sidebyside", "lookup", "qqqqxq"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert "has nothing on 'qqqqxq'. Near it: " in done.stderr


def printed(function, *arguments):
    console = Console(width=160, file=io.StringIO())
    function(*arguments, console)
    return console.file.getvalue()


def test_an_entry_is_shown_in_two_columns_with_note_and_trap():
    match = find("cross-entropy", CHAPTERS)[0]
    rows = [row for rows in defaults.table().values() for row in rows]
    text = printed(terminal.show, [match], 1, rows)
    assert re.search(r"nn\.CrossEntropyLoss\(\) {5,}.*SparseCategoricalCrossentropy", text)
    assert "same if you set" in text and "Trap in TensorFlow/Keras, off by" in text
    assert match.entry.note.split(",")[0].replace("`", "")[:40] in text
    for entry in ENTRIES:  # all of them can be shown
        printed(terminal.show_entry, CHAPTERS[0], entry)


# going the other way

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
    program += "y.addmv(y, y)\ny.addmm(y, y)\ny.of_mine()\n[].append(y)\ny.exp()\n"
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


def test_the_listing_has_the_program_its_counterparts_and_what_is_not_known():
    text = printed(terminal.show_translation, translate(PROGRAM, Index(CHAPTERS)))
    assert re.search(r"11 .*nn\.Conv2d\(3, 8, 3\).*layers\.Conv2D.*\[\d+\]", text)
    for line in PROGRAM.splitlines():
        assert line.rstrip() in text
    rest = text.partition("What to know")[2]
    assert "Trap, " in rest
    assert "nn.FractionalMaxPool2d  line 12" in rest.partition("Not in the dictionary")[2]
    assert re.search(r"\d+ of \d+ calls are in the dictionary", rest)


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


def test_what_the_dictionary_lacks_is_on_record():
    pytest.importorskip("torchvision")
    pytest.importorskip("keras")
    measured = recording.measure(CHAPTERS)
    assert len(measured) >= 12
    assert coverage.recorded() == measured, "python -m sidebyside.proof.recording coverage --save"
    assert coverage.methods() == recording.read_methods()
    for row in measured:
        assert row.known >= 0.8 * row.calls, dataclasses.asdict(row)
