"""Parameters of a container itself: a class token, positions, a scale."""

import numpy as np

from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.base import Pair, Rule
from sidebyside.parity.units import BARE


def parameter(pair: Pair) -> list[Mapping]:
    """The same array; axes of length 1 may be elsewhere."""
    (variable,) = pair.theirs.variables

    def reshaped(array: Array) -> Array:
        if np.squeeze(array).shape != tuple(size for size in variable.shape if size != 1):
            raise ValueError
        return array.reshape(variable.shape)

    return pair.map(variable, pair.ours.keys[0], reshaped)


RULE = Rule((), (), parameter, torch_part=BARE, keras_part=BARE)
