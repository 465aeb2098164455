"""What visitors send: read and checked, each mistake a sentence.

Values come as a browser or a program sent them. A picture is a file that was uploaded; what its
name says of it is not believed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sidebyside.demos.definition import Asked
from sidebyside.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

MEGAPIXELS = 40  # more take a second to decode, and hundreds of megabytes
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")
CHARACTERS = 20_000

Choice = TypeVar("Choice")


def read_picture(value: Any) -> Asked:
    """Return an uploaded picture in RGB, upright.

    Of an animated one, the first frame is taken; transparent places become white. The note says
    so, and if the colours had to be converted.

    Parameters
    ----------
    value
        What an `Image` component sends; the page has seen to it that its file was uploaded. Or the
        path of a file of our own.

    Returns
    -------
    Asked
        A `PIL.Image.Image` of mode RGB, and the note.

    Raises
    ------
    InputError
        If there is none, if it is no picture, or a damaged or very large one.
    """
    from PIL import Image, ImageOps

    if not (path := _path(value)):
        raise InputError("There is no picture yet: upload one, or click on an example.")
    not_a_picture = InputError(
        f"This is not a picture that can be read: the file is damaged, or none of "
        f"{', '.join(FORMATS)}, whatever its name says."
    )
    try:
        with Image.open(path, formats=FORMATS) as picture:
            _require_size(picture)
            notes = _notes(picture)
            upright = ImageOps.exif_transpose(picture)  # decodes it
            return Asked(_in_rgb(upright), " ".join(notes))
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise InputError(_too_large("The picture")) from None
    except (OSError, SyntaxError, ValueError, EOFError):  # what Pillow raises, format by format
        raise not_a_picture from None


def _path(value: Any) -> Path | str | None:
    if isinstance(value, Mapping):
        return value.get("path")
    return value if isinstance(value, Path) else None  # a text is not believed to be a path


def _require_size(picture: Image) -> None:
    """Check the size that the file's head tells, before anything is decoded."""
    pixels = picture.width * picture.height
    if pixels > MEGAPIXELS * 10**6:
        raise InputError(_too_large(f"{picture.width:,} × {picture.height:,} pixels"))


def _too_large(what: str) -> str:
    return f"{what} are too many: upload a picture of at most {MEGAPIXELS} megapixels."


def _notes(picture: Image) -> list[str]:
    notes = []
    if getattr(picture, "n_frames", 1) > 1:
        notes.append("The picture is animated: its first frame is used.")
    if picture.mode == "CMYK":
        notes.append("The picture is made for print (CMYK): its colours were converted to RGB.")
    return notes


def _in_rgb(picture: Image) -> Image:
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


def read_text(value: Any, most: int = CHARACTERS) -> str:
    """Return a text without the spaces around it.

    Parameters
    ----------
    most
        How many characters it may have.

    Raises
    ------
    InputError
        If there is none, or if it is too long.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise InputError("There is no text yet: type one, or click on an example.")
    if len(text) > most:
        raise InputError(
            f"The text has {len(text):,} characters, which is too long: at most {most:,}."
        )
    return text


def read_number(value: Any, least: float, most: float, what: str = "The number") -> float:
    """Return a number between `least` and `most`, both included.

    Raises
    ------
    InputError
        If it is none, or not between them.
    """
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not least <= value <= most:  # not a number is not between them, either
        raise InputError(f"{what} must be a number from {least:,} to {most:,}.")
    return float(value)


def read_choice(value: Any, choices: Collection[Choice], what: str = "The choice") -> Choice:
    """Return one of several choices.

    Raises
    ------
    InputError
        If it is none of them.
    """
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    raise InputError(f"{what} is none of those that the page offers.")
