"""IMDB (Maas and others 2011): 50,000 film reviews, each for or against."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sidebyside.datasets.store import Store, data_size, read_folder
from sidebyside.samples import reviews

FOLDER = "aclImdb"
ARCHIVE = "aclImdb_v1.tar.gz"
CLASSES = ("neg", "pos")  # by label; the names of the folders
RATING = (1, 10)  # what the sample's file names say, as the original's do: NUMBER_RATING.txt


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
    """Load the IMDB reviews from the data folder, downloading them (80 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, short reviews made on this machine, in the same files.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which folder is wanted and what to do.

    Source: https://ai.stanford.edu/~amaas/data/sentiment/
    """
    size, store = data_size(), Store()
    if size == "full":
        paths = store.ensure(store.members(FOLDER), ARCHIVE)
    else:
        paths = store.make(store.members(f"sample/{FOLDER}"), _sample_folders)
    folders = {(path.parent.name, path.name): path for path in paths}
    train_texts, train_labels = _read(folders, "train")
    test_texts, test_labels = _read(folders, "test")
    return Imdb(
        train_texts=train_texts,
        train_labels=train_labels,
        test_texts=test_texts,
        test_labels=test_labels,
        class_names=("negative", "positive"),
        size=size,
    )


def _read(folders: dict[tuple[str, str], Path], split: str) -> tuple[tuple[str, ...], np.ndarray]:
    texts, labels = [], []
    for label, name in enumerate(CLASSES):
        contents = read_folder(folders[split, name]).values()
        texts += [content.decode("utf-8") for content in contents]
        labels += [label] * len(contents)
    return tuple(texts), np.array(labels, dtype=np.int64)


def _sample_folders() -> dict[str, dict[str, bytes]]:
    folders = {}
    for split, count, seed in (("train", 1000, 10), ("test", 400, 11)):
        texts, labels = reviews.write(count, seed)
        for label, name in enumerate(CLASSES):
            numbers = np.flatnonzero(labels == label)
            folders[f"sample/{FOLDER}/{split}/{name}"] = {
                f"{place}_{RATING[label]}.txt": texts[number].encode()
                for place, number in enumerate(numbers)
            }
    return folders
