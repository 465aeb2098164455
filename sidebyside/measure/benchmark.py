"""Both notebooks of a pair, measured in turn: the rounds, their summary, the file.

A B A B: PyTorch, TensorFlow/Keras, PyTorch and so on, each in a fresh process: whatever the
machine does meanwhile happens to both. What one process measures: `sidebyside.measure.timing`.
"""

import datetime
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from sidebyside.checkout import build_folder
from sidebyside.errors import BenchmarkError, DataError
from sidebyside.files import written_together
from sidebyside.frameworks import FRAMEWORKS, LIBRARIES, other
from sidebyside.lessons.environment import environment
from sidebyside.lessons.execution import StepFailed
from sidebyside.lessons.pairs import Pair
from sidebyside.measure import timing
from sidebyside.measure.benchmark_plot import draw
from sidebyside.measure.figures import BENCHMARK_FILE, BENCHMARK_PICTURE, threads_in_words
from sidebyside.reporting import cores

TRAINING_STEPS = ("train", "train-model")  # the cell that is measured; the first that is there
LEAST_ROUNDS = 5  # of what is kept
DISTURBING = 0.1  # cores that other programs keep busy
SUMMARISED = (
    "import_seconds",
    "memory_after_imports_mb",
    "seconds_before_training",
    "seconds_per_step",
    "seconds_per_epoch",
    "peak_memory_mb",
)

Progress = Callable[[str, int, dict[str, Any] | None], None]


