"""The batches of the three ways to build a model, each of which is compared."""

BUILDERS = ("make_model", "make_wired", "make_subclassed")
STEPS = ("define-wired", "define-subclassed")


def batches(lesson, count):
    """Return batches of points, (90, 2), and the numbers of their arms."""
    points = lesson["train_points"][: 90 * count].reshape(count, 90, 2)
    labels = lesson["train_labels"][: 90 * count].reshape(count, 90)
    return list(zip(points, labels, strict=True))
