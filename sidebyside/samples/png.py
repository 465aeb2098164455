"""PNG files without compression: pictures of samples, with the same bytes on every machine.

What a library's encoder writes depends on its version.
"""

import struct
import zlib

import numpy as np

LARGEST_BLOCK = 65_535  # bytes in a block of a deflate stream that is stored as it is


def encode(pixels: np.ndarray) -> bytes:
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
