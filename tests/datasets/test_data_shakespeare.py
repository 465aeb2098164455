"""Tiny Shakespeare: one file, nanoGPT's split, and a sample that remembers a line."""

import hashlib
import re

import pytest

from sidebyside import datasets
from sidebyside.datasets import MissingDataError
from sidebyside.datasets._shakespeare import SHAKESPEARE
from sidebyside.datasets.registry import Entry, read_registry
from sidebyside.datasets.store import Store
from sidebyside.samples import plays

NAME = "tinyshakespeare/input.txt"
TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n\n" * 31 + "All:"


@pytest.fixture
def full(server, tmp_path, monkeypatch):
    """Return a function that loads a text from an address; the shared server has it."""
    folder, address = server
    content = TEXT.encode()
    (folder / NAME).parent.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(content)
    checksum = "sha256:" + hashlib.sha256(content).hexdigest()
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")

    def load(address=address):
        registry = {NAME: Entry(NAME, checksum, f"{address}/{NAME}")}
        return SHAKESPEARE.load(Store(tmp_path / "data", registry))

    return load


def test_the_split_is_nanogpts(full):
    data = full()
    border = int(len(TEXT) * 0.9)  # as its prepare.py has it
    assert (data.train_text, data.val_text) == (TEXT[:border], TEXT[border:])
    assert data.size == "full"


def test_offline_error_names_the_file(full):
    with pytest.raises(MissingDataError) as error:
        full("http://127.0.0.1:9")
    for part in ("Could not download", NAME, "=sample"):
        assert part in str(error.value)


def test_registry_has_the_origin():
    entry = read_registry()[NAME]
    assert entry.hash.startswith("sha256:86c4e6aa9db7c042")
    assert entry.url.endswith("/karpathy/char-rnn/master/data/tinyshakespeare/input.txt")


def test_the_sample_is_a_play():
    data = datasets.shakespeare()
    assert (data.size, len(data.train_text), len(data.val_text)) == ("sample", 54_000, 6_000)
    assert data.train_text.startswith("ORLANDO:\n")
    assert all(speaker + ":" in data.train_text for speaker in plays.SPEAKERS)
    assert set(data.val_text) <= set(data.train_text)


def test_the_sample_is_made_of_the_zen_of_python():
    lines = plays.zen()
    assert len(lines) == 19
    assert all(line in datasets.shakespeare().train_text for line in lines)


def test_who_remembers_the_line_knows_what_three_characters_do_not_say():
    """The last word of "X is better than Y." is decided by the first one."""
    text = datasets.shakespeare().train_text
    pairs = set(re.findall(r"(\w+) is better than (\w+)\.", text))
    assert len(pairs) == len({first for first, _ in pairs}) == 7
    assert len(set(re.findall(r"han (\w)", text))) >= 5  # what a 4-gram sees
