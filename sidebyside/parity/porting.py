"""Copy the weights of a PyTorch model into a Keras 3 model (TensorFlow backend).

`port_weights` walks both models, pairs their layers, and changes the layout where the two
libraries keep the same numbers in a different order; its docstring has the table of all layouts.
`sidebyside.parity` then proves that the two compute the same.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sidebyside.errors import PortingError
from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.mapping import Array, Layout, Mapping

# ---- walking the two models ----


@dataclass(frozen=True)
class _Pair:
    """A PyTorch layer (or one level of a stacked RNN) and the Keras layer it is ported to."""

    torch_name: str
    torch_layer: nn.Module
    level: int
    keras_name: str
    keras_layer: kl.Layer
    maps: tuple[int, ...] | None = None  # (H, W, C) of what a Flatten before this layer flattens

    def fail(self, sentences: str) -> None:
        raise PortingError(
            f"{_described(self.torch_name, self.torch_layer)} in PyTorch and "
            f"{_described(self.keras_name, self.keras_layer)} in Keras: {sentences}"
        )

    def same(self, torch_attribute: str, keras_attribute: str) -> None:
        """Refuse a setting that differs and that would make the outputs differ."""
        ours = getattr(self.torch_layer, torch_attribute)
        theirs = getattr(self.keras_layer, keras_attribute)
        if not math.isclose(ours, theirs, rel_tol=1e-6):
            self.fail(
                f"{torch_attribute} is {ours:g} and {keras_attribute} is {theirs:g}, so the "
                f"outputs cannot agree. Set `{keras_attribute}={ours:g}` in Keras."
            )

    def reorder(self, array: Array) -> Array:
        """The last axis in the order that Keras's Flatten gives it: (C, H, W) -> (H, W, C)."""
        if self.maps is None or array.shape[-1] != math.prod(self.maps):
            return array
        height, width, channels = self.maps
        maps = array.reshape(*array.shape[:-1], channels, height, width)
        return np.moveaxis(maps, -3, -1).reshape(array.shape)

    def map(self, variable, names: str, weights: Layout, gradients: Layout | None = None):
        """The list of this one `Mapping`; empty if neither side has the variable."""
        ours = [getattr(self.torch_layer, name, None) is not None for name in names.split()]
        if variable is None and not any(ours):
            return []
        if variable is None or not all(ours):
            self.fail(
                f"only {'PyTorch' if variable is None else 'Keras'} has "
                f"`{names if variable is None else variable.name}`. Give it to both or to neither: "
                "`bias=` in PyTorch and `use_bias=` in Keras; for normalisation `affine=` (or "
                "`elementwise_affine=`) and `track_running_stats=`, `scale=` and `center=`."
            )
        torch_names = tuple(f"{self.torch_name}.{name}".lstrip(".") for name in names.split())
        return [Mapping(variable.path, variable, torch_names, weights, gradients or weights)]


def _described(name: str, layer: object) -> str:
    return f"`{name or 'the model'}` ({type(layer).__name__})"


def _torch_layers(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module, int]]:
    """Name, layer and level of every layer with weights, in definition order."""
    if isinstance(module, tuple(_CONVERTERS)):
        levels = module.num_layers if isinstance(module, nn.RNNBase) else 1
        if module.state_dict():
            yield from ((name, module, level) for level in range(levels))
        return
    if next(module.named_parameters(recurse=False), None):
        raise PortingError(_unknown("PyTorch", name, module, _CONVERTERS))
    for child_name, child in module.named_children():
        yield from _torch_layers(child, f"{name}.{child_name}" if name else child_name)


def _keras_layers(layer: kl.Layer, name: str = "") -> Iterator[tuple[str, kl.Layer]]:
    """Name and layer of every layer with weights, and of every Flatten, in definition order."""
    known = tuple(kind for kinds, _ in _CONVERTERS.values() for kind in kinds)
    if isinstance(layer, (*known, kl.Bidirectional)):
        if not layer.built:
            raise PortingError(_unbuilt(_described(name, layer)))
        if layer.weights:
            yield name, layer
    elif isinstance(layer, kl.Flatten):
        yield name, layer
    elif not isinstance(layer, kl.Normalization):  # its mean and variance are preprocessing
        children = layer._flatten_layers(include_self=False, recursive=False)
        nested = {id(weight) for child in children for weight in child.weights}
        if any(id(weight) not in nested for weight in layer.weights):
            raise PortingError(_unknown("Keras", name, layer, known))
        for child in children:
            yield from _keras_layers(child, f"{name}/{child.name}" if name else child.name)


