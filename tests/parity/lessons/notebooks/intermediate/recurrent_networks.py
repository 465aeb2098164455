"""The batches of the recurrent networks: windows and what a line leaves over, made at random."""

import numpy as np


def batches(lesson, count):
    """Return batches of scaled windows, (128, 132), and targets, (128, 36)."""
    random = np.random.default_rng(0)
    size, window, horizon = (lesson[name] for name in ("batch_size", "window", "horizon"))
    slow = np.cumsum(random.normal(size=(count, size, window + horizon)), axis=2) / 6
    rows = slow.astype(np.float32)
    return [(one[:, :window], one[:, window:]) for one in rows]
