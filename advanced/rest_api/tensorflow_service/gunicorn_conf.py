"""How gunicorn runs the service: `-c python:tensorflow_service.gunicorn_conf`.

Threads, because a request waits most of its time: for its body, and for TF
Serving. There are more of them than requests that may wait. Otherwise the
requests would wait where nobody can refuse them.
"""

import os
import socket
import struct
import tempfile
from typing import Any

from common.access import Keys
from common.logs import LOGGING, share_metrics
from common.settings import from_environment

settings = from_environment()
Keys(settings.keys)  # a wrong setting is an error now, not in a worker
share_metrics(
    os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    or tempfile.mkdtemp(prefix="metrics-")
)

worker_class = "tensorflow_service.worker.Worker"  # with threads
workers = settings.workers
threads = settings.most_waiting + 16
worker_connections = 1000
backlog = 256  # connections that nobody has accepted yet
keepalive = 5
timeout = 30  # a worker that gives no sign of life is started again
graceful_timeout = 20
logconfig_dict: dict[str, Any] = LOGGING
accesslog = None  # our own lines say more


def when_ready(server: Any) -> None:
    """Limit how long a connection may be silent in the middle of a request.

    Connections inherit it from the socket that listens. It ends the threads
    that wait for the rest of a head; bodies have `bodies.Deadlines`.
    """
    limit = struct.pack("ll", int(settings.body_seconds) + 1, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)


def child_exit(server: Any, worker: Any) -> None:
    """Take what a worker that has ended had counted as going on."""
    from prometheus_client import multiprocess  # not before share_metrics

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
