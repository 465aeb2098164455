"""A worker that computes with TensorFlow.

python worker_tensorflow.py weights.npz --port 8000
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from serving import Compute, serve


def load(file: str) -> Compute:
    """Return a function of pictures that answers with probabilities."""
    with np.load(file) as found:
        arrays = dict(found)
    units = [arrays[f"{name}_bias"].size for name in ("first", "second")]
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(units[0], activation="relu"),
            layers.Dense(units[1], activation="softmax"),
        ]
    )
    parts = [(n, p) for n in ("first", "second") for p in ("kernel", "bias")]
    model.set_weights([arrays[f"{name}_{part}"] for name, part in parts])
    signature = tf.TensorSpec((None, 28, 28), tf.float32)

    @tf.function(input_signature=[signature])  # traced once, for all sizes
    def graph(inputs: tf.Tensor) -> tf.Tensor:
        return model(inputs, training=False)

    def compute(pictures: np.ndarray) -> np.ndarray:
        inputs = tf.constant(pictures.astype(np.float32) / 255)
        return np.asarray(graph(inputs).numpy())

    return compute


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    serve("TensorFlow", load)
