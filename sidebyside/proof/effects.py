"""Prove what ``defaults.toml`` says of a default's effect: run its check, with both frameworks."""

import linecache
import math
import traceback
import warnings
from typing import Any

import numpy as np

# PyTorch before TensorFlow: see sidebyside.parity.porting
from sidebyside.proof.sides import RUNNERS, clean  # isort: skip

import keras
import torch

from sidebyside.proof.differences import EntryFailed
from sidebyside.proof.inputs import SEED

DIGITS = 0.06  # how far a number may be from the one that is written, relative to it


def near(value: Any, stated: float) -> bool:
    """Return whether a number is the one that a sentence states, as far as it is written."""
    return math.isclose(float(value), stated, rel_tol=DIGITS)


def fails(function: Any, *arguments: Any, **named: Any) -> bool:
    """Return whether a call ends with an error."""
    try:
        function(*arguments, **named)
    except Exception:
        return True
    return False


def moved(optimizer: Any, gradient: Any, steps: int = 1, start: Any = 1.0) -> np.ndarray:
    """Return how far a weight has gone from its start, against the gradient, after some steps.

    Parameters
    ----------
    optimizer
        One of Keras, or what makes one of PyTorch from a list of weights.
    gradient
        The weight's gradient, the same at each step.
    """
    begin = np.asarray(start, "float32")
    slope = np.broadcast_to(np.asarray(gradient, "float32"), begin.shape)
    if isinstance(optimizer, keras.optimizers.Optimizer):
        variable = keras.Variable(begin)
        for _ in range(steps):
            optimizer.apply([keras.ops.convert_to_tensor(slope)], [variable])
        return np.asarray(begin - np.asarray(variable))
    weight = torch.tensor(begin, requires_grad=True)
    stepping = optimizer([weight])
    for _ in range(steps):
        weight.grad = torch.tensor(slope)
        stepping.step()
    return np.asarray(begin - weight.detach().numpy())


def prove_effect(name: str, check: str) -> None:
    """Run the assertions that stand behind an effect.

    Parameters
    ----------
    name
        What an error is said of.
    check
        Python lines. They have the names of both sides, those of an entry's check, and besides
        them `near`, `fails` and `moved`.

    Raises
    ------
    EntryFailed
        If an assertion does not hold; the line is named.
    Exception
        What a line raises otherwise.
    """
    space: dict[str, Any] = {"np": np, "math": math, "near": near}
    space |= {"fails": fails, "moved": moved}
    for runner in RUNNERS.values():
        space |= runner.names
        runner.seed()
    space["rng"] = np.random.default_rng(SEED)
    file = f"<the effect of {name}>"
    linecache.cache[file] = (len(check), None, check.splitlines(keepends=True), file)
    with clean(), warnings.catch_warnings(record=True):  # some defaults warn
        warnings.simplefilter("always")
        try:
            exec(compile(check, file, "exec"), space)
        except AssertionError as error:
            frames = traceback.extract_tb(error.__traceback__)
            line = next(frame.line for frame in reversed(frames) if frame.filename == file)
            raise EntryFailed(f"{name}: it does not hold: {line} {error}".rstrip()) from error
