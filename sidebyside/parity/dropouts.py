"""How often, and at what rates, two models drop out numbers in one call."""

from collections.abc import Iterator
from typing import Any

from sidebyside.parity.libraries import keras, kl, nn, torch
from sidebyside.parity.results import Difference
from sidebyside.parity.tracing import call_torch, in_evaluation_mode, watched
from sidebyside.parity.units import KerasUnit

TOLERANCE = 1e-6
Rates = dict[str, list[float]]  # what is dropped, and the rates


def difference(ours: Rates, theirs: Rates) -> Difference:
    """Return the largest difference between rates, sorted; one that is missing is 0."""
    found = Difference(0.0, "", TOLERANCE)
    for kind in {**ours, **theirs}:
        mine, other = (sorted(rates.get(kind, []), reverse=True) for rates in (ours, theirs))
        length = max(len(mine), len(other))
        padded = ([*rates, *[0.0] * (length - len(rates))] for rates in (mine, other))
        largest = max((abs(a - b) for a, b in zip(*padded, strict=True)), default=0.0)
        if largest > found.largest:
            where = f"{kind}: {_listed(mine)} in PyTorch, {_listed(other)} in Keras"
            found = Difference(largest, where, TOLERANCE)
    return found


def _listed(rates: list[float]) -> str:
    return ", ".join(f"{rate:g}" for rate in rates) or "none"


def of_torch(model: nn.Module, inputs: Any) -> Rates:
    """Return the rates of what a PyTorch model drops out in training mode, call by call.

    Parts that are in evaluation mode while the model is not drop nothing.
    """
    found: Rates = {}
    rates = {
        module: list(_torch_rates(module))
        for module in model.modules()
        if module.training or not model.training
    }

    def called(module: nn.Module, *_: Any) -> None:
        _add(found, rates[module])

    hooks = [module.register_forward_hook(called) for module, own in rates.items() if own]
    try:
        with in_evaluation_mode(model), torch.no_grad():
            call_torch(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _torch_rates(module: nn.Module) -> Iterator[tuple[str, float]]:
    if isinstance(module, nn.Dropout):
        yield "Dropout", module.p
    elif isinstance(module, nn.Dropout1d | nn.Dropout2d | nn.Dropout3d):
        yield "Dropout of whole channels", module.p
    elif isinstance(module, nn.modules.dropout._DropoutNd):
        yield type(module).__name__, module.p
    elif isinstance(module, nn.RNNBase):  # between its levels
        yield from [("Dropout", module.dropout)] * (module.num_layers - 1)
    elif isinstance(module, nn.MultiheadAttention):
        yield "Dropout", module.dropout


def of_keras(model: keras.Model, inputs: Any) -> Rates:
    """Return the rates of what a Keras model drops out in training mode, call by call."""
    found: Rates = {}
    layers = model._flatten_layers()
    inner = {
        id(layer._dropout_layer) for layer in layers if isinstance(layer, kl.MultiHeadAttention)
    }
    rates = {id(la): list(_keras_rates(la)) for la in layers if id(la) not in inner}
    units = [KerasUnit(layer.name, layer, ()) for layer in layers if rates.get(id(layer))]

    def called(units: list[KerasUnit], inputs: Any, call: Any) -> Any:
        _add(found, rates[id(units[0].layer)])
        return call()

    with watched(units, called):
        model(inputs, training=False)
    return found


def _keras_rates(layer: kl.Layer) -> Iterator[tuple[str, float]]:
    if isinstance(layer, kl.SpatialDropout1D | kl.SpatialDropout2D | kl.SpatialDropout3D):
        yield "Dropout of whole channels", layer.rate
    elif isinstance(layer, kl.Dropout):
        shape = layer.noise_shape
        whole = shape is not None and len(shape) > 2 and set(shape[1:-1]) == {1}
        yield "Dropout of whole channels" if whole else "Dropout", layer.rate
    elif isinstance(layer, kl.AlphaDropout | kl.GaussianDropout):
        yield type(layer).__name__, layer.rate
    elif isinstance(layer, kl.GaussianNoise):
        yield "GaussianNoise", layer.stddev
    elif isinstance(layer, kl.MultiHeadAttention):
        yield "Dropout", layer.dropout
    elif isinstance(layer, kl.SimpleRNN | kl.LSTM | kl.GRU):
        yield "dropout of a recurrent layer's inputs", layer.dropout
        yield "dropout of a recurrent layer's state", layer.recurrent_dropout


def _add(found: Rates, rates: list[tuple[str, float]]) -> None:
    for kind, rate in rates:
        if rate:
            found.setdefault(kind, []).append(float(rate))
