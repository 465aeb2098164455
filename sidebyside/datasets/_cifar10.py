"""CIFAR-10 (Krizhevsky 2009): 60,000 colour pictures of 32 x 32 pixels in ten classes."""

import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import shapes


@dataclass(frozen=True)
class Cifar10:
    """CIFAR-10, or its sample, as arrays.

    Attributes
    ----------
    train_images, test_images
        uint8, (n, 32, 32, 3): height, width, RGB; 50,000 and 10,000 (sample: 2,000 and 500).
    train_labels, test_labels
        int64, (n,), 0 to 9, in the order of the files.
    class_names
        The ten names, by label.
    size
        ``full`` or ``sample``.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple[str, ...]
    size: str


def cifar10() -> Cifar10:
    """Load CIFAR-10 from the data folder, downloading it (170 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, pictures of ten shapes, made on this machine and stored in
    CIFAR-10's own file format.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which file is wanted and what to do.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html
    """
    return CIFAR10.load()


def _read(files: Files, size: str) -> Cifar10:
    train = [_read_batch(files[f"data_batch_{number}"]) for number in range(1, 6)]
    test_images, test_labels = _read_batch(files["test_batch"])
    names = _unpickle(files["batches.meta"])[b"label_names"]
    return Cifar10(
        train_images=np.concatenate([images for images, _ in train]),
        train_labels=np.concatenate([labels for _, labels in train]),
        test_images=test_images,
        test_labels=test_labels,
        class_names=tuple(name.decode() for name in names),
        size=size,
    )


def _read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    batch = _unpickle(path)
    planes = batch[b"data"].reshape(-1, 3, 32, 32)  # a row is 1,024 red, green, blue values
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    return images, np.array(batch[b"labels"], dtype=np.int64)


def _unpickle(path: Path) -> dict[bytes, Any]:
    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy dislikes how arrays were pickled in 2009
        content: dict[bytes, Any] = pickle.load(file, encoding="bytes")
    return content


def _sample_files() -> dict[str, bytes]:
    images, labels = shapes.draw(2500, seed=10)
    files = {}
    for number in range(1, 6):
        part = slice(400 * number - 400, 400 * number)
        title = b"training batch %d of 5" % number
        files[f"data_batch_{number}"] = _batch(images[part], labels[part], title)
    files["test_batch"] = _batch(images[2000:], labels[2000:], b"testing batch 1 of 1")
    names = [name.encode() for name in shapes.NAMES]
    meta = {b"num_cases_per_batch": 400, b"label_names": names, b"num_vis": 3072}
    files["batches.meta"] = pickle.dumps(meta, protocol=2)
    return files


def _batch(images: np.ndarray, labels: np.ndarray, title: bytes) -> bytes:
    rows = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(len(images), 3072)
    batch = {b"batch_label": title, b"labels": labels.tolist(), b"data": rows}
    return pickle.dumps(batch, protocol=2)


CIFAR10 = DataSet(
    name="cifar10",
    title="CIFAR-10",
    folder="cifar-10-batches-py",
    archive="cifar-10-python.tar.gz",
    download=170_498_071,
    licence="none stated; cite the report",
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
    read=_read,
    sample=_sample_files,
)
