"""The batches of the lesson on convolutional networks."""

import numpy as np

STEPS = ("define-residual", "define-rates")
# GELU is flat near its minimum, and a maximum over a map that lies there is a tie but for the last
# digit: one framework's gradient goes to one place, the other's to another. Among the pictures of
# the first batch, which the gradients are compared on, there is no such map.
FIRST, SIZE = 16, 8


def batches(lesson, count):
    """Return batches of pictures near 0 with spread 1, (8, 32, 32, 3), and labels."""
    data = lesson["data"]
    rows = slice(FIRST, FIRST + SIZE * count)
    pixels = (data.train_images[rows].astype(np.float32) / 255 - 0.5) / 0.25
    shape = (count, SIZE, 32, 32, 3)
    return list(
        zip(pixels.reshape(shape), data.train_labels[rows].reshape(count, SIZE), strict=True)
    )
