"""Start a service on this machine, wait until it is ready, and end it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import psutil
import requests

from common.access import hashed

PROJECT = Path(__file__).parents[1]
GUARD = [sys.executable, "-m", "common.guard"]
GUNICORN = [sys.executable, "-m", "gunicorn"]


def free_port() -> int:
    """Return a port of this machine that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Program:
    """A program with a guard: it ends with us, however we end.

    Parameters
    ----------
    command
        A server that ends in order on SIGTERM.
    log
        Where its lines go.
    """

    def __init__(
        self, command: list[str], log: Path, environment: dict[str, str]
    ) -> None:
        self.log = log
        file = log.open("a")
        self.process = subprocess.Popen(
            [*GUARD, *command],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            start_new_session=True,  # an interrupt is not for it
        )
        self.end = weakref.finalize(self, _end, self.process, file)

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait."""
        self.process.send_signal(signal.SIGTERM)

    def main(self) -> psutil.Process:
        """Return the server's first process, which watches its workers."""
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer."""
        children = self.main().children()
        return [one for one in children if not _is_tracker(one)]


def _is_tracker(process: psutil.Process) -> bool:
    """Return whether it is a helper of Python's, not a worker."""
    try:
        return "resource_tracker" in " ".join(process.cmdline())
    except psutil.Error:
        return True  # it has just ended


def _end(process: subprocess.Popen[bytes], log: IO[str]) -> None:
    """Close the pipe, and wait until the program has ended."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()


class Service:
    """One of the two services, as it runs on this machine.

    Parameters
    ----------
    framework
        ``pytorch`` or ``tensorflow``.
    models
        The folder of models.
    folder
        For logs and metrics.
    settings
        As in `common.settings`: ``rate=1000``.
    """

    def __init__(
        self, framework: str, models: Path, folder: Path, **settings: Any
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.key = secrets.token_urlsafe(24)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        settings = {"keys": f"reader:{hashed(self.key)}", **settings}
        settings["models"] = models.resolve()
        self.folder, self.programs = folder, list[Program]()
        self.model_metrics = f"{self.address}/metrics"  # of its batches
        self.backend = ""  # the model server, if there is one
        if framework == "tensorflow":
            backend = f"127.0.0.1:{free_port()}"
            settings["backend"] = self.backend = f"http://{backend}"
            path = "/monitoring/prometheus/metrics"
            self.model_metrics = self.backend + path
            inside = settings.get("most_waiting", 64) * 2 + 16
            command = [
                *GUNICORN,
                *("--bind", backend, "--workers", "1"),
                *("--worker-class", "gthread", "--threads", str(inside)),
                *("--graceful-timeout", "20", "--no-control-socket"),
                "tensorflow_service.model_server:serve()",
            ]
            self._start("model-server", command, settings)
            command = [
                *GUNICORN,
                *("--bind", f"127.0.0.1:{self.port}", "--no-control-socket"),
                *("--config", "python:tensorflow_service.gunicorn_conf"),
                "tensorflow_service.app:create_app()",
            ]
        else:
            command = [sys.executable, "-m", "pytorch_service"]
            command += ["--port", str(self.port)]
        self.program = self._start("service", command, settings)

    def _start(
        self, name: str, command: list[str], settings: dict[str, Any]
    ) -> Program:
        environment = {
            f"SERVICE_{key.upper()}": str(value)
            for key, value in settings.items()
        }
        environment["PYTHONPATH"] = str(PROJECT)
        environment["OMP_NUM_THREADS"] = str(settings.get("threads", 1))
        environment["TF_CPP_MIN_LOG_LEVEL"] = "2"
        if name == "service":
            metrics = self.folder / "metrics"
            environment["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
        program = Program(command, self.folder / f"{name}.log", environment)
        self.programs.append(program)
        return program

    def __enter__(self) -> "Service":
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_until_ready(self, seconds: float = 300) -> None:
        """Wait until it says that it is ready."""
        end = time.monotonic() + seconds
        while not self.answers("/readyz"):
            if time.monotonic() > end or self.ended():
                text = "\n".join(one.log.read_text() for one in self.programs)
                raise RuntimeError(f"it does not get ready:\n{text[-3000:]}")
            time.sleep(0.1)

    def ended(self) -> bool:
        """Return whether one of its programs has ended."""
        return any(one.process.poll() is not None for one in self.programs)

    def answers(self, path: str, seconds: float = 5) -> bool:
        """Return whether a path is answered with 200, in so many seconds."""
        try:
            return requests.get(self.address + path, timeout=seconds).ok
        except requests.RequestException:
            return False

    def lines(self) -> list[dict[str, Any]]:
        """Return what the service has logged so far."""
        text = self.program.log.read_text("utf-8")
        whole = text[: text.rfind("\n") + 1].splitlines()
        return [json.loads(line) for line in whole if line.startswith("{")]

    def line_of(self, request_id: str) -> dict[str, Any]:
        """Return what is logged of a request; it may come a moment later."""
        end = time.monotonic() + 10
        while True:
            for line in self.lines():
                if line.get("request_id") == request_id:
                    return line
            if time.monotonic() > end:
                raise KeyError(request_id)
            time.sleep(0.01)

    def stop(self) -> None:
        """End it; what it was asked before, it answers."""
        for program in reversed(self.programs):  # the model server last
            program.end()
