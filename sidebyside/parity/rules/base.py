"""What a rule is: which layers are counterparts, and how their arrays are laid out."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from sidebyside.errors import PortingError
from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.mapping import Array, Layout, Mapping
from sidebyside.parity.units import KerasUnit, TorchUnit

# Where Keras's layer finds the features of PyTorch's: Keras's feature i is PyTorch's order[i].
Order = Array


@dataclass(frozen=True)
class Setting:
    """A setting that both layers show, and that must be the same.

    Attributes
    ----------
    ours, theirs
        The argument's name in PyTorch and in Keras.
    value, other
        Its value in PyTorch and in Keras.
    entry
        The key of the dictionary's entry about it.
    remedy
        What to do, if not to set PyTorch's value in Keras.
    """

    ours: str
    value: object
    theirs: str
    other: object
    entry: str
    remedy: str = ""

    @property
    def same(self) -> bool:
        """Whether both have the same value."""
        if isinstance(self.value, float) and isinstance(self.other, float):
            return math.isclose(self.value, self.other, rel_tol=1e-6)
        return self.value == self.other

    def sentences(self, to_keras: bool = True) -> str:
        """Return what differs, and what to do about it on the side that is ported to."""
        remedy = f"Set `{self.theirs}={_shown(self.value)}` in Keras."
        if not to_keras:
            remedy = f"Set `{self.ours}={_shown(self.other)}` in PyTorch."
        return (
            f"{self.ours} is {_shown(self.value)} and {self.theirs} is {_shown(self.other)}, so "
            f"the outputs cannot agree. {self.remedy or remedy}"
        )


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


@dataclass(frozen=True)
class Pair:
    """A unit of PyTorch and the unit of Keras that is its counterpart.

    Attributes
    ----------
    reads
        The order in which Keras's layer finds its input features; None if it is PyTorch's.
    writes
        The order in which the layers after it need its output features; None likewise.
    """

    ours: TorchUnit
    theirs: KerasUnit
    reads: Order | None = None
    writes: Order | None = None

    def fail(self, sentences: str) -> None:
        """Raise a `PortingError` that names both."""
        raise PortingError(f"{self.ours} in PyTorch and {self.theirs} in Keras: {sentences}")

    def map(
        self,
        variable: keras.Variable | None,
        names: str,
        weights: Layout,
        gradients: Layout | None = None,
        inverse: Layout | None = None,
    ) -> list[Mapping]:
        """Return the list of this one `Mapping`; it is empty if neither side has the variable."""
        ours = [name in self.ours.keys for name in names.split()]
        if variable is None and not any(ours):
            return []
        if variable is None or not all(ours):
            self.fail(
                f"only {'PyTorch' if variable is None else 'Keras'} has "
                f"`{names if variable is None else variable.name}`. Give it to both or to neither: "
                "`bias=` in PyTorch and `use_bias=` in Keras; for normalisation `affine=` (or "
                "`elementwise_affine=`) and `track_running_stats=`, `scale=` and `center=`."
            )
        torch_names = tuple(self.ours.full(name) for name in names.split())
        return [
            Mapping(variable.path, variable, torch_names, weights, gradients or weights, inverse)
        ]

    def vector(self, array: Array) -> Array:
        """Return a vector with one number for each feature, in the order of the input's."""
        return array if self.reads is None else array[self.reads]


@dataclass(frozen=True)
class Rule:
    """Which layers are counterparts, and what is known about them.

    Attributes
    ----------
    torch, keras
        The kinds of layers.
    mappings
        The function that maps the variables of a pair.
    settings
        The function that yields what both must have set alike; not asked if PyTorch's layer is
        known by its arrays alone.
    channels
        Whether PyTorch's layer has its features on axis 1, where Keras's has them last.
    reorders
        Whether its weights can take input features in another order.
    free
        Whether its weights can give output features in another order.
    torch_part, keras_part
        The part of the layer that it is about.
    """

    torch: tuple[type[nn.Module], ...]
    keras: tuple[type[kl.Layer], ...]
    mappings: Callable[[Pair], list[Mapping]]
    settings: Callable[[Pair], Iterable[Setting]] = lambda pair: ()
    channels: bool = False
    reorders: bool = False
    free: bool = False
    torch_part: str = ""
    keras_part: str = ""


def same(array: Array) -> Array:
    """Return the array as it is."""
    return array


def taken(array: Array, order: Order | None, axis: int) -> Array:
    """Return an array with one axis in another order."""
    return array if order is None else np.take(array, order, axis)
