"""Pictures for style transfer: the sample of its photographs and paintings.

A photograph is a scene of smooth areas: a sky that fades, hills, a house, a sun. A painting is all
texture: bands of few strong colours that wind over the whole picture. So it can be seen whose
content and whose style a picture has. Whole numbers only, so that every machine draws the same.
"""

import numpy as np

HEIGHT, WIDTH = 96, 128
PALETTES = {
    "wave": ((24, 48, 110), (235, 225, 200), (110, 150, 190), (200, 170, 120)),
    "wreck": ((60, 40, 20), (240, 200, 90), (150, 90, 40), (90, 110, 90)),
}
ROWS, COLUMNS = np.arange(HEIGHT)[:, None], np.arange(WIDTH)[None, :]


def photograph(seed: int) -> np.ndarray:
    """Draw a scene from `seed`: uint8, (96, 128, 3)."""
    random = np.random.default_rng(seed)
    top, bottom = random.integers(90, 256, (2, 3))
    pixels: np.ndarray = top + (bottom - top) * ROWS[..., None] // HEIGHT + 0 * COLUMNS[..., None]
    y, x = ROWS - random.integers(12, 36), COLUMNS - random.integers(16, 112)
    pixels = np.where((x * x + y * y < 100)[..., None], random.integers(200, 256, 3), pixels)
    for horizon in (40, 56, 72):
        height = horizon + _zigzag(COLUMNS + random.integers(WIDTH), random.integers(20, 60), 10)
        pixels = np.where((height < ROWS)[..., None], random.integers(20, 180, 3), pixels)
    y, x = ROWS - random.integers(52, 72), abs(COLUMNS - random.integers(24, 104))
    wall, roof = (y > 0) & (y < 24) & (x < 14), (y <= 0) & (y > -14) & (x < 16 + y)
    pixels = np.where(wall[..., None], random.integers(120, 256, 3), pixels)
    pixels = np.where(roof[..., None], random.integers(60, 200, 3), pixels)
    pixels = pixels + random.integers(-6, 7, (HEIGHT, WIDTH, 1))
    return pixels.clip(0, 255).astype(np.uint8)


def painting(name: str, seed: int) -> np.ndarray:
    """Draw winding bands in the colours of PALETTES: uint8, (96, 128, 3)."""
    random = np.random.default_rng(seed)
    bend = _zigzag(COLUMNS + _zigzag(ROWS, 23, 6), random.integers(17, 25), 8)
    bands = (ROWS + bend + _zigzag(COLUMNS, random.integers(50, 70), 12)) // 6
    pixels: np.ndarray = np.array(PALETTES[name])[bands % 4]
    pixels = pixels + random.integers(-12, 13, (HEIGHT, WIDTH, 1))
    return pixels.clip(0, 255).astype(np.uint8)


def _zigzag(places: np.ndarray, period: int | np.integer, height: int) -> np.ndarray:
    """Return a wave of straight lines, from 0 to `height` and back within a period."""
    wave: np.ndarray = abs(places % period * 2 - period) * height // period
    return wave