def _unknown(library: str, name: str, layer: object, supported: Iterable[type]) -> str:
    names = ", ".join(dict.fromkeys(kind.__name__ for kind in supported))
    return (
        f"{_described(name, layer)} in {library} has weights of its own, and there is no rule to "
        f"port them. Supported are {names}, and containers of these."
    )


def _unbuilt(what: str) -> str:
    return (
        f"{what} in Keras has not been built, so it has no weights yet. Build it first: call the "
        "model once on a batch, or give it an `Input`."
    )


def _pairs(torch_model: nn.Module, keras_model: keras.Model) -> list[_Pair]:
    if not keras_model.built:
        raise PortingError(_unbuilt(f"The model `{keras_model.name}`"))
    ours, theirs, maps = list(_torch_layers(torch_model)), [], None
    for name, layer in _keras_layers(keras_model):
        if isinstance(layer, kl.Flatten):
            shape = (layer.get_build_config() or {}).get("input_shape", ())
            maps = tuple(shape[1:]) if len(shape) == 4 else None
            continue
        # A Flatten may feed several Dense layers of its size; a Dense of another size, or one that
        # makes that size itself, ends it.
        dense = isinstance(layer, kl.Dense) and maps is not None
        if dense and layer.kernel.shape[0] != math.prod(maps):
            maps = None
        theirs.append((name, layer, maps))
        if dense and layer.kernel.shape[1] == math.prod(maps or (0,)):
            maps = None
    pairs = [_Pair(*a, *b) for a, b in zip(ours, theirs, strict=False)]
    counts = f"PyTorch has {len(ours)} layers with weights, Keras {len(theirs)}."
    for pair in pairs:
        if not _fits(pair):
            pair.fail(
                "the two kinds do not fit. Layers are paired in the order in which they are "
                f"defined: define the same layers in the same order on both sides. {counts}"
            )
    if len(ours) != len(theirs):
        library, other = ("PyTorch", "Keras") if len(ours) > len(theirs) else ("Keras", "PyTorch")
        name, layer, *_ = max(ours, theirs, key=len)[len(pairs)]
        raise PortingError(
            f"{_described(name, layer)} in {library} has no counterpart. {counts} Add the layer in "
            f"{other}, or remove it."
        )
    return pairs


def _fits(pair: _Pair) -> bool:
    layer = pair.keras_layer
    if getattr(pair.torch_layer, "bidirectional", False):
        if not isinstance(layer, kl.Bidirectional):
            return False
        layer = layer.forward_layer
    return isinstance(layer, _converter(pair.torch_layer)[0])


def _converter(layer: nn.Module):
    return next(rule for kind, rule in _CONVERTERS.items() if isinstance(layer, kind))


# ---- one function for each kind of layer ----


def _same(array: Array) -> Array:
    return array


def _dense(pair: _Pair) -> list[Mapping]:
    layer = pair.keras_layer
    return [
        *pair.map(layer.kernel, "weight", lambda weight: pair.reorder(weight).T),
        *pair.map(layer.bias, "bias", _same),
    ]


def _conv(pair: _Pair) -> list[Mapping]:
    layer = pair.keras_layer

    def to_kernel(weight):  # the same for a transposed convolution, whose axes are swapped in both
        kernel = np.moveaxis(weight, (0, 1), (-1, -2))
        if isinstance(layer, kl.DepthwiseConv2D):
            kernel = kernel.reshape(*kernel.shape[:2], pair.torch_layer.groups, -1)
        return kernel

    return [*pair.map(layer.kernel, "weight", to_kernel), *pair.map(layer.bias, "bias", _same)]


def _embedding(pair: _Pair) -> list[Mapping]:
    return pair.map(pair.keras_layer.embeddings, "weight", _same)


def _norm(pair: _Pair) -> list[Mapping]:
    pair.same("eps", "epsilon")
    layer, vector = pair.keras_layer, pair.reorder
    return [*pair.map(layer.gamma, "weight", vector), *pair.map(layer.beta, "bias", vector)]


def _batch_norm(pair: _Pair) -> list[Mapping]:
    layer = pair.keras_layer
    return [
        *_norm(pair),
        *pair.map(layer.moving_mean, "running_mean", pair.reorder),
        *pair.map(layer.moving_variance, "running_var", pair.reorder),
    ]


def _recurrent(pair: _Pair) -> list[Mapping]:
    """Vanilla RNN and LSTM, whose gates are in the same order in both libraries."""
    mappings = []
    for layer, end in _directions(pair):
        bias = layer.cell.bias
        mappings += pair.map(layer.cell.kernel, f"weight_ih{end}", np.transpose)
        mappings += pair.map(layer.cell.recurrent_kernel, f"weight_hh{end}", np.transpose)
        mappings += pair.map(bias, f"bias_ih{end} bias_hh{end}", np.add, lambda ih, hh: ih)
    return mappings


