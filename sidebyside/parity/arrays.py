"""Tensors of either library as NumPy arrays."""

from typing import Any

import numpy as np

from sidebyside.parity.libraries import keras, tf, torch
from sidebyside.parity.mapping import Array


def from_torch(tensor: torch.Tensor) -> Array:
    """Return a tensor of PyTorch as an array; bfloat16, which NumPy does not know, as float32."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def from_keras(tensor: Any) -> Array:
    """Return a tensor, or a variable, of Keras as an array; half precision as float32."""
    tensor = tf.convert_to_tensor(tensor)  # the gradient of an Embedding lists its rows
    small = tensor.dtype in (tf.bfloat16, tf.float16)
    return np.asarray(tf.cast(tensor, tf.float32) if small else tensor)


def torch_leaves(outputs: Any) -> list[torch.Tensor]:
    """Return the tensors of a PyTorch model's outputs; what is no tensor is left out."""
    if isinstance(outputs, dict):
        return [leaf for key in sorted(outputs) for leaf in torch_leaves(outputs[key])]
    if isinstance(outputs, tuple | list):
        return [leaf for output in outputs for leaf in torch_leaves(output)]
    return [outputs] if isinstance(outputs, torch.Tensor) else []


def keras_leaves(outputs: Any) -> list[Array]:
    """Return the arrays of a Keras model's outputs; what is no tensor is left out."""
    return [from_keras(leaf) for leaf in keras.tree.flatten(outputs) if keras.ops.is_tensor(leaf)]


def without_none(outputs: Any) -> Any:
    """Return outputs without what a model leaves out: (y, None) is (y,)."""
    if isinstance(outputs, dict):
        return {key: without_none(value) for key, value in outputs.items() if value is not None}
    if isinstance(outputs, tuple | list):
        return type(outputs)([without_none(value) for value in outputs if value is not None])
    return outputs
