"""The batches of text generation, for its LSTM and its transformer: rows of the sample's text."""

import numpy as np

BUILDERS = ("make_model", "make_transformer")
STEPS = ("encode", "define-encode", "define-transformer-block", "define-transformer")


def batches(lesson, count):
    """Return batches of 16 rows of 48 characters, and the characters that follow each: ids."""
    random = np.random.default_rng(0)
    places = random.integers(len(lesson["train_ids"]) - 48, size=(count, 16, 1)) + np.arange(49)
    rows = lesson["train_ids"][places]
    return [(batch[:, :-1], batch[:, 1:]) for batch in rows]
