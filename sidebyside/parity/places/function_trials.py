"""Change one function call of PyTorch's model, and see whether it then gives what Keras's does."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch.overrides import TorchFunctionMode

from sidebyside.parity.places.both_programs import Programs
from sidebyside.parity.places.layer_calls import same_inputs
from sidebyside.parity.rules import Pair
from sidebyside.parity.tracing import NotRunError, trace_torch

_SOFTMAX = ("softmax", "log_softmax")
_ENTRIES = {
    "softmax": "softmax-axis", "log_softmax": "log-softmax", "gelu": "gelu-tanh",
    "leaky_relu": "leaky-relu",
}  # fmt: skip
_SLOPES = (0.01, 0.2, 0.3)  # PyTorch's default, that of keras.ops, and Keras's layer


class _Functions(TorchFunctionMode):
    """Sees the calls of functions that have an option to try, and changes one of them."""

    def __init__(self, number: int = -1, option: str = "", value: object = None):
        super().__init__()
        self.number, self.option, self.value = number, option, value
        self.seen: list[tuple[str, int, dict[str, Any]]] = []  # name, rank of the input, options

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name, options = getattr(func, "__name__", ""), dict(kwargs or {})
        if name in _ENTRIES and args:
            if name in _SOFTMAX and len(args) > 1:
                options["dim"], args = args[1], args[:1]
            if name == "leaky_relu" and len(args) > 1:
                options["negative_slope"], args = args[1], args[:1]
            if len(self.seen) == self.number:
                options[self.option] = self.value
            self.seen.append((name, args[0].ndim, dict(options)))
        return func(*args, **options)


def explained(both: Programs, pair: Pair, theirs: np.ndarray) -> tuple[str, str] | None:
    """Return the call whose change makes a layer read what its counterpart reads in Keras.

    Parameters
    ----------
    both
        The programs.
    pair
        The two layers, which read different things.
    theirs
        What Keras's layer reads.

    Returns
    -------
    tuple of str, or None
        The sentence on the call, and the key of its entry; None if no such change does it.
    """
    with _Functions() as plain:
        _read(both, pair)
    for number, (name, rank, options) in enumerate(plain.seen):
        for option, value, sentence in _trials(name, rank, options):
            with _Functions(number, option, value):
                ours = _read(both, pair)
            if ours is not None and same_inputs(both, pair, ours, theirs):
                return sentence, _ENTRIES[name]
    return None


def _trials(name: str, rank: int, options: dict[str, Any]) -> Iterator[tuple[str, object, str]]:
    """Yield an option, another value for it, and the sentence that says so."""
    if name in _SOFTMAX:
        now = options.get("dim")
        for axis in range(rank):
            if now is None or axis != now % rank:
                yield (
                    "dim", axis,
                    f"PyTorch applies {name} over dim={now}, and Keras over axis={axis} "
                    f"of {rank} (counted as in PyTorch).",
                )  # fmt: skip
    elif name == "gelu":
        now = options.get("approximate", "none")
        other = "tanh" if now == "none" else "none"
        yield (
            "approximate",
            other,
            f"PyTorch applies gelu with approximate={now!r}, and Keras the other one.",
        )
    else:
        now = options.get("negative_slope", 0.01)
        for slope in _SLOPES:
            if slope != now:
                yield (
                    "negative_slope", slope,
                    f"PyTorch's leaky_relu has the slope {now:g}, and Keras's {slope:g}.",
                )  # fmt: skip


def _read(both: Programs, pair: Pair) -> np.ndarray | None:
    """Return what PyTorch's layer reads in its first call."""
    try:
        trace = trace_torch(both.torch_model, [pair.ours], both.torch_batch.inputs)
    except NotRunError:
        return None
    calls = trace.calls.get(pair.ours, [])
    return calls[0].inputs if calls else None
