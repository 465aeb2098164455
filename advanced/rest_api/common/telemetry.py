"""What a service says of itself: a line for each request, and metrics.

Prometheus's client decides when it is imported where its counts are kept: see
`common.logs.share_metrics`.
"""

import logging
import os
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

METRICS_TYPE = CONTENT_TYPE_LATEST
REQUESTS = Counter(
    "service_requests", "answered requests", ["route", "status"]
)
SECONDS = Histogram(
    "service_request_seconds",
    "from a request's head to its answer's",
    ["route"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
BATCH_ROWS = Histogram(
    "service_batch_rows",
    "pictures in a call of the model",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
MODEL_SECONDS = Histogram(
    "service_model_seconds",
    "a call of the model",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1),
)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("service")


def observe_batch(rows: int, seconds: float) -> None:
    """Count a call of the model."""
    BATCH_ROWS.observe(rows)
    MODEL_SECONDS.observe(seconds)


def request_id(given: str | None) -> str:
    """Return the request's id: the client's, if it is fit for a log."""
    if given and REQUEST_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


@dataclass
class Record:
    """One request, for the log and the metrics."""

    request_id: str
    method: str
    path: str
    route: str = "other"  # the contract's, so that there are few of them
    facts: dict[str, Any] = field(default_factory=dict)
    start: float = field(default_factory=time.perf_counter)

    def done(self, status: int) -> None:
        """Count the request, and write its line."""
        seconds = time.perf_counter() - self.start
        REQUESTS.labels(self.route, str(status)).inc()
        SECONDS.labels(self.route).observe(seconds)
        level = logging.ERROR if status == 500 else logging.INFO
        facts = {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path[:200],
            "status": status,
            "ms": round(1000 * seconds, 2),
            **self.facts,
        }
        log.log(level, "request", extra={"facts": facts})


def exposition() -> bytes:
    """Return the metrics of all workers together, for Prometheus."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
