"""Questions for a quiz, made from the dictionary's traps: each right answer has been executed.

A trap is a naive translation whose outcome is proved. It makes two questions: which of several
lines computes the same as the other framework's, and what happens if one takes the naive ones.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sidebyside.dictionary.entries import Chapter, Entry, Trap
from sidebyside.frameworks import FRAMEWORKS, other

SAME, OTHER, ERROR = (
    "The same result as in the other framework",
    "Another result, without an error",
    "An error",
)
LONGEST = 10  # lines of code in a question, or in an answer to choose from


@dataclass(frozen=True)
class Question:
    """A question with answers to choose from.

    Attributes
    ----------
    key
        Its name, the same in every version of the dictionary that has its trap.
    chapter, entry
        The keys of the chapter and the entry that it is from.
    text
        What is asked, in a sentence.
    shown
        The code that the question is about, with a heading for each piece.
    choices
        The answers: code if `choices_are_code`, otherwise sentences.
    right
        The place of the right one in `choices`.
    reason
        Why it is the right one; Markdown.
    """

    key: str
    chapter: str
    entry: str
    text: str
    shown: tuple[tuple[str, str], ...]
    choices: tuple[str, ...]
    choices_are_code: bool
    right: int
    reason: str


def questions(chapters: Iterable[Chapter]) -> list[Question]:
    """Return all questions, in the order of the chapters' files."""
    return [
        question
        for chapter in chapters
        for entry in chapter.entries
        for number, trap in enumerate(entry.traps, 1)
        for question in (
            *_which_is_the_same(chapter, entry, trap),
            *_what_happens(chapter, entry, number, trap),
        )
    ]


def drawn(asked: list[Question], number: int, seed: int | None = None) -> list[Question]:
    """Return some questions in random order, no two of them of one entry if there are enough."""
    shuffled = random.Random(seed).sample(asked, len(asked))
    first = {question.entry: question for question in reversed(shuffled)}
    chosen = [question for question in shuffled if first[question.entry] is question]
    rest = [question for question in shuffled if first[question.entry] is not question]
    return (chosen + rest)[:number]


def _which_is_the_same(chapter: Chapter, entry: Entry, trap: Trap) -> Iterator[Question]:
    """Yield the question which lines compute the same as the other framework's."""
    side = trap.framework
    wrong = [one.lines for one in entry.traps if one.framework == side]
    right = entry.lines[side]
    if entry.verdict == "none" or trap is not _first(entry, side) or right in wrong:
        return  # asked once for each side, and of what has a counterpart
    choices, place = _shuffled(f"{entry.key} {side}", [right, *wrong[:3]])
    shown = _shown(entry, entry.lines[other(side)], FRAMEWORKS[other(side)])
    if _too_long([*choices, *(code for _, code in shown)]):
        return
    yield Question(
        key=f"{entry.key}-{side}",
        chapter=chapter.key,
        entry=entry.key,
        text=f"Which of these does the same in {FRAMEWORKS[side]}?",
        shown=shown,
        choices=choices,
        choices_are_code=True,
        right=place,
        reason=entry.note,
    )


def _what_happens(chapter: Chapter, entry: Entry, number: int, trap: Trap) -> Iterator[Question]:
    """Yield the questions what a naive translation does, and now and then what a right one does."""
    side = trap.framework
    if trap.gradient_difference is None:  # otherwise its values are the same
        right = ERROR if trap.raises else OTHER
        reason = f"It {_outcome(trap)}. {trap.note}"
        yield from _if_short(chapter, entry, f"{side}-{number}", side, trap.lines, right, reason)
    # or "the same" would never be right
    if trap is entry.traps[0] and entry.tolerance is not None:
        yield from _if_short(
            chapter, entry, f"{side}-itself", side, entry.lines[side], SAME, entry.note
        )


def _if_short(
    chapter: Chapter, entry: Entry, name: str, side: str, lines: str, right: str, reason: str
) -> Iterator[Question]:
    shown = (
        *_shown(entry, entry.lines[other(side)], FRAMEWORKS[other(side)]),
        (f"Somebody translates it to {FRAMEWORKS[side]}", lines),
    )
    choices = (SAME, OTHER, ERROR)
    if not _too_long([code for _, code in shown]):
        yield Question(
            key=f"{entry.key}-{name}",
            chapter=chapter.key,
            entry=entry.key,
            text="What happens?",
            shown=shown,
            choices=choices,
            choices_are_code=False,
            right=choices.index(right),
            reason=reason,
        )


def _outcome(trap: Trap) -> str:
    """Return what was proved of a trap, as the rest of a sentence that begins with "It"."""
    return f"is {trap.outcome}" if trap.difference is not None else trap.outcome


def _first(entry: Entry, side: str) -> Trap:
    return next(trap for trap in entry.traps if trap.framework == side)


def _shown(entry: Entry, lines: str, name: str) -> tuple[tuple[str, str], ...]:
    inputs = [("With", entry.inputs)] if entry.inputs else []
    return (*inputs, (name, lines))


def _too_long(pieces: Iterable[str]) -> bool:
    return any(piece.count("\n") >= LONGEST for piece in pieces)


def _shuffled(seed: str, choices: list[str]) -> tuple[tuple[str, ...], int]:
    """Return the choices in an order that depends on `seed`, and where the first one is now."""
    order = list(dict.fromkeys(choices))
    random.Random(seed).shuffle(order)
    return tuple(order), order.index(choices[0])
