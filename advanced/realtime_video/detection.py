"""FastestDet's answers become boxes; no framework is needed for it.

What the notebooks define step by step is here in one piece; a test holds them
equal.
"""

from __future__ import annotations

import numpy as np
from tracking import overlap

Array = np.ndarray


def prepare(pixels: Array) -> Array:
    """Turn RGB, (h, w, 3), 0 to 255, into BGR, (1, h, w, 3), 0 to 1."""
    return pixels[None, ..., ::-1].astype(np.float32) / 255


def sigmoid(x: Array) -> Array:
    """Return numbers between 0 and 1."""
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def decode(output: Array) -> tuple[Array, Array, Array]:
    """Return boxes, labels and scores of all points.

    `output` is (rows, columns, 5 + classes).

    Boxes are xmin, ymin, xmax, ymax, in parts of the picture.
    """
    rows, columns, _ = output.shape
    there, box, kind = np.split(output, [1, 5], axis=2)
    x = (np.arange(columns) + np.tanh(box[..., 0])) / columns
    y = (np.arange(rows)[:, None] + np.tanh(box[..., 1])) / rows
    half = sigmoid(box[..., 2:]) / 2
    middle = np.stack([x, y], axis=-1)
    boxes = np.concatenate([middle - half, middle + half], axis=-1)
    odds = np.exp(kind - kind.max(axis=-1, keepdims=True))
    share = odds.max(axis=-1) / odds.sum(axis=-1)
    scores = sigmoid(there[..., 0]) * share
    return boxes.reshape(-1, 4), kind.argmax(axis=-1).ravel(), scores.ravel()


def suppress(
    boxes: Array, labels: Array, scores: Array, most_overlap: float
) -> list[int]:
    """Return the rows of the best box of each object, the surest first."""
    shared = overlap(boxes, boxes) * (labels[:, None] == labels)
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable"):
        if not len(kept) or shared[row, kept].max() <= most_overlap:
            kept.append(int(row))
    return kept


def find(
    output: Array,
    size: tuple[int, int],
    least_score: float,
    most_overlap: float = 0.45,
) -> tuple[Array, Array, Array]:
    """Return boxes, labels and scores; `size` is the width and the height."""
    boxes, labels, scores = decode(output)
    sure = scores >= least_score
    boxes = boxes[sure] * np.tile(size, 2)
    labels, scores = labels[sure], scores[sure]
    kept = suppress(boxes, labels, scores, most_overlap)
    return boxes[kept], labels[kept], scores[kept]
