"""Where the workers listen: each at a socket of its own, all at one port."""

import socket
from typing import Any


class Door(socket.socket):
    """A socket at a port that others may share; each worker makes its own.

    The system spreads connections over the sockets of a port. If the workers
    shared a socket, the one whose event loop wakes up first would take all
    connections that wait, and the other one would have nothing to do.

    The first process has one, too, which keeps the port, and never listens.
    """

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__(family, socket.SOCK_STREAM)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Without it an answer's body waits until its head is acknowledged,
        # up to 40 ms. asyncio sets it, but not for a socket made like this.
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bind((host, port))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a worker, to whom it is sent, makes of it."""
        return Door, self.getsockname()[:2]
