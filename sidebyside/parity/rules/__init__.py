"""Which layers are counterparts, and how the arrays of one become those of the other."""

from sidebyside.parity.libraries import kl
from sidebyside.parity.rules import (
    attention,
    convolution,
    dense,
    embedding,
    normalisation,
    parameters,
    recurrent,
)
from sidebyside.parity.rules.base import Order, Pair, Rule, Setting
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit

__all__ = ["KERAS_KINDS", "TORCH_KINDS", "Order", "Pair", "Rule", "Setting", "rules_for"]

RULES = (
    *dense.RULES,
    *convolution.RULES,
    *embedding.RULES,
    *normalisation.RULES,
    *recurrent.RULES,
    *attention.RULES,
)
TORCH_KINDS = tuple(dict.fromkeys(kind for rule in RULES for kind in rule.torch))
KERAS_KINDS = (*dict.fromkeys(kind for rule in RULES for kind in rule.keras), kl.Bidirectional)


def rules_for(ours: TorchUnit, theirs: KerasUnit) -> list[Rule]:
    """Return the rules for the kinds of two units: one at most, but for a unit from a file."""
    if BARE in (ours.part, theirs.part):
        return [parameters.RULE] if ours.part == theirs.part else []
    layer = theirs.layer
    if isinstance(layer, kl.Bidirectional):
        if not any(key.endswith("_reverse") for key in ours.keys):
            return []
        layer = layer.forward_layer
    elif any(key.endswith("_reverse") for key in ours.keys):
        return []
    part = "" if ours.part.startswith("_l") else ours.part
    return [
        rule
        for rule in RULES
        if (ours.layer is None or isinstance(ours.layer, rule.torch))
        and isinstance(layer, rule.keras)
        and (part, theirs.part) == (rule.torch_part, rule.keras_part)
    ]
