"""What visitors send: read, or refused with a sentence."""

import random

import numpy as np
import pytest
from PIL import Image

from sidebyside.demos import read_choice, read_number, read_picture, read_text
from sidebyside.errors import InputError


@pytest.fixture
def uploaded(tmp_path):
    """Return a function that saves a picture and returns it as a page sends it."""

    def save(picture, name="picture.png", **options):
        picture.save(tmp_path / name, **options)
        return {"path": str(tmp_path / name)}

    return save


def test_a_picture_is_read_in_rgb(uploaded):
    asked = read_picture(uploaded(Image.new("RGB", (5, 3), (10, 20, 30))))
    assert (asked.value.mode, asked.value.size, asked.note) == ("RGB", (5, 3), "")
    assert asked.value.getpixel((4, 2)) == (10, 20, 30)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_kind_are_read(uploaded, mode):
    assert read_picture(uploaded(Image.new(mode, (4, 4)))).value.mode == "RGB"


def test_what_is_transparent_becomes_white(uploaded):
    picture = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    picture.putpixel((1, 0), (255, 0, 0, 0))
    read = read_picture(uploaded(picture)).value
    assert [read.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (255, 255, 255)]


def test_a_picture_is_turned_as_its_camera_says(uploaded):
    exif = Image.Exif()
    exif[274] = 6  # to be turned by 90 degrees
    picture = uploaded(Image.new("RGB", (6, 2)), "picture.jpg", exif=exif)
    assert read_picture(picture).value.size == (2, 6)


def test_of_an_animated_picture_the_first_frame_is_read(uploaded):
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    asked = read_picture(
        uploaded(frames[0], "picture.gif", save_all=True, append_images=frames[1:])
    )
    assert "animated" in asked.note
    assert asked.value.getpixel((0, 0)) == (255, 0, 0)


def test_a_picture_for_print_is_converted(uploaded):
    asked = read_picture(uploaded(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "picture.jpg"))
    assert "CMYK" in asked.note
    red, green, _ = asked.value.getpixel((0, 0))
    assert red > 200 > 60 > green


def test_a_very_large_picture_is_refused_before_it_is_decoded(uploaded, monkeypatch):
    picture = uploaded(Image.new("L", (10_000, 6_000)))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(InputError, match=r"10,000 × 6,000 pixels are too many"):
        read_picture(picture)


def test_a_picture_that_would_fill_the_memory_is_refused(uploaded, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="megapixels"):
        read_picture(uploaded(Image.new("L", (100, 100))))


@pytest.mark.parametrize(
    "content", [b"", b"This is a text.", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"%!PS-Adobe-3.0"]
)
def test_a_file_that_is_no_picture_is_refused(tmp_path, content):
    (tmp_path / "picture.png").write_bytes(content)
    with pytest.raises(InputError, match="not a picture that can be read"):
        read_picture({"path": str(tmp_path / "picture.png")})


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg", "picture.gif", "picture.webp"])
def test_a_damaged_picture_is_refused_or_read(uploaded, name):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    file = uploaded(Image.fromarray(noise), name)
    with open(file["path"], "rb") as opened:
        whole = opened.read()
    generator = random.Random(0)
    for _ in range(30):
        damaged = bytearray(whole[: generator.randrange(8, len(whole))])
        damaged[generator.randrange(len(damaged))] ^= 0xFF
        with open(file["path"], "wb") as opened:
            opened.write(damaged)
        try:
            assert read_picture(file).value.mode == "RGB"
        except InputError:
            continue


@pytest.mark.parametrize("value", [None, "", "/etc/hosts", {}, 3, {"path": None}])
def test_without_a_picture_there_is_a_sentence(value):
    with pytest.raises(InputError, match="no picture yet"):
        read_picture(value)


def test_a_text_is_read():
    assert read_text("  good 😀\n") == "good 😀"


@pytest.mark.parametrize("value", [None, "", " \n\t ", 5, ["text"]])
def test_without_a_text_there_is_a_sentence(value):
    with pytest.raises(InputError, match="no text yet"):
        read_text(value)


def test_a_very_long_text_is_refused():
    with pytest.raises(InputError, match=r"100,000 characters, which is too long: at most 20,000"):
        read_text("word" * 25_000)


@pytest.mark.parametrize("value", [None, "1", True, 0, 3, float("nan"), float("inf")])
def test_a_number_is_between_its_limits(value):
    assert read_number(1.5, 1, 2) == 1.5
    with pytest.raises(InputError, match="The warmth must be a number from 1 to 2"):
        read_number(value, 1, 2, "The warmth")


@pytest.mark.parametrize("value", [None, "1", True, 7, [1]])
def test_a_choice_is_one_of_the_choices(value):
    assert read_choice(2, range(3)) == 2
    with pytest.raises(InputError, match="The user is none of those"):
        read_choice(value, range(3), "The user")
