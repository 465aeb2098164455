"""The batches of the first network."""

import numpy as np


def batches(lesson, count):
    """Return batches of grey pictures from 0 to 1, (128, 28, 28), and labels."""
    data = lesson["data"]
    pixels = data.train_images[: 128 * count].astype(np.float32) / 255
    labels = data.train_labels[: 128 * count]
    return list(zip(pixels.reshape(count, 128, 28, 28), labels.reshape(count, 128), strict=True))
