"""MovieLens 100K (Harper and Konstan 2015): 100,000 ratings of 1,682 films by 943 people."""

from dataclasses import dataclass

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import tastes

GENRES = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]


@dataclass(frozen=True)
class MovieLens:
    """MovieLens 100K, or its sample, as arrays.

    Attributes
    ----------
    users, films
        int64, (n,): who rated what, both numbered from 0 (the files count from 1). n is 100,000;
        there are 943 users and 1,682 films (sample: 300 and 200).
    ratings
        float32, (n,), 1 to 5 stars.
    timestamps
        int64, (n,), seconds since 1970.
    train, test
        int64, (4 n / 5,) and (n / 5,): the places of the ratings that the published split u1 has
        for training and for testing. u1.test is the first fifth of u.data, u1.base the rest.
    titles
        The title of each film, with its year.
    genres
        float32, (films, 19): 1 if the film is of that genre; a film may be of several.
    genre_names
        The 19 names.
    size
        ``full`` or ``sample``.
    """

    users: np.ndarray
    films: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray
    train: np.ndarray
    test: np.ndarray
    titles: tuple[str, ...]
    genres: np.ndarray
    genre_names: tuple[str, ...]
    size: str

    @property
    def user_count(self) -> int:
        """How many users there are."""
        return int(self.users.max()) + 1

    @property
    def film_count(self) -> int:
        """How many films there are."""
        return len(self.titles)


def movielens() -> MovieLens:
    """Load MovieLens 100K from the data folder, downloading it (5 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, ratings from known tastes, made on this machine and stored in
    MovieLens's own file format.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which file is wanted and what to do.

    Source: https://grouplens.org/datasets/movielens/100k/
    """
    return MOVIELENS.load()


def _read(files: Files, size: str) -> MovieLens:
    table = np.loadtxt(files["u.data"], dtype=np.int64, delimiter="\t")
    lines = files["u.item"].read_text("latin-1").rstrip("\n").split("\n")
    items = [line.split("|") for line in lines]
    names = tuple(line.rpartition("|")[0] for line in files["u.genre"].read_text("ascii").split())
    places = np.arange(len(table))
    return MovieLens(
        users=table[:, 0] - 1,
        films=table[:, 1] - 1,
        ratings=table[:, 2].astype(np.float32),
        timestamps=table[:, 3].copy(),
        train=places[len(table) // 5 :],
        test=places[: len(table) // 5],
        titles=tuple(item[1] for item in items),
        genres=np.array([item[-len(names) :] for item in items], dtype=np.float32),
        genre_names=names,
        size=size,
    )


def _sample_files() -> dict[str, bytes]:
    made = tastes.make(seed=100)
    rows = zip(made.users + 1, made.films + 1, made.ratings, made.timestamps, strict=True)
    items = []
    for number, (title, genres) in enumerate(zip(made.titles, made.genres, strict=True), 1):
        flags = "|".join(str(int(name in genres)) for name in GENRES)
        items.append(f"{number}|{title}|01-Jan-{title[-5:-1]}|||{flags}\n")
    texts = {
        "u.data": "".join("\t".join(map(str, row)) + "\n" for row in rows),
        "u.item": "".join(items),
        "u.genre": "".join(f"{name}|{number}\n" for number, name in enumerate(GENRES)) + "\n",
    }
    return {name: text.encode("latin-1") for name, text in texts.items()}


MOVIELENS = DataSet(
    name="movielens",
    title="MovieLens 100K",
    folder="ml-100k",
    archive="ml-100k.zip",
    download=4_924_029,
    licence="research only, not to be passed on",
    source="https://grouplens.org/datasets/movielens/100k/",
    read=_read,
    sample=_sample_files,
)
