"""The batches of the lesson on porting a model."""


def batches(lesson, count):
    """Return batches of pictures, (64, 32, 32, 3), and labels."""
    size = lesson["batch_size"]
    images, labels = lesson["train_images"][: size * count], lesson["train_labels"][: size * count]
    return list(
        zip(images.reshape(count, size, 32, 32, 3), labels.reshape(count, size), strict=True)
    )
