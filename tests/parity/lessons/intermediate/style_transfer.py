"""The batches of style transfer: pieces of photographs, which are the targets, too."""

import numpy as np

STEPS = (
    "set-seed",
    "make-pictures",
    "define-tensors",
    "define-fire",
    "define-features",
    "define-content-loss",
    "define-gram",
    "define-style-loss",
    "define-roughness",
    "define-losses",
    "show-start",
)


def batches(lesson, count):
    """Return batches of one piece, (1, 48, 48, 3), from 0 to 1; what is kept is its content.

    The more activations there are, the more likely is one so near to zero that rounding decides on
    which side of ReLU's kink it is, and its gradient with it.
    """
    lesson["features"].cpu().requires_grad_(False)  # where the models of the comparison are
    lesson["grams"] = [matrix.cpu() for matrix in lesson["grams"]]
    random = np.random.default_rng(0)
    photographs = [p.astype(np.float32) / 255 for p in lesson["data"].photographs.values()]
    pieces = []
    for _ in range(count):
        picture = photographs[random.integers(len(photographs))]
        top, left = (random.integers(side - 47) for side in picture.shape[:2])
        pieces.append(picture[top : top + 48, left : left + 48])
    stacked = np.stack(pieces).reshape(count, 1, 48, 48, 3)
    return [(batch, batch) for batch in stacked]
