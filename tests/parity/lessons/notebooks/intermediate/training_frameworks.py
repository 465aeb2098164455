"""The batches of the lesson on training frameworks."""

import numpy as np


def batches(lesson, count):
    """Return batches of grey pictures from 0 to 1, (128, 28, 28), and labels."""
    data, size = lesson["data"], lesson["batch_size"]
    pixels = data.train_images[: size * count].astype(np.float32) / 255
    labels = data.train_labels[: size * count]
    return list(zip(pixels.reshape(count, size, 28, 28), labels.reshape(count, size), strict=True))
