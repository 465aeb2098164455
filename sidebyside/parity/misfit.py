"""Say why the units of two models cannot be paired."""

from sidebyside.parity.fitting import Fitting
from sidebyside.parity.rules import KERAS_KINDS, TORCH_KINDS
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit, listed

Unit = TorchUnit | KerasUnit
Places = dict[TorchUnit, list[KerasUnit]]


def unmatched(options: dict) -> list:
    """Return the keys that are left when as many as possible have one of their options each."""
    owner: dict = {}

    def give(unit: object, tried: set) -> bool:
        for option in options[unit]:
            if option in tried:
                continue
            tried.add(option)
            if option not in owner or give(owner[option], tried):
                owner[option] = unit
                return True
        return False

    return [unit for unit in options if not give(unit, set())]


def diagnosis(
    fitting: Fitting, possible: dict[KerasUnit, list[TorchUnit]], required: list[TorchUnit]
) -> str:
    """Return the sentences that say what has no counterpart, and why."""
    places: Places = {t: [k for k, ts in possible.items() if t in ts] for t in required}
    ours, theirs = unmatched(places), unmatched(possible)
    for library, left in (("PyTorch", ours), ("Keras", theirs)):
        for unit in left:
            if unit.part == BARE:
                return _unknown(library, unit)
    mine, other = _counted(len(required)), _counted(len(fitting.theirs))
    counts = f"PyTorch has {mine} with weights, Keras {other}."
    if ours and theirs:
        return _misfit(fitting, ours[0], theirs, counts)
    if ours:
        return _left(ours[0], places, "PyTorch", "Keras", counts)
    return _left(theirs[0], possible, "Keras", "PyTorch", counts) + _shared(fitting)


def wrong_pair(fitting: Fitting, constraint: tuple[list[TorchUnit], list[KerasUnit]]) -> str:
    """Return the sentence on a pair that the reader gave, and that cannot be."""
    ours, theirs = constraint
    if len(ours) == len(theirs) == 1:
        fit = fitting.fit(ours[0], theirs[0])
        if not fit.rule:
            reason = fit.problem if fit.kind else f"{ours[0]} and {theirs[0]} are of two kinds."
            return f"`pairs` is not possible: {reason}"
    return (
        f"`pairs` is not possible: it lets {listed(ours)} in PyTorch be {listed(theirs)} in Keras, "
        "and then not all layers have a counterpart that fits."
    )


def _counted(number: int) -> str:
    return f"{number} layer{'s' if number != 1 else ''}"


def _left(unit: Unit, options: dict, library: str, other: str, counts: str) -> str:
    fits = options[unit]
    if fits:
        rivals = [rival for rival, theirs in options.items() if theirs and set(theirs) <= set(fits)]
        return (
            f"{listed(rivals)} in {library} fit {listed(fits)} in {other} and nothing else, so not "
            f"all of them have a counterpart. {counts} Add a layer in {other}, or remove one in "
            f"{library}."
        )
    return (
        f"{unit} in {library} has no counterpart. {counts} Add the layer in {other}, or remove it."
    )


def _shared(fitting: Fitting) -> str:
    """Return a sentence on a layer that PyTorch uses under two names, if there is one."""
    twice = next((unit for unit in fitting.ours if unit.aliases), None)
    if twice is None:
        return ""
    return (
        f" `{twice.aliases[0]}` in PyTorch is the same layer as `{twice.name}`, and counts once: "
        "call one layer twice in Keras, too."
    )


def _misfit(fitting: Fitting, ours: TorchUnit, left: list[KerasUnit], counts: str) -> str:
    """Return why a unit does not fit the one that it comes nearest to."""
    alike = [unit for unit in left if fitting.fit(ours, unit).kind]
    if alike:
        return fitting.fit(ours, alike[0]).problem
    return (
        f"{ours} in PyTorch and {left[0]} in Keras: the two kinds do not fit, and both are left "
        f"without a counterpart. {counts} Use the same kinds of layers on both sides."
    )


def _unknown(library: str, unit: Unit) -> str:
    kinds = TORCH_KINDS if library == "PyTorch" else KERAS_KINDS
    container = (
        TorchUnit(unit.name, unit.layer, ())
        if isinstance(unit, TorchUnit)
        else KerasUnit(unit.path.rpartition("/")[0], unit.layer, ())
    )
    other = "Keras" if library == "PyTorch" else "PyTorch"
    return (
        f"{container} in {library} has weights of its own, and there is no rule to port them: "
        f"`{unit.label}` fits no weight of that kind in {other}. Supported are "
        f"{', '.join(kind.__name__ for kind in kinds)}, and containers of these."
    )