def run(
    pair: Pair,
    data: str = "full",
    rounds: int = LEAST_ROUNDS,
    seconds: float = 20,
    threads: int | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Measure both notebooks of a pair, and return what `save` writes.

    Before the rounds, one process of each framework goes as far as its first measured step, so
    that the files of both are in the system's cache; it does not count.

    Parameters
    ----------
    data
        The data size: ``full`` or ``sample``.
    rounds
        How often each notebook is measured.
    seconds
        Seconds of training steps to measure in each process.
    threads
        Compute threads of either framework; one for each core unless given.
    progress
        Called as ``progress(framework, round, figures)`` when a process starts, with None for
        the figures, and when it has ended. The round that does not count is 0.

    Raises
    ------
    BenchmarkError
        If a notebook is missing, or cannot be followed, or both are not the same work.
    DataError
        If the data set cannot be had.
    StepFailed
        If a cell raises an error, or the process dies.
    """
    threads = threads or cores()
    step = training_step(pair)
    measured = []
    for number in range(rounds + 1):
        for framework in FRAMEWORKS:
            progress(framework, number, None)
            budget = seconds if number else 0
            figures = _measure(pair, framework, step, budget, data, threads)
            progress(framework, number, figures)
            if number:
                measured.append({"framework": framework, "round": number, **figures})
    epochs = {one["steps_per_epoch"] for one in measured}
    if len(epochs) > 1:
        raise BenchmarkError(
            f"{pair.topic}: the notebooks' epochs are not the same number of steps: "
            f"{' and '.join(str(steps) for steps in sorted(epochs))}."
        )
    return _described(pair, step, data, threads, seconds, over_the_same_steps(measured))


def over_the_same_steps(measured: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the processes' figures over those steps that all of them have measured.

    The faster one makes more steps in the same time, and steps need not be equal: a batch of
    long texts takes longer than one of short ones.
    """
    last = min(one["spans"][-1][0] for one in measured)
    cut = []
    for one in measured:
        spans = [span for span in one["spans"] if span[0] <= last] or one["spans"][:1]
        cut.append(one | timing.step_figures(spans, one["steps_per_epoch"]))
    return cut


def training_step(pair: Pair) -> str:
    """Return the id of the cell that is measured.

    Raises
    ------
    BenchmarkError
        If a notebook is missing, or has no such cell.
    """
    for framework, name in FRAMEWORKS.items():
        if not pair.path(framework).is_file():
            raise BenchmarkError(f"{pair.topic} has no {name} notebook yet.")
    common = {cell.id for cell in pair.read("pytorch").cells if cell.cell_type == "code"}
    common &= {cell.id for cell in pair.read("tensorflow").cells if cell.cell_type == "code"}
    for step in TRAINING_STEPS:
        if step in common:
            return step
    raise BenchmarkError(
        f"{pair.topic} has nothing to measure: no code cell in both of its notebooks is called "
        f"{' or '.join(repr(step) for step in TRAINING_STEPS)}."
    )


def busy() -> str:
    """Look for a second, and return a sentence if other programs compute now, else nothing."""
    used = psutil.cpu_percent(interval=1) / 100 * (psutil.cpu_count() or 1)
    if used <= DISTURBING:
        return ""
    return (
        f"Other programs keep {used:.1f} of {psutil.cpu_count()} cores busy: the figures will be "
        "larger than the machine's own, and vary."
    )


def disturbed(benchmark: dict[str, Any]) -> str:
    """Return a sentence if other programs computed during a benchmark, else nothing."""
    found = [
        f"{one['cores_used_by_others']:.1f} cores in {FRAMEWORKS[one['framework']]}'s round "
        f"{one['round']}"
        for one in benchmark["rounds"]
        if one["cores_used_by_others"] > DISTURBING
    ]
    return f"Other programs computed meanwhile: {', '.join(found)}." if found else ""


def _measure(
    pair: Pair, framework: str, step: str, seconds: float, data: str, threads: int
) -> dict[str, Any]:
    """Return what one process has measured."""
    name = FRAMEWORKS[framework]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        file = Path(folder) / "result.json"
        command = [sys.executable, "-P", timing.__file__, str(pair.path(framework)), framework]
        done = subprocess.run(
            [*command, step, str(seconds), str(file)],
            cwd=pair.folder,
            env={**environment(), **_environment(data, threads), "IPYTHONDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
        result = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        log.seek(0)
        last_words = "".join(log.readlines()[-10:])
    if reason := result.get("not_measurable"):
        raise BenchmarkError(f"{name}: the step {step!r} cannot be measured: {reason}")
    if failed := result.get("failed"):
        if failed["data_error"]:
            raise DataError(failed["data_error"])
        raise StepFailed(framework, failed["step"], failed["source"], failed["error"])
    if not result:
        raise BenchmarkError(
            f"{name}: the process ended with exit code {done.returncode}. Most often there "
            f"was not enough memory. Its last output:\n{last_words}"
        )
    return result


def _environment(data: str, threads: int) -> dict[str, str]:
    return {
        "SIDEBYSIDE_DATA": data,
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
    }


def _described(
    pair: Pair, step: str, data: str, threads: int, seconds: float, measured: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return all that is known of a benchmark."""
    left_out = ("spans", "python", "cpu", "system", "date", "threads", *LIBRARIES)
    rounds = [{key: _rounded(one[key]) for key in one if key not in left_out} for one in measured]
    summary = {framework: summarise(rounds, framework) for framework in FRAMEWORKS}
    epochs = {name: summary[name]["seconds_per_epoch"]["median"] for name in FRAMEWORKS}
    return {
        "topic": pair.topic,
        "step": step,
        "data": data,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "threads": threads,
        "seconds_measured": seconds,
        "machine": {
            "cpu": measured[0]["cpu"],
            "cores": cores(),
            "memory_gb": round(psutil.virtual_memory().total / 2**30),
            "system": platform.system(),
        },
        "versions": {
            one["framework"]: {key: one[key] for key in ("python", *LIBRARIES) if key in one}
            for one in measured[: len(FRAMEWORKS)]
        },
        "summary": summary,
        "slower": max(epochs, key=lambda name: epochs[name]),
        "slower_to_faster": round(max(epochs.values()) / min(epochs.values()), 3),
        "rounds": rounds,
    }


def _rounded(value: Any) -> Any:
    """Return a float with four digits, which is more than is certain."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def summarise(rounds: list[dict[str, Any]], framework: str) -> dict[str, dict[str, float | int]]:
    """Return median, smallest and largest value of each of a framework's figures."""
    own = [one for one in rounds if one["framework"] == framework]
    return {
        key: {
            "median": _rounded(statistics.median(one[key] for one in own)),
            "min": min(one[key] for one in own),
            "max": max(one[key] for one in own),
        }
        for key in SUMMARISED
    }


def verdict(benchmark: dict[str, Any]) -> str:
    """Return a sentence on which framework is the slower one, and by how much."""
    slower = benchmark["slower"]
    return (
        f"{FRAMEWORKS[slower]} needs {benchmark['slower_to_faster']:.2f} times as long for an "
        f"epoch's training steps as {FRAMEWORKS[other(slower)]}, with "
        f"{threads_in_words(benchmark['threads'])}."
    )


def save(benchmark: dict[str, Any], folder: Path) -> list[Path]:
    """Write a benchmark and its picture to `folder`, both or neither; return their paths."""
    paths = [folder / BENCHMARK_FILE, folder / BENCHMARK_PICTURE]
    with written_together(paths) as parts:
        parts[0].write_text(json.dumps(benchmark, indent=2) + "\n", "utf-8", newline="\n")
        draw(benchmark, parts[1])
    return paths


def last_folder(pair: Pair) -> Path:
    """Return where the last benchmark of a pair is kept when it is not saved."""
    return build_folder("benchmarks", pair.root) / pair.topic
