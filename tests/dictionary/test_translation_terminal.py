"""The listing of a program with its counterparts."""

import subprocess
import sys
import time

import pytest

from sidebyside.dictionary import coverage, read_all
from sidebyside.dictionary.translate import Index, translate
from sidebyside.view import translation_terminal as terminal

INDEX = Index(read_all(), coverage.methods())
PROGRAM = """\
import torch
from torch import nn
from data import load

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for x, y in load():
    optimizer.zero_grad()
    loss = nn.CrossEntropyLoss()(model(x.view(-1, 4)), y)
    loss.backward()
    optimizer.step()
    loss = nn.CrossEntropyLoss()
    loss.item(), x.sum()
    torch.nn.FractionalMaxPool2d(2)
"""


@pytest.fixture
def listed(printed):
    def show(program=PROGRAM, notes=False):
        return printed(lambda console: terminal.show_translation(
            translate(program, INDEX), console, notes))  # fmt: skip

    return show


def test_each_line_has_its_counterparts_with_their_arguments(listed):
    text = listed()
    for line in (
        "= keras.Sequential([layers.Dense(8), layers.ReLU(), layers.Dense(2)])",
        "≈ keras.optimizers.Adam(0.001, epsilon=1e-8)",
        "≈ # nothing: each tape gives new gradients",
        "= ops.reshape(x, (-1, 4))",
        "= gradients = tape.gradient(loss, model.trainable_variables)",
        "= optimizer.apply(gradients, model.trainable_variables)",
    ):
        assert line in text, line
    assert text.index("model = nn.Sequential") < text.index("= keras.Sequential")


def test_what_another_mark_of_the_line_contains_is_not_repeated(listed):
    line = next(one for one in listed("import torch\nx = torch.log(torch.exp(y))\n").splitlines()
                if "torch.log" in one)  # fmt: skip
    assert line.count("ops.exp") == 1


def test_notes_are_there_once_and_short(listed):
    text = listed()
    notes = text.partition("What to know")[2].partition("Not in the dictionary")[0]
    assert notes.count("cross-entropy  same if you set") == 1
    assert "Trap, " in notes
    assert len(notes.splitlines()) < 2 * len(PROGRAM.splitlines())
    assert all(len(line) <= 160 for line in notes.splitlines())
    # traps of this side are no trap for who goes to the other
    assert "Trap in PyTorch" not in text


def test_all_notes_are_there_if_asked_for(listed):
    entry = INDEX.entries["cross-entropy"]
    short, whole = listed(), listed(notes=True)
    first = " ".join(entry.note.replace("`", "").split())[:60]
    flat = " ".join(whole.split())
    assert first in flat and first not in " ".join(short.split())
    assert len(whole) > 1.5 * len(short)


def test_guesses_and_what_is_passed_over_are_counted(listed):
    text = listed("import torch\nfrom a import f\nx, w = f()\nx.view(2)\nw.sum()\ntorch.nn.Odd()\n")
    assert "?= ops.reshape" in text
    assert "1 of 2 calls are in the dictionary." in text
    assert "1 of them are guesses" in text
    assert "1 more calls have the name of a framework's method" in text
    assert "nn.Odd  line 6" in text


def test_control_characters_never_reach_the_terminal(listed):
    program = "import torch\nx = torch.ones(2)  # \x1b]0;owned\x07 \x9b31m \u202e\n"
    program += "y = torch.tensor('\x1b[2J')\ns = '\x08\x7f'\n"
    text = listed(program, notes=True)
    assert not set(map(chr, [*range(9), *range(11, 32), *range(127, 160), 0x202E])) & set(text)
    assert "\\x1b]0;owned" in text and "\\x1b[2J" in text


def test_the_command_has_the_option(tmp_path):
    file = tmp_path / "a.py"
    file.write_text(PROGRAM, "utf-8")
    run = [sys.executable, "-m", "sidebyside", "translate", file]
    short = subprocess.run(run, capture_output=True, text=True, check=True, encoding="utf-8")
    whole = subprocess.run([*run, "--notes"], capture_output=True, text=True, check=True,
                           encoding="utf-8")  # fmt: skip
    assert len(whole.stdout) > len(short.stdout)


TIMED = """
import sys, time
sys.argv = ["sidebyside", "translate", sys.argv[1]]
from sidebyside.cli import main
try:
    main()
finally:
    heavy = {"torch", "tensorflow", "keras"} & set(sys.modules)
    assert not heavy, heavy
    print(time.process_time(), file=sys.stderr)
"""
LINES = """\
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(width, 10)
    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        x = F.max_pool2d(x, 2).view(x.size(0), -1)
        return self.head(x)
model = Net(8).to("cuda")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in torch.utils.data.DataLoader(data, batch_size=32):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
"""


def seconds(tmp_path, copies):
    file = tmp_path / f"{copies}.py"
    file.write_text(LINES * copies, "utf-8")
    done = subprocess.run([sys.executable, "-c", TIMED, file], capture_output=True, text=True,
                          check=False, encoding="utf-8")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stderr)


def test_four_thousand_lines_take_a_few_seconds(tmp_path):
    assert min(seconds(tmp_path, 200) for _ in range(2)) < 4  # 1 to 2 on two busy cores


def test_the_time_grows_with_the_lines_and_not_with_their_square():
    def took(copies):
        began = time.process_time()
        translate(LINES * copies, INDEX)
        return time.process_time() - began

    took(10)
    few = min(took(100) for _ in range(3))
    many = min(took(400) for _ in range(2))
    assert many < 8 * few
