"""Lines of JSON, and the place of the metrics: what is set up at the start."""

import json
import logging
import os
from pathlib import Path
from typing import Any


def share_metrics(folder: str) -> None:
    """Have the workers write their counts into a folder.

    Call it before prometheus_client is imported, which decides then. What a
    killed worker has counted stays there, and goes on to count.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "process": record.process,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "common.logs.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json"}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        name: {"handlers": [], "level": "INFO", "propagate": True}
        for name in ("gunicorn.error", "uvicorn", "uvicorn.error")
    },
}
