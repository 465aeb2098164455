"""One client for both services.

``python -m common.client http://127.0.0.1:8000 a.png b.jpg`` asks from a
terminal; the key is in the environment, SERVICE_KEY.
"""

import argparse
import base64
import io
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

AGAIN = (429, 503)  # it says itself when to try again
Picture = np.ndarray | bytes | Path


class ServiceError(Exception):
    """The service has refused, or is not there.

    Parameters
    ----------
    status
        Of the answer; 0 without one.
    reason
        What the service says.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason = status, reason


class Client:
    """Asks a service; tries again where that is harmless and helps.

    Parameters
    ----------
    address
        ``http://127.0.0.1:8000``.
    key
        The API key.
    attempts
        How often a request is sent at most. To ask for a prediction twice
        changes nothing, so a lost connection may be tried again, too.
    seconds
        That an answer may take.
    """

    def __init__(
        self,
        address: str,
        key: str,
        attempts: int = 4,
        seconds: float = 30,
    ) -> None:
        self.address = address.rstrip("/")
        self.attempts, self.seconds = attempts, seconds
        self.session = requests.Session()
        self.session.headers["X-API-Key"] = key

    def predict(
        self,
        pictures: Sequence[Picture],
        model: str = "cifar",
        version: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return a prediction for each picture: label and probabilities.

        Parameters
        ----------
        pictures
            Files, their bytes, or arrays (height, width, 3) of uint8.
        """
        files = [_file(one) for one in pictures]
        instances = [
            {"b64": base64.b64encode(file).decode()} for file in files
        ]
        place = f"/versions/{version}" if version is not None else ""
        path = f"/v1/models/{model}{place}:predict"
        reply = self._send("POST", path, json={"instances": instances})
        predictions: list[dict[str, Any]] = reply["predictions"]
        return predictions

    def versions(self, model: str = "cifar") -> list[str]:
        """Return the versions that can be asked."""
        reply = self._send("GET", f"/v1/models/{model}")
        return [
            one["version"]
            for one in reply["model_version_status"]
            if one["state"] == "AVAILABLE"
        ]

    def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        url = self.address + path
        pause = 0.1
        for left in reversed(range(self.attempts)):
            status, reason = 0, "no connection"
            try:
                reply = self.session.request(
                    method, url, timeout=self.seconds, **options
                )
            except requests.Timeout:
                raise ServiceError(0, f"{self.seconds:g} s are over") from None
            except requests.ConnectionError:
                pass  # a worker may have died; another one answers
            else:
                if reply.ok:
                    answer: dict[str, Any] = reply.json()
                    return answer
                status = reply.status_code
                reason = _reason(reply)
                if status not in AGAIN:
                    break
                pause = float(reply.headers.get("Retry-After", pause))
            if left:
                # not all at the same time, or they meet again
                time.sleep(pause * random.uniform(1, 1.5))
                pause *= 2
        raise ServiceError(status, reason)


def _reason(reply: requests.Response) -> str:
    """Return what an answer says, which may be a proxy's page."""
    try:
        return str(reply.json()["error"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:200]


def _file(picture: Picture) -> bytes:
    """Return a picture as the bytes of a file."""
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, Path):
        return picture.read_bytes()
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def main() -> None:
    """Print what is on the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("pictures", nargs="+", type=Path)
    options = parser.parse_args()
    client = Client(options.address, os.environ.get("SERVICE_KEY", ""))
    try:
        predictions = client.predict(options.pictures)
    except ServiceError as error:
        raise SystemExit(str(error)) from None
    for path, one in zip(options.pictures, predictions, strict=True):
        print(f"{path.name}: {one['label']} ({one['probability']:.0%})")


if __name__ == "__main__":
    main()