def _gru(pair: _Pair) -> list[Mapping]:
    def swap(array):
        reset, update, new = np.split(array, 3)
        return np.concatenate([update, reset, new])

    mappings = []
    for layer, end in _directions(pair):
        if not layer.reset_after:
            pair.fail("PyTorch resets after the matrix product. Set `reset_after=True` in Keras.")
        for variable, name in (
            (layer.cell.kernel, f"weight_ih{end}"),
            (layer.cell.recurrent_kernel, f"weight_hh{end}"),
        ):
            mappings += pair.map(variable, name, lambda weight: swap(weight).T)
        mappings += pair.map(
            layer.cell.bias,
            f"bias_ih{end} bias_hh{end}",
            lambda ih, hh: np.stack([swap(ih), swap(hh)]),
        )
    return mappings


def _directions(pair: _Pair) -> list[tuple[kl.Layer, str]]:
    """The Keras layer of each direction and how PyTorch's names for it end."""
    layer, end = pair.keras_layer, f"_l{pair.level}"
    if isinstance(layer, kl.Bidirectional):
        return [(layer.forward_layer, end), (layer.backward_layer, f"{end}_reverse")]
    return [(layer, end)]


def _attention(pair: _Pair) -> list[Mapping]:
    ours, theirs = pair.torch_layer, pair.keras_layer
    size, heads = ours.embed_dim, ours.num_heads
    if ours.in_proj_weight is None:
        pair.fail("`kdim` and `vdim` are not supported. Use one size for query, key and value.")
    mappings = []
    for part, dense in enumerate((theirs.query_dense, theirs.key_dense, theirs.value_dense)):
        rows = slice(part * size, (part + 1) * size)
        mappings += pair.map(
            dense.kernel,
            "in_proj_weight",
            lambda weight, rows=rows: weight[rows].T.reshape(size, heads, -1),
        )
        mappings += pair.map(
            dense.bias, "in_proj_bias", lambda bias, rows=rows: bias[rows].reshape(heads, -1)
        )
    name = f"{pair.torch_name}.out_proj".lstrip(".")
    inner = _Pair(name, ours.out_proj, 0, pair.keras_name, theirs)
    dense = theirs.output_dense
    mappings += inner.map(dense.kernel, "weight", lambda weight: weight.T.reshape(heads, -1, size))
    mappings += inner.map(dense.bias, "bias", _same)
    return mappings


# PyTorch kind -> the Keras kinds it can be ported to, and the function that maps the variables
_CONVERTERS: dict[type[nn.Module], tuple[tuple[type[kl.Layer], ...], Callable]] = {
    nn.Linear: ((kl.Dense,), _dense),
    nn.Conv1d: ((kl.Conv1D,), _conv),
    nn.Conv2d: ((kl.Conv2D, kl.DepthwiseConv2D), _conv),
    nn.ConvTranspose1d: ((kl.Conv1DTranspose,), _conv),
    nn.ConvTranspose2d: ((kl.Conv2DTranspose,), _conv),
    nn.Embedding: ((kl.Embedding,), _embedding),
    nn.BatchNorm1d: ((kl.BatchNormalization,), _batch_norm),
    nn.BatchNorm2d: ((kl.BatchNormalization,), _batch_norm),
    nn.LayerNorm: ((kl.LayerNormalization,), _norm),
    nn.GroupNorm: ((kl.GroupNormalization,), _norm),
    nn.InstanceNorm1d: ((kl.GroupNormalization,), _norm),
    nn.InstanceNorm2d: ((kl.GroupNormalization,), _norm),
    nn.RNN: ((kl.SimpleRNN,), _recurrent),
    nn.LSTM: ((kl.LSTM,), _recurrent),
    nn.GRU: ((kl.GRU,), _gru),
    nn.MultiheadAttention: ((kl.MultiHeadAttention,), _attention),
}


