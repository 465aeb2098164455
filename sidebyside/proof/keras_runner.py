"""Run the TensorFlow/Keras side of an entry."""

import sidebyside.parity.porting  # noqa: F401  PyTorch before TensorFlow  # isort: skip

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from sidebyside.proof.differences import Gradients, Leaf
from sidebyside.proof.inputs import SEED, weights_of_elements
from sidebyside.proof.runner import Ported, Runner

HALVES = ("bfloat16", "float16")  # NumPy has no bfloat16


class KerasRunner(Runner):
    """TensorFlow's and Keras's code: a tape records the gradients."""

    framework = "tensorflow"
    names: ClassVar = {"tf": tf, "keras": keras, "layers": keras.layers, "ops": keras.ops}

    @staticmethod
    def seed() -> None:
        """Fix the seed."""
        keras.utils.set_random_seed(SEED)

    @staticmethod
    def restore() -> None:
        """Put TensorFlow's and Keras's global settings back to where they were."""
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
        keras.config.enable_traceback_filtering()
        tf.config.run_functions_eagerly(False)

    def tensor(self, array: np.ndarray, channels: bool) -> tf.Tensor:
        """Return an input as a tensor."""
        return tf.constant(array)

    def is_fractional(self, value: Any) -> bool:
        """Return whether a value is a tensor of fractions."""
        return bool(tf.is_tensor(value) and value.dtype.is_floating)

    def plain(self, value: object) -> object:
        """Return what a shape, a variable, a ragged or a sparse tensor holds."""
        if isinstance(value, tf.TensorShape):
            return tuple(value)
        if isinstance(value, keras.Variable):
            return value.value
        if isinstance(value, tf.RaggedTensor):
            return value.to_list()
        return tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value

    def leaf(self, value: object) -> Leaf:
        """Return a value as it is compared."""
        if tf.is_tensor(value):
            return _tensor_leaf(tf.convert_to_tensor(value))
        if isinstance(value, tf.DType):
            return Leaf(None, other=value.name)
        return super().leaf(value)

    @contextlib.contextmanager
    def recording(self) -> Iterator[tf.GradientTape]:
        """Give a tape that watches the inputs."""
        with tf.GradientTape() as tape:
            for value in self.inputs.values():
                tape.watch(value)
            yield tape

    def total(self, values: list[Any]) -> tf.Tensor | None:
        """Return the weighted sum of the results that have gradients; None without any."""
        parts = [
            _weighted_sum(tf.convert_to_tensor(value), number)
            for number, value in enumerate(values)
            if self.is_fractional(value)
        ]
        return tf.add_n(parts) if parts else None

    def gradients(self, total: tf.Tensor, ported: Ported, record: tf.GradientTape) -> Gradients:
        """Return the gradients of the inputs and of ported weights."""
        weights = {
            mapping.name: mapping.variable.value for _, mapping in ported if mapping.trainable
        }
        sources = self.inputs | weights
        found = record.gradient(total, list(sources.values()))
        return {
            name: None if gradient is None else tf.convert_to_tensor(gradient).numpy()
            for name, gradient in zip(sources, found, strict=True)
        }


def _weighted_sum(value: tf.Tensor, number: int) -> tf.Tensor:
    weights = tf.constant(weights_of_elements(tuple(value.shape), number), value.dtype)
    return tf.cast(tf.reduce_sum(value * weights), tf.float64)


def _tensor_leaf(value: tf.Tensor) -> Leaf:
    name = value.dtype.name
    array = (tf.cast(value, tf.float32) if name in HALVES else value).numpy()
    if name == "string":
        texts = [text.decode() for text in np.ravel(array)]
        array = np.array(texts).reshape(np.shape(array))
    return Leaf(array, name)
