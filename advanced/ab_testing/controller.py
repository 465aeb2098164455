"""The controller: reads the proxy's log, decides, and changes the weights.

    python controller.py FOLDER --stable HOST:PORT --canary HOST:PORT

One user is one observation: the first answer that a user got, and how many of
its digits were right. A request that failed has none right. Later visits are
answered by the same version, and not counted again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from evidence import Judgement, Plan, Users, judge
from proxy import Proxy

BASELINE = 150  # answers of the stable version before "slow" has a meaning
POINTS = 200  # of the dashboard's lines


def number(text: str) -> float | None:
    """Return the number that a text is, if it is one."""
    try:
        return float(text)
    except ValueError:
        return None


@dataclass
class Counted:
    """The users so far, as columns; a row is a user."""

    arms: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    slow: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.arms)

    def add(self, line: dict[str, Any], share: float) -> None:
        """Add a user, by the log's line on the first answer."""
        self.arms.append(int(line["version"] == "canary"))
        self.weights.append(line["weight"])
        self.shares.append(share)
        self.failed.append(line["status"] >= 500)
        self.slow.append(line["slow"])

    def arrays(self) -> Users:
        """Return the columns as arrays."""
        return Users(
            np.array(self.arms, int),
            np.array(self.weights, float),
            np.array(self.shares, float),
            np.array(self.failed, bool),
            np.array(self.slow, bool),
        )


class Log:
    """Reads the proxy's log while it grows, and joins answer and feedback."""

    def __init__(self, path: Path) -> None:
        self.path, self.place, self.rest = path, 0, b""
        self.pending: dict[str, dict[str, Any]] = {}  # answered, no feedback
        self.known: set[str] = set()
        self.stable_seconds: list[float] = []
        self.lines: list[dict[str, Any]] = []
        self.counted = Counted()

    def read(self) -> int:
        """Take over what is new; return how many users are counted."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self.place)
                fresh = file.read()
            self.place += len(fresh)
            *whole, self.rest = (self.rest + fresh).split(b"\n")
            limit = self.limit()  # of what was known before these lines
            for line in whole:
                self.take(json.loads(line), limit)
        return len(self.counted)

    def limit(self) -> float:
        """Return the stable version's p99 so far, in seconds."""
        if len(self.stable_seconds) < BASELINE:
            return float("inf")
        return float(np.quantile(self.stable_seconds, 0.99))

    def take(self, line: dict[str, Any], limit: float) -> None:
        """Take one line: an answer, or a user's word on an answer."""
        self.lines.append(line)
        user = line["user"]
        if line["path"] == "/predict":
            if user in self.known:
                return  # a later visit
            self.known.add(user)
            line["seconds"] = number(line["seconds"]) or 0.0
            line["slow"] = line["seconds"] > limit
            if line["version"] == "stable":
                self.stable_seconds.append(line["seconds"])
            if line["status"] >= 500:
                self.count(line, share=0.0)
            elif line["status"] < 400:
                self.pending[user] = line
        elif user in self.pending:
            share = number(line["right"])  # anybody may send anything
            if share is not None and 0 <= share <= 1:
                self.count(self.pending.pop(user), share)

    def count(self, line: dict[str, Any], share: float) -> None:
        """Count a user, if chance has decided on the version."""
        if 0 < line["weight"] < 1:
            self.counted.add(line, share)


@dataclass(frozen=True)
class Decision:
    """How an experiment ended.

    Attributes
    ----------
    verdict
        ``promoted``, ``rolled back``, or ``stopped`` if traffic ended first.
    reason
        The alarm that rang, or what speaks for the canary.
    users
        How many were counted up to the decision.
    canary_users
        How many of them the canary had answered.
    lower, upper
        The confidence sequence of the effect, after each user up to an alarm.
    """

    verdict: str
    reason: str
    users: int
    canary_users: int
    lower: np.ndarray
    upper: np.ndarray


class Controller:
    """Takes a canary through its stages, or back."""

    def __init__(self, proxy: Proxy, plan: Plan | None = None) -> None:
        self.proxy, self.plan = proxy, plan or Plan()
        self.log = Log(proxy.log)
        self.stage = 0
        self.began = 0  # how many users were counted when the stage began

    def run(self, seconds: float = 120, pause: float = 0.05) -> Decision:
        """Lead the experiment until it is decided or its time is over."""
        self.proxy.set_weight(self.plan.stages[0][0])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (before := self.log.read()) and (found := self.step(before)):
                return self.finish(*found)
            time.sleep(pause)
        return self.finish("stopped", "the time was over")

    def step(self, users: int) -> tuple[str, str] | None:
        """Look at the users so far; return a decision if there is one."""
        found = judge(self.log.counted.arrays(), self.plan)
        self.publish(found, "running", "")
        for name, rang in found.rings.items():
            if rang.any():
                return "rolled back", name
        in_stage = users - self.began
        if in_stage < self.plan.stages[self.stage][1]:
            return None
        if self.stage + 1 < len(self.plan.stages):
            self.stage, self.began = self.stage + 1, users
            self.proxy.set_weight(self.plan.stages[self.stage][0])
            return None
        if found.good[-1]:
            return "promoted", "not worse than the margin"
        if in_stage >= self.plan.patience:
            return "rolled back", "undecided"
        return None

    def finish(self, verdict: str, reason: str) -> Decision:
        """Set the weight that a decision asks for, and write it down."""
        self.proxy.set_weight(1.0 if verdict == "promoted" else 0.0)
        users = self.log.counted.arrays()
        found = judge(users, self.plan)
        self.publish(found, verdict, reason)
        counted, canary = len(users.arms), int(users.arms.sum())
        lines = found.lower[: found.end()], found.upper[: found.end()]
        return Decision(verdict, reason, counted, canary, *lines)

    def publish(self, found: Judgement, verdict: str, reason: str) -> None:
        """Write what the dashboard shows."""
        counted, end = self.log.counted, found.end()
        rows = np.unique(np.linspace(0, max(end - 1, 0), POINTS).astype(int))
        rows = rows[:end]
        state = {
            "verdict": verdict,
            "reason": reason,
            "weight": self.proxy.weight,
            "margin": self.plan.margin,
            "counted": len(counted),
            "canary": sum(counted.arms),
            "users": (rows + 1).tolist(),
            "lower": found.lower[rows].round(5).tolist(),
            "upper": found.upper[rows].round(5).tolist(),
            "weights": [counted.weights[row] for row in rows],
            "rings": {name: bool(r.any()) for name, r in found.rings.items()},
        }
        fresh = self.proxy.dashboard / "state.json.new"
        fresh.write_text(json.dumps(state), "utf-8")
        fresh.replace(self.proxy.dashboard / "state.json")


def main() -> None:
    """Lead one canary, as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stable", required=True)
    parser.add_argument("--canary", required=True)
    parser.add_argument("--salt", default="", help="the experiment's name")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--seconds", type=float, default=86_400)
    asked = parser.parse_args()
    where = {"host": asked.host, "port": asked.port}
    versions = asked.stable, asked.canary, asked.salt
    front = Proxy(asked.folder, *versions, **where)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), front as proxy:
        print(f"{proxy.address}/dashboard/", flush=True)
        decision = Controller(proxy).run(asked.seconds)
        print(f"{decision.verdict}: {decision.reason}", flush=True)
        while proxy.process and proxy.process.poll() is None:
            time.sleep(1)  # it goes on serving, until Ctrl-C


if __name__ == "__main__":
    main()
