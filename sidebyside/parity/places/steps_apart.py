"""Whether both optimisers take the same steps, given the same gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sidebyside.parity.libraries import keras, torch
from sidebyside.parity.places.both_programs import Programs, told
from sidebyside.parity.places.findings import Finding
from sidebyside.parity.rules import Setting

PLACE = "optimiser steps"
STEPS = 3  # momentum shows at the second, its decay at the third
_PART = 1e-4  # of the largest update
_ROUNDING = 4 * float(np.finfo("float32").eps)
# PyTorch's option, the place in it, Keras's attribute
_OPTIONS: tuple[tuple[str, int | None, str], ...] = (
    ("lr", None, "learning_rate"), ("weight_decay", None, "weight_decay"),
    ("momentum", None, "momentum"), ("nesterov", None, "nesterov"), ("betas", 0, "beta_1"),
    ("betas", 1, "beta_2"), ("eps", None, "epsilon"), ("alpha", None, "rho"),
    ("amsgrad", None, "amsgrad"), ("centered", None, "centered"),
)  # fmt: skip
_ENTRIES = {
    "SGD": {"weight_decay": "sgd-weight-decay", "momentum": "sgd-momentum",
            "nesterov": "sgd-nesterov", "": "sgd"},
    "Adam": {"eps": "adam-epsilon", "amsgrad": "adam-amsgrad", "": "adam"},
    "AdamW": {"eps": "adam-epsilon", "amsgrad": "adam-amsgrad", "": "adamw"},
    "RMSprop": {"centered": "rmsprop-centered", "": "rmsprop"},
}  # fmt: skip


def find(both: Programs) -> tuple[str, Finding | None]:
    """Take a few steps with PyTorch's gradients on both sides, and compare the updates."""
    gap, name = _compared(both)
    if not name:
        return f"{STEPS} steps with the same gradients", None
    ours, theirs = _made(both)
    where = f"`{name}` after {STEPS} steps with the same gradients"
    kinds = type(ours).__name__, type(theirs).__name__
    if not _same_kind(*kinds):
        return "", Finding(
            PLACE, where, f"PyTorch's optimiser is {kinds[0]}, Keras's {kinds[1]}.",
            _entry(kinds[0], ""), gap,
        )  # fmt: skip
    differing = options(both)
    for option, setting in differing:
        if not _compared(both, _with(option, setting.other))[1]:
            return "", Finding(PLACE, where, told(setting), setting.entry, gap, True)
    together = len(differing) > 1 and not _compared(both, _all(differing))[1]
    sentences = " ".join(told(setting) for _, setting in differing) or (
        "The options that both show are the same: look at schedules, clipping, and which weights "
        "each of them is given."
    )
    entry = differing[0][1].entry if differing else _entry(kinds[0], "")
    return "", Finding(PLACE, where, sentences, entry, gap, together)


def options(both: Programs) -> list[tuple[tuple[str, int | None], Setting]]:
    """Return the options of the two optimisers that differ."""
    ours, theirs = _made(both)
    group, found = ours.param_groups[0], []
    for name, place, other in _OPTIONS:
        if name not in group or not hasattr(theirs, other):
            continue
        value = group[name] if place is None else group[name][place]
        setting = Setting(
            name if place is None else f"{name}[{place}]", _number(value), other,
            _number(getattr(theirs, other)), _entry(type(ours).__name__, name),
        )  # fmt: skip
        if not setting.same:
            found.append(((name, place), setting))
    return found


def _number(value: Any) -> object:
    if value is None:
        return 0.0  # no decay
    return value if isinstance(value, bool) else float(value)


def _entry(kind: str, option: str) -> str:
    entries = _ENTRIES.get(kind, {})
    return entries.get(option, entries.get("", kind.lower()))


def _same_kind(ours: str, theirs: str) -> bool:
    return ours.lower() == theirs.lower()


def _made(both: Programs) -> tuple[torch.optim.Optimizer, keras.optimizers.Optimizer]:
    made = both.torch_make_optimizer(both.torch_model)  # type: ignore[misc]
    theirs = both.keras_make_optimizer(both.keras_model)  # type: ignore[misc]
    return (made[0] if isinstance(made, tuple) else made), theirs


def _with(option: tuple[str, int | None], value: object) -> Callable[[Any], None]:
    """Return what gives PyTorch's optimiser one of Keras's options."""
    name, place = option

    def change(optimizer: torch.optim.Optimizer) -> None:
        for group in optimizer.param_groups:
            if place is None:
                group[name] = value
            else:
                group[name] = tuple(value if i == place else x for i, x in enumerate(group[name]))

    return change


def _all(differing: list[tuple[tuple[str, int | None], Setting]]) -> Callable[[Any], None]:
    """Return what gives PyTorch's optimiser all of Keras's options."""

    def change(optimizer: torch.optim.Optimizer) -> None:
        for option, setting in differing:
            _with(option, setting.other)(optimizer)

    return change


def _compared(both: Programs, change: Callable[[Any], None] | None = None) -> tuple[float, str]:
    """Return the largest difference of the updates, and the weight; its name is empty if small."""
    with both.conditions():
        before = [np.array(both.ours.value(m)) for m in both.trainable]
        make = both.ours.make_optimizer
        if change is not None:
            both.ours.make_optimizer = _changed(make, change)
        try:
            mine, other = both.ours.optimizer(), both.theirs.optimizer()
        finally:
            both.ours.make_optimizer = make
        for _ in range(STEPS):
            passed = both.ours.training(both.torch_batch)
            mine(passed.gradients)
            other(passed.gradients)
        rows = [
            (m.name, both.ours.value(m) - b, both.theirs.value(m) - b, np.abs(b).max(initial=0))
            for m, b in zip(both.trainable, before, strict=True)
        ]
    worst, name = 0.0, ""
    for found, ours, theirs, size in rows:
        largest = float(np.abs(ours).max(initial=0)) or 1e-12
        gap = float(np.abs(ours - theirs).max(initial=0))
        allowed = _PART * largest + STEPS * _ROUNDING * float(size)
        if gap > allowed and gap / largest > worst:
            worst, name = gap / largest, found
    return worst, name


def _changed(make: Callable[[Any], Any], change: Callable[[Any], None]) -> Callable[[Any], Any]:
    def made(model: Any) -> Any:
        found = make(model)
        change(found[0] if isinstance(found, tuple) else found)
        return found

    return made
