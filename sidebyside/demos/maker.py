"""Trains one notebook of a demo, in a process of its own, and keeps what its demo asks for.

    python -P -m sidebyside.demos.maker NOTEBOOK FRAMEWORK DEMO ABOUT FILE

The notebook's code cells are executed in their order, up to the one that ends the training. DEMO
is the project's demo.py, ABOUT is JSON for `sidebyside.demos.kept.pack`, FILE is what is written.
On its standard output the process says how far it is, one JSON object per line; what the cells
print goes to its standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import IO, Any

from sidebyside.demos.answering import load_demo
from sidebyside.demos.cells import Lesson, read_cells
from sidebyside.demos.definition import Demo
from sidebyside.demos.kept import fingerprint, pack
from sidebyside.errors import DataError, DemoError
from sidebyside.files import write_together
from sidebyside.measure import timing
from sidebyside.reporting import surroundings

SECONDS = 0.2  # between two messages about steps
BEFORE, AFTER = 0.1, 0.95  # shares of the bar: where the counted training begins, and ends


class Channel:
    """Where messages go: what was this process's standard output."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def say(self, **message: Any) -> None:
        """Send a message."""
        print(json.dumps(message), file=self.stream, flush=True)


class Counter:
    """A clock for a follower of `sidebyside.measure.timing` that counts steps."""

    def __init__(self, channel: Channel, total: int) -> None:
        self.channel, self.total, self.steps = channel, total, 0
        self.last = time.perf_counter()

    def tick(self, count: int = 1) -> None:
        """Note that `count` steps have been made; say so now and then."""
        self.steps += count
        if time.perf_counter() - self.last > SECONDS:
            self.last = time.perf_counter()
            done = min(1.0, self.steps / self.total)
            step = f"{self.steps:,} of {self.total:,} steps"
            self.channel.say(step=step, share=BEFORE + (AFTER - BEFORE) * done)


def train(notebook: Path, framework: str, demo: Demo, channel: Channel) -> dict[str, Any]:
    """Execute a notebook's cells up to the end of the training; return its names.

    Raises
    ------
    DemoError
        If there is no such cell.
    sidebyside.measure.timing.CellFailed
        If a cell raises an error.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    names = [cell["id"] for cell in cells]
    if demo.train_until not in names:
        raise DemoError(f"{notebook.name} has no code cell {demo.train_until!r} to train by.")
    names = names[: names.index(demo.train_until) + 1]
    shell = timing.make_shell()
    for cell, share in zip(cells, shares(names, demo.counted), strict=False):
        channel.say(step=cell["id"], share=share)
        if cell["id"] == demo.counted:
            counter: Any = Counter(channel, int(eval(demo.steps, shell.user_ns)))
            timing.FOLLOWERS[framework]().start(counter)
        timing.run_cell(shell, cell)
    defined: dict[str, Any] = shell.user_ns
    return defined


def shares(names: list[str], counted: str) -> list[float]:
    """Return how much is done when each of these cells begins."""
    if counted not in names:
        return [place / len(names) for place in range(len(names))]
    place = names.index(counted)
    before = [BEFORE * number / place for number in range(place)]
    after = len(names) - place - 1
    return [*before, BEFORE, *(AFTER + (1 - AFTER) * number / after for number in range(after))]


def keep(
    names: dict[str, Any], notebook: str, framework: str, demo_file: str, about: str, result: str
) -> None:
    """Write what a demo needs of a notebook that has been executed.

    Parameters
    ----------
    names
        The notebook's names.
    notebook, framework, demo_file, about, result
        As on the command line.
    """
    demo = load_demo(Path(demo_file))
    facts = json.loads(about) | {
        "framework": framework,
        "cells": fingerprint(demo, read_cells(Path(notebook))),
        "on": surroundings(),
    }
    write_together({Path(result): pack(Lesson(framework, names), demo, facts)})


def main(arguments: list[str]) -> None:
    """Train and keep; say what went wrong."""
    notebook, framework, demo_file, about, result = arguments
    channel = Channel(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # what cells print, and what the frameworks' C++ code does
    started = time.perf_counter()
    try:
        names = train(Path(notebook), framework, load_demo(Path(demo_file)), channel)
        seconds = {"seconds": round(time.perf_counter() - started, 1)}
        about = json.dumps(json.loads(about) | seconds)
        keep(names, notebook, framework, demo_file, about, result)
    except timing.CellFailed as failure:
        channel.say(failed=timing.failed(failure))
    except (DataError, DemoError) as error:
        channel.say(refused=str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
