"""Films as MP4 files, with the same bytes on every machine.

An encoder of films may write other bytes in its next version. Here each frame is a JPEG picture of
its own, and this module puts the file around them (ISO/IEC 14496-12): every player that knows
Motion JPEG reads it.
"""

import struct
from collections.abc import Sequence

MATRIX = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)  # as it is, not turned
BEGINNING = 1000  # time units of a second


def pack(jpegs: Sequence[bytes], width: int, height: int, rate: int) -> bytes:
    """Return a film of so many pictures a second as a file.

    Parameters
    ----------
    jpegs
        Its pictures, each a whole JPEG file of `width` x `height` pixels.
    """
    kind = _atom("ftyp", b"isom", struct.pack(">I", 512), b"isommp41")
    pictures = _atom("mdat", *jpegs)
    length = len(jpegs) * BEGINNING // rate
    track = _atom(
        "trak",
        _full("tkhd", struct.pack(">5I", 0, 0, 1, 0, length), bytes(16), MATRIX,
              struct.pack(">2I", width << 16, height << 16), flags=7),
        _media(jpegs, width, height, rate, start=len(kind) + 8),
    )  # fmt: skip
    head = struct.pack(">4I", 0, 0, BEGINNING, length) + struct.pack(">IH10x", 1 << 16, 256)
    movie = _full("mvhd", head, MATRIX, bytes(24), struct.pack(">I", 2))
    return kind + pictures + _atom("moov", movie, track)


def _media(jpegs: Sequence[bytes], width: int, height: int, rate: int, start: int) -> bytes:
    """Return the atom that says what the track's pictures are, and where; one chunk for each."""
    sizes = [len(jpeg) for jpeg in jpegs]
    places = [start + sum(sizes[:number]) for number in range(len(sizes))]
    entry = _atom(
        "jpeg", bytes(6), struct.pack(">H16x2H", 1, width, height),
        struct.pack(">3IH", 72 << 16, 72 << 16, 0, 1), bytes(32), struct.pack(">Hh", 24, -1),
    )  # fmt: skip
    table = _atom(
        "stbl",
        _full("stsd", struct.pack(">I", 1), entry),
        _full("stts", struct.pack(">3I", 1, len(sizes), 1)),
        _full("stsc", struct.pack(">4I", 1, 1, 1, 1)),
        _full("stsz", struct.pack(f">{len(sizes) + 2}I", 0, len(sizes), *sizes)),
        _full("stco", struct.pack(f">{len(sizes) + 1}I", len(sizes), *places)),
    )
    here = _atom("dinf", _full("dref", struct.pack(">I", 1), _full("url ", flags=1)))
    return _atom(
        "mdia",
        _full("mdhd", struct.pack(">4I2H", 0, 0, rate, len(sizes), 0x55C4, 0)),
        _full("hdlr", bytes(4), b"vide", bytes(12), b"video\0"),
        _atom("minf", _full("vmhd", bytes(8), flags=1), here, table),
    )


def _atom(name: str, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + name.encode() + content


def _full(name: str, *parts: bytes, flags: int = 0) -> bytes:
    """Return an atom that begins with a version, 0, and flags."""
    return _atom(name, struct.pack(">I", flags), *parts)
