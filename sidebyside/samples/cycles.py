"""Spots on a made-up sun: the sample of the monthly sunspot numbers.

Cycles of nine to twelve years follow one another. Each has a height of its own; the higher it is,
the faster it rises, as on the real sun (Waldmeier 1935), and it falls more slowly than it rises.
Months scatter around their cycle, the more the higher it stands. What the next months bring
follows from the last ones, what the next cycle brings hardly does. Whole numbers only, so that
every machine makes the same bytes.
"""

import numpy as np

FIRST_YEAR, MONTHS = 1749, 2820  # the months of the original
UNIT = 1000  # heights within a cycle are in thousandths of its own


def draw(seed: int) -> np.ndarray:
    """Return tenths of a sunspot number for each month: int64, (2820,), none below 0."""
    random = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < MONTHS + 60:
        height = int(random.integers(600, 1700))
        rise = 66 - height // 60 + int(random.integers(-3, 4))
        fall = 74 + height // 200 + int(random.integers(-5, 6))
        parts.append(height * _shape(rise, fall) // UNIT)
    start = 60  # within the first cycle
    smooth = np.concatenate(parts)[start : start + MONTHS]
    scatter = random.integers(-16, 17, MONTHS) + random.integers(-16, 17, MONTHS)  # percent
    floor = random.integers(0, 60, MONTHS)
    numbers: np.ndarray = np.maximum(smooth * (100 + scatter) // 100 + floor - 20, 0)
    return numbers


def _shape(rise: int, fall: int) -> np.ndarray:
    """Return a cycle's height month by month, in thousandths: up in `rise` and down in `fall`."""
    return np.concatenate([_slope(np.arange(rise), rise), _slope(np.arange(fall, 0, -1), fall)])


def _slope(month: np.ndarray, months: int) -> np.ndarray:
    """Return an S-shaped way from 0 to 1000 in `months`: 3 u^2 - 2 u^3 with u from 0 to 1."""
    way: np.ndarray = UNIT * month * month * (3 * months - 2 * month) // months**3
    return way
