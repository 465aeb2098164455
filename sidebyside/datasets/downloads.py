"""Downloading a file, with a bar that shows how far it is."""

from pathlib import Path

import requests
from tqdm import tqdm

CHUNK = 2**16  # bytes
TIMEOUT = 30  # seconds without a byte
HEADERS = {"Accept-Encoding": "identity"}  # a .gz file as it is published, not unpacked on the way


def download(url: str, target: Path) -> None:
    """Write what `url` sends to the file `target`.

    Raises
    ------
    requests.RequestException
        If the network, or the server, does not send all of it.
    OSError
        If it cannot be written.
    """
    with requests.get(url, headers=HEADERS, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        size = int(response.headers.get("Content-Length", 0)) or None
        with open(target, "wb") as stream, tqdm(total=size, unit="B", unit_scale=True) as bar:
            for chunk in response.iter_content(CHUNK):
                stream.write(chunk)
                bar.update(len(chunk))
