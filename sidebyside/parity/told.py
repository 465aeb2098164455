"""What the reader says beyond the two models."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sidebyside.parity import unit_names as names
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.layouts import channels_first, channels_last
from sidebyside.parity.rules import Order, Pair
from sidebyside.parity.units import KerasUnit, TorchUnit

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Request:
    """What the reader says beyond the two models; `port_weights` explains each."""

    pairs: dict[str, str] = field(default_factory=dict)
    example: Any = None
    flattened: Shapes = field(default_factory=dict)
    unflattened: Shapes = field(default_factory=dict)
    torch_inputs: Callable = channels_first
    torch_outputs: Callable = channels_last
    likeliest: bool = False  # where the order of features stays open, take the likeliest


class Told:
    """The orders of features that the reader gives, by unit of either library."""

    def __init__(self, request: Request, fitting: Fitting):
        self.orders: dict[TorchUnit | KerasUnit, dict[str, Order | None]] = {}
        self.unflattened = bool(request.unflattened)
        self.same: set[TorchUnit] = set()
        self.likeliest = request.likeliest
        self.guessed: set[KerasUnit] = set()  # whose order of features is only the likeliest
        for ours, _ in names.resolve(request.pairs, fitting.ours, fitting.theirs):
            self.same.update(ours)
        for argument, shapes in (("reads", request.flattened), ("writes", request.unflattened)):
            for name, shape in shapes.items():
                for unit in names.of_either(name, fitting.ours, fitting.theirs):
                    self.orders.setdefault(unit, {})[argument] = maps_order(shape)

    def about(self, pair: Pair) -> bool:
        """Whether the order of what a pair reads is given."""
        return "reads" in self._orders(pair)

    def pairs(self, pair: Pair) -> bool:
        """Whether the reader says that these two are a pair."""
        return pair.ours in self.same

    def applied(self, pair: Pair) -> Pair:
        """Return a pair with the orders that are given for it."""
        return replace(pair, **self._orders(pair))

    def _orders(self, pair: Pair) -> dict[str, Order | None]:
        return self.orders.get(pair.ours, {}) | self.orders.get(pair.theirs, {})


def maps_order(shape: tuple[int, ...]) -> Order | None:
    """Return the order of features that are maps (C, *positions) in PyTorch, flattened."""
    if len(shape) < 2:
        return None
    return np.moveaxis(np.arange(math.prod(shape)).reshape(shape), 0, -1).ravel()
