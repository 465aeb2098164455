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

    `inverse` takes an array in the variable's layout and returns those of `torch_names`. It is
    needed only where `weights` does more than move numbers.
    """

    name: str
    variable: keras.Variable
    torch_names: tuple[str, ...]
    weights: Layout
    gradients: Layout
    inverse: Callable[[Array], tuple[Array, ...]] | None = None

    @property
    def trainable(self) -> bool:
        """Whether Keras trains the variable."""
        return self.variable.trainable

    def put_back(self, value: Array, arrays: dict[str, Array]) -> None:
        """Write a value in the variable's layout into PyTorch's arrays, which are changed."""
        ours = [arrays[name] for name in self.torch_names]
        if self.inverse is not None:
            for array, new in zip(ours, self.inverse(value), strict=True):
                array[...] = new
            return
        # where each number comes from is seen by laying out numbers that count the places
        ends = np.cumsum([0, *(array.size for array in ours)])
        places = [
            np.arange(start, start + array.size).reshape(array.shape)
            for start, array in zip(ends, ours, strict=False)
        ]
        origin = self.weights(*places).ravel()
        for start, array in zip(ends, ours, strict=False):
            inside = (origin >= start) & (origin < start + array.size)
            array.reshape(-1)[origin[inside] - start] = value.ravel()[inside]
