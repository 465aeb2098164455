"""The batches of the custom architecture, for the five blocks of its benchmark."""

BUILDERS = (
    "make_model:sweep",
    "make_model:gate",
    "make_model:resnet",
    "make_model:depthwise",
    "make_model:mixer",
)
STEPS = (
    "define-distances",
    "define-along",
    "define-sweep",
    "define-convolution",
    "define-gate",
    "define-mixer",
    "define-frame",
    "define-residual",
)


def batches(lesson, count):
    """Return batches of pictures near 0, (32, 32, 32, 3), and labels."""
    data = lesson["data"]
    pictures = lesson["normalize"](data.train_images[: 32 * count])
    labels = data.train_labels[: 32 * count]
    return list(zip(pictures.reshape(count, 32, 32, 32, 3), labels.reshape(count, 32), strict=True))
