"""What a client sent, as an array of pictures; or what is wrong with it."""

import base64
import binascii
import io
import json
from typing import Any, NoReturn

import numpy as np
from PIL import Image, ImageOps

from common.problems import Problem
from common.settings import Settings

SIZE = 32  # pixels, of a picture as the model wants it
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
KINDS = (*FORMATS, "application/json")
Image.MAX_IMAGE_PIXELS = None  # `_decoded` counts them, with our own limit


def check_kind(content_type: str, encoding: str) -> str:
    """Return the kind of a body, one of KINDS.

    Raises
    ------
    Problem
        415, if it is another one, or is compressed.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise Problem(415, f"{' or '.join(KINDS)} wanted, not {kind!r:.60}")
    if encoding.lower() not in ("", "identity"):
        raise Problem(415, f"no compressed body, not {encoding!r:.60}")
    return kind


def read_pictures(kind: str, body: bytes, settings: Settings) -> np.ndarray:
    """Return the pictures of a body: (n, 32, 32, 3), uint8.

    Raises
    ------
    Problem
        400 or 413, with what is wrong.
    """
    if kind in FORMATS:
        picture, _ = _decoded(body, (FORMATS[kind],), settings.most_pixels)
        return picture[np.newaxis]
    return _from_json(body, settings)


def _decoded(
    data: bytes, formats: tuple[str, ...], most_pixels: int
) -> tuple[np.ndarray, int]:
    """Return the picture that a file holds, and how many pixels it had.

    What a decoder does with bytes of strangers cannot be foreseen, so every
    exception of it means that the file is at fault.
    """
    try:
        file = Image.open(io.BytesIO(data), formats=formats)
    except Exception:
        why = f"this is not a picture in the format {' or '.join(formats)}"
        raise Problem(400, why) from None
    pixels = file.width * file.height  # of the header: nothing is decoded yet
    if pixels > most_pixels:
        why = f"{pixels:,} pixels; at most {most_pixels:,} are read"
        raise Problem(413, why)
    try:
        whole = ImageOps.exif_transpose(file.convert("RGB"))
        small = ImageOps.fit(whole, (SIZE, SIZE), Image.Resampling.BILINEAR)
    except Exception:
        raise Problem(400, "the picture is damaged, or cut off") from None
    return np.asarray(small, np.uint8), pixels


def _from_json(body: bytes, settings: Settings) -> np.ndarray:
    try:
        asked = json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise Problem(400, "the JSON is nested too deeply") from None
    except ValueError as error:
        raise Problem(400, f"this is not JSON: {error!s:.80}") from None
    if not isinstance(asked, dict) or set(asked) != {"instances"}:
        raise Problem(400, "an object with 'instances' wanted, and no more")
    instances, most = asked["instances"], settings.most_pictures
    if not isinstance(instances, list) or not 1 <= len(instances) <= most:
        raise Problem(400, f"'instances' is a list of 1 to {most} pictures")
    if all(isinstance(one, dict) for one in instances):
        return _from_files(instances, settings.most_pixels)
    return _from_numbers(instances)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _from_files(instances: list[Any], most_pixels: int) -> np.ndarray:
    """Return the pictures of files in base64, as TF Serving wants them."""
    pictures = []
    for one in instances:
        text = one.get("b64")
        if set(one) != {"b64"} or not isinstance(text, str):
            raise Problem(400, "each picture is {'b64': 'a file in base64'}")
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise Problem(400, "'b64' is not base64") from None
        picture, pixels = _decoded(data, ("PNG", "JPEG"), most_pixels)
        most_pixels -= pixels  # of all pictures together
        pictures.append(picture)
    return np.stack(pictures)


def _from_numbers(instances: list[Any]) -> np.ndarray:
    shape = f"(n, {SIZE}, {SIZE}, 3)"
    try:
        array = np.array(instances)
    except (ValueError, OverflowError):
        raise Problem(400, f"{shape} wanted; the rows differ") from None
    if array.dtype.kind not in "iuf":
        raise Problem(400, f"numbers wanted, of the shape {shape}")
    if array.shape[1:] != (SIZE, SIZE, 3):
        raise Problem(400, f"{shape} wanted, not {array.shape}")
    # NaN is not equal to itself, and infinity is out of the range
    if not ((array == np.rint(array)) & (array >= 0) & (array <= 255)).all():
        raise Problem(400, "whole numbers from 0 to 255 wanted")
    return array.astype(np.uint8)