def port_weights(torch_model: nn.Module, keras_model: keras.Model) -> list[Mapping]:
    """Copy the weights of a PyTorch model into a Keras model; return what was copied where.

    The layers of both models are listed in the order in which they are defined (containers are
    opened, layers without weights left out) and paired one to one; names play no part. PyTorch
    computes `x @ weight.T` where Keras computes `x @ kernel`, and has images channels-first, so
    most arrays change their layout (k: the kernel's spatial axes, g: the gates, h: units):

    ===================  =====================  ==================================================
    PyTorch              Keras                  what changes
    ===================  =====================  ==================================================
    Linear               Dense                  weight (out, in) -> kernel (in, out)
    .. after Flatten     .. after Flatten       and the inputs (C, H, W) -> (H, W, C), where the
                                                input of Keras's Flatten has rank 4
    Conv1d, Conv2d       Conv1D, Conv2D         weight (out, in, *k) -> kernel (*k, in, out)
    Conv2d(groups=in)    DepthwiseConv2D        (in * m, 1, *k) -> (*k, in, m)
    ConvTranspose1d, 2d  Conv1DTranspose, 2D..  (in, out, *k) -> (*k, out, in)
    Embedding            Embedding              weight -> embeddings, both (rows, size)
    BatchNorm1d, 2d      BatchNormalization     weight, bias, running_mean, running_var -> gamma,
                                                beta, moving_mean, moving_variance; all (C,)
    LayerNorm            LayerNormalization     weight, bias -> gamma, beta
    GroupNorm            GroupNormalization     weight, bias -> gamma, beta
    InstanceNorm1d, 2d   .. with groups=-1      weight, bias -> gamma, beta
    RNN, LSTM            SimpleRNN, LSTM        weight_ih (g * h, in) -> kernel (in, g * h),
                                                weight_hh (g * h, h) -> recurrent_kernel (h, g * h),
                                                bias_ih + bias_hh -> bias (g * h,); the LSTM's
                                                gates are i, f, g, o in both
    GRU                  GRU                    as above, but the gates r, z, n -> z, r, n, and
                                                bias_ih, bias_hh -> bias (2, 3 * h), stacked
    .. num_layers=n      n layers               .._l0 -> the first one, .._l1 -> the second, ..
    .. bidirectional     Bidirectional(..)      .._reverse -> backward_layer
    MultiheadAttention   MultiHeadAttention     in_proj_weight (3 * E, E) -> query, key and value
                                                kernels (E, heads, E / heads), in_proj_bias
                                                (3 * E,) -> their biases (heads, E / heads),
                                                out_proj (E, E) -> kernel (heads, E / heads, E)
    ===================  =====================  ==================================================

    Biases not mentioned keep their shape. In attention, query, key and value have one size.
    `keras.layers.Normalization` counts as preprocessing and is left alone. Every Flatten has to be
    a layer, defined where it is used; maps of a Conv1d (rank 3) are not re-ordered: pool them.

    Raises `PortingError`, before anything is copied, for

    - a Keras model or a lazy PyTorch layer that has not been built,
    - a layer with weights of its own for which there is no rule, on either side,
    - a layer without a counterpart, and a pair of different kinds,
    - a bias (gamma, beta) on one side only, shapes that do not fit, an epsilon that differs,
    - weights that an option adds and no rule covers (`proj_size=`, `bias_k=`).

    Strides, padding and activations hold no weights and are not looked at: `compare` finds them.
    """
    lazy = (name for name, p in torch_model.named_parameters() if nn.parameter.is_lazy(p))
    if name := next(lazy, None):
        raise PortingError(
            f"`{name}` in PyTorch has no shape yet. Call the model once on a batch, then port it."
        )
    pairs = _pairs(torch_model, keras_model)
    arrays = torch_arrays(torch_model)
    mappings, values = [], []
    for pair in pairs:
        for mapping in _converter(pair.torch_layer)[1](pair):
            ours = [arrays[name] for name in mapping.torch_names]
            try:
                value = mapping.weights(*ours)
            except ValueError:  # the layout needs sizes that the array does not have
                value = None
            if value is None or value.shape != tuple(mapping.variable.shape):
                shapes = " and ".join(str(array.shape) for array in ours)
                pair.fail(
                    f"`{', '.join(mapping.torch_names)}` of shape {shapes} does not fit "
                    f"`{mapping.name}` of shape {tuple(mapping.variable.shape)}. Give both layers "
                    "the same sizes (and the same inputs)."
                )
            mappings.append(mapping)
            values.append(value)
    _check_all_covered(torch_model, keras_model, mappings)
    for mapping, value in zip(mappings, values, strict=True):
        mapping.variable.assign(value)
    return mappings


def torch_arrays(model: nn.Module) -> dict[str, Array]:
    """Return every parameter and buffer of a PyTorch model as an array, by its name."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}


def _check_all_covered(torch_model, keras_model, mappings: list[Mapping]) -> None:
    names = {name for mapping in mappings for name in mapping.torch_names}
    ours = [name for name, _ in torch_model.named_parameters() if name not in names]
    variables = {id(mapping.variable) for mapping in mappings}
    for layer in keras_model._flatten_layers():
        if isinstance(layer, kl.Normalization):
            variables.update(id(weight) for weight in layer.weights)
    theirs = [weight.path for weight in keras_model.weights if id(weight) not in variables]
    for library, left in (("PyTorch", ours), ("Keras", theirs)):
        if left:
            raise PortingError(
                f"`{left[0]}` in {library} is added by an option of its layer that has no "
                "counterpart. Leave the option out on both sides."
            )
