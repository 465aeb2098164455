"""Runs what the Keras notebook exported: a SavedModel."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import tensorflow as tf
from detection import prepare


class SavedModel:
    """A graph that Keras's `model.export` wrote."""

    def __init__(self, path: Path, threads: int) -> None:
        with contextlib.suppress(RuntimeError):  # TensorFlow has begun
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        self.loaded = tf.saved_model.load(str(path))  # must be kept

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(height, width, 3) -> (rows, columns, 5 + classes)."""
        return self.loaded.serve(tf.constant(prepare(pixels)))[0].numpy()
