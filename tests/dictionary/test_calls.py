"""The pairs of ``calls.toml``: their form, and that they say what the entries prove."""

import ast
import csv
import re
from pathlib import Path

import pytest

from sidebyside.dictionary import DictionaryError, coverage, read_all
from sidebyside.dictionary.binding import signatures
from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import last
from sidebyside.dictionary.rules import PYTHON, read_rules
from sidebyside.dictionary.translate import Call, Index, translate
from sidebyside.frameworks import FRAMEWORKS, other

CHAPTERS = read_all()
ENTRIES = {entry.key: entry for chapter in CHAPTERS for entry in chapter.entries}
RULES = read_rules()
INDEX = Index(CHAPTERS, coverage.methods(), RULES)
TABLE = Path(__file__).parent / "frequent_calls.tsv"

# what stands before a call that is translated by itself
BEFORE = {
    "pytorch": """
import math
import numpy as np
import torch
import torchvision
from torch import nn, optim
import torch.nn.functional as F
from torchvision import transforms
from torchvision.transforms import v2
""",
    "tensorflow": """
import math
import numpy as np
import tensorflow as tf
import keras
from keras import layers, ops
""",
}
VALUES = {
    "pytorch": """
x = torch.ones(2, 3)
y = torch.ones(2, 3)
mask = x > 0
index = torch.tensor([0, 1])
array = np.ones(3)
model = nn.Linear(3, 3)
weight = model.weight
data = torch.utils.data.TensorDataset(x, y)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
loss = x.sum()
device = torch.device("cuda")
""",
    "tensorflow": """
x = tf.ones((2, 3))
y = tf.ones((2, 3))
mask = x > 0
index = tf.constant([0, 1])
array = np.ones(3)
kernel = tf.ones((3, 3, 3, 8))
variable = tf.Variable(x)
dataset = tf.data.Dataset.range(3)
model = keras.Sequential()
optimizer = keras.optimizers.SGD()
metric = keras.metrics.Mean()
loss = tf.reduce_sum(x)
tape = tf.GradientTape()
""",
}
TENSOR = {"pytorch": "torch.tensor(0.0)", "tensorflow": "tf.constant(0.0)"}
# entries whose one call is not the counterpart of the other side's one call: an idiom each way
IDIOMS = {
    ("tensorflow", "topk-ties"): "in PyTorch a stable argsort has top_k's order; topk is the call",
    ("tensorflow", "split-equal"): "a number of pieces is chunk's argument, a size split's",
}
# entries whose lines have something of one side beside the call
BESIDE = {
    "lstsq": "the solution is an attribute in PyTorch",
    "batch-norm-start": "the weight is named gamma in Keras",
}


def counterpart(before: str, lines: str, name: str = "") -> Call | None:
    """Return the first call in some lines, or the first of this name."""
    found = translate(f"{before}\n{lines}\n", INDEX)
    start = before.count("\n") + 1
    calls = [call for call in found.known if call.line > start]
    named = [call for call in calls if not name or last(call.name.lstrip(".")) == name]
    return named[0] if named else None


def heads(text: str) -> list[str]:
    """Return the names of the calls in a counterpart."""
    return [] if text.startswith("#") else re.findall(r"(\w+)\(", text)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _calls(lines: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(lines)) if isinstance(node, ast.Call)]


