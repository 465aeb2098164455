"""See what the layers of both models read and give while the models run."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sidebyside.parity.arrays import from_keras, from_torch, torch_leaves
from sidebyside.parity.by_design import changed
from sidebyside.parity.libraries import keras, kl, nn, tf, torch
from sidebyside.parity.mapping import Array
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit


class NotRunError(Exception):
    """A model of this library cannot be called with the example."""

    def __init__(self, library: str, error: Exception):
        super().__init__(str(error))
        self.library, self.error = library, error


@dataclass(frozen=True)
class Call:
    """What a unit read and gave in one call; None where that cannot be seen."""

    inputs: Array | None
    outputs: Array | None


@dataclass
class TorchTrace:
    """What PyTorch's units did in one run.

    Attributes
    ----------
    calls
        The calls of each unit; those that are never called on their own have none.
    outputs
        What the model gave, its arrays in one list.
    """

    calls: dict[TorchUnit, list[Call]] = field(default_factory=dict)
    outputs: list[Array] = field(default_factory=list)


def call_torch(model: nn.Module, inputs: Any) -> Any:
    """Call a PyTorch model: a tuple of inputs is `model(*inputs)`."""
    return model(*inputs) if isinstance(inputs, tuple) else model(inputs)


@contextlib.contextmanager
def in_evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put all of a PyTorch model into evaluation mode for a while, without the fast path."""
    modes = [(module, "training", module.training) for module in model.modules()]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # which goes past the layers inside
    try:
        with changed([(module, name, False) for module, name, _ in modes]):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def trace_torch(model: nn.Module, units: list[TorchUnit], inputs: Any) -> TorchTrace:
    """Run a PyTorch model in evaluation mode and return what its units did."""
    model = getattr(model, "_orig_mod", model)  # a compiled model's own
    trace = TorchTrace()
    by_layer: dict[nn.Module, list[TorchUnit]] = {}
    for unit in units:
        if unit.layer is not None and unit.part != BARE:
            by_layer.setdefault(unit.layer, []).append(unit)

    def after(layer: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        for unit, call in _calls(by_layer[layer], layer, args, kwargs, output):
            trace.calls.setdefault(unit, []).append(call)

    hooks = [layer.register_forward_hook(after, with_kwargs=True) for layer in by_layer]
    try:
        with in_evaluation_mode(model), torch.no_grad():
            outputs = call_torch(model, inputs)
    except Exception as error:  # whatever the model's own code raises
        raise NotRunError("PyTorch", error) from error
    finally:
        for hook in hooks:
            hook.remove()
    trace.outputs = [from_torch(tensor) for tensor in torch_leaves(outputs)]
    return trace


def reached(model: nn.Module, units: list[TorchUnit], inputs: Any) -> set[TorchUnit]:
    """Return the units on which a PyTorch model's outputs depend, as far as gradients tell."""
    model = getattr(model, "_orig_mod", model)
    with in_evaluation_mode(model), torch.enable_grad():
        outputs = [x for x in torch_leaves(call_torch(model, inputs)) if x.requires_grad]
    parameters = dict(model.named_parameters(remove_duplicate=False))
    trained = {name: p for name, p in parameters.items() if p.requires_grad}
    if not outputs or not trained:
        return set(units)
    total = sum(output.float().sum() for output in outputs)
    found = torch.autograd.grad(total, list(trained.values()), allow_unused=True)
    dead = {name for name, gradient in zip(trained, found, strict=True) if gradient is None}
    return {unit for unit in units if not all(unit.full(key) in dead for key in unit.keys)}


def _calls(
    units: list[TorchUnit], layer: nn.Module, args: tuple, kwargs: dict, output: Any
) -> Iterator[tuple[TorchUnit, Call]]:
    given = [*args, *kwargs.values()]
    outputs = next(iter(torch_leaves(output)), None)
    last = None if outputs is None else from_torch(outputs)
    if isinstance(layer, nn.RNNBase):
        levels = _levels(layer, given[0])
        for number, unit in enumerate(units):
            gives = last if number == len(units) - 1 else None
            yield unit, Call(levels[number], gives)
    elif isinstance(layer, nn.MultiheadAttention) and len(units) == 3:  # query, key, value
        names = dict(zip(("query", "key", "value"), args, strict=False)) | kwargs
        for unit in units:
            yield unit, Call(_array(names[unit.part]), None)
    else:
        for unit in units:
            yield unit, Call(_array(given[0]) if given else None, last)


def _levels(layer: nn.RNNBase, inputs: Any) -> list[Array | None]:
    """Return what each level of a stacked recurrent layer reads."""
    if not isinstance(inputs, torch.Tensor):  # a packed sequence
        return [None] * layer.num_layers
    found, x = [_array(inputs)], inputs
    for level in range(layer.num_layers - 1):
        if layer.proj_size:
            return [*found, *[None] * (layer.num_layers - 1 - level)]
        x = _one_level(layer, level, x)(x)[0]
        found.append(_array(x))
    return found


def _one_level(layer: nn.RNNBase, level: int, inputs: torch.Tensor) -> nn.RNNBase:
    options = {"nonlinearity": layer.nonlinearity} if isinstance(layer, nn.RNN) else {}
    made = type(layer)(
        inputs.shape[-1], layer.hidden_size, 1, layer.bias, layer.batch_first,
        bidirectional=layer.bidirectional, device=inputs.device, dtype=inputs.dtype, **options,
    )  # fmt: skip
    state = {name: getattr(layer, name.replace("_l0", f"_l{level}")) for name in made.state_dict()}
    made.load_state_dict(state)
    return made


def _array(value: Any) -> Array | None:
    return from_torch(value) if isinstance(value, torch.Tensor) else None


# ---- Keras ----

# given a layer's units, what it reads and gives: what is given on in place of it
OnCall = Callable[[list[KerasUnit], Array | None, Callable[[], Any]], Any]


@contextlib.contextmanager
def watched(units: list[KerasUnit], on_call: OnCall) -> Iterator[None]:
    """Let a function see, and change, every call of the layers of Keras's units.

    The function is given the units of a layer, what the layer reads, and a function that calls it.
    """
    by_layer: dict[int, tuple[kl.Layer, list[KerasUnit]]] = {}
    for unit in units:
        if unit.part != BARE:
            by_layer.setdefault(id(unit.layer), (unit.layer, []))[1].append(unit)

    def wrapped(layer: kl.Layer, own: list[KerasUnit]) -> Callable:
        original = layer.call

        def call(*args: Any, **kwargs: Any) -> Any:
            given = [*args, *kwargs.values()]
            inputs = from_keras(given[0]) if given and keras.ops.is_tensor(given[0]) else None
            return on_call(own, inputs, lambda: original(*args, **kwargs))

        return call

    eager = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)  # a model's call may be compiled
    try:
        for layer, own in by_layer.values():
            object.__setattr__(layer, "call", wrapped(layer, own))
        yield
    finally:
        for layer, _ in by_layer.values():
            object.__delattr__(layer, "call")
        tf.config.run_functions_eagerly(eager)
