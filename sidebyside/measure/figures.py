"""The figures that notebooks and benchmarks store."""

import json
from collections.abc import Callable
from pathlib import Path

import nbformat

from sidebyside.lessons.pairs import Pair
from sidebyside.measure.code_size import Complexity, measure
from sidebyside.reporting import REPORT_KEY

BENCHMARK_FILE, BENCHMARK_PICTURE = "benchmark.json", "benchmark.png"  # in a project's folder


def seconds(value: float) -> str:
    """Return a time as it is written in tables, with about three digits."""
    decimals = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"


# a figure's key in the report: its name for people, and how it is written
QUALITY: dict[str, tuple[str, Callable]] = {
    "test_accuracy": ("test accuracy", "{:.1%}".format),
    "test_rmse": ("test RMSE", "{:.3f}".format),
    "recall_at_10": ("recall@10", "{:.3f}".format),
    "ndcg_at_10": ("NDCG@10", "{:.3f}".format),
}
COST: dict[str, tuple[str, Callable]] = {
    "train_seconds": ("whole training, s", seconds),
    "seconds_per_epoch": ("one epoch, s", seconds),
    "import_seconds": ("importing, s", seconds),
    "peak_memory_mb": ("peak memory, MB", "{:,.0f}".format),
    "parameters": ("parameters", "{:,}".format),
}
CODE_FIGURES = {"lines": "lines of code", "tokens": "tokens of code"}
LIBRARIES = {"torch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras", "python": "Python"}


def last_report(notebook: nbformat.NotebookNode) -> dict | None:
    """Return the figures that a notebook's `report` cell has stored, or None."""
    for cell in notebook.cells:
        if cell.id == "report" and cell.cell_type == "code":
            for output in cell.outputs:
                if figures := output.get("data", {}).get(REPORT_KEY):
                    return dict(figures)
    return None


def code_size(notebook: nbformat.NotebookNode) -> Complexity:
    """Return how much code a notebook has."""
    return measure(cell.source for cell in notebook.cells if cell.cell_type == "code")


def figures(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return a notebook's figures, by their names for people, as written in every table."""
    report = last_report(notebook) or {}
    size = code_size(notebook)
    known = QUALITY | COST
    shown = {label: write(report[key]) for key, (label, write) in known.items() if key in report}
    code = {label: f"{getattr(size, key):,}" for key, label in CODE_FIGURES.items()}
    return shown | code


def machine(report: dict) -> str:
    """Return a sentence on what a report was measured with."""
    versions = [f"{name} {report[key]}" for key, name in LIBRARIES.items() if key in report]
    return (
        f"{report['data']} data, {', '.join(versions)}, {report['cpu']}, "
        f"{threads_in_words(report['threads'])}, {report['date']}"
    )


def load_benchmark(folder: Path) -> dict | None:
    """Return the benchmark that is kept in `folder`, or None."""
    file = folder / BENCHMARK_FILE
    return json.loads(file.read_text("utf-8")) if file.is_file() else None


def benchmark_figures(benchmark: dict | None, framework: str) -> dict[str, str]:
    """Return a framework's benchmark, by the names for people, as median and range.

    Such as ``0.11 (0.10–0.12)``; nothing if there is no benchmark.
    """
    summary = benchmark["summary"][framework] if benchmark else {}
    return {
        label: f"{write(one['median'])} ({write(one['min'])}–{write(one['max'])})"
        for key, (label, write) in COST.items()
        if (one := summary.get(key))
    }


def all_figures(pair: Pair, framework: str) -> dict[str, str]:
    """Return one side's figures; what the benchmark has measured is taken from it."""
    benchmark = load_benchmark(pair.folder)
    return figures(pair.read(framework)) | benchmark_figures(benchmark, framework)


def threads_in_words(count: int) -> str:
    """Return a number of threads in words."""
    return f"{count} thread{'s' if count > 1 else ''}"
