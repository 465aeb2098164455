"""SORT: boxes become tracks, with a Kalman filter and an assignment.

After Bewley and others 2016, *Simple online and realtime tracking*. What the
notebooks define step by step is here in one piece; a test holds them equal.
Boxes are xmin, ymin, xmax, ymax, in pixels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

Array = np.ndarray


def overlap(a: Array, b: Array) -> Array:
    """Return the IoU of each box of `a` with each of `b`: (len(a), len(b))."""
    first = np.maximum(a[:, None, :2], b[None, :, :2])
    last = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(last - first, 0, None), axis=2)
    of_a, of_b = (np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b))
    return shared / np.maximum(of_a[:, None] + of_b - shared, 1e-9)


def to_middle(box: Array) -> Array:
    """Turn two corners into the middle and the size."""
    return np.concatenate([(box[:2] + box[2:]) / 2, box[2:] - box[:2]])


def to_corners(place: Array) -> Array:
    """Turn the middle and the size into two corners."""
    half = place[2:] / 2
    return np.concatenate([place[:2] - half, place[:2] + half])


class Noise:
    """Deviations, in parts of an object's size."""

    seen = 0.05  # of a detected box from the true one
    speed = 0.001  # by which the speed changes, per frame
    start = 0.2  # of the speed of what was seen only once


class Kalman:
    """Where a box is and how fast it moves, guessed from noisy boxes."""

    def __init__(self, box: Array) -> None:
        place = to_middle(box)
        self.values = np.stack([place, np.zeros(4)])  # places, and speeds
        self.size = place[2:].mean()
        deviations = np.array([Noise.seen, Noise.start]) * self.size
        self.spread = np.diag(deviations**2)  # covariance, (2, 2)

    def predict(self, frames: int = 1) -> Array:
        """Move on by so many frames; return the box."""
        move = np.array([[1.0, frames], [0.0, 1.0]])
        change = (Noise.speed * self.size) ** 2 * frames
        self.values = move @ self.values
        self.spread = move @ self.spread @ move.T + np.diag([0, change])
        return to_corners(self.values[0])

    def update(self, box: Array) -> None:
        """Take in a box that was detected."""
        surprise = to_middle(box) - self.values[0]
        of_boxes = (Noise.seen * self.size) ** 2
        gain = self.spread[:, 0] / (self.spread[0, 0] + of_boxes)
        self.values = self.values + gain[:, None] * surprise
        self.spread = self.spread - np.outer(gain, self.spread[0])
        self.size = self.values[0, 2:].mean()


def find_way(
    cost: Array, row: int, row_of: Array, prices: list[Array]
) -> tuple[int, Array, Array, Array]:
    """Find the cheapest way from a row to a column that nobody has.

    Returns that column, from which row each column was reached, at what
    cost, and which columns lie behind.
    """
    count = cost.shape[1]
    least, came_from = np.full(count, np.inf), np.full(count, -1)
    seen, far = np.zeros(count, bool), 0.0
    while True:
        through = far + cost[row] - prices[0][row] - prices[1]
        better = ~seen & (through < least)
        least[better], came_from[better] = through[better], row
        column = int(np.where(seen, np.inf, least).argmin())
        if row_of[column] < 0:
            return column, came_from, least, seen
        seen[column], far, row = True, least[column], row_of[column]


def assign(cost: Array) -> tuple[Array, Array]:
    """Return rows and columns, paired so that their costs add up to least."""
    if len(cost) > cost.shape[1]:
        columns, rows = assign(cost.T)
        return rows, columns
    column_of, row_of = (np.full(side, -1) for side in cost.shape)
    prices = [np.zeros(side) for side in cost.shape]
    for new in range(len(cost)):
        end, came_from, least, seen = find_way(cost, new, row_of, prices)
        rise = least[end] - least[seen]
        prices[0][new] += least[end]
        prices[0][row_of[seen]] += rise
        prices[1][seen] -= rise
        row = -1
        while row != new:  # each row on the way takes the next column
            row = came_from[end]
            row_of[end], column_of[row], end = row, end, column_of[row]
    return np.arange(len(cost)), column_of


