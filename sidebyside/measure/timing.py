"""What is measured of one notebook, in a process of its own.

Run by `sidebyside.measure.benchmark` as a file, in the notebook's folder: not even this package
is imported before the notebook imports it::

    python -P sidebyside/measure/timing.py NOTEBOOK FRAMEWORK STEP SECONDS RESULT

The notebook's code cells are executed in their order, up to the one that trains, whose optimiser
steps are timed from outside: what is measured is the notebook's own code, its input pipeline
included. The figures, or what went wrong, are written to RESULT as JSON.

A step lasts from the end of one update of the weights to the end of the next. Left out are the
first steps, in which the frameworks compile, allocate and tune, and the first step of each epoch,
before which a notebook evaluates and sets its pipeline up. When the measured steps add up to
SECONDS, the training is stopped.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a notebook is to find as little imported as anywhere
    from IPython.core.interactiveshell import InteractiveShell

WARM_UP = 20  # steps

Cell = dict[str, Any]  # of a notebook's file
Span = tuple[int, int, float]  # steps made at its end, steps in it, its seconds


class Enough(BaseException):
    """The training has been measured; no error, and none that a cell would catch."""


class NotMeasurable(RuntimeError):
    """The training cannot be followed; the message says why."""


class StepClock:
    """Adds up the time of those training steps that count.

    Parameters
    ----------
    steps_per_epoch
        How many optimiser steps one epoch has.
    budget
        Seconds of measured steps after which `tick` raises `Enough`.

    Attributes
    ----------
    steps
        All steps so far.
    spans
        Those that count: for each stretch that was timed as one, how many steps had been made at
        its end, how many of them in it, and its seconds.
    measured_seconds
        How long these took.
    stopped
        Whether the budget has been used up.
    """

    def __init__(self, steps_per_epoch: int, budget: float) -> None:
        self.steps_per_epoch, self.budget = steps_per_epoch, budget
        self.steps, self.measured_seconds = 0, 0.0
        self.spans: list[Span] = []
        self.stopped = False
        self._last = time.perf_counter()

    def tick(self, count: int = 1) -> None:
        """Note that `count` steps have been made since the last call."""
        now = time.perf_counter()
        first_of_an_epoch = -self.steps % self.steps_per_epoch  # how many steps ahead
        if self.steps >= WARM_UP and first_of_an_epoch >= count:
            self.spans.append((self.steps + count, count, now - self._last))
            self.measured_seconds += now - self._last
        self.steps += count
        if self.spans and self.measured_seconds >= self.budget:
            self.stopped = True
            raise Enough
        self._last = time.perf_counter()

    def figures(self) -> dict[str, Any]:
        """Return `step_figures` and the spans.

        Raises
        ------
        NotMeasurable
            If no step counted, or the training has not stopped and was no whole number of epochs.
        """
        if not self.steps:
            raise NotMeasurable(
                "no optimiser step was seen in it. It can follow optimisers of torch.optim "
                "and keras.optimizers, in the notebook's own process."
            )
        if not self.spans:
            raise NotMeasurable(
                f"none of its {self.steps} optimiser steps counts: the first {WARM_UP} are left "
                "out, and so is what runs together with the first step of an epoch."
            )
        if not self.stopped and self.steps % self.steps_per_epoch:
            raise NotMeasurable(
                f"its {self.steps} optimiser steps are not a whole number of epochs: "
                f"steps_per_epoch is {self.steps_per_epoch}."
            )
        return step_figures(self.spans, self.steps_per_epoch) | {"spans": self.spans}


def step_figures(spans: list[Span], steps_per_epoch: int) -> dict[str, Any]:
    """Return the mean seconds per step, the seconds per epoch, and how many steps were measured."""
    steps = sum(count for _, count, _ in spans)
    seconds = sum(seconds for _, _, seconds in spans) / steps
    return {
        "seconds_per_step": seconds,
        "measured_steps": steps,
        "steps_per_epoch": steps_per_epoch,
        "seconds_per_epoch": seconds * steps_per_epoch,
    }


class Follower:
    """Tells a clock of the steps of one optimiser: the first that moves after `start`."""

    def __init__(self) -> None:
        self.clock: StepClock | None = None
        self.optimizer: Any = None

    def start(self, clock: StepClock) -> None:
        """Follow from now on."""
        self.clock = clock


class PyTorchFollower(Follower):
    """Follows an optimiser of torch.optim."""

    def __init__(self) -> None:
        super().__init__()
        from torch.optim.optimizer import register_optimizer_step_post_hook

        register_optimizer_step_post_hook(self._stepped)

    def _stepped(self, optimizer: Any, *_: Any) -> None:
        if self.clock is not None:
            self.optimizer = optimizer if self.optimizer is None else self.optimizer
            if optimizer is self.optimizer:
                self.clock.tick()


class KerasFollower(Follower):
    """Follows an optimiser of Keras, by its count of updates.

    The count is looked at whenever a compiled function (`tf.function`) returns to Python, and
    after each eager update. So it does not matter who calls: `fit`, which may take several steps
    in one call, or a loop in the notebook.
    """

    def __init__(self) -> None:
        super().__init__()
        import keras
        import tensorflow as tf

        self._tf, self._depth = tf, 0
        self._counts: dict[Any, int] = {}  # of each optimiser seen
        optimizer, function = keras.optimizers.Optimizer, type(tf.function(lambda: None))
        optimizer.apply = self._apply(optimizer.apply)
        function.__call__ = self._call(function.__call__)

    def start(self, clock: StepClock) -> None:
        """Follow from now on."""
        self._counts = {optimizer: self._count(optimizer) for optimizer in self._counts}
        super().start(clock)

    def _apply(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def apply(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            if optimizer not in self._counts:
                self._counts[optimizer] = self._count(optimizer)
            with self._one_deeper():
                result = original(optimizer, *args, **kwargs)
            self._look()
            return result

        return apply

    def _call(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(function: Any, *args: Any, **kwargs: Any) -> Any:
            with self._one_deeper():
                result = original(function, *args, **kwargs)
            self._look()
            return result

        return call

    @contextlib.contextmanager
    def _one_deeper(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _count(self, optimizer: Any) -> int:
        with self._tf.init_scope():  # also while a function is being traced
            return int(optimizer.iterations.numpy())

    def _look(self) -> None:
        if self.clock is None or self._depth or not self._tf.executing_eagerly():
            return
        for optimizer in [self.optimizer] if self.optimizer is not None else self._counts:
            if made := self._count(optimizer) - self._counts[optimizer]:
                self.optimizer = optimizer
                self._counts[optimizer] += made
                self.clock.tick(made)
                return


FOLLOWERS: dict[str, type[Follower]] = {"pytorch": PyTorchFollower, "tensorflow": KerasFollower}


class OtherWork:
    """How much other processes have computed since it was made."""

    def __init__(self) -> None:
        self._before = self._times()

    def cores(self) -> float:
        """Return the cores that they kept busy, on average."""
        seconds, all_work, own_work = (
            after - before for after, before in zip(self._times(), self._before, strict=True)
        )
        return max(0.0, round((all_work - own_work) / seconds, 2))

    @staticmethod
    def _times() -> tuple[float, float, float]:
        import psutil

        times = psutil.cpu_times()
        kinds = ("user", "nice", "system", "irq", "softirq", "steal")  # not every system has all
        busy = sum(getattr(times, kind, 0.0) for kind in kinds)
        return time.perf_counter(), busy, time.process_time()


class CellFailed(Exception):
    """A cell raised an error."""

    def __init__(self, cell: Cell, error: BaseException) -> None:
        super().__init__(cell["id"])
        self.cell, self.error = cell, error


def make_shell() -> InteractiveShell:
    """Return an IPython shell as notebooks have it, without its history."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shell.set_custom_exc((Enough,), lambda *_: None)  # says nothing
    return shell


