"""Pair the units of both models, as far as it is certain without running them.

What is certain: units of which only one pair fits, pairs that the reader gives, units whose names
agree, and the order inside of two chains. All else is left open, and never decided by a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sidebyside.errors import PortingError
from sidebyside.parity import misfit
from sidebyside.parity import unit_names as names
from sidebyside.parity.chains import Place
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.misfit import unmatched
from sidebyside.parity.units import KerasUnit, TorchUnit

Possible = dict[KerasUnit, list[TorchUnit]]
Constraint = tuple[list[TorchUnit], list[KerasUnit]]


@dataclass
class Pairing:
    """What is possible for each unit of Keras; where it is one, that is its counterpart."""

    possible: Possible
    required: list[TorchUnit]

    @property
    def open(self) -> list[KerasUnit]:
        """The units of Keras that several units of PyTorch fit."""
        return [unit for unit, options in self.possible.items() if len(options) > 1]

    def counterpart(self, unit: KerasUnit) -> TorchUnit:
        """Return the one counterpart of a unit that is not open."""
        (found,) = self.possible[unit]
        return found


def pair_up(
    fitting: Fitting,
    given: Iterable[Constraint] = (),
    torch_places: dict[TorchUnit, Place] | None = None,
    keras_places: dict[KerasUnit, Place] | None = None,
) -> Pairing:
    """Pair the units of both models.

    Parameters
    ----------
    fitting
        The units, and which fit which.
    given
        What the reader says: units of PyTorch, and the units of Keras that they belong to.
    torch_places, keras_places
        Where the units are in chains; see `chains`.

    Raises
    ------
    PortingError
        If there is no way to pair all of them.
    """
    possible = fitting.possible()
    required = _required(fitting, possible)
    if not _feasible(possible, required):
        raise PortingError(misfit.diagnosis(fitting, possible, required))
    for constraint in given:
        possible = _constrained(possible, constraint)
        if not _feasible(possible, required):
            raise PortingError(misfit.wrong_pair(fitting, constraint))
    alike = {k: [t for t in ts if not fitting.settings(t, k)] for k, ts in possible.items()}
    if _feasible(alike, required):
        possible = alike
    possible = _narrowed(possible, required)
    for component in _components(possible):
        possible = _by_names(possible, required, component)
    for component in _components(possible):
        possible = _by_places(possible, component, torch_places or {}, keras_places or {})
    return Pairing(possible, required)


def _required(fitting: Fitting, possible: Possible) -> list[TorchUnit]:
    """Return the units of PyTorch that must have a counterpart.

    A buffer need not have one, nor a layer all of whose arrays another layer has, too, if there is
    nothing in Keras that it fits (an output layer that shares the weights of an embedding).
    """
    wanted = {unit for options in possible.values() for unit in options}
    sources: dict[int, int] = {}
    for unit in fitting.ours:
        for array in _arrays(fitting, unit):
            sources[array] = sources.get(array, 0) + 1
    return [
        unit
        for unit in fitting.ours
        if not unit.optional
        and (unit in wanted or not all(sources[array] > 1 for array in _arrays(fitting, unit)))
    ]


def _arrays(fitting: Fitting, unit: TorchUnit) -> list[int]:
    """Return what identifies the memory of a unit's arrays."""
    return [fitting.arrays[unit.full(key)].__array_interface__["data"][0] for key in unit.keys]


def _constrained(possible: Possible, constraint: Constraint) -> Possible:
    """Let these units of PyTorch and of Keras be paired among themselves."""
    ours, theirs = set(constraint[0]), set(constraint[1])
    return {k: [t for t in ts if (t in ours) == (k in theirs)] for k, ts in possible.items()}


def _narrowed(possible: Possible, required: list[TorchUnit]) -> Possible:
    """Take out what cannot be, as long as a unit has one counterpart left."""
    possible = {unit: list(options) for unit, options in possible.items()}
    settled: set[KerasUnit] = set()
    while True:
        single = next((k for k, ts in possible.items() if len(ts) == 1 and k not in settled), None)
        if single is None:
            single = _only_place(possible, required, settled)
        if single is None:
            return possible
        settled.add(single)
        (taken,) = possible[single]
        for unit, options in possible.items():
            if unit is not single and taken in options:
                options.remove(taken)


def _only_place(
    possible: Possible, required: list[TorchUnit], settled: set[KerasUnit]
) -> KerasUnit | None:
    """Settle a unit of PyTorch that fits one unit of Keras alone."""
    for unit in required:
        places = [k for k, ts in possible.items() if unit in ts]
        if len(places) == 1 and places[0] not in settled:
            possible[places[0]] = [unit]
            return places[0]
    return None


def _components(possible: Possible) -> list[list[KerasUnit]]:
    """Return the open units in groups that have no counterpart in common."""
    groups: list[tuple[set[KerasUnit], set[TorchUnit]]] = []
    for unit, options in possible.items():
        if len(options) < 2:
            continue
        joined = ({unit}, set(options))
        for group in [group for group in groups if group[1] & joined[1]]:
            groups.remove(group)
            joined = (joined[0] | group[0], joined[1] | group[1])
        groups.append(joined)
    return [[unit for unit in possible if unit in group] for group, _ in groups]


def _by_names(
    possible: Possible, required: list[TorchUnit], component: list[KerasUnit]
) -> Possible:
    """Keep the pairs whose names agree, if that is possible for every unit that has a name."""
    kept = dict(possible)
    for unit in component:
        if names.named(unit):
            kept[unit] = [option for option in possible[unit] if names.agree(option, unit)]
    if kept == possible or not _feasible(kept, required):
        return possible
    return _narrowed(kept, required)


def _by_places(
    possible: Possible,
    component: list[KerasUnit],
    torch_places: dict[TorchUnit, Place],
    keras_places: dict[KerasUnit, Place],
) -> Possible:
    """Pair in order, if all that fit are in one chain on either side."""
    options = possible[component[0]]
    ours = [torch_places.get(unit) for unit in options]
    theirs = [keras_places.get(unit) for unit in component]
    complete = all(possible[unit] == options for unit in component)
    if not complete or len(options) != len(component) or None in (*ours, *theirs):
        return possible
    if len({chain for chain, _ in ours}) > 1 or len({chain for chain, _ in theirs}) > 1:
        return possible
    first = sorted(options, key=lambda unit: torch_places[unit])
    second = sorted(component, key=lambda unit: keras_places[unit])
    return {**possible, **{k: [t] for t, k in zip(first, second, strict=True)}}


# ---- whether it is possible at all ----


def _feasible(possible: Possible, required: list[TorchUnit]) -> bool:
    """Whether all units of Keras, and all of PyTorch that must, can have a counterpart.

    If the units of either side can, there is a way for both at once (Mendelsohn and Dulmage).
    """
    places: dict[TorchUnit, list[KerasUnit]] = {unit: [] for unit in required}
    for unit, options in possible.items():
        for option in options:
            if option in places:
                places[option].append(unit)
    return not unmatched(possible) and not unmatched(places)