def _before(entry: Entry, chapter: Chapter, side: str) -> str:
    """Return what an entry's lines on one side rely on; its inputs are tensors."""
    inputs = [
        f"{target.id} = {TENSOR[side]}"
        for statement in ast.parse(entry.inputs).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
    return "\n".join([BEFORE[side], chapter.setup.get(side, ""), *inputs])


def _single() -> list[tuple[str, Entry, Chapter]]:
    """Return the entries with one call on each side, which both are about, for each direction."""
    found = []
    for chapter in CHAPTERS:
        for entry in chapter.entries:
            calls = {side: _calls(entry.lines[side]) for side in FRAMEWORKS}
            about = all(
                len(calls[side]) == 1 and _called(calls[side][0]) in map(last, entry.names[side])
                for side in FRAMEWORKS
            )
            found += [(side, entry, chapter) for side in FRAMEWORKS if about]
    return found


SINGLE = _single()


# their form


def test_every_pair_is_under_an_entry_and_known_to_the_record():
    assert {rule.entry for rule in RULES.rules} <= set(ENTRIES)
    missing = []
    for rule in RULES.rules:
        for patterns in rule.read.values():
            for pattern in patterns:
                shown = pattern.full and pattern.full not in signatures()
                if shown and pattern.slots and isinstance(pattern.head, ast.Call):
                    missing.append(pattern.text)
    # names that a package once had, classes made of C, and methods whose text says nothing
    assert len(missing) < 0.1 * len(RULES.rules), missing


def test_what_a_pattern_calls_an_argument_is_its_parameters_name():
    wrong = []
    for rule in RULES.rules:
        for patterns in rule.read.values():
            for pattern in patterns:
                known = signatures().get(pattern.full)
                if known is None or not isinstance(pattern.head, ast.Call):
                    continue
                spread = any(name.startswith("*") for name in known)
                places = [slot for slot in pattern.slots if slot.word is None]
                if len(places) > len(known) and not spread and not any(s.star for s in places):
                    wrong.append(f"{pattern.text}: {known}")
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum = [", "not TOML"),
        ('sum = "torch.sum(x)"', "no list of pairs"),
        ('sum = [["torch.sum(x)"]]', "not a pair of calls"),
        ('sum = [["torch.sum(x)", "tf.reduce_sum(x"]]', "not Python"),
    ],
)
def test_what_is_not_in_order_is_told(tmp_path, text, said):
    (tmp_path / "calls.toml").write_text(text, "utf-8")
    with pytest.raises(DictionaryError, match=said):
        read_rules(tmp_path)


def test_a_folder_without_pairs_has_none(tmp_path):
    assert read_rules(tmp_path).rules == []


# what they say


def test_there_are_enough_entries_with_one_call():
    assert len(SINGLE) > 180


@pytest.mark.parametrize(
    ("side", "key"), [(side, entry.key) for side, entry, _ in SINGLE],
    ids=lambda value: value,
)  # fmt: skip
def test_an_entrys_own_line_is_translated_to_the_other_sides_call(side, key):
    entry, chapter = next((e, c) for _, e, c in SINGLE if e.key == key)
    name = _called(_calls(entry.lines[side])[0])
    wanted = _called(_calls(entry.lines[other(side)])[0])
    found = counterpart(_before(entry, chapter, side), entry.lines[side], name)
    assert found is not None
    if (side, key) not in IDIOMS:
        assert wanted in heads(found.counterpart), found.counterpart


