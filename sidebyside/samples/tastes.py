"""Ratings from known tastes: the sample of MovieLens 100K.

Every user and every film has four numbers, the user's taste and the film's character. The better
the two agree, the better the film is rated, and the likelier it is seen at all; to this come how
generous the user is, how good the film is, and chance. A model that knows averages only stays far
behind one that finds the four numbers. Users join one after the other, and most rate all that
they rate within a day, as those of MovieLens did. Whole numbers only, so that every machine makes
the same bytes.
"""

from dataclasses import dataclass

import numpy as np

USERS, FILMS, FACTORS = 300, 200, 4
START = 874_000_000  # seconds since 1970: September 1997
DAY = 86_400

# the two ends of each of the four numbers, and what films there are called
GENRES = (
    ("Action", "Drama"),
    ("Comedy", "Horror"),
    ("Sci-Fi", "Romance"),
    ("Musical", "Thriller"),
)
NOUNS = {
    "Action": "Chase",
    "Drama": "Letter",
    "Comedy": "Café",
    "Horror": "Cellar",
    "Sci-Fi": "Planet",
    "Romance": "Garden",
    "Musical": "Song",
    "Thriller": "Witness",
}
ADJECTIVES = [
    "Bright",
    "Broken",
    "Crimson",
    "Distant",
    "Early",
    "Empty",
    "Final",
    "Forgotten",
    "Frozen",
    "Gentle",
    "Golden",
    "Hidden",
    "Hollow",
    "Last",
    "Little",
    "Lonely",
    "Lost",
    "Midnight",
    "Northern",
    "Quiet",
    "Secret",
    "Silent",
    "Silver",
    "Strange",
    "Wandering",
]


@dataclass(frozen=True)
class Tastes:
    """The ratings, and what they were made from.

    Attributes
    ----------
    users, films, ratings, timestamps
        int64, (n,): a rating each, in random order; users and films from 0, ratings 1 to 5,
        seconds since 1970.
    tastes, characters
        int64, (300, 4) and (200, 4): the numbers that a model should find.
    titles, genres
        For each film its title and the names of its genres.
    """

    users: np.ndarray
    films: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray
    tastes: np.ndarray
    characters: np.ndarray
    titles: list[str]
    genres: list[list[str]]


def make(seed: int) -> Tastes:
    """Make 300 users, 200 films, and about 14,000 ratings from `seed`."""
    random = np.random.default_rng(seed)
    tastes = random.integers(-2, 3, (USERS, FACTORS))
    characters = random.integers(-1, 2, (FILMS, FACTORS))
    kinds = np.arange(FILMS) % 8  # a quarter of the films lean to each number, both ways
    characters[np.arange(FILMS), kinds // 2] = 2 - 4 * (kinds % 2)
    agreement = tastes @ characters.T  # (users, films)

    # in eighths of a star
    generosity = random.integers(-4, 5, (USERS, 1))
    quality = random.integers(-6, 7, FILMS)
    chance = random.integers(-5, 6, (USERS, FILMS))
    stars = np.clip((30 + generosity + quality + 3 * agreement + chance) // 8, 1, 5)

    fame = random.integers(0, 11, FILMS) * random.integers(0, 11, FILMS)
    wish = 2 * fame // 3 + 2 * agreement + random.integers(0, 61, (USERS, FILMS))
    counts = 20 + random.integers(0, 11, USERS) * random.integers(0, 11, USERS)
    joined = random.integers(0, 200, USERS)
    stay = np.where(random.integers(0, 4, USERS) == 0, 60, 1)  # days
    seen = [np.argsort(-wish[user], kind="stable")[: counts[user]] for user in range(USERS)]
    order = random.permutation(int(counts.sum()))
    users = np.repeat(np.arange(USERS), counts)[order]
    films = np.concatenate(seen)[order]
    days = joined[users] + random.integers(0, 60, len(users)) % stay[users]
    timestamps = START + DAY * days + random.integers(0, DAY, len(users))
    return Tastes(
        users,
        films,
        stars[users, films],
        timestamps,
        tastes,
        characters,
        [_title(film) for film in range(FILMS)],
        [_genres(film, characters[film]) for film in range(FILMS)],
    )


def _title(film: int) -> str:
    noun = NOUNS[_end(film % 8 // 2, 1 - film % 8 % 2 * 2)]
    return f"{ADJECTIVES[film // 8]} {noun} ({1930 + 7 * film % 68})"


def _genres(film: int, character: np.ndarray) -> list[str]:
    """Return the genre of the largest number, and that of the first other one that is not 0."""
    own = film % 8 // 2
    others = [factor for factor in range(FACTORS) if factor != own and character[factor]]
    return [_end(factor, character[factor]) for factor in [own, *others[:1]]]


def _end(factor: int, sign: int) -> str:
    return GENRES[factor][0 if sign > 0 else 1]
