"""The batches of detection on live video: drawn scenes, and what each point should answer."""

import numpy as np

STEPS = (
    "define-unit",
    "define-prepare",
    "define-shapes",
    "define-draw",
    "define-examples",
    "define-encode",
)


def batches(lesson, count):
    """Return batches of four scenes' corners, (4, 64, 96, 3), and their targets, (4, 4, 6, 6)."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        examples = [lesson["draw_example"](rng) for _ in range(4)]
        pictures = np.concatenate([lesson["prepare"](example[0]) for example in examples])
        targets = np.stack([lesson["encode"](*example[1:]) for example in examples])
        made.append((pictures[:, :64, :96], targets[:, :4, :6]))
    return made
