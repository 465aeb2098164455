"""Whether both models start from the same weights, or from weights of the same kind."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sidebyside.parity.arrays import from_keras, from_torch
from sidebyside.parity.libraries import kl
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.places.both_programs import Programs, alike, apart
from sidebyside.parity.places.findings import Finding
from sidebyside.parity.rules import Pair

PLACE = "first weights"
SAME = "the same numbers"
DRAWN = "each has its own draw of the same kind; Keras takes PyTorch's from here on"
_ENTRIES = (
    ((kl.Embedding,), "embedding-start"),
    ((kl.RNN,), "lstm-start"),
    ((kl.BatchNormalization,), "batch-norm-start"),
    ((kl.Conv1D, kl.Conv2D, kl.Conv3D), "conv-start"),
    ((kl.Dense,), "dense-start"),
)
_CERTAIN = 5  # standard errors: what two draws of one kind do not differ by


@dataclass(frozen=True)
class _Start:
    """One variable's first numbers in both models, in Keras's layout."""

    pair: Pair
    mapping: Mapping
    ours: np.ndarray
    theirs: np.ndarray

    @property
    def informative(self) -> bool:
        """Whether equal numbers say that they were copied: constants are equal anyway."""
        return bool(self.ours.size > 1 and np.ptp(self.ours) > 0)


def find(both: Programs) -> tuple[str, Finding | None]:
    """Return what was seen, and where the first weights part."""
    state = both.torch_model.state_dict()
    starts = []
    for pair in both.pairs:
        for mapping in both.fitting.mappings(pair):
            arrays = (from_torch(state[name]) for name in mapping.torch_names)
            ours = np.asarray(mapping.weights(*arrays))
            if pair.theirs in both.guessed:
                continue  # in which order its features come, is what remains to be seen
            starts.append(_Start(pair, mapping, ours, from_keras(mapping.variable)))
    if all(alike(start.ours, start.theirs, 1e-6) for start in starts):
        return SAME, None
    copied = [s for s in starts if s.informative and alike(s.ours, s.theirs, 1e-6)]
    moved = [s for s in starts if s.informative and _same_numbers(s)]
    if copied or moved:
        return "", _not_copied(next(s for s in starts if not alike(s.ours, s.theirs, 1e-6)))
    for start in sorted(starts, key=lambda s: s.ours.ndim < 2):  # weights before biases
        if (found := _other_kind(start)) is not None:
            return "", found
    return DRAWN, None


def _same_numbers(start: _Start) -> bool:
    """Whether both hold the same numbers in two orders."""
    ours, theirs = np.sort(start.ours.ravel()), np.sort(start.theirs.ravel())
    return alike(ours, theirs, 1e-6) and not alike(start.ours, start.theirs, 1e-6)


def _finding(start: _Start, reason: str, entry: str, proved: bool = False) -> Finding:
    names = ", ".join(start.mapping.torch_names)
    where = f"`{names}` in PyTorch and `{start.mapping.name}` in Keras"
    return Finding(PLACE, where, reason, entry, apart(start.ours, start.theirs), proved)


def _not_copied(start: _Start) -> Finding:
    if not _same_numbers(start):
        return _finding(
            start, "Other weights of the models are equal, so weights were copied: this one was "
            "not, or has been trained since.", "start-from-array",
        )  # fmt: skip
    if start.pair.reads is not None:
        return _finding(
            start, "It holds the same numbers in another order: PyTorch flattens feature maps "
            "channels first, Keras channels last, so the layer after it needs its inputs' rows "
            "in another order. `port_weights` does this.", "dense-after-flatten", True,
        )  # fmt: skip
    if start.theirs.ndim == 2 and alike(start.ours, start.theirs.T, 1e-6):
        return _finding(
            start, "It was copied without transposing: PyTorch's weight is (out, in), Keras's "
            "kernel (in, out).", "dense", True,
        )  # fmt: skip
    if isinstance(start.pair.theirs.layer, kl.RNN):
        return _finding(
            start, "It holds the same numbers in another order: the gates of a GRU come as r, z, n "
            "in PyTorch and as z, r, h in Keras.", "gru",
        )  # fmt: skip
    return _finding(
        start, "It holds the same numbers in another order: the array was copied by its shape, "
        "and its axes are others in the two libraries.", "start-from-array",
    )  # fmt: skip


def _other_kind(start: _Start) -> Finding | None:
    """See whether two draws can be of one kind: by their means and standard deviations."""
    ours, theirs = start.ours.astype(float).ravel(), start.theirs.astype(float).ravel()
    spreads, means = (ours.std(), theirs.std()), (ours.mean(), theirs.mean())
    constant = [bool(np.ptp(x) == 0) for x in (ours, theirs)]
    root = np.sqrt(max(ours.size, 1))
    if ours.size == 1 and not all(constant):
        return None
    if all(constant):
        same = bool(ours[0] == theirs[0])
    elif any(constant):
        same = ours.size < 2
    else:
        errors = [np.sqrt(_kurtosis(x) - 1) / 2 * x.std() for x in (ours, theirs)]
        same = bool(
            abs(spreads[0] - spreads[1]) <= _CERTAIN * np.hypot(*errors) / root
            and abs(means[0] - means[1]) <= _CERTAIN * np.hypot(*spreads) / root
        )
    if same:
        return None
    reason = (
        f"PyTorch's starts {_described(ours)}, Keras's {_described(theirs)}"
        f"{_initialiser(start)}. Models that start in two ways learn in two ways: give both one "
        "initialiser, or port PyTorch's first weights."
    )
    found = _finding(start, reason, _entry(start.pair.theirs.layer))
    return Finding(found.place, found.where, found.reason, found.entry)


def _kurtosis(numbers: np.ndarray) -> float:
    """Return the fourth standardised moment: 1.8 for uniform numbers, 3 for normal ones."""
    return float((((numbers - numbers.mean()) / numbers.std()) ** 4).mean())


def _described(numbers: np.ndarray) -> str:
    if np.ptp(numbers) == 0:
        return f"at {numbers[0]:g}"
    return f"with a mean of {numbers.mean():.2g} and a standard deviation of {numbers.std():.2g}"


def _initialiser(start: _Start) -> str:
    """Return which initialiser Keras's layer has for the variable, for a sentence."""
    layer = start.pair.theirs.layer
    made: Any = getattr(layer, f"{start.mapping.variable.name}_initializer", None)
    return "" if made is None else f" (`{type(made).__name__}`)"


def _entry(layer: kl.Layer) -> str:
    return next(
        (entry for kinds, entry in _ENTRIES if isinstance(layer, kinds)), "start-from-array"
    )
