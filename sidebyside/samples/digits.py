"""Pictures of ten digits: the sample of MNIST.

Each digit is one small bitmap, drawn at a random place, in random height, width, slant, thickness
and brightness, and with noise over it. Whole numbers only, so that every machine draws the same
bytes.
"""

import numpy as np

SIDE = 28
NOISE = 40  # largest change of a value, of 255
BITMAPS = """
.###.  ..#..  .###.  .###.  ...#.  #####  ..##.  #####  .###.  .###.
#...#  .##..  #...#  #...#  ..##.  #....  .#...  ....#  #...#  #...#
#...#  ..#..  ....#  ....#  .#.#.  ####.  #....  ...#.  #...#  #...#
#...#  ..#..  ...#.  ..##.  #..#.  ....#  ####.  ...#.  .###.  .####
#...#  ..#..  ..#..  ....#  #####  ....#  #...#  ..#..  #...#  ....#
#...#  ..#..  .#...  #...#  ...#.  #...#  #...#  ..#..  #...#  ...#.
.###.  .###.  #####  .###.  ...#.  .###.  .###.  ..#..  .###.  .##..
"""
GLYPHS = np.array(
    [[[sign == "#" for sign in glyph] for glyph in row.split()] for row in BITMAPS.split("\n")[1:8]]
).transpose(1, 0, 2)  # (10, 7, 5)


def draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` pictures (a multiple of 100) from `seed`.

    Returns
    -------
    images : uint8, (count, 28, 28)
    labels : int64, (count,), every class equally often in every run of 100
    """
    random = np.random.default_rng(seed)
    labels = np.concatenate([random.permutation(100) % 10 for _ in range(count // 100)])
    number = (count, 1, 1)
    height, width = random.integers(14, 22, number), random.integers(9, 17, number)
    row = np.arange(SIDE)[:, None] - random.integers(12, 17, number)  # from the middle
    column = np.arange(SIDE) - random.integers(12, 17, number)
    column = column + row * random.integers(-4, 5, number) // 10  # the slant
    down = (2 * row + height) * 7 // (2 * height)  # (count, 28, 1), which row of the bitmap
    across = (2 * column + width) * 5 // (2 * width)  # (count, 28, 28)
    inside = (down >= 0) & (down < 7) & (across >= 0) & (across < 5)
    place = (labels[:, None, None], np.clip(down, 0, 6), np.clip(across, 0, 4))
    ink = (GLYPHS[place] & inside).astype(np.int64)
    thick = random.integers(0, 2, number)
    ink = np.maximum(ink, thick * np.roll(ink, 1, axis=2))
    ink = _smooth(_smooth(ink, axis=1), axis=2)  # 0 to 16
    images = ink * random.integers(140, 256, number) // 16
    images = images + random.integers(-NOISE, NOISE + 1, images.shape)
    return np.clip(images, 0, 255).astype(np.uint8), labels.astype(np.int64)


def _smooth(ink: np.ndarray, axis: int) -> np.ndarray:
    """Return 4 times the mean of each pixel (twice) and its two neighbours along `axis`."""
    smooth: np.ndarray = np.roll(ink, 1, axis) + 2 * ink + np.roll(ink, -1, axis)
    return smooth
