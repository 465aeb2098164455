"""The batches of object detection: pictures of the sample, and the targets that they have."""

import numpy as np

STEPS = (
    "define-iou",
    "clean",
    "define-cut",
    "define-augment",
    "define-levels",
    "define-anchors",
    "define-encode",
    "define-match",
    "define-stages",
    "define-conv",
    "define-backbone",
    "define-head",
    "define-example",
)


def batches(lesson, count):
    """Return batches of one picture, (1, 96, 128, 3), and its targets, (1, anchors, 5).

    The more activations there are, the more likely is one so near to zero that rounding decides on
    which side of ReLU6's kink it is, and its gradient with it.
    """
    rows = lesson["train_rows"][:count]
    examples = [lesson["make_example"](row, epoch=0) for row in rows]
    pictures, targets = (np.stack(column) for column in zip(*examples, strict=True))
    return list(
        zip(
            pictures.reshape(count, 1, *pictures.shape[1:]),
            targets.reshape(count, 1, *targets.shape[1:]),
            strict=True,
        )
    )
