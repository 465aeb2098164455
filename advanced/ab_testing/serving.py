"""The HTTP side of a worker: all that is not a framework.

A worker answers ``POST /predict``: the bytes of grey pictures of 28 x 28
pixels, one after the other; back comes JSON with a digit for each. One
process can serve several versions, each at a port of its own.

The model here costs a fraction of a millisecond. Real ones cost more, and not
always the same: `delay` stands for that, a time with an exponential
distribution. `slower` and `fail` are faults to try the canary's alarms with.
What a user meets depends on the user's name alone, so a run can be repeated.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

Compute = Callable[[np.ndarray], np.ndarray]  # (n, 28, 28) -> (n, 10)
PIXELS = 28 * 28
MOST_PICTURES = 64  # of one request


@dataclass(frozen=True)
class Service:
    """A version to serve.

    Attributes
    ----------
    file
        The weights, as NumPy writes them.
    delay
        Mean of an additional time, in seconds.
    slower
        A factor of it.
    fail
        Share of the users whose request fails.
    """

    file: str
    delay: float = 0.0
    slower: float = 1.0
    fail: float = 0.0

    @classmethod
    def read(cls, text: str) -> Service:
        """Read ``weights.npz,delay=0.005,fail=0.02``."""
        file, *options = text.split(",")
        known = {each.name for each in fields(cls)} - {"file"}
        values = {}
        for option in options:
            name, _, value = option.partition("=")
            if name not in known:
                raise ValueError(f"{name!r} is none of {sorted(known)}")
            values[name] = float(value)
        return cls(file, **values)


def luck(user: str, matter: str) -> float:
    """Return a number from 0 to 1 that belongs to a user and a matter."""
    text = f"{matter}:{user}".encode()
    found = hashlib.blake2b(text, digest_size=4).digest()
    return int.from_bytes(found, "little") / 2**32


def wait_of(user: str, service: Service) -> float:
    """Return how many seconds a user's request takes besides the model."""
    share = min(luck(user, "wait"), 0.9995)  # no longer than 7.6 times delay
    return -math.log(1 - share) * service.delay * service.slower


class Handler(BaseHTTPRequestHandler):
    """Answers the requests to one service."""

    protocol_version = "HTTP/1.1"  # the proxy keeps its connections
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: Server

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/ready" else 404, {})

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        if not 0 < size <= MOST_PICTURES * PIXELS or size % PIXELS:
            self.close_connection = True
            wanted = f"1 to {MOST_PICTURES} pictures of {PIXELS} bytes"
            return self.answer(400, {"error": f"{wanted} wanted"})
        body = self.rfile.read(size)
        user, service = self.headers.get("X-User", ""), self.server.service
        time.sleep(wait_of(user, service))
        if luck(user, "fail") < service.fail:
            return self.answer(500, {"error": "a fault, on purpose"})
        pictures = np.frombuffer(body, np.uint8).reshape(-1, 28, 28)
        scores = self.server.compute(pictures)
        digits, surest = scores.argmax(axis=1), scores.max(axis=1)
        name = self.server.framework
        told = {"digits": digits.tolist(), "sure": surest.tolist()}
        return self.answer(200, {"framework": name} | told)

    def answer(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: the proxy has a log."""


class Server(ThreadingHTTPServer):
    """A service at an address, with what computes for it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        service: Service,
        compute: Compute,
        framework: str,
    ) -> None:
        self.service, self.compute = service, compute
        self.framework = framework
        super().__init__(address, Handler)


def serve(framework: str, load: Callable[[str], Compute]) -> None:
    """Serve what the command line names; print the ports, and stay."""
    parser = argparse.ArgumentParser()
    parser.add_argument("services", nargs="+", type=Service.read)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    options = parser.parse_args()
    servers = []
    for number, service in enumerate(options.services):
        compute = load(service.file)
        for rows in (1, 16):  # what a first call costs is paid here
            compute(np.zeros((rows, 28, 28), np.uint8))
        port = options.port + number if options.port else 0
        address = (options.host, port)
        servers.append(Server(address, service, compute, framework))
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps([each.server_address[1] for each in servers]), flush=True)
    servers[0].serve_forever()
