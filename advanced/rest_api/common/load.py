"""Many clients at once, from a process of their own.

Each asks, waits for the answer, and asks again. They speak plain HTTP over
asyncio, to take as little as possible of the processor that they share with
the service. The address has to be one of this machine.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROJECT = Path(__file__).parents[1]
HERE = ("127.0.0.1", "localhost")
MOST_REQUESTS = 20_000
MOST_CLIENTS = 500
ATTEMPTS = 60  # of a request whose connection is lost or that gets a 503
PAUSE = 0.25  # seconds between them
LENGTH = re.compile(rb"^content-length: *(\d+)", re.I | re.M)
CLOSE = re.compile(rb"^connection: *close", re.I | re.M)
Answer = tuple[int, int, float, float, bytes]


class Load:
    """The requests that are left, and the answers that have come.

    Parameters
    ----------
    pictures
        Files; request n sends the n-th of them, from the first again after
        the last.
    retry
        Whether a client tries again after a 503 or a lost connection.
    """

    def __init__(
        self, port: int, path: str, key: str, pictures: list[bytes],
        requests: int, retry: bool,
    ) -> None:  # fmt: skip
        self.port, self.retry, self.retries = port, retry, 0
        self.pictures = [_request(path, key, one) for one in pictures]
        self.left = iter(range(requests))
        self.answers: list[Answer] = []
        self.start = time.perf_counter()

    async def client(self) -> None:
        """Ask until no request is left."""
        connection = None
        for number in self.left:
            place = number % len(self.pictures)
            begin = time.perf_counter()
            for attempt in range(ATTEMPTS if self.retry else 1):
                if attempt:
                    self.retries += 1
                    if connection:  # another worker may have room
                        connection[1].close()
                        connection = None
                    await asyncio.sleep(PAUSE)
                status, body, connection = await self._ask(place, connection)
                if status not in (0, 503):
                    break
            end = time.perf_counter()
            self.answers.append(
                (place, status, 1000 * (end - begin), end - self.start, body)
            )
        if connection:
            connection[1].close()

    async def _ask(
        self, place: int, connection: Any
    ) -> tuple[int, bytes, Any]:
        """Return status, body and connection; status 0 without an answer."""
        try:
            if connection is None:
                connection = await asyncio.open_connection(HERE[0], self.port)
            reader, writer = connection
            writer.write(self.pictures[place])
            head = await reader.readuntil(b"\r\n\r\n")
            found = LENGTH.search(head)
            body = await reader.readexactly(int(found[1]) if found else 0)
        except (OSError, EOFError):
            if connection:
                connection[1].close()
            return 0, b"", None
        if CLOSE.search(head):
            writer.close()
            connection = None
        return int(head.split()[1]), body, connection


def _request(path: str, key: str, picture: bytes) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-API-Key: {key}",
        "Content-Type: image/png",
        f"Content-Length: {len(picture)}",
    )
    return "\r\n".join([*lines, "", ""]).encode() + picture


async def run(load: Load, clients: int) -> dict[str, Any]:
    """Return what the clients got."""
    await asyncio.gather(*(load.client() for _ in range(clients)))
    seconds = time.perf_counter() - load.start
    answers = []
    for place, status, ms, end, body in load.answers:
        told = json.loads(body) if status == 200 else {}
        (one,) = told.get("predictions", [{}])
        rows = one.get("probabilities")
        answers.append([place, status, ms, end, told.get("version"), rows])
    return {"seconds": seconds, "retries": load.retries, "answers": answers}


def under_load(
    address: str,
    key: str,
    pictures: Path,
    requests: int,
    clients: int,
    retry: bool = False,
) -> dict[str, Any]:
    """Return what so many clients get, who are in a process of their own.

    Returns
    -------
    dict
        ``seconds``, ``retries`` and ``answers``: for each request the number
        of its picture, the status, milliseconds, the second at which it was
        answered, the version, and the probabilities.
    """
    process = start_load(address, key, pictures, requests, clients, retry)
    return finish_load(process)


def start_load(
    address: str,
    key: str,
    pictures: Path,
    requests: int,
    clients: int,
    retry: bool = False,
) -> "subprocess.Popen[str]":
    """Begin to ask; `finish_load` waits for the end."""
    command = [sys.executable, "-m", "common.load", address, str(pictures)]
    command += ["--requests", str(requests), "--clients", str(clients)]
    return subprocess.Popen(
        command + ["--retry"] * retry,
        cwd=PROJECT,
        env={**os.environ, "SERVICE_KEY": key},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish_load(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what the clients got."""
    try:
        text, _ = process.communicate(timeout=300)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise RuntimeError("the clients have failed")
    found: dict[str, Any] = json.loads(text)
    return found


def main() -> None:
    """Print what the clients got, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--path", default="/v1/models/cifar:predict")
    parser.add_argument("--retry", action="store_true")
    options = parser.parse_args()
    address = urlsplit(options.address)
    if address.hostname not in HERE or not address.port:
        parser.error("the address has to be one of this machine")
    if options.requests > MOST_REQUESTS or options.clients > MOST_CLIENTS:
        parser.error(f"at most {MOST_REQUESTS:,} and {MOST_CLIENTS}")
    files = sorted(options.pictures.glob("*.png"))
    load = Load(
        address.port,
        options.path,
        os.environ.get("SERVICE_KEY", ""),
        [file.read_bytes() for file in files],
        options.requests,
        options.retry,
    )
    print(json.dumps(asyncio.run(run(load, options.clients))))


if __name__ == "__main__":
    main()
