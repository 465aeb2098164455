"""The data of the lessons, as NumPy arrays, the same bytes for both frameworks.

Two environment variables decide what a loader returns:

`SIDEBYSIDE_DATA`
    ``full`` (the default) for the original data set, downloaded on first use and verified;
    ``sample`` for a small stand-in made from a seed, which needs no network.
`SIDEBYSIDE_DATA_DIR`
    the folder that holds the data sets; the repository's own ``data/`` unless set.
"""

from sidebyside.datasets._cifar10 import Cifar10, cifar10
from sidebyside.datasets._imdb import Imdb, imdb
from sidebyside.datasets._mnist import Mnist, mnist
from sidebyside.datasets._movielens import MovieLens, movielens
from sidebyside.datasets.store import data_folder, data_size
from sidebyside.errors import DamagedDataError, DataError, MissingDataError, UnsafeArchiveError

LOADERS = {  # by the name that the command line uses
    "cifar10": cifar10,
    "imdb": imdb,
    "mnist": mnist,
    "movielens": movielens,
}

__all__ = [
    "LOADERS",
    "Cifar10",
    "DamagedDataError",
    "DataError",
    "Imdb",
    "MissingDataError",
    "Mnist",
    "MovieLens",
    "UnsafeArchiveError",
    "cifar10",
    "data_folder",
    "data_size",
    "imdb",
    "mnist",
    "movielens",
]
