"""The batches of the vision transformer, and its two networks: on patches, on a stem."""

import numpy as np

BUILDERS = ("make_model", "make_mended")
STEPS = (
    "define-attend",
    "define-split-heads",
    "define-gelu",
    "define-transformer",
    "define-convolution",
    "define-stem",
)


def batches(lesson, count):
    """Return batches of pictures near 0 with spread 1, (32, 32, 32, 3), and rows of shares."""
    data = lesson["data"]
    pixels = (data.train_images[: 32 * count].astype(np.float32) / 255 - 0.5) / 0.25
    shares = 0.9 * np.eye(10, dtype=np.float32)[data.train_labels[: 32 * count]] + 0.01
    pictures = pixels.reshape(count, 32, 32, 32, 3)
    return list(zip(pictures, shares.astype(np.float32).reshape(count, 32, 10), strict=True))