def run_cell(shell: InteractiveShell, cell: Cell) -> None:
    """Execute a code cell; pictures it has drawn are dropped.

    Raises
    ------
    CellFailed
        If it raises an error, and is not tagged ``raises-exception``.
    """
    result = shell.run_cell(source(cell), store_history=False)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    error = result.error_before_exec or result.error_in_exec
    expected = "raises-exception" in cell["metadata"].get("tags", [])
    if error is not None and not expected and not isinstance(error, Enough):
        raise CellFailed(cell, error) from error


def source(cell: Cell) -> str:
    """Return a cell's text, which a file has as one string or as a list of lines."""
    return "".join(cell["source"])


def measure(cells: list[Cell], framework: str, step: str, seconds: float) -> dict[str, Any]:
    """Execute a notebook's code cells up to the cell `step`, and return its figures.

    Parameters
    ----------
    cells
        The code cells, as the notebook's file has them; one of them is called ``imports``.
    framework
        ``pytorch`` or ``tensorflow``.
    step
        The id of the cell that trains.
    seconds
        Of measured steps, after which the training is stopped.

    Raises
    ------
    CellFailed
        If a cell does.
    NotMeasurable
        If the training cannot be followed, or is not what the notebook says it is.
    """
    before, training = split(cells, step)
    shell = make_shell()
    figures, follower = run_up(shell, before, framework)
    steps_per_epoch = shell.user_ns.get("steps_per_epoch")
    if not isinstance(steps_per_epoch, int):
        raise NotMeasurable(
            "the notebook does not define a whole number steps_per_epoch before it."
        )
    clock = StepClock(steps_per_epoch, seconds)
    others = OtherWork()
    follower.start(clock)
    run_cell(shell, training)
    figures["cores_used_by_others"] = others.cores()
    from sidebyside.reporting import surroundings  # not earlier, see above

    return figures | clock.figures() | surroundings()


