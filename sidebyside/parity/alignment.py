"""Compare what a layer reads in both libraries: the same features, perhaps in another order.

Features are the numbers that a layer's weights tell apart: the last axis, or a convolution's
channels. Everything else (batch, positions) are rows. That the features come in another order is
seen by their values: with random weights no two of them are alike over all rows.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sidebyside.parity.mapping import Array
from sidebyside.parity.rules import Order

SAME, SCRAMBLED, DIFFERENT, UNKNOWN = "same", "scrambled", "different", "unknown"


# Axes that change places: PyTorch's features, in this shape, are Keras's after they are transposed.
Move = tuple[tuple[int, ...], tuple[int, ...]]
STAY: Move = ((), ())


@dataclass(frozen=True)
class Alignment:
    """How the inputs of a layer are alike.

    Attributes
    ----------
    verdict
        `SAME`: the same numbers, each feature where `order` says. `SCRAMBLED`: the same numbers,
        but not moved feature by feature. `DIFFERENT`: other numbers. `UNKNOWN`: not to be compared.
    order
        Keras's feature i is PyTorch's order[i]; None if it is i.
    moves
        All moves that make `order`, or another one that fits as well; none if the features were
        found one by one.
    """

    verdict: str
    order: Order | None = None
    moves: tuple[Move, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether no other order would fit."""
        return self.verdict == SAME and len(self.moves) <= 1


def moved(count: int, move: Move) -> Order | None:
    """Return the order of `count` features of which the axes change places; None if they stay.

    (C, H, W), flattened, becomes (H, W, C) by the move of (C, H * W) to (H * W, C).
    """
    shape, axes = move
    return np.arange(count).reshape(shape).transpose(axes).ravel() if shape else None


def transpositions(count: int) -> list[Move]:
    """Return the moves of two axes, which are most that happen."""
    return [((n, count // n), (1, 0)) for n in _divisors(count) if 1 < n < count]


def _of_three_axes(count: int) -> Iterator[Move]:
    """Yield the moves of three axes that are none of two: height and width that change places."""
    for first in _divisors(count):
        for second in _divisors(count // first):
            shape = (first, second, count // first // second)
            if 1 not in shape:
                yield from ((shape, axes) for axes in ((2, 1, 0), (0, 2, 1), (1, 0, 2)))


def align(
    ours: Array,
    theirs: Array,
    tolerance: float,
    reorders: bool,
    moves: Iterable[Move] | None = None,
) -> Alignment:
    """Compare two arrays (rows, features).

    Parameters
    ----------
    ours, theirs
        What PyTorch's layer and Keras's read; of one shape.
    tolerance
        What counts as equal, in parts of the largest number.
    reorders
        Whether features may come in another order.
    moves
        What an earlier look has left over.
    """
    if not reorders:
        same = close(ours, theirs, tolerance)
        return Alignment(SAME) if same else Alignment(_verdict(ours, theirs, tolerance))
    count = ours.shape[-1]
    families = [[STAY, *transpositions(count)], _of_three_axes(count)] if moves is None else [moves]
    for family in families:
        found = tuple(m for m in family if _fits(ours, theirs, moved(count, m), tolerance))
        if found:
            return Alignment(SAME, moved(count, found[0]), found)
    free = _matched_one_by_one(ours, theirs, tolerance)
    if free is not None:
        return Alignment(SAME, free)
    return Alignment(_verdict(ours, theirs, tolerance))


def likely_order(ours: Array, theirs: Array) -> tuple[bool, Order | None]:
    """Return the order of features that fits best where the numbers differ, and if it is clear.

    A scale, a shift or an activation on one side leaves the right order correlated by far the
    most.
    """
    count = ours.shape[-1]
    orders = [moved(count, move) for move in (STAY, *transpositions(count))]
    scores = [_correlation(ours[:, _index(order)], theirs) for order in orders]
    best = int(np.argmax(scores))
    second = max((score for place, score in enumerate(scores) if place != best), default=0.0)
    clear = scores[best] > 0.5 and scores[best] - second > 0.2
    return clear, orders[best] if clear else None


def close(ours: Array, theirs: Array, tolerance: float) -> bool:
    """Whether two arrays are equal, in parts of the largest number."""
    if ours.shape != theirs.shape:
        return False
    scale = float(np.max(np.abs(ours), initial=0, where=np.isfinite(ours)))
    with np.errstate(invalid="ignore"):
        near = np.abs(ours - theirs) <= tolerance * scale
    return bool(np.all(near | (ours == theirs)))  # infinities may be equal, NaN may not


def _fits(ours: Array, theirs: Array, order: Order | None, tolerance: float) -> bool:
    index = _index(order)
    first = close(ours[:1, index], theirs[:1], max(tolerance, 1e-6) * 10)
    return first and close(ours[:, index], theirs, tolerance)


def _index(order: Order | None) -> Order | slice:
    return slice(None) if order is None else order


def _divisors(count: int) -> list[int]:
    small = [n for n in range(1, math.isqrt(count) + 1) if count % n == 0]
    return sorted({*small, *(count // n for n in small)})


def scrambled(ours: Array, theirs: Array, tolerance: float) -> bool:
    """Whether two arrays hold the same numbers, wherever these are."""
    return close(np.sort(ours, axis=None), np.sort(theirs, axis=None), tolerance)


def _verdict(ours: Array, theirs: Array, tolerance: float) -> str:
    return SCRAMBLED if scrambled(ours, theirs, tolerance) else DIFFERENT


def _matched_one_by_one(ours: Array, theirs: Array, tolerance: float) -> Order | None:
    """Return the order that takes each of Keras's features to the one of PyTorch's that equals it.

    None if there is none, or if two features are alike, so that they could be swapped.
    """
    weights = np.random.default_rng(0).normal(size=len(ours))
    first, second = (np.argsort(weights @ array, kind="stable") for array in (ours, theirs))
    order = np.empty(len(first), int)
    order[second] = first
    if not close(ours[:, order], theirs, tolerance):
        return None
    ordered = ours[:, first]
    apart = np.max(np.abs(np.diff(ordered, axis=1)), axis=0, initial=0)
    scale = float(np.max(np.abs(ours), initial=0))
    return order if np.all(apart > 4 * tolerance * scale) else None


def _correlation(ours: Array, theirs: Array) -> float:
    a, b = (array.ravel().astype(float) for array in (ours, theirs))
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 0 and math.isfinite(size) else 0.0
