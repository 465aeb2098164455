"""The batches of the lesson on production pipelines."""

import numpy as np

STEPS = ("define-transform",)  # which says how many inputs there are


def batches(lesson, count):
    """Return batches of transformed features, (64, inputs), and labels, (64, 1)."""
    rng = np.random.default_rng(0)
    shape = count, lesson["batch_size"]
    features = rng.standard_normal((*shape, lesson["inputs"])).astype("float32")
    labels = rng.integers(0, 2, (*shape, 1)).astype("float32")
    return list(zip(features, labels, strict=True))
