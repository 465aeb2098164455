"""Films of shapes that pass by: the sample of the videos.

Discs, squares and triangles, each kind in colours of its own, move evenly from left to right over
a dark ground. Those of `cars` are too small to be found, as the cars of the original are. Whole
numbers only, so that every machine draws the same.
"""

import numpy as np

HEIGHT, WIDTH, FRAMES, RATE = 128, 192, 52, 12
STEP, APART = 7, 110  # pixels from frame to frame, and from shape to shape
COLOURS = {"disc": (224, 72, 64), "square": (72, 208, 96), "triangle": (80, 112, 232)}
CLIPS = {"people": ("disc", 17, 3), "bottles": ("square", 15, 2), "cars": ("triangle", 4, 3)}
"""Of each film: the kind of its shapes, half of their size, and how many pass."""
ROWS, COLUMNS = np.arange(HEIGHT)[:, None], np.arange(WIDTH)[None, :]


def draw(name: str, seed: int) -> list[np.ndarray]:
    """Draw the frames of a film of CLIPS from `seed`: each uint8, (128, 192, 3)."""
    random = np.random.default_rng(seed)
    kind, half, count = CLIPS[name]
    ground = random.integers(24, 56, 3)
    heights = random.integers(40, HEIGHT - 40, count)
    colours = np.array(COLOURS[kind]) + random.integers(-16, 17, (count, 3))
    frames = []
    for number in range(FRAMES):
        frame = np.broadcast_to(ground, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        for order, (y, colour) in enumerate(zip(heights, colours, strict=True)):
            x = STEP * number - half - APART * order
            frame[inside(kind, ROWS - y, COLUMNS - x, half)] = colour
        frames.append(frame)
    return frames


def inside(kind: str, y: np.ndarray, x: np.ndarray, half: int) -> np.ndarray:
    """Return which pixels belong to a shape; `y` and `x` count from its middle."""
    disc: np.ndarray = x * x + y * y <= half * half
    if kind == "disc":
        return disc
    square: np.ndarray = (abs(x) <= half) & (abs(y) <= half)
    return square if kind == "square" else square & (2 * abs(x) <= y + half)
