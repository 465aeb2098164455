"""Whether a setting that both models show differs without showing in this batch."""

from sidebyside.parity import weightless
from sidebyside.parity.places import steps_apart
from sidebyside.parity.places.both_programs import Programs, told
from sidebyside.parity.places.findings import Finding
from sidebyside.parity.places.training_apart import momentum
from sidebyside.parity.rules import Pair, Setting

PLACE = "settings"


def find(both: Programs) -> tuple[str, Finding | None]:
    """Return the first setting that differs."""
    for pair in both.pairs:
        others = [momentum(pair)]
        for setting in [*both.differing(pair), *(s for s in others if s is not None)]:
            return "", _finding(_names(pair), setting)
    for pair, setting in weightless.differences(both.torch_model, both.keras_model):
        return "", _finding(_names(pair), setting)
    if both.torch_make_optimizer is not None and both.keras_make_optimizer is not None:
        for _, setting in steps_apart.options(both):
            return "", _finding("the optimisers", setting)
    return "all that both models show", None


def _finding(where: str, setting: Setting) -> Finding:
    return Finding(
        PLACE, where, f"{told(setting)} This batch does not show it, others may.", setting.entry
    )


def _names(pair: Pair) -> str:
    return f"{pair.ours} in PyTorch and {pair.theirs} in Keras"
