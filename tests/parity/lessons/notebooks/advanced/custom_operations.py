"""The batches of the custom operation: sequences with a mark. Both libraries are built for it."""

import numpy as np

STEPS = (
    "find-compiler",
    "write-kernel",
    "write-kernel-back",
    "define-compile",
    "write-binding",
    "write-binding-forward",
    "write-binding-backward",
    "write-registration",
    "define-flags",
    "build",
    "load",
    "register-gradient",
    "define-task",
)


def batches(lesson, count):
    """Return batches of sequences, (32, 200, 17), and the symbols that were marked, (32,)."""
    random = np.random.default_rng(0)
    return [lesson["draw_sequences"](lesson["batch_size"], random) for _ in range(count)]
