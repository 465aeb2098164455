"""The activation right after a layer, where both models show it."""

from collections.abc import Iterator

from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.rules import KERAS_KINDS, TORCH_KINDS, Pair, Setting
from sidebyside.parity.units import TorchUnit

NONE = "linear"
_PLAIN = {
    nn.Identity: NONE,
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.SiLU: "silu",
    nn.SELU: "selu",
    nn.Softplus: "softplus",
    nn.Softsign: "softsign",
    nn.Mish: "mish",
    nn.Hardswish: "hard_silu",
    nn.Hardsigmoid: "hard_sigmoid",
    nn.Softmax: "softmax",
    nn.LogSoftmax: "log_softmax",
}
_KERAS_FUNCTIONS = {"leaky_relu": "leaky_relu(0.2)", "elu": "elu(1)"}  # their defaults


def after(torch_model: nn.Module) -> dict[nn.Module, nn.Module]:
    """Return for each module of an `nn.Sequential` the one that comes next.

    A module that is in the model more than once is left out.
    """
    found: dict[nn.Module, nn.Module] = {}
    places: dict[nn.Module, int] = {}
    for _, module in torch_model.named_modules(remove_duplicate=False):
        places[module] = places.get(module, 0) + 1
        if isinstance(module, nn.Sequential):
            found |= dict(zip(list(module), list(module)[1:], strict=False))
    return {module: next_ for module, next_ in found.items() if places[module] == 1}


def settings(pair: Pair, next_modules: dict[nn.Module, nn.Module]) -> Iterator[Setting]:
    """Yield the activation after a pair's layers, if both are known."""
    if pair.theirs.part == "depthwise":  # what is applied after both halves
        return
    ours, theirs = _of_torch(pair.ours, next_modules), _of_keras(pair.theirs.layer)
    if ours is not None and theirs is not None:
        yield Setting(
            "the activation after it", ours, "the one there", theirs, "activation-of-a-layer",
            f"Give the layer the activation {ours!r} in Keras.",
        )  # fmt: skip


def _of_torch(unit: TorchUnit, next_modules: dict[nn.Module, nn.Module]) -> str | None:
    """Return what a module of an `nn.Sequential` is followed by; None if that is not known."""
    following = next_modules.get(unit.layer) if unit.layer is not None else None
    if following is None or unit.part:
        return None
    if isinstance(following, TORCH_KINDS) and not isinstance(following, nn.PReLU):
        return NONE
    return of_module(following)


def of_module(module: nn.Module) -> str | None:
    """Return the name of an activation of PyTorch, with its number if it has one."""
    if isinstance(module, nn.LeakyReLU):
        return f"leaky_relu({module.negative_slope:g})"
    if isinstance(module, nn.ELU):
        return f"elu({module.alpha:g})"
    if isinstance(module, nn.GELU):
        return "gelu" if module.approximate == "none" else "gelu(approximate=True)"
    return _PLAIN.get(type(module))


def _of_keras(layer: kl.Layer) -> str | None:
    """Return what a layer applies, or is followed by; None if that is not known."""
    own = getattr(layer, "activation", None)
    if isinstance(layer, kl.RNN | kl.Bidirectional | kl.MultiHeadAttention):
        return None
    if own is not None and own is not keras.activations.linear:
        return _of_function(own)
    nodes = getattr(layer, "_outbound_nodes", [])
    if len(nodes) != 1 or len(layer._inbound_nodes) != 1:
        return None
    following = nodes[0].operation
    if isinstance(following, KERAS_KINDS) and not isinstance(following, kl.PReLU):
        return NONE
    return of_layer(following)


def of_layer(layer: object) -> str | None:
    """Return the name of an activation layer of Keras, with its number if it has one."""
    if isinstance(layer, kl.LeakyReLU):
        return f"leaky_relu({layer.negative_slope:g})"
    if isinstance(layer, kl.ELU):
        return f"elu({layer.alpha:g})"
    if isinstance(layer, kl.Softmax):
        return "softmax"
    if isinstance(layer, kl.ReLU):
        if layer.threshold:
            return None
        if layer.negative_slope:
            return f"leaky_relu({layer.negative_slope:g})"
        return "relu" if layer.max_value is None else f"relu{layer.max_value:g}"
    if isinstance(layer, kl.Activation):
        return _of_function(layer.activation)
    return None


def _of_function(function: object) -> str | None:
    name = getattr(function, "__name__", None)
    if name is None or getattr(keras.activations, name, None) is not function:
        return None
    return _KERAS_FUNCTIONS.get(name, name)
