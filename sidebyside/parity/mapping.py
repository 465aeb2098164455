"""One Keras variable, and where its numbers are in PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sidebyside.parity.libraries import keras

Array = np.ndarray
Layout = Callable[..., Array]


@dataclass(frozen=True, eq=False)
class Mapping:
    """One Keras variable and where its numbers come from.

    `weights` and `gradients` take the arrays of `torch_names`, in that order, and return one array
    in the variable's layout. They are the same function but for an LSTM's bias: Keras has one
    where PyTorch has two that are added up, so the weight is their sum, while the gradient of the
    sum is the gradient of either.
    """

    name: str
    variable: keras.Variable
    torch_names: tuple[str, ...]
    weights: Layout
    gradients: Layout

    @property
    def trainable(self) -> bool:
        """Whether Keras trains the variable."""
        return self.variable.trainable
