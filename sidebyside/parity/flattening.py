"""Follow feature maps through the graph of a functional Keras model.

Where PyTorch's model cannot be run, this tells which layers certainly read their features in the
same order in both libraries, and of which layers that is not certain.
"""

import math
from dataclasses import dataclass
from typing import Any

from sidebyside.parity.libraries import keras, kl

_MAKE_MAPS = (
    kl.Conv1D, kl.Conv2D, kl.Conv3D, kl.Conv1DTranspose, kl.Conv2DTranspose, kl.Conv3DTranspose,
    kl.DepthwiseConv1D, kl.DepthwiseConv2D, kl.SeparableConv1D, kl.SeparableConv2D,
    kl.MaxPooling1D, kl.MaxPooling2D, kl.MaxPooling3D, kl.AveragePooling1D, kl.AveragePooling2D,
    kl.AveragePooling3D, kl.UpSampling1D, kl.UpSampling2D, kl.UpSampling3D, kl.ZeroPadding1D,
    kl.ZeroPadding2D, kl.ZeroPadding3D, kl.Cropping1D, kl.Cropping2D, kl.Cropping3D,
)  # fmt: skip
_POOL_ALL = (
    kl.GlobalAveragePooling1D, kl.GlobalAveragePooling2D, kl.GlobalAveragePooling3D,
    kl.GlobalMaxPooling1D, kl.GlobalMaxPooling2D, kl.GlobalMaxPooling3D,
)  # fmt: skip
_KEEP = (
    kl.BatchNormalization, kl.GroupNormalization, kl.LayerNormalization, kl.RMSNormalization,
    kl.Activation, kl.ReLU, kl.LeakyReLU, kl.PReLU, kl.ELU, kl.Softmax, kl.Dropout,
    kl.SpatialDropout1D, kl.SpatialDropout2D, kl.SpatialDropout3D, kl.AlphaDropout,
    kl.GaussianDropout, kl.GaussianNoise, kl.Add, kl.Subtract, kl.Multiply, kl.Average, kl.Maximum,
    kl.Minimum, kl.Concatenate, kl.Rescaling, kl.Normalization, kl.Identity,
)  # fmt: skip
_NEW = (
    kl.Dense, kl.EinsumDense, kl.Embedding, kl.RNN, kl.Bidirectional, kl.MultiHeadAttention,
)  # fmt: skip


@dataclass(frozen=True)
class Features:
    """What is known of the order of a tensor's features.

    Attributes
    ----------
    maps
        Whether the tensor has positions, and its channels come first in PyTorch.
    flattened
        The shape (C, *positions) of the maps that were flattened to it.
    unknown
        Whether nothing is certain.
    """

    maps: bool = False
    flattened: tuple[int, ...] | None = None
    unknown: bool = False


PLAIN, UNKNOWN = Features(), Features(unknown=True)
Tensors = list[Any]  # of Keras's graph, which have a shape


def read_features(model: keras.Model) -> dict[int, Features] | None:
    """Return what the layers of a model read, by their ids; None if the model has no graph.

    Layers inside of others that are not functional models are left out, unless the layer around
    them reads plain features.
    """
    graph = _graph(model)
    if graph is None:
        return None
    found: dict[int, Features] = {}
    inputs = keras.tree.flatten(graph._inputs_struct)
    _walk(graph, [Features(maps=len(tensor.shape) > 3) for tensor in inputs], found)
    return found


def _graph(layer: Any) -> Any:
    graph = getattr(layer, "_functional", None) or layer
    return graph if getattr(graph, "_nodes_by_depth", None) else None


def _walk(graph: Any, inputs: list[Features], found: dict[int, Features]) -> list[Features]:
    """Follow a graph, note what its layers read, and return what it gives."""
    tensors = keras.tree.flatten(graph._inputs_struct)
    known = {id(tensor): features for tensor, features in zip(tensors, inputs, strict=True)}
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            if not node.input_tensors:
                continue
            all_read = [known.get(id(tensor), UNKNOWN) for tensor in node.input_tensors]
            reads = _together(all_read)
            key = id(node.operation)
            found[key] = reads if found.get(key, reads) == reads else UNKNOWN
            gives = _inside(node.operation, all_read, found)
            if gives is None:
                one = _after(node.operation, node.input_tensors, node.output_tensors, reads)
                gives = [one] * len(node.output_tensors)
            known |= {id(t): one for t, one in zip(node.output_tensors, gives, strict=True)}
    return [known.get(id(t), UNKNOWN) for t in keras.tree.flatten(graph._outputs_struct)]


def _inside(
    operation: Any, reads: list[Features], found: dict[int, Features]
) -> list[Features] | None:
    """Follow a model inside of the model, and return what it gives; None if it is no graph."""
    graph = _graph(operation)
    if graph is not None:
        return _walk(graph, reads, found)
    if isinstance(operation, kl.Layer) and set(reads) == {PLAIN}:
        inner = operation._flatten_layers(include_self=False)
        found |= {id(layer): PLAIN for layer in inner if id(layer) not in found}
    return None


def _together(inputs: list[Features]) -> Features:
    """Return what is known of several tensors that an operation puts together."""
    if len(inputs) == 1:
        return inputs[0]
    if any(one.unknown or one.flattened for one in inputs):
        return UNKNOWN
    return Features(maps=any(one.maps for one in inputs))


def _after(operation: Any, inputs: Tensors, outputs: Tensors, reads: Features) -> Features:
    """Return what an operation gives."""
    if isinstance(operation, _MAKE_MAPS):
        return Features(maps=True)
    if isinstance(operation, _POOL_ALL) or (isinstance(operation, _NEW) and not reads.maps):
        return PLAIN
    keeps = isinstance(operation, (*_KEEP, kl.Dense)) or _is_elementwise(operation, inputs, outputs)
    if keeps or (reads == PLAIN and all(len(tensor.shape) < 4 for tensor in outputs)):
        return reads
    if reads.maps and len(outputs) == 1 and len(outputs[0].shape) == 2:
        return _flattened(inputs[0].shape)
    return UNKNOWN


def _is_elementwise(operation: Any, inputs: Tensors, outputs: Tensors) -> bool:
    """Whether an operation of `keras.ops` works on each number apart."""
    from_ops = type(operation).__module__.rpartition(".")[2] in ("numpy", "nn", "math")
    same = len(outputs) == 1 and outputs[0].shape == inputs[0].shape
    return from_ops and same and type(operation).__name__ not in _MOVING


_MOVING = ("Transpose", "Reshape", "Flip", "Roll", "Moveaxis", "Swapaxes", "Sort", "Take", "Rot90")


def _flattened(shape: tuple[int | None, ...]) -> Features:
    *positions, channels = shape[1:]
    sizes = [size for size in (channels, *positions) if size is not None]
    if len(sizes) <= len(positions):
        return UNKNOWN
    return PLAIN if math.prod(sizes[1:]) == 1 else Features(flattened=tuple(sizes))
