"""Whether both programs read the same batch."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np

from sidebyside.parity.libraries import keras
from sidebyside.parity.places.both_programs import alike, apart, as_array
from sidebyside.parity.places.findings import Finding

PLACE = "data"
_ENTRY_ORDER, _ENTRY_SCALE, _ENTRY_LAYOUT = (
    "shuffle-together",
    "transform-normalise",
    "channels-last",
)


def find(torch_batch: tuple[Any, Any], keras_batch: tuple[Any, Any]) -> Finding | None:
    """Compare what both programs read; each batch is (inputs, targets) as that program has it."""
    pairs = [
        (name, as_array(ours), as_array(theirs))
        for name, mine, other in zip(("inputs", "targets"), torch_batch, keras_batch, strict=True)
        if mine is not None and other is not None
        for ours, theirs in zip(keras.tree.flatten(mine), keras.tree.flatten(other), strict=True)
    ]
    for name, ours, theirs in pairs:
        found = _inputs(ours, theirs) if name == "inputs" else _targets(ours, theirs)
        if found is not None:
            reason, entry, difference = found
            return Finding(PLACE, f"the {name} of the batch", reason, entry, difference)
    return None


def _inputs(ours: np.ndarray, theirs: np.ndarray) -> tuple[str, str, float | None] | None:
    options = list(_layouts(ours, theirs))
    if any(alike(option, theirs, 1e-6) for option in options):
        return None
    if not options:
        shapes = f"PyTorch reads the shape {ours.shape}, Keras {theirs.shape}"
        return f"{shapes}, and these are not the same axes in another order.", _ENTRY_LAYOUT, None
    first = options[0]
    return _why(first, theirs) or (
        "The numbers differ, by no factor and in no order that would explain it: load one file "
        "on both sides, and compare after each step of the pipeline.", "", apart(first, theirs),
    )  # fmt: skip


def _layouts(ours: np.ndarray, theirs: np.ndarray) -> Iterator[np.ndarray]:
    """Yield PyTorch's array laid out like Keras's: the channels moved first of all."""
    if ours.ndim > 2:
        moved = np.moveaxis(ours, 1, -1)
        if moved.shape == theirs.shape:
            yield moved
    if ours.shape == theirs.shape:
        yield ours


def _why(ours: np.ndarray, theirs: np.ndarray) -> tuple[str, str, float | None] | None:
    difference = apart(ours, theirs)
    if (order := _reordered(ours, theirs)) is not None:
        place = int(np.flatnonzero(order == 0)[0])
        return (
            f"It is the same samples in another order: PyTorch's first is number {place} in "
            "Keras's batch. Shuffle both by one order, made before: two libraries with one seed "
            "do not draw the same.", _ENTRY_ORDER, difference,
        )  # fmt: skip
    if ours.ndim > 3 and alike(ours[..., ::-1], theirs, 1e-6):
        return (
            "The colours come in the opposite order, RGB and BGR: some readers of pictures, "
            "OpenCV's among them, give blue first.", "", difference,
        )  # fmt: skip
    for axes in permutations(range(1, ours.ndim)):
        if axes != tuple(range(1, ours.ndim)) and alike(ours.transpose(0, *axes), theirs, 1e-6):
            return (
                f"The axes are exchanged: Keras's batch is PyTorch's, laid out like Keras's, "
                f"transposed by {(0, *axes)}.", _ENTRY_LAYOUT, difference,
            )  # fmt: skip
    return _rescaled(ours, theirs, difference) or _overlap(ours, theirs, difference)


def _keys(array: np.ndarray) -> list[bytes]:
    """Return for each sample what is the same for equal samples."""
    rows = np.asarray(array, "float64").reshape(len(array), -1)
    return [np.round(row, 4).astype("float32").tobytes() for row in rows + 0.0]


def _reordered(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray | None:
    """Return which of PyTorch's samples each of Keras's is; None if they are not the same ones."""
    mine, other = _keys(ours), _keys(theirs)
    if sorted(mine) != sorted(other) or mine == other:
        return None
    places: dict[bytes, list[int]] = {}
    for number, key in enumerate(mine):
        places.setdefault(key, []).append(number)
    return np.array([places[key].pop(0) for key in other])


def _rescaled(
    ours: np.ndarray, theirs: np.ndarray, difference: float
) -> tuple[str, str, float] | None:
    """See whether one is a multiple of the other plus a constant, for each channel."""
    channels = [(..., c) for c in range(ours.shape[-1])] if ours.ndim > 2 else [(...,)]
    lines = []
    for channel in channels:
        x, y = ours[channel].ravel().astype(float), theirs[channel].ravel().astype(float)
        if x.std() == 0:
            return None
        factor, shift = np.polyfit(x, y, 1)
        if apart(factor * x + shift, y) > 1e-4:
            return None
        lines.append((factor, shift))
    factor, shift = np.mean(lines, axis=0)
    what = f"{factor:.4g} times PyTorch's" + (f" plus {shift:.4g}" if abs(shift) > 1e-6 else "")
    several = (
        "on average over the channels, "
        if len(lines) > 1 and np.ptp(lines, axis=0).max() > (1e-3 * abs(factor))
        else ""
    )
    return (
        f"They are scaled in two ways: Keras's numbers are {several}{what}.", _ENTRY_SCALE,
        difference,
    )  # fmt: skip


def _overlap(
    ours: np.ndarray, theirs: np.ndarray, difference: float
) -> tuple[str, str, float] | None:
    common = len(set(_keys(ours)) & set(_keys(theirs)))
    if not common:
        return None
    return (
        f"Only {common} of {len(ours)} samples are in both batches: the two data sets are shuffled "
        "or split in two ways.", "shuffle", difference,
    )  # fmt: skip


def _targets(ours: np.ndarray, theirs: np.ndarray) -> tuple[str, str, float | None] | None:
    if ours.ndim > theirs.ndim and ours.shape[-1] > 1:
        ours = ours.argmax(-1)  # one of them is one-hot: the losses say whether that fits
    elif theirs.ndim > ours.ndim and theirs.shape[-1] > 1:
        theirs = theirs.argmax(-1)
    if ours.size == theirs.size:
        mine, other = ours.reshape(-1).astype(float), theirs.reshape(-1).astype(float)
        if alike(mine, other, 1e-6):
            return None
        steps = np.unique(np.round(other - mine, 6))
        if len(steps) == 1:
            return (
                f"Keras's targets are PyTorch's plus {steps[0]:g}: one counts from another number.",
                "",
                None,
            )
        if np.allclose(np.sort(mine), np.sort(other)):
            return (
                "They are the same targets in another order, while the inputs are in one order: "
                "inputs and targets were not shuffled together.", _ENTRY_ORDER, None,
            )  # fmt: skip
        return "The inputs are the same, and the targets are not.", "", apart(mine, other)
    return (
        f"PyTorch has targets of the shape {ours.shape}, Keras of {theirs.shape}.",
        "loss-shapes",
        None,
    )
