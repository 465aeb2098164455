"""BCCD: blood cells under a microscope, with a box around each."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.datasets.registry import read_folder
from sidebyside.samples import blood, jpeg

CLASSES = ("RBC", "WBC", "Platelets")  # by label: red cells, white cells, platelets
SPLITS = ("train", "val", "test")
ANNOTATIONS, PICTURES, LISTS = "Annotations", "JPEGImages", "ImageSets/Main"
PATTERNS = {  # the registry has the same
    ANNOTATIONS: "BloodImage_[0-9]*.xml",
    PICTURES: "BloodImage_[0-9]*.jpg",
    LISTS: "[a-z]*.txt",
}
COMMIT = "135df0221baca7b51c18190791522ddeba8fddbf"
SAME_CELL = 0.8  # boxes of a class that overlap more than this mean the same cell
SAME_PICTURE = 0.9  # thumbnails that correlate more than this show the same picture
THUMBNAIL = (24, 32)
Annotation = list[tuple[str, list[int]]]  # of a picture: class and box of each cell


@dataclass(frozen=True)
class Bccd:
    """BCCD, or its sample: pictures of blood, with the boxes as they were drawn.

    Attributes
    ----------
    names
        Of the 364 pictures (sample: 88), in order: ``BloodImage_00000``.
    images
        uint8, (n, 480, 640, 3); the sample's are 96 x 128 pixels.
    boxes
        For each picture float32, (boxes, 4): xmin, ymin, xmax, ymax in pixels. Those with faults
        are among them.
    labels
        For each picture int64, (boxes,): the place in `class_names`.
    train_rows, val_rows, test_rows
        int64, the set's own split, 205, 87 and 72 pictures (sample: 48, 16, 24).
    class_names
        ``RBC``, ``WBC`` and ``Platelets``: red cells, white cells, platelets.
    without_area
        The names of pictures that have a box without area.
    drawn_twice
        The names of pictures in which a cell has two boxes.
    in_two_splits
        Pairs of names: pictures that are nearly the same and in different splits.
    size
        ``full`` or ``sample``.
    """

    names: tuple[str, ...]
    images: np.ndarray
    boxes: tuple[np.ndarray, ...]
    labels: tuple[np.ndarray, ...]
    train_rows: np.ndarray
    val_rows: np.ndarray
    test_rows: np.ndarray
    class_names: tuple[str, ...]
    without_area: tuple[str, ...]
    drawn_twice: tuple[str, ...]
    in_two_splits: tuple[tuple[str, str], ...]
    size: str


def bccd() -> Bccd:
    """Load BCCD's pictures and boxes from the data folder, downloading them (8 MB) on first use.

    The boxes are those of the files. Which of them have faults, the loader finds and names. With
    ``SIDEBYSIDE_DATA=sample``, drawn cells made on this machine, in the same file formats.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which folder is wanted and what to do.

    Source: https://github.com/Shenggan/BCCD_Dataset
    """
    return BCCD.load()


def _read(folders: Files, size: str) -> Bccd:
    contents = {name: read_folder(folders[name], pattern) for name, pattern in PATTERNS.items()}
    lists, pictures, texts = contents[LISTS], contents[PICTURES], contents[ANNOTATIONS]
    split = {name: kind for kind in SPLITS for name in lists[f"{kind}.txt"].decode().split()}
    names = tuple(sorted(split))
    annotations = [_cells(texts[f"{name}.xml"]) for name in names]
    images = np.stack([_pixels(pictures[f"{name}.jpg"]) for name in names])
    boxes = tuple(
        np.array([box for _, box in found], np.float32).reshape(-1, 4) for found in annotations
    )
    labels = tuple(
        np.array([CLASSES.index(name) for name, _ in found], np.int64) for found in annotations
    )
    rows = {
        kind: np.array([row for row, name in enumerate(names) if split[name] == kind], np.int64)
        for kind in SPLITS
    }
    return Bccd(
        names=names,
        images=images,
        boxes=boxes,
        labels=labels,
        train_rows=rows["train"],
        val_rows=rows["val"],
        test_rows=rows["test"],
        class_names=CLASSES,
        without_area=_named(names, (bool((_areas(box) <= 0).any()) for box in boxes)),
        drawn_twice=_named(names, map(_has_a_cell_twice, boxes, labels)),
        in_two_splits=_in_two_splits(images, names, split),
        size=size,
    )


def _cells(text: bytes) -> Annotation:
    """Return the class and the box of each cell of an annotation in Pascal VOC's format."""
    corners = ("xmin", "ymin", "xmax", "ymax")
    return [
        (
            entry.findtext("name", ""),
            [int(entry.findtext(f"bndbox/{corner}", "")) for corner in corners],
        )
        for entry in ElementTree.fromstring(text).iter("object")
    ]


