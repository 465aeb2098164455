"""What is ported as one: a layer with weights, a part of one, or a bare parameter."""

from dataclasses import dataclass

from sidebyside.parity.libraries import keras, kl, nn

BARE = "bare"  # the part of a unit that is one parameter of a container
_NAMED = ("query", "key", "value")


@dataclass(frozen=True, eq=False)
class TorchUnit:
    """What is ported as one in PyTorch.

    Attributes
    ----------
    name
        The layer's name in the model; empty for the model itself.
    layer
        The layer, or the container of a bare parameter; None if all that is known are the names
        and shapes in a file.
    keys
        The names of its arrays, after the layer's own: ``weight``, ``bias``.
    part
        Which part of the layer it is: ``_l0`` for the first level of a stacked RNN, ``query`` for
        a part of attention, `BARE`; empty for the whole layer.
    optional
        Those of the keys that may stay without a counterpart.
    aliases
        Other names under which the same layer is registered.
    """

    name: str
    layer: nn.Module | None
    keys: tuple[str, ...]
    part: str = ""
    optional: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def full(self, key: str) -> str:
        """Return an array's name in the model."""
        return f"{self.name}.{key}".lstrip(".")

    @property
    def label(self) -> str:
        """The name by which the reader knows it."""
        if self.part == BARE:
            return self.full(self.keys[0])
        return f"{self.name}.{self.part}".strip(".") if self.part in _NAMED else self.name

    def __str__(self) -> str:
        if self.part == BARE:
            return f"`{self.label}` (a parameter of its own)"
        kind = "in a file" if self.layer is None else type(self.layer).__name__
        whole = f"`{self.name or 'the model'}` ({kind})"
        if self.part.startswith("_l"):
            return whole if self.part == "_l0" else f"level {self.part[2:]} of {whole}"
        return f"the {self.part} of {whole}" if self.part else whole


@dataclass(frozen=True, eq=False)
class KerasUnit:
    """What is ported as one in Keras.

    Attributes
    ----------
    path
        The names of the layers that lead to it, joined by ``/``; empty for the model itself.
    layer
        The layer whose calls are the unit's.
    variables
        Its variables.
    part
        Which part of the layer it is: ``depthwise``, ``pointwise``, `BARE`; empty for all of it.
    alias
        The same path by the attributes that hold the layers, joined by ``.``.
    """

    path: str
    layer: kl.Layer
    variables: tuple[keras.Variable, ...]
    part: str = ""
    alias: str = ""

    @property
    def label(self) -> str:
        """The name by which the reader knows it."""
        return self.path

    @property
    def ambiguous(self) -> bool:
        """Whether it is a bare weight whose shape would be the same with axes exchanged."""
        if self.part != BARE:
            return False
        sizes = [size for size in self.variables[0].shape if size > 1]
        return len(sizes) > len(set(sizes))

    def __str__(self) -> str:
        if self.part == BARE:
            return f"`{self.path}` (a weight of its own)"
        whole = f"`{self.path or 'the model'}` ({type(self.layer).__name__})"
        return f"the {self.part} half of {whole}" if self.part else whole


def listed(units: list) -> str:
    """Return the names of several units, for a sentence."""
    names = [f"`{unit.label or 'the model'}`" for unit in units]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
