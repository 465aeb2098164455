"""Find entries by the names of either framework, or by words, spelt well or badly."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import last
from sidebyside.frameworks import FRAMEWORKS

EXACT, BEGINS, HAS = 100, 95, 90  # of 100: how well a term fits that is, begins with, or has it
DIMENSION = re.compile(r"[123]d$")  # of Conv2d, BatchNorm1d
NEAR = 72  # from which on a term that is spelt otherwise counts


@dataclass(frozen=True)
class Match:
    """An entry that was found.

    Attributes
    ----------
    chapter, entry
        Where it is, and what.
    score
        How well it fits, up to 100.
    """

    chapter: Chapter
    entry: Entry
    score: float


def find(words: str, chapters: list[Chapter]) -> list[Match]:
    """Return the entries that `words` mean, the best first.

    Names with and without what stands before the dot are found, in both frameworks' vocabularies,
    and the words of the entries' titles. What is not spelt as anything there is compared by
    likeness.
    """
    query = plain(words)
    if not query:
        return []
    scored = [(chapter, entry, _best(_fit, query, entry)) for chapter in chapters
              for entry in chapter.entries]  # fmt: skip
    if not any(score for _, _, score in scored):
        # nothing is spelt so: what is alike
        scored = [(chapter, entry, _best(_likeness, query, entry)) for chapter, entry, _ in scored]
    best = max(score for _, _, score in scored)
    least = max(NEAR, HAS - 10 if best >= HAS - 5 else best - 10)
    found = [Match(*item) for item in scored if item[2] >= least]
    return sorted(found, key=lambda match: -match.score)


def _best(score: Callable[[str, str], float], query: str, entry: Entry) -> float:
    """Return the score of the term that fits best; of equal ones the first counts most."""
    scored = ((score(query, term), place) for place, term in enumerate(terms(entry)))
    return max(found and found - 0.1 * place for found, place in scored)


@cache
def terms(entry: Entry) -> list[str]:
    """Return what an entry can be found by, plainly spelt, the most telling first."""
    names = [name for side in FRAMEWORKS for name in entry.names[side]]
    all_terms = [entry.key, *map(last, names), *names, entry.name, *entry.also]
    return list(dict.fromkeys(map(plain, all_terms)))


def plain(text: str) -> str:
    """Return a text in small letters, without signs: ``conv 2d`` of ``Conv_2D``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)  # BatchNorm: batch norm
    return " ".join(re.findall(r"[a-z0-9]+", apart.lower()))


def _fit(query: str, term: str) -> float:
    """Return how well a term fits that has the words in it; 0 if it has not."""
    joined, other = query.replace(" ", ""), term.replace(" ", "")
    if joined in (other, DIMENSION.sub("", other)):
        return EXACT
    if other.startswith(joined):
        return BEGINS
    has = len(joined) > 2 and (joined in other or set(query.split()) <= set(term.split()))
    return HAS if has else 0


def _likeness(query: str, term: str) -> float:
    return max(fuzz.ratio(query, term), fuzz.token_sort_ratio(query, term))


def near(words: str, chapters: list[Chapter]) -> Iterator[str]:
    """Yield the keys of the entries that come nearest to words that mean none."""
    query = plain(words)
    scored = [
        (_best(_likeness, query, entry), entry.key)
        for chapter in chapters
        for entry in chapter.entries
    ]
    yield from (key for _, key in sorted(scored, reverse=True)[:5])
