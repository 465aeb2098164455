"""Bodies with a limit, where a thread waits for each of them."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, request
from werkzeug.exceptions import HTTPException

from common.problems import Problem

STEP = 0.1  # seconds


@dataclass(eq=False)
class Clock:
    """When a body has to be there."""

    end: float
    connection: socket.socket
    expired: bool = False


class Deadlines:
    """Ends the reading of bodies that do not come.

    A thread that waits for bytes cannot look at a clock, and a limit for
    each byte is no limit for a body. So another thread looks at the clock
    for all, and closes our ear: the reader sees the end of the body.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clocks: set[Clock] = set()
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def reading(
        self, connection: socket.socket, seconds: float
    ) -> Iterator[Clock]:
        """Read within so many seconds; the clock says if they are over."""
        clock = Clock(time.monotonic() + seconds, connection)
        with self.lock:
            self.clocks.add(clock)
        try:
            yield clock
        finally:
            with self.lock:
                self.clocks.discard(clock)

    def _watch(self) -> None:
        while True:
            time.sleep(STEP)
            now = time.monotonic()
            with self.lock:
                for clock in self.clocks:
                    if now > clock.end and not clock.expired:
                        clock.expired = True
                        with contextlib.suppress(OSError):
                            clock.connection.shutdown(socket.SHUT_RD)


def leave_unread(response: Response) -> None:
    """Close the connection after the answer, without waiting for the body.

    A server that is full must not wait for what it does not want.
    """
    connection = request.environ["gunicorn.socket"]

    def deaf() -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    response.headers["Connection"] = "close"
    response.call_on_close(deaf)


def read_body(deadlines: Deadlines, most: int, seconds: float) -> bytes:
    """Return the request's body.

    What is beyond the limit is read and dropped, for as long as a body may
    take: a client that is cut off while it sends does not read the answer.

    Raises
    ------
    Problem
        413 or 408, if it is too large, or does not come.
    """
    parts, size, cut = [], 0, False
    connection = request.environ["gunicorn.socket"]
    with deadlines.reading(connection, seconds) as clock:
        try:
            while part := request.stream.read(2**16):
                size += len(part)
                if size <= most:
                    parts.append(part)
        except (HTTPException, OSError):
            cut = True
    if size > most:
        raise Problem(413, f"the body has more than {most:,} bytes")
    if clock.expired:
        why = f"the body was not whole after {seconds:g} s"
        raise Problem(408, why)
    if cut:
        raise Problem(400, "the body is cut off")
    return b"".join(parts)