def _pixels(content: bytes) -> np.ndarray:
    from PIL import Image  # only reading a picture needs it

    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))


def _named(names: tuple[str, ...], which: Iterable[bool]) -> tuple[str, ...]:
    return tuple(name for name, chosen in zip(names, which, strict=True) if chosen)


def _areas(boxes: np.ndarray) -> np.ndarray:
    areas: np.ndarray = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas


def _has_a_cell_twice(boxes: np.ndarray, labels: np.ndarray) -> bool:
    """Return whether two boxes of a class overlap so much that they mean the same cell."""
    boxes, labels = boxes[_areas(boxes) > 0], labels[_areas(boxes) > 0]
    first = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    last = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(last - first, 0, None).prod(axis=2)
    overlap = shared / (_areas(boxes)[:, None] + _areas(boxes)[None] - shared)
    same = (overlap > SAME_CELL) & (labels[:, None] == labels[None])
    return bool(np.triu(same, 1).any())


def _in_two_splits(
    images: np.ndarray, names: tuple[str, ...], split: dict[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of pictures that look the same and are in different splits."""
    rows, columns = (
        side // cells for side, cells in zip(images.shape[1:3], THUMBNAIL, strict=True)
    )
    shape = (len(images), THUMBNAIL[0], rows, THUMBNAIL[1], columns)
    green = images[..., 1].reshape(shape).mean(axis=(2, 4)).reshape(len(images), -1)
    green -= green.mean(axis=1, keepdims=True)
    green /= np.maximum(np.linalg.norm(green, axis=1, keepdims=True), 1e-9)
    alike = np.argwhere(np.triu(green @ green.T > SAME_PICTURE, 1))
    pairs = [(names[one], names[other]) for one, other in alike]
    return tuple((one, other) for one, other in pairs if split[one] != split[other])


def _sample_folders() -> dict[str, dict[str, bytes]]:
    pictures = blood.draw(88, seed=75)
    names = [f"BloodImage_{number:05}" for number in range(len(pictures))]
    parts = {"train": names[:48], "val": names[48:64], "test": names[64:]}
    parts["trainval"] = [*parts["train"], *parts["val"]]
    lists = {
        f"{part}.txt": "".join(f"{name}\n" for name in members).encode()
        for part, members in parts.items()
    }
    return {
        LISTS: lists,
        PICTURES: {
            f"{name}.jpg": jpeg.encode(image)
            for name, (image, _) in zip(names, pictures, strict=True)
        },
        ANNOTATIONS: {
            f"{name}.xml": _annotation(name, image.shape, boxes)
            for name, (image, boxes) in zip(names, pictures, strict=True)
        },
    }


def _annotation(name: str, shape: tuple[int, ...], boxes: list[Any]) -> bytes:
    """Return a picture's boxes in Pascal VOC's format."""
    lines = ["<annotation>", "\t<folder>JPEGImages</folder>", f"\t<filename>{name}.jpg</filename>"]
    sides = zip(("width", "height", "depth"), (shape[1], shape[0], shape[2]), strict=True)
    lines += ["\t<size>", *(f"\t\t<{side}>{count}</{side}>" for side, count in sides), "\t</size>"]
    for kind, box in boxes:
        corners = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
        lines += ["\t<object>", f"\t\t<name>{kind}</name>", "\t\t<bndbox>"]
        lines += [f"\t\t\t<{corner}>{value}</{corner}>" for corner, value in corners]
        lines += ["\t\t</bndbox>", "\t</object>"]
    return "\n".join([*lines, "</annotation>", ""]).encode()


BCCD = DataSet(
    name="bccd",
    title="BCCD blood cells",
    folder="BCCD",
    archive="BCCD_Dataset.zip",
    inside=f"BCCD_Dataset-{COMMIT}/",
    download=8_000_000,
    licence="MIT",
    source="https://github.com/Shenggan/BCCD_Dataset",
    read=_read,
    sample=_sample_folders,
)