def split(cells: list[Cell], step: str) -> tuple[list[Cell], Cell]:
    """Return the cells before the one that is called `step`, and that one.

    Raises
    ------
    NotMeasurable
        If there is no such cell, or none before it that is called ``imports``.
    """
    names = [cell["id"] for cell in cells]
    if step not in names:
        raise NotMeasurable("the notebook has no code cell of that name.")
    place = names.index(step)
    if "imports" not in names[:place]:
        raise NotMeasurable("no code cell before it is called 'imports'.")
    return cells[:place], cells[place]


def run_up(
    shell: InteractiveShell, cells: list[Cell], framework: str
) -> tuple[dict[str, Any], Follower]:
    """Execute the cells before the training; return their figures, and what follows its steps.

    Parameters
    ----------
    cells
        One of them is called ``imports``; the framework is there after it.
    """
    place = [cell["id"] for cell in cells].index("imports")
    started = time.perf_counter()
    for cell in cells[:place]:
        run_cell(shell, cell)
    before = time.perf_counter()
    run_cell(shell, cells[place])
    figures = {"import_seconds": time.perf_counter() - before}
    from sidebyside.reporting import peak_memory_mb  # not earlier, see above

    figures["memory_after_imports_mb"] = peak_memory_mb()
    follower = FOLLOWERS[framework]()
    for cell in cells[place + 1 :]:
        run_cell(shell, cell)
    return figures | {"seconds_before_training": time.perf_counter() - started}, follower


def main(arguments: list[str]) -> None:
    """Measure, and write the figures, or what went wrong."""
    notebook, framework, step, seconds, result = arguments
    cells = json.loads(Path(notebook).read_text("utf-8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    try:
        found = measure(cells, framework, step, float(seconds))
    except NotMeasurable as error:
        found = {"not_measurable": str(error)}
    except CellFailed as failure:
        found = {"failed": failed(failure)}
    Path(result).write_text(json.dumps(found), "utf-8")


def failed(failure: CellFailed) -> dict[str, Any]:
    """Return what is known of a cell that raised an error."""
    error = failure.error
    kinds = [kind.__name__ for kind in type(error).__mro__]
    place = error.__traceback__ and error.__traceback__.tb_next  # without IPython's own line
    lines = traceback.format_exception(type(error), error, place)
    return {
        "step": failure.cell["id"],
        "source": source(failure.cell),
        "error": "".join(lines).strip(),
        "data_error": str(error) if "DataError" in kinds else None,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
