"""The data of the lessons, as NumPy arrays, the same bytes for both frameworks.

Two environment variables decide what a loader returns:

`SIDEBYSIDE_DATA`
    ``full`` (the default) for the original data set, downloaded on first use and verified;
    ``sample`` for a small sample made from a seed, which needs no network.
`SIDEBYSIDE_DATA_DIR`
    the folder that holds the data sets; unless set, the repository's own ``data/``, or the user's
    cache folder where the package is installed without the repository (see `data_folder`).
"""

from collections.abc import Callable
from typing import Any

from sidebyside.datasets._bccd import BCCD, Bccd, bccd
from sidebyside.datasets._cifar10 import CIFAR10, Cifar10, cifar10
from sidebyside.datasets._efficientnet_lite0 import (
    EFFICIENTNET_LITE0,
    EfficientNetLite0,
    efficientnet_lite0,
)
from sidebyside.datasets._fastestdet import FASTESTDET, FastestDet, fastestdet
from sidebyside.datasets._imdb import IMDB, Imdb, imdb
from sidebyside.datasets._minilm import MINILM, MiniLM, minilm
from sidebyside.datasets._mnist import MNIST, Mnist, mnist
from sidebyside.datasets._movielens import MOVIELENS, MovieLens, movielens
from sidebyside.datasets._pictures import PICTURES, Pictures, pictures
from sidebyside.datasets._shakespeare import SHAKESPEARE, Shakespeare, shakespeare
from sidebyside.datasets._squeezenet import SQUEEZENET, SqueezeNet, squeezenet
from sidebyside.datasets._sunspots import SUNSPOTS, Sunspots, sunspots
from sidebyside.datasets._videos import VIDEOS, Videos, videos
from sidebyside.datasets.data_settings import data_folder, data_size
from sidebyside.datasets.description import DataSet
from sidebyside.errors import DamagedDataError, DataError, MissingDataError, UnsafeArchiveError

DATA_SETS: dict[str, DataSet[Any]] = {  # by the names that the command line uses
    data_set.name: data_set
    for data_set in (
        BCCD,
        CIFAR10,
        EFFICIENTNET_LITE0,
        FASTESTDET,
        IMDB,
        MINILM,
        MNIST,
        MOVIELENS,
        PICTURES,
        SHAKESPEARE,
        SQUEEZENET,
        SUNSPOTS,
        VIDEOS,
    )
}
LOADERS: dict[str, Callable[[], Any]] = {
    name: data_set.load for name, data_set in DATA_SETS.items()
}

__all__ = [
    "DATA_SETS",
    "LOADERS",
    "Bccd",
    "Cifar10",
    "DamagedDataError",
    "DataError",
    "DataSet",
    "EfficientNetLite0",
    "FastestDet",
    "Imdb",
    "MiniLM",
    "MissingDataError",
    "Mnist",
    "MovieLens",
    "Pictures",
    "Shakespeare",
    "SqueezeNet",
    "Sunspots",
    "UnsafeArchiveError",
    "Videos",
    "bccd",
    "cifar10",
    "data_folder",
    "data_size",
    "efficientnet_lite0",
    "fastestdet",
    "imdb",
    "minilm",
    "mnist",
    "movielens",
    "pictures",
    "shakespeare",
    "squeezenet",
    "sunspots",
    "videos",
]
