"""The batches of the learning loop."""


def batches(lesson, count):
    """Return the same batch again and again: all training points, (24, 1), as in the lesson."""
    return [(lesson["train_x"], lesson["train_y"])] * count
