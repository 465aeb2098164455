"""Entries by what the exceptions of their traps say."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.words import parts, stem, words

# what stands before a message: "RuntimeError: ", "tensorflow.python...InvalidArgumentError: "
NAME = re.compile(r"^\s*(?:[\w.]*\.)?[A-Z]\w*(?:Error|Exception|Warning): *")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
FEWEST = 5  # words, and words in a row, that both must have

Feature = str | tuple[str, ...]


def is_exception(text: str) -> bool:
    """Return whether a text begins with the name of an exception."""
    return NAME.match(text) is not None


def without_name(text: str) -> str:
    """Return a message without the exception's name before it."""
    return NAME.sub("", text)


def says_nothing(text: str) -> bool:
    """Return whether an exception has no words of its own: ``KeyError: 'conv1.weight'``."""
    return is_exception(text) and not words(QUOTED.sub("", without_name(text)))


class Messages:
    """The entries by the messages of their traps, and by those that stand under `also`.

    Parameters
    ----------
    items
        The entries with their chapters; the entries' places are their numbers here.
    """

    def __init__(self, items: Sequence[tuple[Chapter, Entry]]) -> None:
        self._messages = [
            (number, _features(without_name(said)))
            for number, (_, entry) in enumerate(items)
            for said in _said(entry)
        ]
        self._counts = Counter(found for _, message in self._messages for found in message)

    def find(self, text: str) -> dict[int, float]:
        """Return the entries whose messages have words of a text, with how much of it: 0 to 1.

        Either may go on where the other ends, so the one counts most that has less to say.
        """
        asked = _features(without_name(text))
        found: dict[int, float] = {}
        if len(asked) < FEWEST:
            return found
        total = self._mass(asked)
        for number, message in self._messages:
            both = asked & message
            if len(both) < FEWEST:
                continue
            shares = sorted((self._mass(both) / self._mass(message), self._mass(both) / total))
            found[number] = max(found.get(number, 0.0), 0.3 * shares[0] + 0.7 * shares[1])
        return found

    def _mass(self, features: frozenset[Feature]) -> float:
        """Return how much words tell: rare ones more."""
        number = len(self._messages)
        return sum(math.log(1 + number / (0.5 + self._counts[found])) for found in features)


def _said(entry: Entry) -> Iterator[str]:
    """Yield what exceptions say that lead to an entry: those of its traps, and under `also`."""
    yield from (trap.message for trap in entry.traps if trap.message)
    yield from (text for text in entry.also if is_exception(text))


def _features(text: str) -> frozenset[Feature]:
    """Return the stems of a message, and each two and three that follow one another."""
    found = [stem(part) for word in words(text) for part in parts(word) if not part.isdigit()]
    return frozenset([*found, *pairwise(found), *zip(found, found[1:], found[2:], strict=False)])
