"""What a comparison measures, what counts as equal, and how it is reported."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sidebyside.parity.mapping import Array


@dataclass(frozen=True)
class Tolerances:
    """The largest differences that count as equal, for float32; `Difference` defines them.

    Measured with MLPs, CNNs, LSTMs, GRUs and attention, SGD, Adam and AdamW, learning rates up to
    0.01, 20 steps: the most that was seen is a fifth of each, and mistakes lie well above.
    """

    # sums are added up in another order: 1.5e-6 (after BatchNorm), else 4e-7
    outputs: float = 1e-5
    # one mean over the batch: 3e-7
    loss: float = 5e-6
    # sums over the batch and all positions: 1.5e-6 of the largest. A ReLU or max-pooling that
    # takes the other side of a tie shows as 1e-3: another seed or batch decides if it was that.
    gradients: float = 2e-5
    # Adam's bias corrections in float32, and decay of weights larger than 1: 2e-6. Default weight
    # decay 0.01 against 0.004 makes 1e-4, beta_2 0.99 against 0.999 2e-4, epsilon 1e-8 against
    # 1e-7 from 1e-4 to 6e-3
    weights: float = 1e-5
    # means of activations, whose weights differ by the above: 1e-5; another momentum makes 0.1
    statistics: float = 1e-4


@dataclass(frozen=True)
class Difference:
    """How far apart one quantity is: the largest |PyTorch - Keras| over all its arrays.

    For each array it is divided by the largest |PyTorch| in it, or by 1 if that is smaller: so it
    is relative for large numbers and absolute for small ones. Gradients, often small throughout,
    are divided by the largest entry of all gradients of that step.
    """

    largest: float
    where: str
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether it is within its tolerance."""
        return self.largest <= self.tolerance


@dataclass(frozen=True)
class ParityResult:
    """What `compare` measured; its docstring says what each quantity is."""

    outputs: Difference
    training_outputs: Difference
    loss: Difference
    gradients: Difference
    weights: Difference
    statistics: Difference
    free_weights: Difference
    stock_weights: Difference
    dropout: Difference

    def _quantities(self) -> dict[str, Difference]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def ok(self) -> bool:
        """Whether everything is within its tolerance; free and stock weights have none."""
        return all(difference.ok for difference in self._quantities().values())

    def summary(self) -> str:
        """One line for each quantity: verdict, difference, tolerance, where it was largest."""
        lines = []
        for name, difference in self._quantities().items():
            limit, verdict = f"<= {difference.tolerance:.0e}", "ok" if difference.ok else "FAIL"
            if math.isinf(difference.tolerance):
                limit, verdict = "", "(info)"
            lines.append(
                f"{verdict:6} {name:16} {difference.largest:7.1e} {limit:8}  {difference.where}"
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers and strings, for JSON; no tolerance is None."""
        return {"ok": self.ok} | {
            name: {
                "largest": difference.largest,
                "where": difference.where,
                "tolerance": None if math.isinf(difference.tolerance) else difference.tolerance,
                "ok": difference.ok,
            }
            for name, difference in self._quantities().items()
        }


def difference(
    arrays: Iterable[tuple[str, Array, Array]], tolerance: float, scale: float | None = None
) -> Difference:
    """Return the largest difference over (name, PyTorch's array, Keras's array)."""
    differences = [Difference(0.0, "", tolerance)]
    for name, ours, theirs in arrays:
        ours, theirs = (_as_numbers(array) for array in (ours, theirs))
        unit = scale or _unit(ours)
        with np.errstate(invalid="ignore"):
            apart = np.where(ours == theirs, 0, np.abs(ours - theirs))  # infinities may be equal
        largest = float(np.max(apart, initial=0)) / unit
        largest = largest if math.isfinite(largest) else math.inf
        differences.append(Difference(largest, name, tolerance))
    return worst(differences)


def _as_numbers(array: Array) -> Array:
    array = np.asarray(array)
    return array.astype(float) if array.dtype.kind in "bu" else array


def _unit(array: Array) -> float:
    """Return the largest finite number of an array, or 1 if that is smaller."""
    finite = np.abs(array[np.isfinite(array)])
    return max(1.0, float(np.max(finite, initial=0)))


def worst(differences: Iterable[Difference]) -> Difference:
    """Return the largest of several differences."""
    return max(differences, key=lambda found: found.largest)
