"""Boxes, numbers and a line, drawn into a frame."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from tracking import Track

COLOURS = (
    "#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080",
    "#9a6324", "#800000", "#808000", "#000075",
)  # fmt: skip
FONT = ImageFont.load_default(12)
Line = tuple[tuple[float, float], tuple[float, float]]


def draw(
    pixels: np.ndarray,
    tracks: list[Track],
    classes: list[str],
    line: Line | None = None,
    text: str = "",
) -> Image.Image:
    """Return a frame with its tracks, each in the colour of its number."""
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    if line:
        pen.line(line, fill="yellow", width=2)
    for track in tracks:
        colour = COLOURS[track.id % len(COLOURS)]
        left, top, right, bottom = track.box
        box = left, top, max(right, left + 1), max(bottom, top + 1)
        pen.rectangle(box, outline=colour, width=2)
        label(
            pen, left, top - 14, f"{classes[track.label]} {track.id}", colour
        )
    if text:
        label(pen, 4, picture.height - 18, text, "black")
    return picture


def label(
    pen: ImageDraw.ImageDraw, x: float, y: float, text: str, ground: str
) -> None:
    """Write white letters on a coloured ground."""
    x, y = max(x, 0), max(y, 0)
    pen.rectangle(pen.textbbox((x + 2, y), text, FONT), fill=ground)
    pen.text((x + 2, y), text, "white", FONT)


def to_jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    """Return a picture as a JPEG file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()
