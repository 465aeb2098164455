"""Requests that nobody should send, and that somebody will.

The tests send them to both services, and the notebooks show what comes back.
"""

import base64
import io
import json
import socket
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import requests
from PIL import Image, PngImagePlugin

PATH = "/v1/models/cifar:predict"
PNG = "image/png"


@dataclass(frozen=True)
class Bad:
    """A request that is wrong, and the status that it should get."""

    status: int
    body: Callable[[], bytes]  # some take a second to make
    kind: str = PNG
    path: str = PATH
    headers: dict[str, str] = field(default_factory=dict)


def picture(size: int = 32, file_format: str = "PNG") -> bytes:
    """Return a good picture as a file."""
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3))
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, file_format)
    return file.getvalue()


def white(width: int, height: int) -> bytes:
    """Return a white picture: a small file, however large it is."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    pack = zlib.compressobj(1)
    data = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    parts = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def text_bomb() -> bytes:
    """Return a picture with a comment of 50 MB, in 50 kB."""
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "a" * 50_000_000, zip=True)
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def numbers(first: str = "0", rows: int = 32) -> bytes:
    """Return a question in numbers, the first one as it is given."""
    pixels = np.zeros((1, rows, 32, 3), int).tolist()
    text = json.dumps({"instances": pixels})
    return text.replace("0", first, 1).encode()


def many_large() -> bytes:
    """Return 32 pictures, none too large by itself."""
    file = base64.b64encode(white(1500, 1500)).decode()
    return json.dumps({"instances": [{"b64": file}] * 32}).encode()


JSON = "application/json"
BAD: dict[str, Bad] = {
    "a text file as .png": Bad(400, lambda: b"Once upon a time\n" * 9),
    "an empty body": Bad(400, lambda: b""),
    "a JPEG cut in half": Bad(
        400, lambda: picture(64, "JPEG")[:1500], "image/jpeg"
    ),
    "a JPEG that says PNG": Bad(400, lambda: picture(32, "JPEG")),
    "60 megapixels": Bad(413, lambda: white(10_000, 6_000)),
    "a decompression bomb": Bad(413, lambda: white(30_000, 30_000)),
    "a bomb in a comment": Bad(400, text_bomb),
    "32 large pictures": Bad(413, many_large, JSON),
    "wrong content type": Bad(415, picture, "text/plain"),
    "a compressed body": Bad(
        415, picture, headers={"Content-Encoding": "gzip"}
    ),
    "NaN": Bad(400, lambda: numbers("NaN"), JSON),
    "infinity": Bad(400, lambda: numbers("1e999"), JSON),
    "half a colour": Bad(400, lambda: numbers("0.5"), JSON),
    "31 rows": Bad(400, lambda: numbers(rows=31), JSON),
    "no JSON": Bad(400, lambda: b'{"instances": [', JSON),
    "JSON without end": Bad(400, lambda: b"[" * 100_000, JSON),
    "50 MB": Bad(413, lambda: bytes(50_000_000)),
    "an unknown model": Bad(404, picture, path="/v1/models/cats:predict"),
    "an unknown version": Bad(
        404, picture, path="/v1/models/cifar/versions/9:predict"
    ),
    "no key": Bad(401, picture, headers={"X-API-Key": ""}),
    "a wrong key": Bad(401, picture, headers={"X-API-Key": "sesame"}),
}


def send(address: str, key: str, bad: Bad) -> tuple[int, str]:
    """Send a request; return the status, and the reason that is given."""
    headers = {"X-API-Key": key, "Content-Type": bad.kind, **bad.headers}
    reply = requests.post(
        address + bad.path, bad.body(), headers=headers, timeout=60
    )
    return reply.status_code, str(reply.json().get("error", ""))


class Slow:
    """A client that announces a picture, sends half of it, and waits."""

    def __init__(self, address: str, key: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self.body = picture()
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n"
            f"Content-Type: {PNG}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        self.connection = socket.create_connection((host, int(port)))
        half = len(self.body) // 2
        self.connection.sendall(head.encode() + self.body[:half])

    def finish(self) -> None:
        """Send the other half."""
        self.connection.sendall(self.body[len(self.body) // 2 :])

    def answer(self, seconds: float = 60) -> tuple[int, str]:
        """Wait for the answer; return the status, and the reason."""
        self.connection.settimeout(seconds)
        with self.connection, self.connection.makefile("rb") as reader:
            status = int(reader.readline().split()[1])
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            told = json.loads(reader.read(length))
        return status, str(told.get("error", ""))
