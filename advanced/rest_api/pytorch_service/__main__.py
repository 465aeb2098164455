"""Start the service: ``python -m pytorch_service --port 8000``."""

import argparse
import os
import socket
import tempfile

import uvicorn
from uvicorn.supervisors import Multiprocess

from common.access import Keys
from common.logs import LOGGING, share_metrics
from common.settings import from_environment


def main() -> None:
    """Run the workers until SIGTERM; they finish what they have begun."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    settings = from_environment()
    Keys(settings.keys)  # a wrong setting is an error now, not in a worker
    with tempfile.TemporaryDirectory() as folder:
        share_metrics(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or folder)
        config = uvicorn.Config(
            "pytorch_service.app:app",
            host=options.host,
            port=options.port,
            workers=settings.workers,
            backlog=256,  # connections that nobody has accepted yet
            timeout_graceful_shutdown=20,
            timeout_worker_healthcheck=10,  # a worker that loads is busy
            log_config=LOGGING,
            access_log=False,  # our own lines say more
            server_header=False,
        )
        listening = config.bind_socket()
        # Without it an answer's body waits until its head is acknowledged,
        # up to 40 ms. asyncio sets it, but not for a socket made like this.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Multiprocess(config, sockets=[listening]).run()


if __name__ == "__main__":
    main()
