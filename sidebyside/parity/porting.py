"""Copy the weights of a model into its counterpart in the other library.

`port_weights` pairs the layers of both models, and changes the layout where the two libraries keep
the same numbers in a different order; its docstring has the table of all layouts.
`sidebyside.parity.compare` then proves that the two compute the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sidebyside.errors import PortingError
from sidebyside.parity.arrays import from_keras
from sidebyside.parity.evidence import check_outputs
from sidebyside.parity.layouts import channels_first, channels_last
from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.matching import match
from sidebyside.parity.settings import Settings
from sidebyside.parity.told import Request, Shapes
from sidebyside.parity.torch_sources import (
    ModelSource,
    Source,
    StateDict,
    WeightsSource,
    read_weights,
)

TorchWeights = nn.Module | StateDict | str | Path


def port_weights(
    source: TorchWeights | keras.Model,
    target: keras.Model | TorchWeights,
    *,
    pairs: dict[str, str] | None = None,
    example: Any = None,
    flattened: Shapes | None = None,
    unflattened: Shapes | None = None,
    torch_inputs: Callable[[Any], Any] = channels_first,
    torch_outputs: Callable[[Any], Any] = channels_last,
) -> list[Mapping]:
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
    request = Request(
        pairs or {}, example, flattened or {}, unflattened or {}, torch_inputs, torch_outputs
    )
    side, keras_model, to_keras = _sides(source, target)
    with _as_before_if_refused(side, keras_model, to_keras):
        mappings = port(side, keras_model, request, to_keras)
        if example is not None and side.model is not None:
            check_outputs(side.model, keras_model, request)
    return mappings


def port(
    source: Source, keras_model: keras.Model, request: Request, to_keras: bool = True
) -> list[Mapping]:
    """Copy the weights, without a look at the outputs; see `port_weights`."""
    settings = Settings(source.model, keras_model, to_keras)
    matched = match(source, keras_model, request, settings.refuse)
    settings.refuse_weightless()
    fitting = matched.fitting
    mappings = [m for pair in matched.pairs for m in fitting.mappings(pair)]
    names = dict.fromkeys(name for mapping in mappings for name in mapping.torch_names)
    if to_keras:
        for mapping in mappings:
            ours = [fitting.arrays[name] for name in mapping.torch_names]
            mapping.variable.assign(mapping.weights(*ours))
    else:
        arrays = {name: fitting.arrays[name].copy() for name in names}
        for mapping in mappings:
            mapping.put_back(from_keras(mapping.variable), arrays)
        source.put(arrays)
    return mappings


def _sides(source: Any, target: Any) -> tuple[Source, keras.Model, bool]:
    """Return PyTorch's side, Keras's model, and whether it is ported to Keras."""
    to_keras = isinstance(target, kl.Layer)
    ours, keras_model = (source, target) if to_keras else (target, source)
    if not isinstance(keras_model, kl.Layer) or isinstance(ours, kl.Layer):
        raise TypeError(
            "`port_weights(source, target)` needs a Keras model on one side, and on the other a "
            f"PyTorch model, a state dict or a file: not {type(source).__name__} and "
            f"{type(target).__name__}."
        )
    if isinstance(ours, nn.Module):
        return ModelSource(ours), keras_model, to_keras
    if isinstance(ours, str | Path):
        if not to_keras:
            raise TypeError(
                "A file cannot be ported to. Port to what `sidebyside.parity.read_weights` "
                "returns, and store that, or use `sidebyside port`."
            )
        ours = read_weights(Path(ours))
    return WeightsSource(ours), keras_model, to_keras


@contextmanager
def _as_before_if_refused(
    source: Source, keras_model: keras.Model, to_keras: bool
) -> Iterator[None]:
    """Put the target's weights back if something is refused."""
    variables = [(variable, variable.numpy()) for variable in keras_model.weights]
    state = {}
    if not to_keras and source.model is not None:
        state = {name: tensor.clone() for name, tensor in source.model.state_dict().items()}
    try:
        yield
    except PortingError:
        if to_keras:
            for variable, value in variables:
                variable.assign(value)
        elif source.model is not None:
            source.model.load_state_dict(state)
        raise
