"""What a notebook ends with: its figures, for the reader and for the tables made of them."""

import datetime
import html
import os
import platform
import sys
from collections.abc import Mapping
from typing import Any

from sidebyside.frameworks import LIBRARIES

REPORT_KEY = "application/json"


def report(framework: str, data: str, **figures: float | int | str) -> None:
    """Show a notebook's figures as a table, and keep them in the cell's output as JSON.

    Parameters
    ----------
    framework
        ``pytorch`` or ``tensorflow``.
    data
        The data size: ``full`` or ``sample``.
    **figures
        The lesson's own, the same names in both twins, in snake_case: ``test_accuracy`` (a share
        of 1), ``train_seconds``, ``seconds_per_epoch``, ``parameters`` and so on.

    Added to them: `peak_memory_mb` of this process so far, the versions, the machine, the number
    of threads, the date.
    """
    from IPython.display import display

    facts = {"framework": framework, "data": data, **_plain(figures), **surroundings()}
    rows = [(name.replace("_", " "), _readable(name, value)) for name, value in facts.items()]
    width = max(len(name) for name, _ in rows)
    bundle = {
        REPORT_KEY: facts,
        "text/html": _html(rows),
        "text/plain": "\n".join(f"{name:<{width}}  {value}" for name, value in rows),
    }
    display(bundle, raw=True)


def peak_memory_mb() -> int:
    """Return the largest resident memory of this process so far, in MB of 2**20 bytes."""
    try:
        with open("/proc/self/status") as file:  # Linux; its getrusage counts the parent's, too
            peaks = [line.split()[1] for line in file if line.startswith("VmHWM:")]
        return round(int(peaks[0]) / 2**10)
    except (OSError, IndexError):
        pass
    if sys.platform == "win32":
        import psutil

        return round(psutil.Process().memory_info().peak_wset / 2**20)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)  # macOS: bytes


def _html(rows: list[tuple[str, str]]) -> str:
    """Return the table; no template, because notebooks need nothing but this module for it."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _plain(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return NumPy numbers as Python's own, which JSON has."""
    return {
        name: value.item() if hasattr(value, "item") else value for name, value in figures.items()
    }


def surroundings() -> dict[str, str | int]:
    """Return what a figure depends on: memory so far (MB), versions, machine, threads, date."""
    loaded = [name for name in LIBRARIES if name in sys.modules]
    return {
        "peak_memory_mb": peak_memory_mb(),
        "python": platform.python_version(),
        **{name: sys.modules[name].__version__.partition("+")[0] for name in loaded},
        "cpu": _cpu(),
        "threads": _threads(),
        "system": platform.system(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _threads() -> int:
    """Return how many threads the framework computes with, as far as that is known."""
    if (torch := sys.modules.get("torch")) is not None:
        return int(torch.get_num_threads())
    if "tensorflow" in sys.modules and os.environ.get("TF_NUM_INTRAOP_THREADS", "").isdigit():
        return int(os.environ["TF_NUM_INTRAOP_THREADS"])
    return cores()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> str:
    """Return the processor's model name and its number of cores."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            models = [line.split(":")[1].strip() for line in file if "model name" in line]
        name = models[0] if models else name
    except OSError:  # not Linux
        pass
    return f"{name}, {os.cpu_count()} cores"


def _readable(name: str, value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if "seconds" in name.split("_") else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