def _frequent() -> list[tuple[str, str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def test_three_hundred_calls_of_real_programs_are_in_the_table():
    rows = _frequent()
    assert len(rows) >= 300
    assert len({tuple(row[:2]) for row in rows}) == len(rows)
    assert {row[0] for row in rows} == set(FRAMEWORKS)


@pytest.mark.parametrize(("side", "call", "wanted"), _frequent())
def test_a_frequent_call_has_the_counterpart_that_an_expert_writes(side, call, wanted):
    found = counterpart(BEFORE[side] + VALUES[side], call)
    assert found is not None and found.counterpart == wanted
    assert found.sure


# marks of real programs that were once judged wrong
ONCE_WRONG = [
    ("pytorch", "x.to(device=device)", "# nothing: TensorFlow places x by itself"),
    ("pytorch", "torch.max(x, x)", "ops.maximum(x, x)"),
    ("pytorch", "net.weight.data.normal_(0.0, 0.02)",
     "net.weight.assign(keras.random.normal(net.weight.shape, 0.0, 0.02))"),
    ("pytorch", "net.bias.data.fill_(0)", "net.bias.assign(ops.full_like(net.bias, 0))"),
    ("pytorch", "torch.empty(2, 1).fill_(1.0)", "ops.full((2, 1), 1.0)"),
    ("pytorch", "x.type(torch.cuda.FloatTensor)", 'ops.cast(x, "float32")'),
    ("pytorch", "nn.parallel.DistributedDataParallel(net, device_ids=[0])",
     "# build net inside tf.distribute.MirroredStrategy().scope()"),
    ("pytorch", "optim.Adadelta([x], lr=1.0)",
     "keras.optimizers.Adadelta(1.0, rho=0.9, epsilon=1e-6)"),
    ("pytorch", "nn.init.xavier_uniform_(net.weight, gain=2)",
     "net.weight.assign(keras.initializers.GlorotUniform()(net.weight.shape), …)"),
    ("pytorch", "torch.utils.data.DataLoader(torchvision.datasets.MNIST('a'), batch_size=3)",
     "data.batch(3)"),
    ("tensorflow", 'layers.MaxPooling2D(2, strides=1, padding="same")',
     "nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), -math.inf), nn.MaxPool2d(2, stride=1))"),
    ("tensorflow", 'layers.Conv2D(8, 5, strides=2, padding="same", use_bias=False)',
     "nn.Sequential(nn.ZeroPad2d((1, 2, 1, 2)), "
     "nn.Conv2d(in_channels, 8, 5, stride=2, bias=False))"),
    ("tensorflow", 'layers.Conv2DTranspose(8, 5, padding="same", use_bias=False)',
     "nn.ConvTranspose2d(in_channels, 8, 5, padding=2, bias=False)"),
    ("tensorflow", 'layers.DepthwiseConv2D(3, padding="same")',
     'nn.Conv2d(channels, channels, 3, padding="same", groups=channels)'),
    ("tensorflow", "layers.LSTM(3, go_backwards=True)",
     "nn.LSTM(input_size, 3, batch_first=True, …)"),
    ("tensorflow", "keras.optimizers.Adam(0.0002, 0.5)",
     "optim.Adam(model.parameters(), lr=0.0002, betas=(0.5, 0.999), eps=1e-7)"),
    ("tensorflow", "layers.BatchNormalization(momentum=0.8)",
     "nn.BatchNorm2d(channels, eps=0.001, momentum=1 - 0.8)  # after a Linear: nn.BatchNorm1d"),
    ("tensorflow", "tf.cast(x.shape[0], tf.float32)", "x.shape[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("side", "call", "wanted"), ONCE_WRONG)
def test_a_mark_that_was_once_wrong_is_right(side, call, wanted):
    before = BEFORE[side] + VALUES[side]
    if side == "pytorch":
        before += "import torchvision\nnet = nn.Linear(2, 2)\n"
    found = counterpart(before, call)
    assert found is not None and found.counterpart == wanted


def test_an_optimisers_step_is_of_the_weights_that_it_was_given():
    program = (
        "net, other = nn.Linear(2, 2), nn.Linear(2, 2)\n"
        "first = optim.SGD(net.parameters(), lr=0.1)\n"
        "second = optim.SGD(other.parameters(), lr=0.1)\n"
    )
    for name, model in (("first", "net"), ("second", "other")):
        found = counterpart(BEFORE["pytorch"] + program, f"{name}.step()")
        assert found.counterpart == f"{name}.apply(gradients, {model}.trainable_variables)"


def _complete() -> list[tuple[str, Entry, Chapter, str]]:
    """Return the translations of entries' own lines that can be executed."""
    found = []
    for chapter in CHAPTERS:
        for entry in chapter.entries:
            if entry.verdict != "same" or entry.tolerance is None or entry.alone or entry.port:
                continue
            if entry.compare != "values" or entry.key in BESIDE:
                continue
            for side in FRAMEWORKS:
                lines = _translated(entry, chapter, side)
                if lines:
                    found.append((side, entry, chapter, lines))
    return found


def _translated(entry: Entry, chapter: Chapter, side: str) -> str:
    calls = _calls(entry.lines[side])
    if len(calls) != 1:
        return ""
    found = counterpart(_before(entry, chapter, side), entry.lines[side], _called(calls[0]))
    if found is None or found.is_remark or "…" in found.counterpart or not found.counterpart:
        return ""
    names = set(re.findall(r"(?<![\w.])[a-z_]\w*(?![\w=(])", found.counterpart))
    given = set(re.findall(r"\w+", entry.lines[side]))
    if re.match(r"\w+(, _)? = ", found.counterpart) or not names <= given | PYTHON | {
        "torch", "tf", "keras", "ops", "layers", "nn", "F"
    }:  # fmt: skip
        return ""  # it has more to be filled in
    own = ast.get_source_segment(entry.lines[side], calls[0])
    return entry.lines[side].replace(own, found.counterpart.partition("  #")[0])


def test_translated_lines_compute_the_same(both_frameworks):
    """Each line that an entry says is the same, translated, gives what the entry's own gives."""
    from sidebyside.proof.differences import compare_results
    from sidebyside.proof.sides import clean, run_sides

    complete = _complete()
    assert len(complete) > 100
    wrong = []
    for side, entry, chapter, lines in complete:
        try:
            with clean():
                sides = run_sides(entry, chapter, entry.lines | {other(side): lines})
            compare_results(entry, *sides.values())
        except Exception as error:
            wrong.append(f"{side}, {entry.key}: {lines}: {type(error).__name__}: {error}"[:300])
    assert wrong == []
