"""List what holds weights in a model of either library, in the order of definition."""

from collections.abc import Iterable, Iterator

from sidebyside.errors import PortingError
from sidebyside.parity import parametrised
from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.rules import KERAS_KINDS, TORCH_KINDS
from sidebyside.parity.rules.attention import PARTS
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit

STATISTICS = ("running_mean", "running_var")


# ---- PyTorch ----


def torch_units(model: nn.Module, split_attention: bool = False) -> list[TorchUnit]:
    """Return the units of a PyTorch model.

    Parameters
    ----------
    model
        The model. A layer that is registered under several names is listed once, under its first.
    split_attention
        Whether each MultiheadAttention is listed as its four matrices.

    Raises
    ------
    PortingError
        If a lazy layer has no shape yet.
    """
    lazy = (name for name, p in model.named_parameters() if nn.parameter.is_lazy(p))
    if name := next(lazy, None):
        raise PortingError(
            f"`{name}` in PyTorch has no shape yet. Call the model once on a batch, then port it."
        )
    names: dict[nn.Module, list[str]] = {}
    for name, module in model.named_modules(remove_duplicate=False):
        names.setdefault(module, []).append(name)
    inside = {part for module in names for part in _parts(module)}
    return [
        unit
        for module, (name, *aliases) in names.items()
        if module not in inside
        for unit in _of_module(name, module, tuple(aliases), split_attention)
    ]


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    """Yield what is inside of a layer, or computes its weights: that is listed with the layer."""
    whole = isinstance(module, TORCH_KINDS)
    inner = module if whole else getattr(module, "parametrizations", None)
    if inner is not None:
        yield from list(inner.modules())[whole:]


def _of_module(
    name: str, module: nn.Module, aliases: tuple[str, ...], split_attention: bool
) -> Iterator[TorchUnit]:
    keys = tuple(parametrised.own_arrays(module))
    if not isinstance(module, TORCH_KINDS):
        buffers = tuple(key for key, _ in module.named_buffers(recurse=False))
        for key in keys:
            yield TorchUnit(name, module, (key,), BARE, (key,) if key in buffers else (), aliases)
    elif isinstance(module, nn.RNNBase):
        for level in range(module.num_layers):
            part = f"_l{level}"
            ends = (part, f"{part}_reverse")
            own = tuple(key for key in keys if key.endswith(ends))
            yield TorchUnit(name, module, own, part, (), aliases)
    elif isinstance(module, nn.MultiheadAttention):
        yield from _of_attention(name, module, keys, aliases, split_attention)
    else:
        kept = tuple(key for key in keys if key != "num_batches_tracked")
        if kept:
            yield TorchUnit(name, module, kept, "", (), aliases)


def _of_attention(
    name: str,
    module: nn.MultiheadAttention,
    keys: tuple[str, ...],
    aliases: tuple[str, ...],
    split: bool,
) -> Iterator[TorchUnit]:
    inner = tuple(parametrised.own_arrays(module.out_proj))
    if not split:
        yield TorchUnit(name, module, (*keys, *(f"out_proj.{k}" for k in inner)), "", (), aliases)
        return
    for part in PARTS:
        own = tuple(key for key in keys if key.startswith(("in_proj", part[0] + "_proj", "bias_")))
        yield TorchUnit(name, module, own, part, (), aliases)
    yield TorchUnit(f"{name}.out_proj".lstrip("."), module.out_proj, inner)


# ---- Keras ----


def keras_units(model: keras.Model, split_attention: bool = False) -> list[KerasUnit]:
    """Return the units of a Keras model; layers that are shared are listed once.

    Raises
    ------
    PortingError
        If the model, or a layer with weights, has not been built.
    """
    if not model.built:
        raise PortingError(_unbuilt(f"The model `{model.name}`"))
    seen: set[int] = set()
    return list(_of_layer(model, "", "", split_attention, seen))


def _of_layer(
    layer: kl.Layer, path: str, alias: str, split_attention: bool, seen: set[int]
) -> Iterator[KerasUnit]:
    if id(layer) in seen or isinstance(layer, kl.Normalization):  # that is preprocessing
        return
    seen.add(id(layer))
    if isinstance(layer, KERAS_KINDS):
        yield from _of_known_layer(layer, path, alias, split_attention)
        return
    children = layer._flatten_layers(include_self=False, recursive=False)
    nested = {id(weight) for child in children for weight in child.weights}
    for weight in layer.weights:
        if id(weight) not in nested:
            own = f"{path}/{weight.name}" if path else weight.name
            attribute = _attribute(layer, weight) or weight.name
            yield KerasUnit(own, layer, (weight,), BARE, f"{alias}.{attribute}".lstrip("."))
    for child in children:
        below = f"{path}/{child.name}" if path else child.name
        attribute = _attribute(layer, child) or child.name
        inner = f"{alias}.{attribute}".lstrip(".")
        yield from _of_layer(child, below, inner, split_attention, seen)


def _of_known_layer(
    layer: kl.Layer, path: str, alias: str, split_attention: bool
) -> Iterator[KerasUnit]:
    if not layer.built:
        raise PortingError(_unbuilt(str(KerasUnit(path, layer, ()))))
    weights = tuple(layer.weights)
    if isinstance(layer, kl.SeparableConv1D | kl.SeparableConv2D):
        first = tuple(weight for weight in weights if weight is layer.depthwise_kernel)
        rest = tuple(weight for weight in weights if weight is not layer.depthwise_kernel)
        yield KerasUnit(path, layer, first, "depthwise", alias)
        yield KerasUnit(path, layer, rest, "pointwise", alias)
    elif isinstance(layer, kl.MultiHeadAttention) and split_attention:
        for part in (*PARTS, "output"):
            dense = getattr(layer, f"{part}_dense")
            inner = f"{path}/{part}".lstrip("/"), f"{alias}.{part}".lstrip(".")
            yield KerasUnit(inner[0], dense, tuple(dense.weights), "", inner[1])
    elif weights:
        yield KerasUnit(path, layer, weights, "", alias)


def _attribute(owner: kl.Layer, wanted: object) -> str | None:
    """Return the attribute that holds a layer or weight: ``fc``, ``blocks.0``."""
    for name, value in vars(owner).items():
        if name.startswith("_"):
            continue
        if value is wanted:
            return name
        if isinstance(value, list | tuple):
            inside: Iterable = enumerate(value)
        elif isinstance(value, dict):
            inside = value.items()
        else:
            continue
        for key, item in inside:
            if item is wanted:
                return f"{name}.{key}"
    return None


def _unbuilt(what: str) -> str:
    return (
        f"{what} in Keras has not been built, so it has no weights yet. Build it first: call the "
        "model once on a batch, or give it an `Input`."
    )
