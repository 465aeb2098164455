"""The batches of the project on A/B testing."""


def batches(lesson, count):
    """Return batches of grey pictures from 0 to 1, (128, 28, 28), and labels."""
    pixels, labels = lesson["train_images"], lesson["train_labels"]
    some = slice(128 * count)
    return list(
        zip(
            pixels[some].reshape(count, 128, 28, 28),
            labels[some].reshape(count, 128),
            strict=True,
        )
    )
