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
    """Copy the weights of one model into its counterpart; return what belongs to what.

    Parameters
    ----------
    source, target
        A Keras model on one side, and on the other a PyTorch model, a state dict (as a target, its
        tensors are changed in place) or, as a source, the path of a file with weights.
    pairs
        Names of layers, or of containers, that belong together, PyTorch's and Keras's.
    example
        A batch of inputs as Keras takes it. It decides what structure leaves open, and the outputs
        of both models are compared.
    flattened, unflattened
        By a layer's name, the shape (C, H, W) of the maps that PyTorch flattens before the layer,
        or makes of its outputs; a shape of one number means the same order on both sides.
    torch_inputs, torch_outputs
        Lay the example out for PyTorch, and PyTorch's outputs like Keras's.

    Returns
    -------
    list of Mapping
        One for each variable of the Keras model that holds weights.

    Raises
    ------
    PortingError
        If the weights cannot be ported, or something stays open. The target is as it was.
    TypeError
        If source and target are no two sides.

    Notes
    -----
    Which layer belongs to which is decided, in this order, by kinds, shapes and settings where only
    one way fits; by `pairs`; by names that agree; by the order in two chains (`nn.Sequential`,
    `keras.Sequential` or a graph without branches); and by following a batch through both models,
    with random weights: layers that read the same numbers belong together. The batch is the
    `example`, or is made up if the Keras model knows the shapes of its inputs. In the same way it
    is seen in which order features come. What stays open is refused. Both models are left as they
    were, but for the weights of the target.

    PyTorch computes `x @ weight.T` where Keras computes `x @ kernel`, and has images
    channels-first, so most arrays change their layout (k: the kernel's spatial axes, g: the gates,
    h: units):

    ===================  =====================  ==================================================
    PyTorch              Keras                  what changes
    ===================  =====================  ==================================================
    Linear               Dense, EinsumDense     weight (out, in) -> kernel (in, out)
    Conv1d, 2d, 3d       Conv1D, 2D, 3D         weight (out, in, *k) -> kernel (*k, in, out)
    Conv1d, 2d           DepthwiseConv1D, 2D    (in * m, 1, *k) -> (*k, in, m)
    .. and Conv, k=1     SeparableConv1D, 2D    two layers -> the two halves of one
    ConvTranspose        Conv..Transpose        (in, out, *k) -> (*k, out, in)
    Embedding(Bag)       Embedding              weight -> embeddings, both (rows, size)
    BatchNorm            BatchNormalization     weight, bias, running_mean, running_var -> gamma,
                                                beta, moving_mean, moving_variance; all (C,)
    LayerNorm            LayerNormalization     weight, bias -> gamma, beta; (C, H, W) -> (H, W, C)
    GroupNorm            GroupNormalization     weight, bias -> gamma, beta
    InstanceNorm         .. with groups=-1      weight, bias -> gamma, beta
    RMSNorm              RMSNormalization       weight -> scale
    PReLU                PReLU                  weight -> alpha, with axes of 1 where it is shared
    RNN, LSTM            SimpleRNN, LSTM        weight_ih (g * h, in) -> kernel (in, g * h),
                                                weight_hh (g * h, h) -> recurrent_kernel (h, g * h),
                                                bias_ih + bias_hh -> bias (g * h,); the LSTM's
                                                gates are i, f, g, o in both
    GRU                  GRU                    as above, but the gates r, z, n -> z, r, n, and
                                                bias_ih, bias_hh -> bias (2, 3 * h), stacked
    .. num_layers=n      n layers               .._l0 -> the first one, .._l1 -> the second, ..
    .. bidirectional     Bidirectional(..)      .._reverse -> backward_layer
    RNNCell, ..          cells, or layers       as the layers
    MultiheadAttention   MultiHeadAttention     in_proj_weight (3 * E, E) -> query, key and value
                                                kernels (E, heads, E / heads), in_proj_bias
                                                (3 * E,) -> their biases (heads, E / heads),
                                                out_proj (E, E) -> kernel (heads, E / heads, E)
    .. or four Linear    .. or four Dense       either may be the four matrices apart
    a bare Parameter     a weight of its own    the same array; axes of 1 may be elsewhere
    ===================  =====================  ==================================================

    Biases not mentioned keep their shape. Where channels or flattened maps come in another order,
    the weights that read or make them are put in that order. Weights that PyTorch computes (weight
    and spectral normalisation) are folded in. `keras.layers.Normalization` counts as preprocessing
    and is left alone. The other way, all of this is done backwards; of an LSTM's two biases in
    PyTorch the second becomes zero.

    A setting that both layers show and that differs is refused: epsilon, groups, axes, strides,
    dilation, the activations of recurrent layers, and those right after a layer. Padding is not
    looked at: `compare` finds it, and so does an `example`.
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
