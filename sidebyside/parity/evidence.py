"""Run both models on an example, and decide what the models' structure leaves open."""

import contextlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sidebyside.errors import PortingError
from sidebyside.parity import examples
from sidebyside.parity import unit_names as names
from sidebyside.parity.alignment import SAME, Move
from sidebyside.parity.arrays import from_torch, keras_leaves, torch_leaves
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.following import Follower
from sidebyside.parity.libraries import keras, nn, torch
from sidebyside.parity.mapping import Array
from sidebyside.parity.pairing import Pairing, Possible
from sidebyside.parity.parametrised import torch_arrays
from sidebyside.parity.probing import random_weights
from sidebyside.parity.told import Request
from sidebyside.parity.torch_sources import Source
from sidebyside.parity.tracing import (
    NotRunError,
    TorchTrace,
    call_torch,
    in_evaluation_mode,
    reached,
    trace_torch,
)
from sidebyside.parity.units import KerasUnit, TorchUnit
from sidebyside.parity.walking import Found

SEEDS = 4  # draws of random weights, before features that cannot be told apart are given up
PRECISE, COARSE = 1e-3, 5e-2  # what counts as equal in float32, and in half precision


@dataclass
class Evidence:
    """What an example shows.

    Attributes
    ----------
    found
        The best pairing; None if no example could be run.
    unreached
        PyTorch units between which the example decided, and on which the outputs do not depend.
    reason
        Why no example could be run.
    """

    found: Found | None = None
    unreached: list[TorchUnit] = field(default_factory=list)
    reason: str = ""


def gather(
    source: Source,
    keras_model: keras.Model,
    fitting: Fitting,
    pairing: Pairing,
    request: Request,
) -> Evidence:
    """Follow an example through both models; make one up if none is given.

    Raises
    ------
    PortingError
        If a given example cannot be run.
    """
    if source.model is None:
        if request.example is not None:
            raise PortingError(
                "An example needs PyTorch's model, and there are only its weights. Leave "
                "`example=` out, or give the model."
            )
        return Evidence(reason="there are only PyTorch's weights, and not its model.")
    return _of_models(source.model, keras_model, fitting, pairing, request)


def _of_models(
    torch_model: nn.Module,
    keras_model: keras.Model,
    fitting: Fitting,
    pairing: Pairing,
    request: Request,
) -> Evidence:
    example = request.example
    best = Evidence(reason="the shapes of the inputs are not known.")
    inputs = [example] if example is not None else examples.made_up(keras_model)
    failed: tuple[Any, NotRunError] | None = None
    for theirs in inputs:
        for ours in examples.for_torch(theirs, torch_model, request.torch_inputs):
            try:
                evidence = _with_seeds(torch_model, keras_model, fitting, pairing, ours, theirs)
            except NotRunError as error:
                failed = failed or (ours, error)
                best.reason = _short(error)
                continue
            if _better(evidence, best):
                best = evidence
            if evidence.found.proved:
                return best
    if example is not None and best.found is None:
        ours, error = failed
        raise PortingError(
            examples.not_taken(ours, error.error)
            if error.library == "PyTorch"
            else f"Keras's model cannot be called with the example: {_short(error)}"
        ) from error
    return best


def _better(one: Evidence, other: Evidence) -> bool:
    if other.found is None:
        return True
    return _rank(one.found) < _rank(other.found)


def _rank(found: Found) -> tuple:
    return found.outputs != SAME, len(found.rivals) + len(found.unsure), len(found.different)


def _with_seeds(
    torch_model: nn.Module,
    keras_model: keras.Model,
    fitting: Fitting,
    pairing: Pairing,
    ours: Any,
    theirs: Any,
) -> Evidence:
    moves: dict[KerasUnit, tuple[Move, ...]] = {}
    for seed in range(SEEDS):
        with random_weights(torch_model, seed):
            trace = trace_torch(torch_model, fitting.ours, ours)
            random = _with_arrays(fitting, torch_arrays(torch_model))
            follower = Follower(
                random,
                _likeliest_first(pairing.possible, trace),
                trace,
                keras_model,
                theirs,
                _tolerance(torch_model, keras_model),
                moves,
            )
            found = follower.follow()
        if not any(found.unsure.values()):
            break
        moves = {unit: fits for unit, fits in found.unsure.items() if fits}
    unreached = []
    if found.chosen:
        depends = reached(torch_model, list(found.chosen), ours)
        unreached = [unit for unit in found.chosen if unit not in depends]
    return Evidence(found, unreached)


def _with_arrays(fitting: Fitting, arrays: dict) -> Fitting:
    """Return the same fits with other arrays."""
    other = Fitting(fitting.ours, fitting.theirs, arrays)
    other._fits = fitting._fits
    return other


def _likeliest_first(possible: Possible, trace: TorchTrace) -> Possible:
    """Order what is possible by the names, then by when PyTorch calls it."""
    place = {unit: number for number, unit in enumerate(trace.calls)}
    return {
        theirs: sorted(
            options,
            key=lambda t: (
                not (names.named(theirs) and names.agree(t, theirs)),
                place.get(t, len(place)),
            ),
        )
        for theirs, options in possible.items()
    }


def _tolerance(torch_model: nn.Module, keras_model: keras.Model) -> float:
    ours = {str(p.dtype) for p in torch_model.parameters() if p.is_floating_point()}
    theirs = {layer.compute_dtype for layer in keras_model._flatten_layers()}
    return COARSE if any("16" in str(kind) for kind in ours | theirs) else PRECISE


def _short(error: Exception) -> str:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first if first.endswith(".") else f"{first}."


def check_outputs(torch_model: nn.Module, keras_model: keras.Model, request: Request) -> None:
    """Compare the outputs of two models that have the same weights, for the reader's example.

    Raises
    ------
    PortingError
        If they differ.
    """
    theirs = keras_leaves(keras_model(request.example, training=False))
    ours = _torch_outputs(torch_model, request)
    tolerance = _tolerance(torch_model, keras_model) / 10
    shapes = [array.shape for array in ours], [array.shape for array in theirs]
    if shapes[0] != shapes[1]:
        raise PortingError(
            f"The outputs for the example have the shapes {shapes[0]} in PyTorch and {shapes[1]} "
            "in Keras. If they are the same numbers in another order, lay them out with "
            "`torch_outputs=`."
        )
    apart = _apart(ours, theirs)
    if not apart <= tolerance:
        raise PortingError(
            f"With the same weights, the outputs for the example differ by {apart:.1e} of the "
            f"largest (up to {tolerance:.0e} counts as equal), so the two models differ in "
            "something that holds no weights: an activation, padding, a setting. "
            "`sidebyside.parity.find_difference` finds the place. Nothing was copied."
        )


def _torch_outputs(torch_model: nn.Module, request: Request) -> list[Array]:
    """Return PyTorch's outputs for the example, laid out like Keras's."""
    for inputs in examples.for_torch(request.example, torch_model, request.torch_inputs):
        with contextlib.suppress(Exception), in_evaluation_mode(torch_model), torch.no_grad():
            outputs = [from_torch(leaf) for leaf in torch_leaves(call_torch(torch_model, inputs))]
            return keras.tree.flatten(request.torch_outputs(outputs))
    raise PortingError("PyTorch's model cannot be called with the example; see `torch_inputs=`.")


def _apart(ours: list[Array], theirs: list[Array]) -> float:
    return max(
        float(np.max(np.abs(a.astype(float) - b), initial=0) / np.max(np.abs(a), initial=1e-12))
        for a, b in zip(ours, theirs, strict=True)
    )
