"""Pictures of ten shapes: the sample of CIFAR-10.

Place, size, colours and which of figure and ground is the brighter one are drawn at random, so
that no pixel says much by itself: a linear model stays near chance, a convolutional network does
not. A mirror image has the same class. Whole numbers only, so that every machine draws the same
bytes.
"""

import numpy as np

SIDE = 32
NOISE = 64  # largest change of a value, of 255
NAMES = (
    "disc",
    "ring",
    "square",
    "frame",
    "diamond",
    "plus",
    "saltire",
    "triangle",
    "stripes",
    "checks",
)


def draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` pictures (a multiple of 500) from `seed`.

    Returns
    -------
    images : uint8, (count, 32, 32, 3)
    labels : int64, (count,), every class equally often in every run of 100
    """
    random = np.random.default_rng(seed)
    labels = np.concatenate([random.permutation(100) % 10 for _ in range(count // 100)])
    column = random.integers(11, 21, (count, 1, 1))
    row = random.integers(11, 21, (count, 1, 1))
    radius = random.integers(6, 12, (count, 1, 1))
    inside = _figures(np.arange(SIDE) - column, np.arange(SIDE)[:, None] - row, radius)
    figure = inside[labels, np.arange(count)]  # (count, 32, 32)
    light = random.integers(120, 256, (count, 1, 1, 3))
    dark = light - random.integers(30, 101, (count, 1, 1, 3))
    bright_figure = random.integers(0, 2, (count, 1, 1)).astype(bool)
    images = np.where((figure == bright_figure)[..., None], light, dark)
    images = images + random.integers(-NOISE, NOISE + 1, images.shape)
    return np.clip(images, 0, 255).astype(np.uint8), labels.astype(np.int64)


def _figures(x: np.ndarray, y: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Return which pixels belong to each shape: bool, (10, count, 32, 32), in order of NAMES.

    x, y: distance of each pixel from the centre; r: radius; all in pixels.
    """
    across, down = abs(x), abs(y)
    distance, largest = x * x + y * y, np.maximum(across, down)
    square = 8 * largest <= 7 * r
    bar = r // 3
    shapes = (
        distance <= r * r,
        (distance <= r * r) & (3 * distance >= r * r),
        square,
        square & (2 * largest >= r),
        across + down <= r + r // 4,
        (np.minimum(across, down) <= bar) & (largest <= r),
        (abs(across - down) <= bar) & square,
        (2 * across <= y + r) & (down <= r),
        square & (((y + r) // bar) % 2 == 0),
        square & (((y + r) // bar + (x + r) // bar) % 2 == 0),
    )
    return np.stack(np.broadcast_arrays(*shapes))
