"""Find entries by the names of either framework, or by words, spelt well or badly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import last
from sidebyside.pairs import FRAMEWORKS

EXACT, BEGINS, HAS = 100, 95, 90  # of 100: how well a term fits that is, begins with, or has it
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
    found = []
    for chapter in chapters:
        for entry in chapter.entries:
            score = max(
                _score(query, term) - 0.1 * place for place, term in enumerate(terms(entry))
            )
            if score >= NEAR:
                found.append(Match(chapter, entry, score))
    best = max((match.score for match in found), default=0)
    # with a good match, those that are only alike are noise
    least = HAS - 5 if best > HAS - 5 else best - 10
    return sorted((m for m in found if m.score >= least), key=lambda match: -match.score)


def terms(entry: Entry) -> list[str]:
    """Return what an entry can be found by, plainly spelt, the most telling first."""
    names = [name for side in FRAMEWORKS for name in entry.names[side]]
    all_terms = [entry.key, *map(last, names), *names, entry.name, *entry.also]
    return list(dict.fromkeys(map(plain, all_terms)))


def plain(text: str) -> str:
    """Return a text in small letters, without signs: ``conv 2d`` of ``Conv_2D``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)  # BatchNorm: batch norm
    return " ".join(re.findall(r"[a-z0-9]+", apart.lower()))


def _score(query: str, term: str) -> float:
    joined, other = query.replace(" ", ""), term.replace(" ", "")
    if joined == other:
        return EXACT
    if other.startswith(joined):
        return BEGINS
    if len(joined) > 2 and (joined in other or set(query.split()) <= set(term.split())):
        return HAS
    return min(HAS - 6, fuzz.WRatio(query, term))


def near(words: str, chapters: list[Chapter]) -> Iterator[str]:
    """Yield the keys of the entries that come nearest to words that mean none."""
    query = plain(words)
    scored = [
        (max(fuzz.ratio(query, term) for term in terms(entry)), entry.key)
        for chapter in chapters
        for entry in chapter.entries
    ]
    yield from (key for _, key in sorted(scored, reverse=True)[:5])
