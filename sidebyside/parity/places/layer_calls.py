"""What every layer of both models gives in one call, in the order of the calls."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sidebyside.parity import readings
from sidebyside.parity.alignment import SAME
from sidebyside.parity.arrays import from_keras, from_torch, torch_leaves
from sidebyside.parity.libraries import keras, kl, nn, torch
from sidebyside.parity.places.both_programs import TOLERANCE, Programs, apart
from sidebyside.parity.rules import KERAS_KINDS, Pair
from sidebyside.parity.tracing import (
    TorchTrace,
    call_torch,
    in_evaluation_mode,
    trace_torch,
    watched,
)
from sidebyside.parity.units import BARE, KerasUnit


@dataclass
class KerasCall:
    """What a Keras layer read and gave in one call."""

    unit: KerasUnit
    number: int  # of the layer's calls
    inputs: np.ndarray | None
    outputs: Any


@dataclass
class Calls:
    """What the layers of both models did with one batch in inference mode."""

    ours: TorchTrace
    plain: list[tuple[str, nn.Module, np.ndarray]]  # PyTorch's layers, in the order of the calls
    ours_with_weights: set[nn.Module | None]
    theirs: list[KerasCall]
    outputs: Any = field(default=None)  # Keras's


def record(both: Programs) -> Calls:
    """Run both models in inference mode and return what their layers did."""
    units = [pair.ours for pair in both.pairs]
    plain: list[tuple[str, nn.Module, np.ndarray]] = []
    with_weights = {unit.layer for unit in units}
    names = {
        module: name
        for name, module in both.torch_model.named_modules()
        if module in with_weights or not list(module.children())
    }

    def after(module: nn.Module, _: Any, output: Any) -> None:
        for tensor in torch_leaves(output)[:1]:
            plain.append((names[module], module, from_torch(tensor)))

    hooks = [module.register_forward_hook(after) for module in names]
    try:
        ours = trace_torch(both.torch_model, units, both.torch_batch.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return Calls(ours, plain, with_weights, *_of_keras(both))


def _of_keras(both: Programs) -> tuple[list[KerasCall], Any]:
    known = [pair.theirs for pair in both.pairs if pair.theirs.part != BARE]
    layers = {id(unit.layer) for unit in known}
    leaves = [
        KerasUnit(layer.name, layer, ())
        for layer in both.keras_model._flatten_layers(include_self=False)
        if id(layer) not in layers
        and not isinstance(layer, KERAS_KINDS)
        and not list(layer._flatten_layers(include_self=False))
    ]
    calls: list[KerasCall] = []
    counts: dict[int, int] = {}

    def on_call(units: list[KerasUnit], inputs: np.ndarray | None, call: Any) -> Any:
        outputs = call()
        number = counts.get(id(units[0].layer), 0)
        counts[id(units[0].layer)] = number + 1
        given = from_keras(outputs) if keras.ops.is_tensor(outputs) else None
        for place, unit in enumerate(units):
            last = place == len(units) - 1
            calls.append(
                KerasCall(unit, number, inputs if not place else None, given if last else None)
            )
        return outputs

    with watched([*known, *leaves], on_call):
        outputs = both.keras_model(both.keras_batch.inputs, training=False)
    return calls, outputs


def rerun(layer: nn.Module, inputs: np.ndarray, training: bool = False) -> np.ndarray:
    """Call one layer of PyTorch on what it read, and return what it gives."""
    like = next((p for p in layer.parameters()), None)
    tensor = torch.tensor(
        np.ascontiguousarray(inputs), device=None if like is None else like.device
    )
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    was = layer.training
    try:
        with torch.no_grad():
            layer.train(training)
            return from_torch(next(iter(torch_leaves(layer(tensor)))))
    finally:
        layer.train(was)
        layer.load_state_dict(state)


def same_inputs(both: Programs, pair: Pair, ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether two layers read the same numbers, in the order that the pair knows."""
    found = readings.compared(both.rule(pair), pair.ours, ours, theirs, TOLERANCE)
    return found.verdict == SAME


def inputs_apart(both: Programs, pair: Pair, ours: np.ndarray, theirs: np.ndarray) -> float | None:
    """Return how far what two layers read is apart; None if the shapes are not the same."""
    gaps = []
    for mine, other in readings.as_rows(both.rule(pair), pair.ours, ours, theirs):
        mine = (
            mine if pair.reads is None or pair.reads.size != mine.shape[-1] else mine[:, pair.reads]
        )
        gaps.append(apart(mine, other))
    return min(gaps, default=None)


def evaluated(both: Programs) -> np.ndarray:
    """Return PyTorch's first output in evaluation mode, as PyTorch lays it out."""
    with in_evaluation_mode(both.torch_model), torch.no_grad():
        return from_torch(torch_leaves(call_torch(both.torch_model, both.torch_batch.inputs))[0])


def fused(layer: kl.Layer, array: np.ndarray) -> np.ndarray:
    """Apply the activation that a Keras layer has inside of it."""
    return from_keras(readings.fused_activation(layer)(keras.ops.convert_to_tensor(array)))


def layouts(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what PyTorch gave in each layout that Keras may have."""
    if array.ndim > 2:
        yield np.moveaxis(array, 1, -1)
    yield array
    if array.ndim == 3:
        yield array.swapaxes(0, 1)
