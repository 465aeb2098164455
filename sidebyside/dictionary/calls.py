"""The calls that entries are about, found by any of their names."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import PREFIXES, canonical, last, qualified
from sidebyside.dictionary.words import (
    EMPTY,
    FRAMEWORK_WORDS,
    joined,
    parts,
    says_something,
    stem,
    without_dimension,
    words,
)
from sidebyside.frameworks import FRAMEWORKS

NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
AROUND = FRAMEWORK_WORDS | EMPTY
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
# modules that have something else of the same name: torch.jit.trace, torch.sparse.sum
ELSEWHERE = {
    "fft",
    "feature_column",
    "jit",
    "lite",
    "onnx",
    "profiler",
    "quantization",
    "sparse",
    "summary",
}
DIGITS = re.compile(r"\d+")  # of ResNet50: there are others
ARGUMENTS = re.compile(r"\(.*\)\s*$", re.DOTALL)
# what a variable is usually called, and what has its methods
VARIABLES = {
    "model": ("Model", "Module"), "net": ("Model", "Module"), "layer": ("Layer", "Module"),
    "optimizer": ("Optimizer",), "optimiser": ("Optimizer",), "dataset": ("Dataset",),
    "tensor": ("Tensor",), "x": ("Tensor",), "loss": ("Tensor",),
}  # fmt: skip
# what a framework's name begins with
ROOTS = {first for prefixes in PREFIXES.values() for first in prefixes} | {
    "torch", "torchvision", "tf", "tensorflow", "keras",
}  # fmt: skip

EXACTLY, INSIDE, ALIKE = 1.5, 1.3, 1.2  # a name in full, what a class has, the last part alone
NEARLY = 1.0  # misspelt
KEY_IS_NAME, KEY_HAS_NAME, KEY_HAS_IT_SO, ALSO_IS_NAME = 0.3, 0.1, 0.07, 0.03
DEEPER = 0.1  # for each further dot of what a module has
LATER = 0.04  # for each name that stands before it


def asked_name(text: str) -> str:
    """Return the name that a question consists of, without its arguments; "" if it is none.

    Words that only say which framework is meant may stand around it.
    """
    written = ARGUMENTS.sub("", text.strip().rstrip("?!.")).split()
    left = [word for word in written if word.lower() not in AROUND] or written
    return left[0] if len(left) == 1 and NAME.fullmatch(left[0]) else ""


def names_within(text: str) -> list[str]:
    """Return the names with dots that stand in a sentence: ``torch.gather``."""
    return list(dict.fromkeys(DOTTED.findall(text)))


def is_code(name: str) -> bool:
    """Return whether a name is no word: it has several parts, or a number."""
    return len(parts(name)) > 1


def is_of_a_framework(name: str) -> bool:
    """Return whether a name with dots begins as one of either framework does."""
    first, dot, _ = name.partition(".")
    return bool(dot) and first in ROOTS


def is_another_number(name: str, known: str) -> bool:
    """Return whether two names differ in numbers only: ResNet18, ResNet50."""
    return name != known and DIGITS.sub("", name) == DIGITS.sub("", known) != ""


def is_elsewhere(name: str) -> bool:
    """Return whether a name is of a module whose names mean something else elsewhere."""
    return not ELSEWHERE.isdisjoint(name.split(".")[:-1])


class Calls:
    """The entries by the names of the calls that they are about.

    Parameters
    ----------
    items
        The entries with their chapters; the entries' places are their numbers here.
    """

    def __init__(self, items: Sequence[tuple[Chapter, Entry]]) -> None:
        self._items = items
        self._full: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._last: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for number, (_, entry) in enumerate(items):
            for side in FRAMEWORKS:
                for place, name in enumerate(entry.names[side]):
                    self._full[canonical(qualified(name, side))].append((number, place))
                    for key in {joined(last(name)), without_dimension(joined(last(name)))}:
                        self._last[key].append((number, place, last(name)))

    def find(self, name: str) -> dict[int, float]:
        """Return the entries about a name, with how well each fits; 1 and more.

        A name in full is looked for first, of either framework, then a class or a module by what
        it has, then the last part alone: what one framework calls so, the reader may look for in
        the other.
        """
        found = self._exact(name)
        if not found and (inside := self._inside(name)):
            return inside
        if not found and not is_elsewhere(name):
            found = self._by_last_part(name)
        return {number: value + self._about(number, name) for number, value in found.items()}

    def knows(self, name: str) -> bool:
        """Return whether an entry has a name in full, or something of what it names."""
        return bool(self._exact(name) or self._inside(name))

    def find_nearly(self, name: str, is_near: Callable[[str, str], bool]) -> dict[int, float]:
        """Return the entries about names whose last parts are near that of a name."""
        wanted, found = joined(last(name)), dict[int, float]()
        for known, places in self._last.items():
            if is_near(wanted, known):
                for number, place, _ in places:
                    _raise(found, number, NEARLY - LATER * place + self._about(number, known))
        return found

    def _exact(self, name: str) -> dict[int, float]:
        found: dict[int, float] = {}
        for option in self._options(name):
            for number, place in self._full.get(option, ()):
                _raise(found, number, EXACTLY - LATER * place)
        return found

    def _options(self, name: str) -> set[str]:
        """Return what a name may be in full."""
        options = {canonical(name)} | {canonical(qualified(name, side)) for side in FRAMEWORKS}
        variable, _, method = name.rpartition(".")
        for owner in VARIABLES.get(variable.lower(), ()):
            options |= {qualified(f"{owner}.{method}", side) for side in FRAMEWORKS}
        return options

    def _inside(self, name: str) -> dict[int, float]:
        found: dict[int, float] = {}
        if "." in name:
            within = tuple(f"{option}." for option in self._options(name))
            for known, places in self._full.items():
                if known.startswith(within):
                    dots = min(known.count(".") - option.count(".") for option in within)
                    for number, _ in places:
                        _raise(found, number, INSIDE - DEEPER * dots)
        return found

    def _by_last_part(self, name: str) -> dict[int, float]:
        found: dict[int, float] = {}
        wanted = joined(last(name))
        for number, place, known in self._last.get(wanted, ()):
            as_written = known == last(name)
            _raise(found, number, ALIKE + 0.05 * as_written - LATER * place)
        return found

    def _about(self, number: int, name: str) -> float:
        """Return what speaks for an entry being the one about a name, of those that have it."""
        entry = self._items[number][1]
        wanted = joined(last(name))
        own = {stem(part) for part in parts(last(name)) if part[0].isalpha()}
        texts = [entry.key.split("-"), words(entry.name)]
        of_key, of_title = ({stem(part) for word in text for part in parts(word)} for text in texts)
        has = max(len(own) / len(of) if own <= of else 0.0 for of in (of_key, of_title))
        return (
            KEY_IS_NAME * any(joined("".join(text)) == wanted for text in texts)
            + KEY_HAS_NAME * has
            + KEY_HAS_IT_SO * (last(name) in texts[0] and says_something(last(name)))
            + ALSO_IS_NAME * any(joined("".join(words(text))) == wanted for text in entry.also)
        )


def _raise(found: dict[int, float], number: int, value: float) -> None:
    found[number] = max(value, found.get(number, value))
