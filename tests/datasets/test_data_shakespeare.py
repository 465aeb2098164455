"""Shakespeare: where the text is cut, and what the sample is made to show."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from sidebyside import datasets
from sidebyside.samples import plays


@pytest.fixture(scope="module")
def data():
    return datasets.shakespeare()


def nats(data, length):
    """Return the mean loss of the characters kept back, told by the last `length` before them."""
    counts = defaultdict(Counter)
    for end in range(length, len(data.train_text)):
        counts[data.train_text[end - length : end]][data.train_text[end]] += 1
    losses = []
    for end in range(length, len(data.val_text)):
        seen = counts[data.val_text[end - length : end]]
        share = (seen[data.val_text[end]] + 0.01) / (seen.total() + 0.01 * len(data.characters))
        losses.append(-np.log(share))
    return float(np.mean(losses))


def test_the_two_parts_are_the_whole_text(data):
    assert data.train_text + data.val_text == plays.write(120_000, seed=12)
    assert len(data.train_text) == 108_000
    assert data.size == "sample"


def test_the_characters_are_those_of_the_text_in_order(data):
    assert list(data.characters) == sorted(set(data.train_text + data.val_text))
    assert set(data.characters) == set(data.train_text)  # none is met for the first time later


def test_the_sample_has_the_originals_form(data):
    speeches = (data.train_text + data.val_text).split("\n\n")[:-1]  # the last one is cut off
    for speech in speeches:
        speaker, *lines = speech.split("\n")
        assert speaker.rstrip(":") in plays.SPEAKERS
        assert speaker.endswith(":")
        assert 2 <= len(lines) <= 4


def test_a_speaker_has_the_last_word(data):
    """What ends a speech follows from the name above it, and from nothing that is nearer."""
    for speech in data.train_text.split("\n\n")[:-1]:
        assert speech.rstrip(".!").endswith(plays.SPEAKERS[speech[: speech.index(":")]])


def test_more_of_the_past_tells_more(data):
    one, three, eight = (nats(data, length) for length in (1, 3, 8))
    assert eight < three < one
    assert three > 1.2 * eight
