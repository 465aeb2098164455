"""Take from an example what it shows, and refuse where it leaves something open."""

from sidebyside.errors import OpenPairingError
from sidebyside.parity.alignment import SAME
from sidebyside.parity.evidence import Evidence
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.flattening import UNKNOWN, read_features
from sidebyside.parity.libraries import keras
from sidebyside.parity.pairing import Pairing
from sidebyside.parity.rules import Pair
from sidebyside.parity.told import Told
from sidebyside.parity.units import BARE, KerasUnit, listed
from sidebyside.parity.walking import Found


def decide(
    keras_model: keras.Model, fitting: Fitting, pairing: Pairing, shown: Evidence, told: Told
) -> list[Pair]:
    """Return the pairs that are certain with what an example shows, or Keras's graph.

    Raises
    ------
    OpenPairingError
        If a counterpart, or the order of a layer's features, stays open.
    """
    found = shown.found
    same = found is not None and found.outputs == SAME
    for unit in fitting.theirs:
        if unit.ambiguous and unit not in pairing.open and not same:
            pair = Pair(pairing.counterpart(unit), unit)
            if not told.pairs(pair):
                raise OpenPairingError(_unknown_axes(pair))
    if found is None:
        if pairing.open:
            raise OpenPairingError(_open(pairing, pairing.open, shown))
        pairs = [Pair(pairing.counterpart(unit), unit) for unit in fitting.theirs]
        _refuse_unknown_orders(keras_model, fitting, pairs, shown, told)
        return pairs
    if undecided := _undecided(pairing, shown, found):
        raise OpenPairingError(_open(pairing, undecided, shown))
    for unit in found.unsure:
        if told.likeliest:
            told.guessed.add(unit)
        elif not told.about(found.pairs[unit]):
            raise OpenPairingError(
                _unknown_order(found.pairs[unit], "an example does not show it.")
            )
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
        f"Nothing could be run to decide it: {shown.reason}"
        if shown.found is None
        else "An example that was run through both models does not decide it."
    )
    return (
        f"It is open which of PyTorch's {listed(options)} belongs to Keras's {listed(alike)}: "
        f"their shapes fit in more than one way. {tried} Say which is which with "
        f"`pairs={{{options[0].label!r}: {alike[0].label!r}}}` or the like, give both the same "
        "names, or give a batch for which the outputs decide with `example=`."
    )


def _refuse_unknown_orders(
    keras_model: keras.Model, fitting: Fitting, pairs: list[Pair], shown: Evidence, told: Told
) -> None:
    """Refuse a layer if the graph of Keras's model does not say how its features come."""
    graph = read_features(keras_model)
    for pair in pairs:
        rule = fitting.fit(pair.ours, pair.theirs).rule
        assert rule is not None
        if told.about(pair) or pair.theirs.part == BARE:
            continue
        reads = (graph or {}).get(id(pair.theirs.layer), None if rule.channels else UNKNOWN)
        if reads is None or (reads.unknown and rule.channels and told.unflattened):
            continue
        if reads.flattened:
            raise OpenPairingError(_flattened(pair, reads.flattened, shown.reason))
        if reads.unknown and (rule.reorders or rule.channels):
            raise OpenPairingError(_unknown_order(pair, shown.reason))


def _flattened(pair: Pair, shape: tuple[int, ...], reason: str) -> str:
    return (
        f"{pair.ours} in PyTorch and {pair.theirs} in Keras read flattened maps, whose channels "
        f"come first in PyTorch as a rule, but that is not certain: {reason} Give a batch that "
        "goes through both models with `example=`, or say that PyTorch flattens maps of this "
        f"shape, with `flattened={{{pair.ours.label!r}: {shape}}}`; a shape of one number means "
        "the same order on both sides."
    )


def _unknown_order(pair: Pair, reason: str) -> str:
    return (
        f"{pair.ours} in PyTorch and {pair.theirs} in Keras: the order of their features "
        "is open, because the models have feature maps, and channels come first in "
        f"PyTorch: {reason} Give a batch that goes through both models with `example=` (and "
        f"`torch_inputs=`), or the shape that PyTorch flattens, as in `flattened="
        f"{{{pair.ours.label!r}: (C, H, W)}}`, or that it makes of a layer's outputs, as in "
        "`unflattened=`; a shape of one number means the same order on both sides."
    )


def _unknown_axes(pair: Pair) -> str:
    return (
        f"{pair.ours} in PyTorch and {pair.theirs} in Keras have axes of one length, and which "
        "way round they are is open: no example shows that the outputs are the same. If it "
        "is the same array on both sides, say so with "
        f"`pairs={{{pair.ours.label!r}: {pair.theirs.label!r}}}`."
    )
