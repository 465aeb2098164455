"""Who may ask, how often, and how many at once."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from common.problems import Problem


def hashed(key: str) -> str:
    """Return what the service keeps of a key: enough to know it again."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """The keys that are let in; the service knows only their hashes.

    A long random key needs no slow hash, as a password does: nobody can try
    all of them.
    """

    def __init__(self, text: str) -> None:
        pairs = (one.partition(":") for one in text.split(",") if one.strip())
        self.by_hash = {key.strip(): name.strip() for name, _, key in pairs}
        if not self.by_hash:
            raise ValueError("no key is set, so nobody could ask: see keys")

    def owner(self, key: str | None) -> str:
        """Return whose key it is.

        Raises
        ------
        Problem
            401, without it or with another one.
        """
        if not key:
            raise Problem(401, "a key is wanted, in the header X-API-Key")
        asked = hashed(key)
        found = ""
        for known, name in self.by_hash.items():  # all: as long for each
            if hmac.compare_digest(asked, known):
                found = name
        if not found:
            raise Problem(401, "the key in X-API-Key is not known")
        return found


class Rate:
    """A bucket of tokens for each key: it fills at `rate`, holds `burst`."""

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate, self.burst, self.clock = rate, burst, clock
        self.lock = threading.Lock()
        self.buckets: dict[str, tuple[float, float]] = {}

    def take(self, owner: str) -> None:
        """Take a token.

        Raises
        ------
        Problem
            429, if there is none; when there will be one, it says.
        """
        with self.lock:
            now = self.clock()
            tokens, since = self.buckets.get(owner, (float(self.burst), now))
            tokens = min(self.burst, tokens + (now - since) * self.rate)
            self.buckets[owner] = (tokens - (tokens >= 1), now)
        if tokens < 1:
            why = f"more than {self.rate:g} requests per second with this key"
            raise Problem(429, why, retry_after=(1 - tokens) / self.rate)


class Gate:
    """Counts the requests inside, and sends the next one away."""

    def __init__(self, most: int) -> None:
        self.most, self.inside = most, 0
        self.lock = threading.Lock()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Be one of those inside.

        Raises
        ------
        Problem
            503, if there are as many as may be.
        """
        with self.lock:
            if self.inside >= self.most:
                why = f"{self.inside} requests wait already: try again"
                raise Problem(503, why, retry_after=1)
            self.inside += 1
        try:
            yield
        finally:
            with self.lock:
                self.inside -= 1
