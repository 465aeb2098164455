"""The inputs of an entry: made once, by NumPy, for both sides."""

import math
import types
from collections.abc import Callable

import numpy as np

from sidebyside.dictionary.entries import Entry

SEED = 0


def make_inputs(entry: Entry) -> dict[str, object]:
    """Return what an entry's code for the inputs makes, by name.

    The code has NumPy, `math` and three functions that make random arrays. Fractions get the
    entry's precision; what is no array is passed as it is.
    """
    helpers = _helpers()
    space = dict(helpers)
    exec(compile(entry.inputs, f"<{entry.key}, inputs>", "exec"), space)
    return {
        name: _in_precision(value, entry.precision)
        for name, value in space.items()
        if name not in helpers
        and not name.startswith("_")
        and not isinstance(value, types.ModuleType)
    }


def _helpers() -> dict[str, object]:
    rng = np.random.default_rng(SEED)
    normal: Callable[..., np.ndarray] = lambda *shape: rng.standard_normal(shape)  # noqa: E731
    uniform: Callable[..., np.ndarray] = lambda *shape: rng.random(shape)  # noqa: E731
    integers: Callable[..., np.ndarray] = lambda high, *shape: rng.integers(high, size=shape)  # noqa: E731
    return {"np": np, "math": math, "rng": rng, "normal": normal, "uniform": uniform,
            "integers": integers}  # fmt: skip


def _in_precision(value: object, precision: str) -> object:
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(precision)
    return value


def weights_of_elements(shape: tuple[int, ...], number: int) -> np.ndarray:
    """Return a number for each element of result `number`: the gradients are of the weighted sum.

    They all differ, so no error cancels.
    """
    return np.random.default_rng(number).uniform(0.5, 1.5, shape)
