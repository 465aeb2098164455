"""Take from an example what it shows, and refuse where it leaves something open."""

from sidebyside.errors import PortingError
from sidebyside.parity.alignment import SAME
from sidebyside.parity.evidence import Evidence
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.pairing import Pairing
from sidebyside.parity.rules import Pair
from sidebyside.parity.told import Told
from sidebyside.parity.units import BARE, KerasUnit, listed
from sidebyside.parity.walking import Found


def decide(fitting: Fitting, pairing: Pairing, shown: Evidence, told: Told) -> list[Pair]:
    """Return the pairs that are certain with what an example shows.

    Raises
    ------
    PortingError
        If a counterpart, or the order of a layer's features, stays open.
    """
    found = shown.found
    same = found is not None and found.outputs == SAME
    for unit in fitting.theirs:
        if unit.ambiguous and unit not in pairing.open and not same:
            pair = Pair(pairing.counterpart(unit), unit)
            if not told.pairs(pair):
                raise PortingError(_unknown_axes(pair))
    if found is None:
        if pairing.open:
            raise PortingError(_open(pairing, pairing.open, shown))
        pairs = [Pair(pairing.counterpart(unit), unit) for unit in fitting.theirs]
        for pair in pairs:
            rule = fitting.fit(pair.ours, pair.theirs).rule
            if rule.reorders and not rule.channels and not told.about(pair):
                raise PortingError(_unknown_order(pair, shown.reason.rstrip(".")))
        return pairs
    if undecided := _undecided(pairing, shown, found):
        raise PortingError(_open(pairing, undecided, shown))
    for unit in found.unsure:
        if not told.about(found.pairs[unit]):
            raise PortingError(_unknown_order(found.pairs[unit], "an example does not show it"))
    return [
        found.pairs.get(unit) or Pair(pairing.counterpart(unit), unit) for unit in fitting.theirs
    ]


def _undecided(pairing: Pairing, shown: Evidence, found: Found) -> list[KerasUnit]:
    """Return the open units between whose counterparts the example does not decide."""
    return [
        unit
        for unit in pairing.open
        if unit not in found.pairs
        or unit in found.rivals
        or found.pairs[unit].ours in shown.unreached
        or (unit.part == BARE and found.outputs != SAME)
    ]


def _open(pairing: Pairing, units: list[KerasUnit], shown: Evidence) -> str:
    options = pairing.possible[units[0]]
    alike = [unit for unit in units if pairing.possible[unit] == options] or units[:1]
    tried = (
        f"No example could be made up to decide it ({shown.reason.rstrip('.')})."
        if shown.found is None
        else "An example that was run through both models does not decide it."
    )
    return (
        f"It is open which of PyTorch's {listed(options)} belongs to Keras's {listed(alike)}: "
        f"their shapes fit in more than one way. {tried} Say which is which with "
        f"`pairs={{{options[0].label!r}: {alike[0].label!r}}}` or the like, give both the same "
        "names, or give a batch for which the outputs decide with `example=`."
    )


def _unknown_order(pair: Pair, reason: str) -> str:
    name = pair.ours.label
    return (
        f"{pair.ours} in PyTorch and {pair.theirs} in Keras: it cannot be told in which order "
        "their features come, because the models have feature maps, and channels come first in "
        f"PyTorch ({reason}). Give a batch that goes through both models with `example=` (and "
        f"`torch_inputs=`), or the shape that PyTorch flattens, as in `flattened={{{name!r}: (C, "
        "H, W)}`; a shape of one number means the same order on both sides."
    )


def _unknown_axes(pair: Pair) -> str:
    return (
        f"{pair.ours} in PyTorch and {pair.theirs} in Keras have axes of one length, and it cannot "
        "be told which way round they are: no example shows that the outputs are the same. If it "
        "is the same array on both sides, say so with "
        f"`pairs={{{pair.ours.label!r}: {pair.theirs.label!r}}}`."
    )
