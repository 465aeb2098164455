"""The batches of the recommender."""


def batches(lesson, count):
    """Return batches of 500 ratings: users and films, and the stars."""
    data = lesson["data"]
    rows = data.train[: 500 * count].reshape(count, 500)
    return [((data.users[r], data.films[r]), data.ratings[r]) for r in rows]
