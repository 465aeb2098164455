"""The batches of the lesson on models for a device."""


def batches(lesson, count):
    """Return batches of normalised pictures, (128, 32, 32, 3), and labels."""
    data, size = lesson["data"], lesson["batch_size"]
    images = lesson["normalize"](data.train_images[: size * count])
    labels = data.train_labels[: size * count]
    return list(
        zip(images.reshape(count, size, 32, 32, 3), labels.reshape(count, size), strict=True)
    )
