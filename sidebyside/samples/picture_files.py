"""Picture files, written with whole numbers only: the same bytes on every machine.

What a library writes depends on its version. Both formats are written in their plainest form: PNG
without compression, JPEG in full colour resolution with tables whose codes all have one length.
"""

import itertools
import math
import struct
import zlib

import numpy as np

LARGEST_BLOCK = 65_535  # bytes in a block of a deflate stream that is stored as it is
SCALE = 1 << 13  # the cosines of the transform, as whole numbers
STEP = 12  # a JPEG's coefficients are multiples of it
COSINES = np.array(
    [
        [round(SCALE * math.cos((2 * x + 1) * u * math.pi / 16) * weight) for x in range(8)]
        for u, weight in enumerate([math.sqrt(1 / 8), *7 * [1 / 2]])
    ]
)
ZIGZAG = sorted(
    itertools.product(range(8), range(8)),
    key=lambda place: (sum(place), place[0] if sum(place) % 2 else place[1]),
)
DC_SIZES = range(12)  # bits of a difference: 4-bit codes in this order
AC_SYMBOLS = [0x00, 0xF0, *(16 * run + size for run in range(16) for size in range(1, 11))]
"""End of a block, sixteen zeros, and zeros before a number of so many bits: 8-bit codes."""


def png_bytes(pixels: np.ndarray) -> bytes:
    """Return a picture, uint8 (height, width, 3), as a PNG file."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", _stored(rows.tobytes())), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _stored(content: bytes) -> bytes:
    """Return `content` as a zlib stream that is not compressed."""
    parts = [b"\x78\x01"]
    for start in range(0, len(content), LARGEST_BLOCK):
        block = content[start : start + LARGEST_BLOCK]
        last = start + LARGEST_BLOCK >= len(content)
        parts += [struct.pack("<BHH", last, len(block), LARGEST_BLOCK - len(block)), block]
    return b"".join([*parts, struct.pack(">I", zlib.adler32(content))])


def jpeg_bytes(pixels: np.ndarray) -> bytes:
    """Return a picture, uint8 (height, width, 3), sides multiples of 8, as a JPEG file."""
    height, width, _ = pixels.shape
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"".join(
        bytes([number, 0x11, 0]) for number in (1, 2, 3)
    )
    scan = b"\x03" + b"".join(bytes([number, 0]) for number in (1, 2, 3)) + b"\x00\x3f\x00"
    lengths = [0, 0, 0, len(DC_SIZES)] + 12 * [0], 7 * [0] + [len(AC_SYMBOLS)] + 8 * [0]
    parts = (
        (0xE0, b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        (0xDB, bytes([0] + 64 * [STEP])),
        (0xC0, frame),
        (0xC4, bytes([0x00, *lengths[0], *DC_SIZES])),
        (0xC4, bytes([0x10, *lengths[1], *AC_SYMBOLS])),
        (0xDA, scan),
    )
    head = b"".join(
        struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content for kind, content in parts
    )
    return b"\xff\xd8" + head + _entropy_coded(_coefficients(pixels)) + b"\xff\xd9"


def _coefficients(pixels: np.ndarray) -> np.ndarray:
    """Return what is stored of each block of 8 x 8: whole numbers, (blocks, 3, 64)."""
    red, green, blue = np.moveaxis(pixels.astype(np.int64), -1, 0)
    luma = (299 * red + 587 * green + 114 * blue) // 1000
    planes = np.stack(
        [
            luma - 128,
            (1000 * (blue - luma)) // 1772,  # CCIR 601's two differences of colour
            (1000 * (red - luma)) // 1402,
        ]
    )
    _, height, width = planes.shape
    blocks = planes.reshape(3, height // 8, 8, width // 8, 8).transpose(1, 3, 0, 2, 4)
    transformed = COSINES @ blocks.reshape(-1, 3, 8, 8) @ COSINES.T
    divisor = STEP * SCALE * SCALE
    stored = (transformed + divisor // 2) // divisor
    return np.stack([stored[:, :, u, v] for u, v in ZIGZAG], axis=-1)


def _entropy_coded(blocks: np.ndarray) -> bytes:
    bits: list[str] = []
    before = [0, 0, 0]
    codes = {symbol: f"{number:08b}" for number, symbol in enumerate(AC_SYMBOLS)}
    for block in blocks.tolist():
        for plane, numbers in enumerate(block):
            difference, before[plane] = numbers[0] - before[plane], numbers[0]
            bits += [f"{abs(difference).bit_length():04b}", _amplitude(difference)]
            run = 0
            for number in numbers[1:]:
                if number == 0:
                    run += 1
                    continue
                bits += (run // 16) * [codes[0xF0]]
                size = abs(number).bit_length()
                bits += [codes[16 * (run % 16) + size], _amplitude(number)]
                run = 0
            if run:
                bits.append(codes[0x00])
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")


def _amplitude(number: int) -> str:
    """Return a number's bits; of a negative one, those of its size turned round."""
    size = abs(number).bit_length()
    if not size:
        return ""
    return f"{number if number > 0 else number + (1 << size) - 1:0{size}b}"
