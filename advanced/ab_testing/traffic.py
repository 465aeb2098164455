"""Made-up users, for tries: they ask, compare the answers, and say so.

    python traffic.py http://127.0.0.1:8080 forms.npz --visits 2000

`forms.npz` has ``pictures`` (n, 28, 28), ``labels`` (n,), and for each user
the numbers of the pictures on a form: ``forms``, (users, pictures). A visit
is a form that is sent to ``/predict``, and then, to ``/feedback``, the share
of its digits that were read right. Every tenth visit is by a user who has
been there before. It ends after so many visits, or when its input ends, and
prints what became of the requests.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np

HOST = "127.0.0.1"  # nothing else is a target


def visitors(count: int, users: int, seed: int = 0) -> Iterator[int]:
    """Yield who comes: new users in turn, and every tenth time an old one."""
    rng = np.random.default_rng(seed)
    fresh = itertools.count()
    for visit in range(count):
        seen = visit - visit // 10  # so many different users so far
        who = int(rng.integers(seen)) if visit % 10 == 9 else next(fresh)
        yield who % users


class Traffic:
    """Sends visits from several clients at once, each waiting its turn."""

    def __init__(self, port: int, forms: dict[str, np.ndarray]) -> None:
        self.port, self.forms = port, forms
        self.lock = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.stopped = threading.Event()

    def ask(
        self, method: str, path: str, user: str, body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            headers = {"X-User": user, "Connection": "close"}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def visit(self, number: int) -> list[str]:
        """Be one user once; return what became of the requests."""
        rows = self.forms["forms"][number]
        user, body = f"user-{number}", self.forms["pictures"][rows].tobytes()
        try:
            status, content = self.ask("POST", "/predict", user, body)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)  # who finds nobody does not come again at once
            return ["lost"]
        if status != 200:
            return [str(status)]
        right = json.loads(content)["digits"] == self.forms["labels"][rows]
        path = f"/feedback?right={right.mean():.4f}"
        try:
            return ["200", str(self.ask("GET", path, user)[0])]
        except (OSError, http.client.HTTPException):
            return ["200", "lost"]

    def client(self, queue: Iterator[int]) -> None:
        """Take visits from the queue until it is empty or we are stopped."""
        while not self.stopped.is_set():
            with self.lock:
                if (number := next(queue, None)) is None:
                    return
            told = self.visit(number)
            with self.lock:
                self.outcomes.update(told)

    def run(self, visits: int, clients: int) -> Counter[str]:
        """Send the visits; return how many requests ended how."""
        queue = visitors(visits, len(self.forms["forms"]))
        threads = [
            threading.Thread(target=self.client, args=[queue])
            for _ in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.outcomes


def main() -> None:
    """Send the visits that the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("forms")
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    asked = parser.parse_args()
    address = urlsplit(asked.address)
    if address.hostname != HOST or not address.port:
        parser.error(f"an address of this machine is wanted: http://{HOST}:…")
    with np.load(asked.forms) as file:
        traffic = Traffic(address.port, dict(file))

    def stop_at_the_end_of_input() -> None:
        while os.read(0, 1024):
            pass
        traffic.stopped.set()

    watching = threading.Thread(target=stop_at_the_end_of_input, daemon=True)
    watching.start()
    print(json.dumps(traffic.run(asked.visits, asked.clients)))


if __name__ == "__main__":
    main()
