"""The encoders of the samples' pictures: a library's decoder reads what they write."""

import io

import numpy as np
import pytest
from PIL import Image

from sidebyside.samples import blood, jpeg, png


def opened(content):
    with Image.open(io.BytesIO(content)) as picture:
        return picture.format, np.array(picture.convert("RGB"))


def noise(height, width):
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (160, 170)], ids=str)
def test_a_png_is_read_as_it_was(size):
    kind, pixels = opened(png.encode(noise(*size)))
    assert kind == "PNG"
    np.testing.assert_array_equal(pixels, noise(*size))


def test_a_jpeg_is_read_nearly_as_it_was():
    rows, columns = np.arange(64)[:, None], np.arange(48)[None]
    smooth = np.stack(
        [4 * rows + 0 * columns, 5 * columns + 0 * rows, 255 - 2 * rows - 2 * columns]
    )
    smooth = np.clip(smooth, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    kind, pixels = opened(jpeg.encode(smooth))
    assert kind == "JPEG"
    assert pixels.shape == smooth.shape
    assert np.abs(pixels.astype(int) - smooth).mean() < jpeg.DIVISOR / 4


def test_noise_survives_a_jpeg():
    _, pixels = opened(jpeg.encode(noise(16, 24)))
    near = np.corrcoef(pixels.ravel(), noise(16, 24).ravel())[0, 1]
    assert near > 0.95


def test_drawn_cells_are_read_nearly_as_they_were_drawn():
    image, _ = blood.draw(8, seed=1)[0]
    with Image.open(io.BytesIO(jpeg.encode(image))) as picture:
        error = np.asarray(picture).astype(int) - image
    assert np.abs(error).mean() < 6


@pytest.mark.parametrize("value", [0, 255], ids=["black", "white"])
def test_a_picture_of_one_colour_is_encoded(value):
    """Its blocks have nothing but their first number, and white has the largest one."""
    image = np.full((16, 24, 3), value, np.uint8)
    with Image.open(io.BytesIO(jpeg.encode(image))) as picture:
        assert np.abs(np.asarray(picture).astype(int) - value).max() <= 2


def test_long_runs_of_zeros_are_encoded():
    """One fine detail in an even block: its number comes after more than 16 zeros."""
    image = np.full((8, 8, 3), 128, np.uint8)
    image[::2, ::2], image[1::2, 1::2] = 190, 190
    with Image.open(io.BytesIO(jpeg.encode(image))) as picture:
        assert np.abs(np.asarray(picture).astype(int) - image).mean() < 12