class Track:
    """An object that was found in at least one frame."""

    def __init__(
        self, number: int, kalman: Kalman, label: int, score: float
    ) -> None:
        self.id, self.label, self.score = number, label, score
        self.filter = kalman
        self.box = to_corners(kalman.values[0])
        self.hits, self.missed = 1, 0  # times found; frames since then


class Tracker:
    """Gives each box of a frame the number of its object."""

    def __init__(
        self,
        least_overlap: float = 0.2,
        patience: int = 45,
        hits: int = 3,
        kalman: Callable[[Array], Kalman] = Kalman,
    ) -> None:
        self.least_overlap, self.patience = least_overlap, patience
        self.hits, self.kalman = hits, kalman
        self.tracks: list[Track]
        self.tracks, self.born = [], 0

    def update(
        self, boxes: Array, labels: Array, scores: Array, frames: int = 1
    ) -> list[Track]:
        """Take in a frame's boxes; return the tracks that were seen in it."""
        for track in self.tracks:
            track.box = track.filter.predict(frames)
            track.missed += frames
        pairs = self.match(boxes, labels)
        for track, row in pairs:
            track.filter.update(boxes[row])
            track.box = to_corners(track.filter.values[0])
            track.score = float(scores[row])
            track.hits, track.missed = track.hits + 1, 0
        self.begin(boxes, labels, scores, {row for _, row in pairs})
        self.tracks = [t for t in self.tracks if self.worth_keeping(t)]
        return [t for t in self.tracks if t.hits >= self.hits and not t.missed]

    def match(self, boxes: Array, labels: Array) -> list[tuple[Track, int]]:
        """Pair tracks with the rows of the boxes that are theirs."""
        if not self.tracks or not len(boxes):
            return []
        shared = overlap(np.stack([t.box for t in self.tracks]), boxes)
        same = np.array([t.label for t in self.tracks])[:, None] == labels
        rows, columns = assign(1 - shared * same)
        return [
            (self.tracks[row], int(column))
            for row, column in zip(rows, columns, strict=True)
            if (shared * same)[row, column] >= self.least_overlap
        ]

    def begin(
        self, boxes: Array, labels: Array, scores: Array, taken: set[int]
    ) -> None:
        """Begin a track with each box that belongs to none."""
        for row in range(len(boxes)):
            if row not in taken:
                self.born += 1
                about = int(labels[row]), float(scores[row])
                kalman = self.kalman(boxes[row])
                self.tracks.append(Track(self.born, kalman, *about))

    def worth_keeping(self, track: Track) -> bool:
        """Say whether to wait for an object that is not seen now."""
        sure = track.hits >= self.hits
        return track.missed <= (self.patience if sure else 2)


class LineCounter:
    """Counts the tracks that cross a line, by label and direction."""

    def __init__(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        margin: float = 2.0,
    ) -> None:
        self.start, self.end = np.array(start, float), np.array(end, float)
        self.margin = margin  # pixels; nearer than this is on neither side
        self.sides: dict[int, int]
        self.counts: Counter[tuple[int, str]]
        self.sides, self.counts = {}, Counter()
        x, y = self.end - self.start
        upright = abs(y) > abs(x)
        self.turn = -np.sign(y) if upright else np.sign(x)
        self.ways = ("to the left", "to the right")
        if not upright:
            self.ways = ("up", "down")

    def place(self, point: Array) -> tuple[float, float]:
        """Return how far along the line a point is, and how far beside it."""
        along, to_point = self.end - self.start, point - self.start
        length = np.hypot(*along)
        beside = (along[0] * to_point[1] - along[1] * to_point[0]) / length
        return float(to_point @ along / length**2), float(beside * self.turn)

    def update(self, tracks: list[Track]) -> None:
        """Look where the middles of a frame's tracks are."""
        for track in tracks:
            middle = (track.box[:2] + track.box[2:]) / 2
            along, beside = self.place(middle)
            if abs(beside) < self.margin:
                continue
            side = int(beside > 0)  # 1 is to the right, or below
            before = self.sides.get(track.id, side)
            self.sides[track.id] = side
            if before != side and 0 <= along <= 1:
                self.counts[track.label, self.ways[side]] += 1
