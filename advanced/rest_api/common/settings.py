"""What a service is set to: by its environment, with a default for each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PREFIX = "SERVICE_"


@dataclass(frozen=True)
class Settings:
    """The settings of a service; SERVICE_RATE in the environment sets `rate`.

    Limits are those of one worker process: a service with two workers lets
    twice as many requests in, and twice the rate.

    Attributes
    ----------
    models
        The folder of models: ``models/cifar/1``, ``models/cifar/2``, and the
        names of the classes in ``models/cifar/labels.json``.
    keys
        Who may ask: ``name:hash`` and commas, the hash as
        `common.access.hashed` makes it. Nobody, if it is empty.
    rate, burst
        Requests per second of one key, and how many may come at once.
    most_bytes, body_seconds
        Of a body: its size, and how long it may take to arrive.
    most_pixels, most_pictures
        Of all pictures of a request together.
    most_waiting
        Requests that are worked on or wait; the next one gets a 503.
    answer_seconds
        How long the model may take; then 504.
    batch_rows, batch_wait
        Of a batch: its pictures at most, and the seconds that the first one
        waits for others.
    threads
        That the framework computes with, in each worker.
    workers
        Processes.
    backend
        Where TF Serving, or what speaks its protocol, is.
    """

    models: Path = Path("models")
    keys: str = ""
    rate: float = 50.0
    burst: int = 100
    most_bytes: int = 2_000_000
    body_seconds: float = 5.0
    most_pixels: int = 4_000_000
    most_pictures: int = 32
    most_waiting: int = 64
    answer_seconds: float = 10.0
    batch_rows: int = 32
    batch_wait: float = 0.002
    threads: int = 1
    workers: int = 2
    backend: str = "http://127.0.0.1:8501"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that an environment has.

    Raises
    ------
    ValueError
        If a value cannot be read, or there is no such setting.
    """
    kinds = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        if name not in kinds:
            raise ValueError(f"{name}: there is no such setting")
        field = kinds[name]
        read: Any = type(field.default)  # int, float, str or Path
        try:
            values[field.name] = read(text)
        except ValueError:
            raise ValueError(f"{name}: {text!r} cannot be read") from None
    return Settings(**values)
