"""MNIST (LeCun, Cortes and Burges 1998): 70,000 grey pictures of handwritten digits."""

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import digits

LARGEST_BLOCK = 65_535  # bytes in a block of a deflate stream that is stored as it is


@dataclass(frozen=True)
class Mnist:
    """MNIST, or its sample, as arrays.

    Attributes
    ----------
    train_images, test_images
        uint8, (n, 28, 28): height, width, 0 for paper to 255 for ink; 60,000 and 10,000 (sample:
        2,000 and 500).
    train_labels, test_labels
        int64, (n,), 0 to 9, in the order of the files.
    class_names
        The ten names, by label: ``"0"`` to ``"9"``.
    size
        ``full`` or ``sample``.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple[str, ...]
    size: str


def mnist() -> Mnist:
    """Load MNIST from the data folder, downloading it (12 MB) on first use.

    The files lie where torchvision puts them, and have the same names. With
    ``SIDEBYSIDE_DATA=sample``, pictures of ten digits, made on this machine and stored in MNIST's
    own file format.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which file is wanted and what to do.

    Source: http://yann.lecun.com/exdb/mnist/
    """
    return MNIST.load()


def _read(files: Files, size: str) -> Mnist:
    return Mnist(
        train_images=_read_idx(files["train-images-idx3-ubyte.gz"]),
        train_labels=_read_idx(files["train-labels-idx1-ubyte.gz"]).astype(np.int64),
        test_images=_read_idx(files["t10k-images-idx3-ubyte.gz"]),
        test_labels=_read_idx(files["t10k-labels-idx1-ubyte.gz"]).astype(np.int64),
        class_names=tuple("0123456789"),
        size=size,
    )


def _read_idx(path: Path) -> np.ndarray:
    """Read an idx file: two zeros, the type (8: uint8), the rank, the sizes, the numbers."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = struct.unpack_from(f">{rank}I", content, offset=4)
    numbers = np.frombuffer(content, np.uint8, offset=4 + 4 * rank)
    return numbers.reshape(shape).copy()  # the bytes of `content` cannot be written to


def _sample_files() -> dict[str, bytes]:
    images, labels = digits.draw(2500, seed=28)
    parts = {"train": slice(2000), "t10k": slice(2000, None)}
    files = {}
    for name, part in parts.items():
        files[f"{name}-images-idx3-ubyte.gz"] = _gzip(_idx(images[part]))
        files[f"{name}-labels-idx1-ubyte.gz"] = _gzip(_idx(labels[part]))
    return files


def _idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def _gzip(content: bytes) -> bytes:
    """Return `content` as a gzip file without a date, stored and not compressed.

    What a compressor writes depends on its version; this is the same bytes everywhere.
    """
    parts = [b"\x1f\x8b\x08" + bytes(6) + b"\xff"]  # no name, no date, no operating system
    for start in range(0, len(content), LARGEST_BLOCK):
        block = content[start : start + LARGEST_BLOCK]
        last = start + LARGEST_BLOCK >= len(content)
        parts += [struct.pack("<BHH", last, len(block), LARGEST_BLOCK - len(block)), block]
    parts.append(struct.pack("<II", zlib.crc32(content), len(content)))
    return b"".join(parts)


MNIST = DataSet(
    name="mnist",
    title="MNIST",
    folder="MNIST/raw",
    download=11_594_722,
    licence="CC BY-SA 3.0",
    source="http://yann.lecun.com/exdb/mnist/",
    read=_read,
    sample=_sample_files,
)
