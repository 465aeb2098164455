"""A JPEG encoder in whole numbers: pictures of samples, with the same bytes on every machine.

A library's encoder may round in another way in its next version. This one is baseline JPEG (ITU-T
T.81) without subsampling: a cosine transform of blocks of 8 x 8 pixels, one divisor for all of its
numbers, and codes of one length in place of Huffman's tables. The files are larger than a
library's would be; every decoder reads them.
"""

import math
import struct

import numpy as np

DIVISOR = 16  # of the transform's numbers: the larger, the coarser
SHIFT = 13  # the cosines have so many binary digits
COSINES = np.array(
    [
        [
            round(2**SHIFT * math.cos((2 * x + 1) * u * math.pi / 16) / (2 if u else 8**0.5))
            for x in range(8)
        ]
        for u in range(8)
    ],
    dtype=np.int64,
)
TO_YCC = np.array([[77, 150, 29], [-43, -85, 128], [128, -107, -21]], dtype=np.int64)  # of 256
SIZES = 11  # of a number in binary digits, at most
SYMBOLS = [(run << 4) | size for run in range(16) for size in range(1, 11)] + [0x00, 0xF0]
END, SIXTEEN_ZEROS = 160, 161  # places in SYMBOLS: the rest of a block, and a run of it, is zero
LENGTHS = {"DC": 4, "AC": 8}  # of the codes, in bits


def encode(image: np.ndarray) -> bytes:
    """Return a picture as a JPEG file.

    Parameters
    ----------
    image
        uint8, (height, width, 3); both sides are multiples of 8.
    """
    height, width, _ = image.shape
    return _header(height, width) + _scan(_blocks(image)) + b"\xff\xd9"


def _blocks(image: np.ndarray) -> np.ndarray:
    """Return the divided numbers of the transform, int64, (blocks * 3, 64), in zigzag order."""
    height, width, _ = image.shape
    ycc = (image.astype(np.int64) @ TO_YCC.T + 128) >> 8
    ycc[..., 0] -= 128
    cut = ycc.reshape(height // 8, 8, width // 8, 8, 3).transpose(0, 2, 4, 1, 3)
    numbers = COSINES @ cut @ COSINES.T
    half = DIVISOR << (2 * SHIFT - 1)
    divided = np.sign(numbers) * ((abs(numbers) + half) // (2 * half))
    return divided.reshape(-1, 64)[:, ZIGZAG]


def _zigzag() -> np.ndarray:
    """Return the places of a block's numbers in the order of a JPEG file."""
    places = [(row, column) for row in range(8) for column in range(8)]
    places.sort(key=lambda p: (sum(p), p[0] if sum(p) % 2 else p[1]))
    return np.array([8 * row + column for row, column in places])


ZIGZAG = _zigzag()


def _scan(blocks: np.ndarray) -> bytes:
    """Return the codes of all blocks: each has a length in bits and a value."""
    first = np.diff(blocks[:, 0].reshape(-1, 3), axis=0, prepend=0).reshape(-1)
    row, place = np.nonzero(blocks[:, 1:])
    number = blocks[row, place + 1]
    new = np.diff(row, prepend=-1) > 0  # a block's first number that is not zero
    run = place - np.where(new, -1, np.roll(place, 1)) - 1
    last = np.zeros(len(blocks), np.int64)
    last[row] = place + 1  # the greatest place stays
    ends = np.flatnonzero(last < 63)

    long = np.repeat(np.arange(len(row)), run // 16)
    parts = [  # block, order within it, bits, value
        (np.arange(len(blocks)), np.full(len(blocks), -1), *_number(first, "DC")),
        (row[long], 2 * place[long], np.full(len(long), 8), np.full(len(long), SIXTEEN_ZEROS)),
        (row, 2 * place + 1, *_number(number, "AC", run % 16)),
        (ends, np.full(len(ends), 200), np.full(len(ends), 8), np.full(len(ends), END)),
    ]
    block, order, bits, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    sequence = np.lexsort((order, block))
    return _pack(bits[sequence], value[sequence])


def _number(
    numbers: np.ndarray, kind: str, run: np.ndarray | int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bits and values of numbers: a code for the size, then the number itself."""
    size = np.zeros(len(numbers), np.int64)
    for digits in range(SIZES):
        size += np.abs(numbers) >> digits > 0
    code = size if kind == "DC" else run * 10 + size - 1
    own = np.where(numbers < 0, numbers + (1 << size) - 1, numbers)
    return size + LENGTHS[kind], (code << size) | own


def _pack(bits: np.ndarray, values: np.ndarray) -> bytes:
    """Return values of so many bits as bytes, filled up with ones; 0xFF is followed by a zero."""
    ends = np.cumsum(bits)
    which = np.repeat(np.arange(len(bits)), bits)
    places = ends[which] - 1 - np.arange(ends[-1])
    stream = (values[which] >> places & 1).astype(np.uint8)
    filled = np.concatenate([stream, np.ones(-len(stream) % 8, np.uint8)])
    return np.packbits(filled).tobytes().replace(b"\xff", b"\xff\x00")


def _header(height: int, width: int) -> bytes:
    """Return all that comes before the codes."""
    parts = [(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), (0xDB, bytes([0, *[DIVISOR] * 64]))]
    colours = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    parts.append((0xC0, struct.pack(">BHHB", 8, height, width, 3) + colours))
    for kind, symbols in ((0x00, list(range(SIZES + 1))), (0x10, SYMBOLS)):
        counts = [0] * 16
        counts[LENGTHS["AC" if kind else "DC"] - 1] = len(symbols)
        parts.append((0xC4, bytes([kind, *counts, *symbols])))
    parts.append((0xDA, b"\x03" + bytes([1, 0, 2, 0, 3, 0]) + b"\x00\x3f\x00"))
    return b"\xff\xd8" + b"".join(
        struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for marker, content in parts
    )
