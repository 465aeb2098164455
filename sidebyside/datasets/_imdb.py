"""IMDB (Maas and others 2011): 50,000 film reviews, each for or against."""

from dataclasses import dataclass

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.datasets.registry import read_folder
from sidebyside.samples import reviews

REVIEWS = "[0-9]*_[0-9]*.txt"  # NUMBER_RATING.txt; the registry has the same pattern
CLASSES = ("neg", "pos")  # by label; the names of the folders
RATING = (1, 10)  # in the names of the sample's files, by label


@dataclass(frozen=True)
class Imdb:
    """IMDB, or its sample: texts as they were written, with capitals and ``<br />``.

    Attributes
    ----------
    train_texts, test_texts
        25,000 strings each (sample: 1,000 and 400), in the order of the files: first all negative
        reviews, then all positive ones.
    train_labels, test_labels
        int64, (n,), 0 for negative and 1 for positive; each makes a half.
    class_names
        ``negative`` and ``positive``, by label.
    size
        ``full`` or ``sample``.
    """

    train_texts: tuple[str, ...]
    train_labels: np.ndarray
    test_texts: tuple[str, ...]
    test_labels: np.ndarray
    class_names: tuple[str, ...]
    size: str


def imdb() -> Imdb:
    """Load the IMDB reviews from the data folder, downloading them (84 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, short reviews made on this machine, in the same files.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which folder is wanted and what to do.

    Source: https://ai.stanford.edu/~amaas/data/sentiment/
    """
    return IMDB.load()


def _read(folders: Files, size: str) -> Imdb:
    train_texts, train_labels = _read_split(folders, "train")
    test_texts, test_labels = _read_split(folders, "test")
    return Imdb(
        train_texts=train_texts,
        train_labels=train_labels,
        test_texts=test_texts,
        test_labels=test_labels,
        class_names=("negative", "positive"),
        size=size,
    )


def _read_split(folders: Files, split: str) -> tuple[tuple[str, ...], np.ndarray]:
    texts: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(CLASSES):
        contents = read_folder(folders[f"{split}/{name}"], REVIEWS).values()
        texts += [content.decode("utf-8") for content in contents]
        labels += [label] * len(contents)
    return tuple(texts), np.array(labels, dtype=np.int64)


def _sample_folders() -> dict[str, dict[str, bytes]]:
    folders = {}
    for split, count, seed in (("train", 1000, 10), ("test", 400, 11)):
        texts, labels = reviews.write(count, seed)
        for label, name in enumerate(CLASSES):
            numbers = np.flatnonzero(labels == label)
            folders[f"{split}/{name}"] = {
                f"{place}_{RATING[label]}.txt": texts[number].encode()
                for place, number in enumerate(numbers)
            }
    return folders


IMDB = DataSet(
    name="imdb",
    title="IMDB reviews",
    folder="aclImdb",
    archive="aclImdb_v1.tar.gz",
    download=84_125_825,
    licence="the reviewers' own; cite the paper",
    source="https://ai.stanford.edu/~amaas/data/sentiment/",
    read=_read,
    sample=_sample_folders,
)
