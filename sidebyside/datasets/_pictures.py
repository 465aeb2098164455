"""Photographs and paintings, a few of each, for style transfer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import jpeg, png, scenes

PHOTOGRAPHS = (
    "china.jpg",
    "flower.jpg",
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
)
PAINTINGS = ("wave.jpg", "wreck.jpg")


@dataclass(frozen=True)
class Pictures:
    """Photographs and paintings, or their sample, as arrays.

    Attributes
    ----------
    photographs
        By their names: ``china`` (a pavilion of the Summer Palace in Beijing), ``flower``,
        ``astronaut`` (Eileen Collins), ``chelsea`` (a cat), ``coffee``, ``rocket``. uint8,
        (height, width, 3), RGB, 300 to 512 pixels high (sample: scenes of 96 x 128).
    paintings
        ``wave`` (Hokusai, about 1831) and ``wreck`` (Turner, about 1810), likewise.
    size
        ``full`` or ``sample``.
    """

    photographs: dict[str, np.ndarray]
    paintings: dict[str, np.ndarray]
    size: str


def pictures() -> Pictures:
    """Load six photographs and two paintings, downloading them (2 MB) on first use.

    The photographs are those that scikit-learn and scikit-image bring along. With
    ``SIDEBYSIDE_DATA=sample``, scenes and patterns of winding bands, made on this machine and
    stored in files of the same formats.

    Raises
    ------
    DataError
        If a picture cannot be had; the message says which file is wanted and what to do.

    Source: https://scikit-image.org/docs/stable/api/skimage.data.html
    """
    return PICTURES.load()


def _read(files: Files, size: str) -> Pictures:
    photographs, paintings = (
        {Path(name).stem: _pixels(files[name]) for name in names}
        for names in (PHOTOGRAPHS, PAINTINGS)
    )
    return Pictures(photographs, paintings, size)


def _pixels(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def _sample_files() -> dict[str, bytes]:
    drawn = {name: scenes.photograph(seed) for seed, name in enumerate(PHOTOGRAPHS, 640)}
    drawn |= {name: scenes.painting(Path(name).stem, seed=1831) for name in PAINTINGS}
    return {
        name: (png if name.endswith(".png") else jpeg).encode(pixels)
        for name, pixels in drawn.items()
    }


PICTURES = DataSet(
    name="pictures",
    title="Pictures",
    folder="pictures",
    files=(*PHOTOGRAPHS, *PAINTINGS),
    download=2_328_382,
    licence="CC BY 2.0, CC0, public domain",
    source="https://scikit-image.org/docs/stable/api/skimage.data.html",
    read=_read,
    sample=_sample_files,
)
