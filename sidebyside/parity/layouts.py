"""Where the channels are: last in Keras, first (after the batch) in PyTorch."""

from typing import Any

import numpy as np

from sidebyside.parity.libraries import keras


def channels_first(arrays: Any) -> Any:
    """Float arrays of rank 4 from (batch, H, W, C) to (batch, C, H, W); others unchanged."""
    return _move_axis(arrays, -1, 1)


def channels_last(arrays: Any) -> Any:
    """Float arrays of rank 4 from (batch, C, H, W) to (batch, H, W, C); others unchanged."""
    return _move_axis(arrays, 1, -1)


def _move_axis(arrays: Any, source: int, destination: int) -> Any:
    return keras.tree.map_structure(
        lambda a: np.moveaxis(a, source, destination) if a.ndim == 4 and a.dtype.kind == "f" else a,
        arrays,
    )
