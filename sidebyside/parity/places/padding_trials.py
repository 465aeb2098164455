"""Pad otherwise in PyTorch's model, and see whether a layer then gives what Keras's gives.

`nn.ZeroPad2d` and its like call `F.pad`, too.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from torch.overrides import TorchFunctionMode

from sidebyside.parity.places.both_programs import Programs, alike
from sidebyside.parity.places.layer_calls import KerasCall, fused, layouts
from sidebyside.parity.rules import Pair
from sidebyside.parity.tracing import Call, NotRunError, trace_torch

_MODES = {"constant": "pad", "reflect": "pad-reflect", "replicate": "pad-replicate"}
_STRIDED = "conv2d-padding-1-stride-2"
Padding = tuple[tuple[int, ...], str]  # amounts as `F.pad` takes them, the last axis first; mode


class _Paddings(TorchFunctionMode):
    """Sees the calls of `F.pad`, and changes one of them."""

    def __init__(self, number: int = -1, instead: Padding | None = None):
        super().__init__()
        self.number, self.instead = number, instead
        self.seen: list[Padding] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__name__", "") != "pad" or not args:
            return func(*args, **(kwargs or {}))
        options = dict(zip(("pad", "mode", "value"), args[1:], strict=False)) | (kwargs or {})
        amounts = tuple(int(amount) for amount in options["pad"])
        padding = amounts, options.get("mode", "constant")
        if self.instead is not None and len(self.seen) == self.number:
            options["pad"], options["mode"] = self.instead
        self.seen.append(padding)
        return func(args[0], **options)


def explained(both: Programs, pair: Pair, theirs: KerasCall) -> tuple[str, str] | None:
    """Return the padding whose change makes a layer give what its counterpart gives in Keras.

    Parameters
    ----------
    both
        The programs.
    pair
        The two layers, which give different things.
    theirs
        The call of Keras's layer.

    Returns
    -------
    tuple of str, or None
        The sentence on the padding, and the key of its entry; None if no other padding does it.
    """
    with _Paddings() as plain:
        _call(both, pair, theirs.number)
    for number, padding in enumerate(plain.seen):
        for other in _others(*padding):
            with _Paddings(number, other):
                ours = _call(both, pair, theirs.number)
            if ours is not None and _same(pair, ours, theirs):
                return _sentence(padding, other), _entry(pair, padding, other)
    return None


def _others(amounts: tuple[int, ...], mode: str) -> Iterator[Padding]:
    """Yield other paddings: another share before and after, one less or more, another mode."""
    axes = list(zip(amounts[::2], amounts[1::2], strict=True))
    seen = {amounts}
    for shares in ((_less_before, _less_after), (_all_after, _all_before)):
        for more, share in product((0, -1, 1), shares):
            flat = tuple(
                part for before, after in axes
                for part in (share(max(before + after + more, 0)) if before or after else (0, 0))
            )  # fmt: skip
            if flat not in seen:
                seen.add(flat)
                yield flat, mode
    for other in _MODES:
        if other != mode:
            yield amounts, other


def _less_before(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2


def _less_after(total: int) -> tuple[int, int]:
    return total - total // 2, total // 2


def _all_after(total: int) -> tuple[int, int]:
    return 0, total


def _all_before(total: int) -> tuple[int, int]:
    return total, 0


def _call(both: Programs, pair: Pair, number: int) -> Call | None:
    """Return what PyTorch's layer reads and gives in one of its calls."""
    try:
        trace = trace_torch(both.torch_model, [pair.ours], both.torch_batch.inputs)
    except NotRunError:  # the model cannot be padded like that
        return None
    calls = trace.calls.get(pair.ours, [])
    return calls[number] if number < len(calls) else None


def _same(pair: Pair, ours: Call, theirs: KerasCall) -> bool:
    if ours.outputs is None or theirs.outputs is None:
        return False
    given = ours.outputs if pair.writes is None else np.take(ours.outputs, pair.writes, 1)
    return any(alike(fused(pair.theirs.layer, o), theirs.outputs) for o in layouts(given))


def _sentence(ours: Padding, theirs: Padding) -> str:
    if ours[1] != theirs[1]:
        return f"PyTorch's model pads with mode={ours[1]!r}, and Keras's as with {theirs[1]!r}."
    return (
        f"PyTorch's model pads by {ours[0]}, and Keras's as by {theirs[0]} (as `F.pad` takes it: "
        "before and after, the last axis first)."
    )


def _entry(pair: Pair, ours: Padding, theirs: Padding) -> str:
    if ours[1] != theirs[1]:
        return _MODES[theirs[1] if ours[1] == "constant" else ours[1]]
    strides = getattr(pair.ours.layer, "stride", 1)
    strided = any(s > 1 for s in (strides if isinstance(strides, tuple) else (strides,)))
    return _STRIDED if strided else "pad"
