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
    """Return batches of 4 pictures, (4, 96, 128, 3), and their targets, (4, anchors, 5)."""
    examples = [lesson["make_example"](row) for row in lesson["train_rows"][: 4 * count]]
    pictures, targets = (np.stack(column) for column in zip(*examples, strict=True))
    return list(
        zip(
            pictures.reshape(count, 4, *pictures.shape[1:]),
            targets.reshape(count, 4, *targets.shape[1:]),
            strict=True,
        )
    )
