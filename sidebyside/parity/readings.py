"""Compare what a PyTorch layer and a Keras layer read, and what two models give."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sidebyside.parity import alignment
from sidebyside.parity.alignment import DIFFERENT, SAME, SCRAMBLED, UNKNOWN, Alignment, Move
from sidebyside.parity.libraries import kl, nn
from sidebyside.parity.mapping import Array
from sidebyside.parity.rules import Order, Rule
from sidebyside.parity.tracing import Call
from sidebyside.parity.units import TorchUnit


def compared(
    rule: Rule,
    unit: TorchUnit,
    ours: Array,
    theirs: Array,
    tolerance: float,
    moves: tuple[Move, ...] | None = None,
) -> Alignment:
    """Compare what PyTorch's unit read with what a Keras unit read.

    Parameters
    ----------
    rule
        The rule by which the two fit.
    unit
        PyTorch's unit.
    ours, theirs
        What both read.
    tolerance
        What counts as equal, in parts of the largest number.
    moves
        The orders of features that earlier examples have left over.
    """
    found = Alignment(DIFFERENT)
    if not _may_be_alike(ours, theirs, tolerance):
        return found
    for mine, other in as_rows(rule, unit, ours, theirs):
        aligned = alignment.align(mine, other, tolerance, rule.reorders, moves)
        if aligned.verdict == SAME:
            return aligned
        if aligned.verdict == SCRAMBLED:
            found = aligned
    return found


def likely_order(
    rule: Rule, unit: TorchUnit, ours: Array, theirs: Array
) -> tuple[bool, Order | None]:
    """Return the likeliest order of features where the numbers differ, and if it is clear."""
    for mine, other in as_rows(rule, unit, ours, theirs):
        return alignment.likely_order(mine, other)
    return False, None


def _may_be_alike(ours: Array, theirs: Array, tolerance: float) -> bool:
    """Whether the numbers may be the same ones, at a glance."""
    if ours.size != theirs.size:
        return False
    a, b = (array.ravel().astype(float) for array in (ours, theirs))
    if not a.size:
        return True
    square, other = float(a @ a) / a.size, float(b @ b) / a.size
    if not math.isfinite(square + other):
        return True
    means = abs(float(a.mean() - b.mean())) <= 10 * tolerance * math.sqrt(square)
    return means and abs(square - other) <= 20 * tolerance * square


def as_rows(
    rule: Rule, unit: TorchUnit, ours: Array, theirs: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield both inputs as (rows, features), for each way in which their axes can go together."""
    if ours.size != theirs.size:
        return
    options = [(ours, theirs)]
    if rule.channels and ours.ndim > 2:
        last = np.moveaxis(ours, 1, -1)
        options = [(last, theirs)]
        if theirs.shape == ours.shape and theirs.shape != last.shape:
            options = [(last, np.moveaxis(theirs, 1, -1))]
    elif ours.ndim == 3:  # (time, batch, features)
        options.append((ours.swapaxes(0, 1), theirs))
    shape = getattr(unit.layer, "normalized_shape", None)
    for mine, other in options:
        count = int(np.prod(shape)) if shape else (mine.shape[-1] if mine.ndim > 1 else 1)
        if isinstance(unit.layer, nn.Embedding | nn.EmbeddingBag):
            count = 1
        yield mine.reshape(-1, count), other.reshape(-1, count)


def outputs_verdict(ours: list[Array], theirs: list[Array], tolerance: float) -> str:
    """Compare the outputs of both models; each may have its channels or batch elsewhere."""
    if len(ours) != len(theirs) or not ours:
        return UNKNOWN
    verdicts = [_leaf_verdict(a, b, tolerance) for a, b in zip(ours, theirs, strict=True)]
    for verdict in (DIFFERENT, SCRAMBLED):
        if verdict in verdicts:
            return verdict
    return SAME


def _leaf_verdict(ours: Array, theirs: Array, tolerance: float) -> str:
    ours, theirs = ours.astype(float), theirs.astype(float)
    options = [ours]
    if ours.ndim > 2:
        options += [np.moveaxis(ours, 1, -1), ours.swapaxes(0, 1)]
    if any(alignment.close(option, theirs, tolerance) for option in options):
        return SAME
    return SCRAMBLED if alignment.scrambled(ours, theirs, tolerance) else DIFFERENT


def laid_out(rule: Rule, call: Call, shape: tuple[int, ...]) -> Array | None:
    """Return what PyTorch's layer gave, in the shape of Keras's outputs; None if it has none."""
    if call.outputs is None:
        return None
    given = call.outputs
    options = [np.moveaxis(given, 1, -1)] if rule.channels and given.ndim > 2 else []
    options += [given] + ([given.swapaxes(0, 1)] if given.ndim == 3 else [])
    return next((option for option in options if option.shape == tuple(shape)), None)


def fused_activation(layer: kl.Layer) -> Any:
    """Return the activation that a Keras layer applies to what its weights give."""
    if isinstance(layer, kl.RNN | kl.Bidirectional | kl.MultiHeadAttention):
        return lambda x: x
    return getattr(layer, "activation", None) or (lambda x: x)
