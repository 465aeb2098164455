"""Start the service: ``python -m pytorch_service --port 8000``."""

import argparse
import os
import tempfile

import uvicorn
from uvicorn.supervisors import Multiprocess

from common.access import Keys
from common.logs import LOGGING, share_metrics
from common.settings import from_environment
from pytorch_service.door import Door


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
            workers=settings.workers,
            backlog=256,  # connections that nobody has accepted yet
            timeout_graceful_shutdown=20,
            timeout_worker_healthcheck=10,  # a worker that loads is busy
            log_config=LOGGING,
            access_log=False,  # our own lines say more
            server_header=False,
        )
        with Door(options.host, options.port) as door:
            Multiprocess(config, sockets=[door]).run()


if __name__ == "__main__":
    main()
