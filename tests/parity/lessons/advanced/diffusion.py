"""The batches of diffusion: digits under noise, their times and labels; and the velocity."""

STEPS = (
    "define-noise-levels",
    "define-mix",
    "define-examples",
    "define-rates",
    "define-batches",
)


def batches(lesson, count):
    """Return batches of 50: digits, (50, 12, 12, 1), times and labels; and the targets."""
    stream = lesson["draw_batches"](lesson["flow_example"])
    drawn = [next(stream) for _ in range(count)]
    return [((noisy, times, labels), wanted) for noisy, times, labels, wanted in drawn]
