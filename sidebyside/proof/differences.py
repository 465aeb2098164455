"""Compare what the two sides of an entry gave; with NumPy alone."""

import math
from dataclasses import dataclass, field

import numpy as np

from sidebyside.dictionary.entries import Entry

FLOOR = 0.01  # results are compared relative to their largest number, or to this if it is smaller
Gradients = dict[str, np.ndarray | None]
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class EntryFailed(AssertionError):
    """An entry does not hold; the message says what was found."""


@dataclass
class Leaf:
    """One value of a result: an array with the name of its type, or something else as it is."""

    array: np.ndarray | None
    dtype: str = ""
    other: object = None

    @property
    def texts(self) -> set[str]:
        """What can be said of it: for `Trap.gives`."""
        if self.array is None:
            return {str(self.other)}
        found = {f"shape {self.array.shape}", str(self.array.tolist())}
        if self.dtype:
            found.add(f"dtype {self.dtype}")
        if self.array.dtype.kind == "f":
            found |= {"nan"} if np.isnan(self.array).any() else set()
            found |= {"inf"} if np.isinf(self.array).any() else set()
        return found


@dataclass
class Side:
    """What one side gave: the flat results, the gradients by name."""

    results: list[Leaf]
    gradients: Gradients = field(default_factory=dict)


def compare_results(entry: Entry, ours: Side, theirs: Side) -> float | None:
    """Return the largest relative difference of the values; None if there are no numbers.

    Raises
    ------
    EntryFailed
        If they differ in number, shape, type, or by more than the entry's tolerance.
    """
    counts = len(ours.results), len(theirs.results)
    if counts[0] != counts[1] or not counts[0]:
        raise EntryFailed(
            f"PyTorch gives {counts[0]} values and TensorFlow/Keras {counts[1]}. The last line of "
            "both must be an expression with the same number of values."
        )
    pairs = list(zip(ours.results, theirs.results, strict=True))
    errors = [
        _compare_leaves(entry, left, right, f"value {number}: " if counts[0] > 1 else "")
        for number, (left, right) in enumerate(pairs)
    ]
    _compare_types(entry, pairs)
    return max((error for error in errors if error is not None), default=None)


def _compare_leaves(entry: Entry, left: Leaf, right: Leaf, where: str) -> float | None:
    """Return the relative difference of two values; None if they are no arrays."""
    if left.array is None or right.array is None:
        values = [leaf.other if leaf.array is None else leaf.array.tolist()
                  for leaf in (left, right)]  # fmt: skip
        if values[0] != values[1]:
            raise EntryFailed(
                f"{where}{values[0]!r} in PyTorch, {values[1]!r} in TensorFlow/Keras."
            )
        return None
    if left.array.shape != right.array.shape:
        raise EntryFailed(
            f"{where}shape {left.array.shape} in PyTorch, {right.array.shape} in TensorFlow/Keras."
        )
    compare = distance if entry.compare == "values" else quantile_distance
    error, limit = compare(left.array, right.array), entry.tolerance or 0.0
    if not error <= limit:
        raise EntryFailed(
            f"{where}the values differ by {error:.2g}, more than {limit:g}:\n{left.array}\n"
            f"in PyTorch,\n{right.array}\nin TensorFlow/Keras."
        )
    return error


def _compare_types(entry: Entry, pairs: list[tuple[Leaf, Leaf]]) -> None:
    found = {
        f"{left.dtype}, {right.dtype}"
        for left, right in pairs
        if left.dtype and right.dtype and left.dtype != right.dtype
    }
    if found != ({entry.dtypes} if entry.dtypes else set()):
        raise EntryFailed(
            f"the types are {' and '.join(sorted(found)) or 'the same'}, and the entry's "
            f"'dtypes' says {entry.dtypes or 'nothing'}."
        )


def compare_gradients(entry: Entry, ours: Side, theirs: Side) -> float | None:
    """Return the largest relative difference of the gradients; None if there are none.

    No gradient on one side, and one of zeros on the other, are the same.

    Raises
    ------
    EntryFailed
        If only one side has a gradient, or they differ by more than the entry's tolerance.
    """
    errors = [
        _compare_gradient(entry, name, ours.gradients.get(name), theirs.gradients.get(name))
        for name in {**ours.gradients, **theirs.gradients}
    ]
    return max((error for error in errors if error is not None), default=None)


def _compare_gradient(
    entry: Entry, name: str, left: np.ndarray | None, right: np.ndarray | None
) -> float | None:
    """Return the relative difference of one gradient; None if a side has none, rightly."""
    if left is None or right is None:
        there = right if left is None else left
        if there is None or not np.any(there):
            return None
        side = "TensorFlow/Keras" if left is None else "PyTorch"
        raise EntryFailed(
            f"only {side} has a gradient for {name}. Correct the lines, or say in "
            "'without_gradients' why none are compared."
        )
    error, limit = distance(left, right), entry.gradient_tolerance
    if limit is None:
        limit = entry.tolerance or 0.0
    if not error <= limit:
        raise EntryFailed(
            f"the gradients of {name} differ by {error:.2g}, more than {limit:g}:\n{left}\n"
            f"in PyTorch,\n{right}\nin TensorFlow/Keras."
        )
    return error


def distance(left: np.ndarray, right: np.ndarray) -> float:
    """Return the largest difference, relative to the largest number; NaN for NaN is none."""
    if left.shape != right.shape:
        return math.inf
    if left.dtype.kind not in "fciub" or right.dtype.kind not in "fciub":
        return 0.0 if np.array_equal(left, right) else math.inf
    scale = max(FLOOR, *(_largest(array) for array in (left, right)))
    return absolute(left, right) / scale


def _largest(array: np.ndarray) -> float:
    finite = np.abs(np.asarray(array, complex)[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def absolute(left: np.ndarray, right: np.ndarray) -> float:
    """Return the largest difference as it is; NaN for NaN, and the same infinity, are none."""
    kind = complex if "c" in left.dtype.kind + right.dtype.kind else float
    left, right = left.astype(kind), right.astype(kind)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(left - right))
    return float(np.nan_to_num(differences, nan=math.inf).max()) if differences.size else 0.0


def quantile_difference(left: np.ndarray, right: np.ndarray) -> float:
    """Return how far quantiles, mean and spread are apart, at most."""
    return float(np.abs(_quantiles(left) - _quantiles(right)).max())


def _quantiles(array: np.ndarray) -> np.ndarray:
    numbers = array.astype(float).ravel()
    return np.array([*np.quantile(numbers, QUANTILES), numbers.mean(), numbers.std()])


def quantile_distance(left: np.ndarray, right: np.ndarray) -> float:
    """Return the same, relative to the larger spread."""
    spread = max(left.astype(float).std(), right.astype(float).std(), 1e-12)
    return quantile_difference(left, right) / float(spread)
