"""Drawn blood cells with boxes: the sample of BCCD.

Pale red discs, larger purple ones, and small purple dots, on a bright ground with noise. Cells may
be cut by the border and overlap. It has the original's faults, too: a box without area, a cell
with two boxes, and a picture that is in two splits. Whole numbers only, so that every machine
draws the same bytes.
"""

import numpy as np

WIDTH, HEIGHT = 128, 96
NOISE = 10  # largest change of a value, of 255
GROUND = (228, 220, 214)
KINDS = {  # how many, least and largest radius, colour
    "RBC": ((4, 9), (8, 12), (214, 164, 160)),
    "WBC": ((0, 2), (15, 21), (132, 96, 168)),
    "Platelets": ((1, 4), (3, 5), (150, 108, 178)),
}
Box = tuple[int, int, int, int]
Picture = tuple[np.ndarray, list[tuple[str, Box]]]


def draw(count: int, seed: int) -> list[Picture]:
    """Draw `count` pictures from `seed`.

    Returns
    -------
    pictures : for each, the picture, uint8, (96, 128, 3), and its boxes: a kind, and xmin, ymin,
        xmax, ymax in pixels
    """
    random = np.random.default_rng(seed)
    pictures = [_picture(random) for _ in range(count)]
    return _with_faults(pictures, random)


def _picture(random: np.random.Generator) -> Picture:
    image = np.broadcast_to(np.array(GROUND), (HEIGHT, WIDTH, 3)).copy()
    image += random.integers(-12, 13, 3)
    boxes: list[tuple[str, Box]] = []
    for kind, (number, radii, colour) in KINDS.items():
        for _ in range(random.integers(*number)):
            placed = _place(random, radii, [box for _, box in boxes])
            if placed is None:
                continue
            x, y, radius = placed
            _paint(image, placed, np.array(colour) + random.integers(-10, 11, 3), kind == "RBC")
            box = (max(x - radius, 1), max(y - radius, 1))
            boxes.append((kind, (*box, min(x + radius, WIDTH), min(y + radius, HEIGHT))))
    return _noisy(image, random), boxes


def _place(
    random: np.random.Generator, radii: tuple[int, int], taken: list[Box]
) -> tuple[int, int, int] | None:
    """Return a middle and a radius that leave the others' middles free; None if none is found."""
    for _ in range(20):
        radius = int(random.integers(radii[0], radii[1] + 1))
        x, y = int(random.integers(4, WIDTH - 4)), int(random.integers(4, HEIGHT - 4))
        apart = [
            max(abs(2 * x - left - right), abs(2 * y - top - bottom)) // 2
            - max(right - left, bottom - top) // 2
            for left, top, right, bottom in taken
        ]
        if all(distance >= radius - 3 for distance in apart):
            return x, y, radius
    return None


def _paint(
    image: np.ndarray, place: tuple[int, int, int], colour: np.ndarray, pale_middle: bool
) -> None:
    x, y, radius = place
    row, column = np.ogrid[:HEIGHT, :WIDTH]
    square = (column - x) ** 2 + (row - y) ** 2
    image[square <= radius * radius] = colour
    if pale_middle:
        image[4 * square <= radius * radius] = colour + 18


def _noisy(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    noisy = image + random.integers(-NOISE, NOISE + 1, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _with_faults(pictures: list[Picture], random: np.random.Generator) -> list[Picture]:
    """Give some pictures the faults of the original."""
    image, boxes = pictures[1]
    pictures[1] = (image, [*boxes, ("RBC", (50, 40, 50, 40))])  # no area
    image, boxes = pictures[2]
    kind, (left, top, right, bottom) = next(box for box in boxes if box[0] == "RBC")
    pictures[2] = (image, [*boxes, (kind, (left + 1, top, right, bottom))])  # the same cell again
    image, boxes = pictures[3]
    pictures[-1] = (_noisy(image.astype(np.int64), random), boxes)  # the same picture again
    return pictures
