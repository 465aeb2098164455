"""The words of the entries, and how much of a question each entry covers with them."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain, pairwise
from typing import TypeVar

from rapidfuzz.distance import OSA

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import last
from sidebyside.dictionary.synonyms import UNSAID, synonyms
from sidebyside.dictionary.words import (
    FRAMEWORK_WORDS,
    joined,
    parts,
    says_something,
    stem,
    stems,
    telling,
    without_dimension,
    words,
)
from sidebyside.frameworks import FRAMEWORKS

# words that could stand in nearly every question
_WEAK = """
along apply build calculate change compute create define display each element every find five four
function give handle implement insert make one output percent perform print put read report run set
show ten tensor three total track turn value work write
"""
WEAK = frozenset(map(stem, _WEAK.split()))
Item = TypeVar("Item")
SYNONYM = 0.75  # how much a word counts that means the same
FAINT = 0.3  # how much a word counts that says little: WEAK ones, numbers, what goes without saying
# how much it says of an entry that a word stands there
KEY, ALSO, CALL, WITHIN, SET, NOTE, TRAP = 1.0, 0.88, 0.82, 0.7, 0.6, 0.5, 0.35
MENTIONED = 0.4  # an entry that has a word only in its note or its lines, as one of those with it
UNKNOWN, MANY = 0.7, 3  # how much a word counts that no entry has, in so long a question
FURTHER = 0.06  # for each phrase that fits, too


@dataclass
class Term:
    """A word of a question.

    Attributes
    ----------
    word
        Its stem.
    weight
        How much it tells: more if fewer entries have it.
    options
        The stems that it is found by, with how much each counts.
    """

    word: str
    options: dict[str, float]
    weight: float = 0.0


@dataclass(frozen=True)
class Phrase:
    """Words by which an entry goes, together: its key, its title, another name.

    Attributes
    ----------
    stems
        Its words.
    weight
        How much it tells.
    pairs
        Two of its words that stand next to each other, by what they are as one.
    """

    stems: frozenset[str]
    weight: float
    pairs: dict[str, tuple[str, str]] = field(default_factory=dict)


class Vocabulary:
    """All words of the entries.

    Parameters
    ----------
    items
        The entries with their chapters; the entries' places are their numbers here.
    """

    def __init__(self, items: Sequence[tuple[Chapter, Entry]]) -> None:
        self._postings: dict[str, dict[int, float]] = defaultdict(dict)
        self._items = items
        for number, (chapter, entry) in enumerate(items):
            seen: set[str] = set()
            for found, weight in _stems_by_weight(chapter, entry):
                for word in found - seen:
                    self._postings[word][number] = weight
                seen |= found

    # ---- a question ----

    def terms(self, text: str, with_synonyms: bool = True) -> list[Term]:
        """Return the words of a question that say something, with what they are found by."""
        groups = [(joined(word), _terms(word)) for word in words(text)]
        if not any(group for _, group in groups):
            groups = [(joined(word), _terms(word, any_word=True)) for word in words(text)]
        terms = [term for _, group in groups for term in group]
        for word, group in groups:
            self._add_options(group, word, with_synonyms)
        kept = [(word, group) for word, group in groups if group]
        for row in chain(_rows(groups, 2), _rows(groups, 3), _rows(kept, 2)):
            together = [term for _, group in row for term in group]
            self._add_options(together, "".join(word for word, _ in row), with_synonyms)
        for term in terms:
            if with_synonyms:
                for other in synonyms().get(term.word, ()):
                    term.options.setdefault(other, SYNONYM)
            term.weight = self._weight(term)
            if len(terms) >= MANY and not any(o in self._postings for o in term.options):
                term.weight *= UNKNOWN
        return terms + self._unsaid(text, terms)

    def _add_options(self, group: list[Term], word: str, with_synonyms: bool) -> None:
        """Let terms be found by the one word that they make together, too."""
        whole = stem(word)
        others = synonyms().get(whole, ()) if with_synonyms else ()
        for option, weight in [(whole, 1.0), *((other, SYNONYM) for other in others)]:
            if option in self._postings:
                for term in group:
                    term.options[option] = max(weight, term.options.get(option, 0.0))

    def _unsaid(self, text: str, terms: list[Term]) -> list[Term]:
        """Return what goes without saying with these words."""
        asked = {option for term in terms for option in term.options}
        asked |= {part for word in words(text) for part in parts(word)} & FRAMEWORK_WORDS
        found = [
            Term(stem(word), {stem(word): 1.0})
            for given, word in UNSAID.items()
            if {stem(part) for part in given.split()} <= asked and stem(word) not in asked
        ]
        for term in found:
            term.weight = FAINT * self._weight(term)
        return found

    def _weight(self, term: Term) -> float:
        """Return how much a word tells: its inverse document frequency, less if it is weak."""
        at: dict[int, float] = {}
        for option in term.options:
            for number, weight in self._postings.get(option, {}).items():
                at[number] = max(weight, at.get(number, 0.0))
        having = sum(1.0 if weight >= CALL else MENTIONED for weight in at.values())
        weight = math.log(1 + (len(self._items) - having + 0.5) / (having + 0.5))
        return weight * (FAINT if term.word in WEAK or not term.word[0].isalpha() else 1.0)

    # ---- what entries have of it ----

    def covers(self, terms: list[Term]) -> dict[int, float]:
        """Return for each entry how much of a question its words cover, from 0 to 1."""
        total = sum(term.weight for term in terms) or 1.0
        found: dict[int, float] = defaultdict(float)
        for term in terms:
            best: dict[int, float] = {}
            for option, counts in term.options.items():
                for number, at in self._postings.get(option, {}).items():
                    best[number] = max(best.get(number, 0.0), counts * at)
            for number, value in best.items():
                found[number] += value * term.weight / total
        return found

    def fits(self, number: int, terms: list[Term]) -> float:
        """Return how well the best phrase of an entry and a question fit each other, up to 1.

        If further ones fit, too, it is a little more.
        """
        phrases = _phrases(self._items[number][1])
        scores = sorted((_fit(phrase, terms) for phrase in phrases), reverse=True)
        return scores[0] + FURTHER * sum(scores[1:4])

    # ---- misspelt words ----

    def corrected(self, text: str) -> str:
        """Return a text with the nearest known word for each that no entry has."""
        for part in dict.fromkeys(part for word in words(text) for part in parts(word)):
            if self._is_unknown(part):
                near = [known for known in self._spellings if is_typo(part, known)]
                if near:
                    text = text.lower().replace(part, min(near, key=self._unlikely(part)))
        return text

    def has_unknown(self, name: str) -> bool:
        """Return whether a part of a name is spelt so in nothing by which an entry goes."""
        return any(part not in self._spellings for part in parts(name))

    def _is_unknown(self, part: str) -> bool:
        return says_something(part) and stem(part) not in self._postings

    @cached_property
    def _spellings(self) -> Counter[str]:
        """How often each word stands among those by which entries go."""
        texts = (
            text
            for _, entry in self._items
            for text in (entry.key, entry.name, *entry.also, *chain(*entry.names.values()))
        )
        return Counter(part for text in texts for word in words(text) for part in parts(word))

    def _unlikely(self, part: str) -> Callable[[str], tuple[int, int]]:
        return lambda known: (OSA.distance(part, known), -self._spellings[known])


def is_typo(word: str, known: str) -> bool:
    """Return whether a word may be a known one, misspelt.

    Of a short word two letters may have changed places; a longer one may have a letter too many,
    too few or wrong; a long one two.
    """
    if abs(len(word) - len(known)) > 2:
        return False
    if len(word) <= 5:
        return sorted(word) == sorted(known) and OSA.distance(word, known) == 1
    allowed = 1 if len(word) < 9 else 2
    return OSA.distance(word, known, score_cutoff=allowed) <= allowed


def _terms(word: str, any_word: bool = False) -> list[Term]:
    """Return the parts of a word that say something, or all of them."""
    return [Term(stem(part), {stem(part): 1.0}) for part in parts(word)
            if any_word or says_something(part)]  # fmt: skip


def _rows(items: list[Item], length: int) -> Iterator[list[Item]]:
    """Yield each so many that stand in a row."""
    for start in range(len(items) - length + 1):
        yield items[start : start + length]


def _fit(phrase: Phrase, terms: list[Term]) -> float:
    """Return the harmonic mean of how much a phrase and a question have of each other."""
    total, asked, hit = 0.0, 0.0, set[str]()
    for term in terms:
        total += term.weight
        there = term.options.keys() & phrase.stems
        pairs = term.options.keys() & phrase.pairs.keys()
        if there or pairs:
            asked += term.weight * max(term.options[option] for option in there | pairs)
            hit |= there.union(*(phrase.pairs[pair] for pair in pairs))
    hit &= phrase.stems
    if not hit or not asked:
        return 0.0
    of_phrase, of_question = len(hit) / len(phrase.stems), asked / total
    return phrase.weight * 2 * of_phrase * of_question / (of_phrase + of_question)


@cache
def _phrases(entry: Entry) -> list[Phrase]:
    """Return the phrases by which an entry goes."""
    found = [_phrase(entry.key, KEY), _phrase(entry.name, KEY)]
    found += [_phrase(text, ALSO - 0.005 * place) for place, text in enumerate(entry.also)]
    for name in _last_parts(entry):
        whole = stem(without_dimension(joined(name)))
        found += [_phrase(name, CALL), Phrase(frozenset([whole]), CALL)]
    return found


def _phrase(text: str, weight: float) -> Phrase:
    found = words(text)
    return Phrase(frozenset(chain.from_iterable(map(telling, found))), weight, _pairs(found))


def _last_parts(entry: Entry) -> set[str]:
    return {last(name) for side in FRAMEWORKS for name in entry.names[side]}


def _stems_by_weight(chapter: Chapter, entry: Entry) -> Iterator[tuple[set[str], float]]:
    """Yield what an entry is found by, the most telling first."""
    names = _last_parts(entry)
    yield _own_stems(entry.key.replace("-", " "), entry.name), KEY
    yield _own_stems(*entry.also), ALSO
    yield _own_stems(*names) | {stem(without_dimension(joined(name))) for name in names}, CALL
    modules = (name.rpartition(".")[0] for side in FRAMEWORKS for name in entry.names[side])
    yield _all_stems(" ".join([chapter.title, *modules])), WITHIN
    yield _all_stems(entry.set), SET
    yield _all_stems(f"{entry.note} {entry.pytorch} {entry.tensorflow}"), NOTE
    yield _all_stems(" ".join(trap.note for trap in entry.traps)), TRAP


def _own_stems(*texts: str) -> set[str]:
    """Return the stems of short texts, and of what others may write as one word."""
    found: set[str] = set()
    for text in texts:
        written = words(text)
        found.update(chain.from_iterable(map(stems, written)))
        found.update(_pairs(written))
    return found


def _pairs(found: list[str]) -> dict[str, tuple[str, str]]:
    """Return what others may write as one word: two in a row, by their joined stem."""
    return {stem(joined(left) + joined(right)): (stem(left.lower()), stem(right.lower()))
            for left, right in pairwise(found)}  # fmt: skip


def _all_stems(text: str) -> set[str]:
    return set(chain.from_iterable(map(stems, set(words(text)))))
