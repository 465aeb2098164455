"""The batches of the sentiment analysis, for its LSTM and its GRU."""

import numpy as np

BUILDERS = ("make_model", "make_gru")
STEPS = ("define-gru",)


def batches(lesson, count):
    """Return batches of 64 reviews: ids of words, (64, 30), the short ones padded; labels."""
    random = np.random.default_rng(0)
    ids = random.integers(1, lesson["vocabulary_size"], (count, 64, 30))
    lengths = random.integers(5, 31, (count, 64, 1))
    ids[np.arange(30) >= lengths] = 0
    return list(zip(ids, random.integers(0, 2, (count, 64)).astype(np.float32), strict=True))
