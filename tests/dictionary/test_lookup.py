"""Looking up: what is found, what is not, and how an entry is shown."""

import re
import subprocess
import sys

import pytest

from sidebyside.dictionary import defaults, read_all
from sidebyside.dictionary.lookup import find, near, plain
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.view import entry_terminal as terminal

CHAPTERS = read_all()
ENTRIES = [entry for chapter in CHAPTERS for entry in chapter.entries]


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


def test_an_entry_is_shown_in_two_columns_with_note_and_trap(printed):
    match = find("cross-entropy", CHAPTERS)[0]
    rows = [row for rows in defaults.table().values() for row in rows]
    text = printed(terminal.show, [match], 1, rows)
    assert re.search(r"nn\.CrossEntropyLoss\(\) {5,}.*SparseCategoricalCrossentropy", text)
    assert "same if you set" in text and "Trap in TensorFlow/Keras, off by" in text
    assert match.entry.note.split(",")[0].replace("`", "")[:40] in text
    for entry in ENTRIES:  # all of them can be shown
        printed(terminal.show_entry, CHAPTERS[0], entry)
