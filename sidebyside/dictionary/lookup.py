"""Find entries by the names of either framework, by words, or by an error message.

A question is compared with the entries in several ways, and the best of them counts:

- as a *name*: `torch.nn.LSTM`, `tf.keras.layers.LSTM` and `lstm` lead to what is about it;
- with the *phrases* by which an entry goes: its key, its title, the words under `also`;
- with all its *words*, those of the note and the lines included: how much of the question is
  covered, where a rare word counts more than a frequent one;
- with what the exceptions of its traps *say*.

Only where nothing fits are words taken for misspelt ones. What fits too little is no answer.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from sidebyside.dictionary.calls import (
    Calls,
    asked_name,
    is_another_number,
    is_code,
    is_elsewhere,
    is_of_a_framework,
    names_within,
)
from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.exceptions import Messages, is_exception, says_nothing, without_name
from sidebyside.dictionary.names import last
from sidebyside.dictionary.vocabulary import Vocabulary, is_typo
from sidebyside.dictionary.words import joined, parts, telling, words
from sidebyside.frameworks import FRAMEWORKS

LEAST_COVER = 0.48  # of a question, for an answer
LEAST_COVER_OF_A_MESSAGE, FEWEST = 0.7, 3  # it has as many words
LEAST = 0.45  # of the score
LEAST_SAID = 0.5  # of a message
LEAST_COVER_OF_A_NAME, LEAST_OF_A_NAME = 0.75, 0.75  # that is no call's; to fit a phrase
IS_IT, IS_ALSO = 1.6, 0.8  # an entry's own key or title; another name of it, at least
SIGNS = re.compile(r"[^\w\s.,:'?!-]")  # of an expression: log(1 + x), //
MOST = 12  # entries in an answer
REST = 0.6  # of the best score: what is much worse is left out
COVER = 0.5  # how much that counts against the best phrase
TIE = 0.01  # what a phrase counts between entries whose traps say the same
NEAR = 5
ASIDE = 0.4  # how much a name counts in a sentence that says more


@dataclass(frozen=True)
class Match:
    """An entry that was found.

    Attributes
    ----------
    chapter, entry
        Where it is, and what.
    score
        How well it fits: about 1 if it has all of the question, more if it is about that call.
    """

    chapter: Chapter
    entry: Entry
    score: float


class Finder:
    """Finds entries of some chapters; see the module."""

    def __init__(self, chapters: Iterable[Chapter]) -> None:
        self._items = [(chapter, entry) for chapter in chapters for entry in chapter.entries]
        self._calls = Calls(self._items)

    @cached_property
    def _words(self) -> Vocabulary:  # not needed for the name of a call
        return Vocabulary(self._items)

    @cached_property
    def _messages(self) -> Messages:
        return Messages(self._items)

    def find(self, text: str) -> list[Match]:
        """Return the entries that answer a question, the best first; none if there is none."""
        scores = {number: round(score, 4) for number, score in self._scores(text).items()}
        ranked = sorted(scores, key=lambda number: (-scores[number], number))[:MOST]
        least = REST * min(scores[ranked[0]], 1.0) if ranked else 0.0
        return [
            Match(*self._items[number], scores[number])
            for number in ranked
            if scores[number] >= least
        ]

    def near(self, text: str) -> list[str]:
        """Return the keys of the entries that come nearest to a question without an answer."""
        terms = self._words.terms(self._words.corrected(without_name(text)))
        covers = self._words.covers(terms)
        ranked = sorted(covers, key=lambda number: (-covers[number], number))
        return [self._items[number][1].key for number in ranked[:NEAR]]

    def _scores(self, text: str) -> dict[int, float]:
        if says_nothing(text):
            return {}
        name = asked_name(text)
        if "." in name:
            return self._by_dotted_name(name)
        called = self._called(text)
        if not name:
            as_one = self._calls.find(_plain(text))  # data loader
            named = {} if is_exception(text) else self._named_within(text)
            found = _best(self._by_words(text), called, as_one, named)
            return found or self._misspelt(text)
        called = _best(called, self._calls.find(name))
        if is_code(name):
            found = called or self._by_words(name, with_synonyms=False, least=LEAST_OF_A_NAME)
        else:
            found = _best(called, self._by_words(name))
        return found or self._nearly(name) or self._misspelt(text)

    def _by_dotted_name(self, name: str) -> dict[int, float]:
        """Return the entries about a name with dots; a framework's name must be one's own."""
        by_words = {}
        if is_of_a_framework(name):
            if not self._calls.find(name) and not is_elsewhere(name):
                by_words = self._goes_by(last(name))
        elif not self._calls.knows(name):
            by_words = self._by_words(name, least=LEAST_OF_A_NAME)
        found = by_words or self._calls.find(name) or self._called(name)
        return found or self._nearly(name)

    def _named_within(self, text: str) -> dict[int, float]:
        """Return the entries about the calls that a sentence names in full, or as ``np.where``.

        They count less where the sentence says more than their names.
        """
        names, rest = names_within(text), text
        for name in names:
            rest = rest.replace(name, " ")
        counts = ASIDE if any(telling(word) for word in words(rest)) else 1.0
        found = _best(*(self._calls.find(name) for name in names))
        return {number: counts * score for number, score in found.items()}

    def _nearly(self, name: str) -> dict[int, float]:
        """Return the entries about a call that a name with an unknown word may mean."""
        found = self._calls.find_nearly(name, is_another_number)
        if not found and self._words.has_unknown(last(name)):
            found = self._calls.find_nearly(name, is_typo)
        return found

    @cached_property
    def _own(self) -> dict[str, dict[int, float]]:
        """By what entries go, as one word: their keys, their titles, what stands under `also`."""
        found: dict[str, dict[int, float]] = defaultdict(dict)
        for number, (_, entry) in enumerate(self._items):
            for text in entry.also:
                found[_plain(text)][number] = IS_ALSO
            for text in (entry.key, entry.name):
                found[_plain(text)][number] = IS_IT
        return found

    def _called(self, text: str) -> dict[int, float]:
        """Return the entries that have just this for their key, their title, or under `also`."""
        found = self._own.get(_plain(text), {})
        if SIGNS.search(text):
            return {
                number: IS_IT if text.strip() in self._items[number][1].also else score
                for number, score in found.items()
            }
        return found

    def _goes_by(self, word: str) -> dict[int, float]:
        """Return the entries that have just this word among those by which they go."""
        terms = self._words.terms(word)
        return {
            number: 1.0
            + TIE * (self._words.fits(number, terms) + (word in self._items[number][1].also))
            for number in self._own.get(_plain(word), ())
        }

    def _misspelt(self, text: str) -> dict[int, float]:
        corrected = self._words.corrected(text)
        return self._by_words(corrected) if corrected != text else {}

    def _by_words(
        self, text: str, with_synonyms: bool = True, least: float = 0.0
    ) -> dict[int, float]:
        """Return the entries that have enough of a text, or whose traps say it."""
        terms = self._words.terms(without_name(text), with_synonyms)
        wanted = LEAST_COVER_OF_A_NAME if least else LEAST_COVER
        if is_exception(text):
            wanted = LEAST_COVER_OF_A_MESSAGE if len(terms) >= FEWEST else math.inf
        covers, said = self._words.covers(terms), self._messages.find(text)
        found = {}
        for number in {*covers, *said}:
            cover, message = covers.get(number, 0.0), said.get(number, 0.0)
            if cover < wanted and message < LEAST_SAID:
                continue
            fit = self._words.fits(number, terms)
            score = max(COVER * cover + (1 - COVER) * fit, message + TIE * fit)
            if fit >= least and score >= LEAST:
                found[number] = score
        return found


def _best(*scores: dict[int, float]) -> dict[int, float]:
    """Return the best score of each entry."""
    found: dict[int, float] = {}
    for some in scores:
        for number, score in some.items():
            found[number] = max(score, found.get(number, score))
    return found


def _plain(text: str) -> str:
    """Return a text as one word, without signs; a text that has nothing but signs as it is."""
    return "".join(map(joined, words(text))) or text.strip()


def plain(text: str) -> str:
    """Return a text in small letters, without signs: ``conv 2d`` of ``Conv_2D``."""
    return " ".join(part for word in words(text) for part in parts(word))


@cache
def terms(entry: Entry) -> list[str]:
    """Return what an entry can be found by, plainly spelt, the most telling first."""
    names = [name for side in FRAMEWORKS for name in entry.names[side]]
    all_terms = [entry.key, *map(last, names), *names, entry.name, *entry.also]
    return list(dict.fromkeys(map(plain, all_terms)))
