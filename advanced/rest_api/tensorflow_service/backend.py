"""The client's side of TF Serving's protocol: its REST API, V1."""

import threading
import time

import numpy as np
import urllib3
from urllib3.exceptions import HTTPError, ProtocolError, TimeoutError

from common.problems import Problem
from common.settings import Settings

STATUS_SECONDS = 1.0  # how long an answer on the versions is believed


class Backend:
    """TF Serving, asked over connections that are kept open."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool = urllib3.connection_from_url(
            settings.backend, maxsize=settings.most_waiting, retries=False
        )
        self.lock = threading.Lock()
        self.known: dict[str, tuple[float, list[str]]] = {}

    def versions(self, model: str) -> list[str]:
        """Return the versions of a model that can be asked, newest last.

        When the last answer is old, one request asks again, and the others
        go on with the old one: otherwise all of them would ask at once.
        """
        now = time.monotonic()
        with self.lock:
            since, found = self.known.get(model, (now, []))
            if found and now - since < STATUS_SECONDS:
                return found
            if found:
                self.known[model] = now, found
        found = []
        try:
            found = self._available(model)
        finally:
            with self.lock:
                if found:
                    self.known[model] = time.monotonic(), found
                else:  # what is being loaded may be there at any moment
                    self.known.pop(model, None)
        return found

    def _available(self, model: str) -> list[str]:
        reply = self._ask("GET", f"/v1/models/{model}", seconds=2)
        if reply.status == 404:
            raise Problem(404, f"there is no model {model!r:.60}")
        if reply.status != 200:
            raise Problem(503, "the model server is not ready", retry_after=1)
        states = reply.json()["model_version_status"]
        found = [
            one["version"] for one in states if one["state"] == "AVAILABLE"
        ]
        return sorted(found, key=int)

    def version(self, model: str, version: str | None) -> str:
        """Return the version that is asked; the newest without one."""
        versions = self.versions(model)
        if not versions:
            raise Problem(503, f"{model} is being loaded", retry_after=1)
        if version is None:
            return versions[-1]
        if version not in versions:
            raise Problem(404, f"{model} has no version {version!r:.20}")
        return version

    def predict(
        self, model: str, version: str, pictures: np.ndarray
    ) -> np.ndarray:
        """Return probabilities for pictures, (n, 32, 32, 3), uint8."""
        reply = self._ask(
            "POST",
            f"/v1/models/{model}/versions/{version}:predict",
            {"instances": pictures.tolist()},
            self.settings.answer_seconds,
        )
        if reply.status == 404:  # it was there a moment ago
            with self.lock:
                self.known.pop(model, None)
            why = f"version {version} of {model} is not there just now"
            raise Problem(503, why, retry_after=1)
        if reply.status in (429, 503):
            raise Problem(503, "the model server is full", retry_after=1)
        if reply.status != 200:  # what we sent was checked: our own fault
            raise RuntimeError(f"the model server says {reply.data[:200]!r}")
        return np.array(reply.json()["predictions"], np.float32)

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, object] | None = None,
        seconds: float = 1.0,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request; once more if the kept connection had ended."""
        limit = urllib3.Timeout(connect=1, read=seconds)
        for last in (False, True):
            try:
                return self.pool.request(
                    method, path, json=body, timeout=limit
                )
            except TimeoutError as error:
                if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
                    break
                why = f"no answer after {seconds:g} s"
                raise Problem(504, why) from None
            except ProtocolError:
                if last:
                    break
            except HTTPError:
                break
        raise Problem(503, "the model server is not there", retry_after=1)
