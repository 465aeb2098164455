"""gunicorn's worker with threads, which says goodbye in a thread, too."""

import contextlib
import socket
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    ThreadWorker,
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker whose loop waits for nobody.

    A connection that is closed in order is listened to for up to two seconds
    more. gunicorn does so in the loop that accepts all connections, one after
    the other: a few dozen clients who send half a request and stay would
    close the door for everyone. Here the connection's own thread waits.
    """

    def handle(self, conn: Any) -> Any:
        """Handle a request; what is false ends the connection."""
        again = super().handle(conn)
        if not again:
            with contextlib.suppress(OSError):  # it has ended already
                util.close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RD)  # nothing is left to hear
        return again
