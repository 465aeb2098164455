"""The batches of text generation, for its LSTM and its transformer."""

BUILDERS = ("make_model", "make_transformer")
STEPS = (
    "more-settings",
    "set-seed",
    "define-mask",
    "define-transformer-block",
    "define-transformer",
)


def batches(lesson, count):
    """Return batches of 16 pieces of the text: ids, (16, 32), and the ids that follow."""
    pieces = lesson["train_ids"][: count * 16 * 33].reshape(count, 16, 33)
    return [(piece[:, :-1], piece[:, 1:]) for piece in pieces]
