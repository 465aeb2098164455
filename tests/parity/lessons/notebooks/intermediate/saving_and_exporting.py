"""The batches of the lesson on saving and exporting."""


def batches(lesson, count):
    """Return batches of grey pictures from 0 to 1, (64, 28, 28), and labels."""
    images, labels = lesson["train_images"][: 64 * count], lesson["train_labels"][: 64 * count]
    return list(zip(images.reshape(count, 64, 28, 28), labels.reshape(count, 64), strict=True))
