"""The batches of the lesson on custom components, whose normalisation is a layer of its own."""

STEPS = ("define-norm", "define-spectral", "define-step")


def batches(lesson, count):
    """Return batches of pictures near 0, (64, 32, 32, 3), and labels.

    The last ones: among the first, a pooling sees two numbers so nearly equal that rounding decides
    which is the larger, and the gradient goes another way.
    """
    images, labels = lesson["train_images"][-64 * count :], lesson["train_labels"][-64 * count :]
    return list(zip(images.reshape(count, 64, 32, 32, 3), labels.reshape(count, 64), strict=True))
