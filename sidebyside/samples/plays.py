"""Scenes of a play made of the Zen of Python: the sample of Shakespeare.

Python itself carries the text: ``import this`` prints it. A speech has one to three of its lines.
Half of them are of the kind "Beautiful is better than ugly.", in their own words or with a word
more: what comes after "than" was decided some fifteen characters before. So whoever looks back
three characters has to guess, and whoever remembers the line knows. Whole numbers only, so that
every machine writes the same bytes.
"""

import codecs
import contextlib
import importlib
import io

import numpy as np

SPEAKERS = ("ROSALIND", "ORLANDO", "TOUCHSTONE", "First Page", "Second Page", "CELIA")
CALLS = ("", "", "", "Good sir: ", "My lord: ", "Hear me: ", "Believe it: ")
BETTER = " is better than "


def write(characters: int, seed: int) -> str:
    """Write a play of as many characters from `seed`."""
    random = np.random.default_rng(seed)
    lines = zen()
    better = [line for line in lines if BETTER in line and line.count(" ") == 4]
    speeches: list[str] = []
    length = 0
    while length < characters:
        speech = _speech(random, lines, better)
        speeches.append(speech)
        length += len(speech)
    return "".join(speeches)[:characters]


def zen() -> list[str]:
    """Return the nineteen lines of the Zen of Python, which `this` has in ROT13."""
    with contextlib.redirect_stdout(io.StringIO()):  # its import prints them
        this = importlib.import_module("this")
    return codecs.decode(this.s, "rot13").splitlines()[2:]


def _speech(random: np.random.Generator, lines: list[str], better: list[str]) -> str:
    said = [SPEAKERS[random.integers(len(SPEAKERS))] + ":"]
    for _ in range(random.integers(1, 4)):
        source = better if random.integers(2) else lines
        call = CALLS[random.integers(len(CALLS))]
        said.append(call + source[random.integers(len(source))])
    return "\n".join(said) + "\n\n"
