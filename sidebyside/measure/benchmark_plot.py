"""A benchmark as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidebyside.frameworks import FRAMEWORKS

if TYPE_CHECKING:  # a second, that the rest of the command need not wait
    from matplotlib.axes import Axes

PANELS = {  # a figure's key in the summary: what is written above it
    "seconds_per_epoch": "Training, seconds per epoch",
    "import_seconds": "Importing, seconds",
    "peak_memory_mb": "Peak memory, MB",
}
COLORS = {"pytorch": "#b34700", "tensorflow": "#00696b"}  # those of the site, on light ground
NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow\n/Keras"}
BAR = 0.62  # of the width there is


def draw(benchmark: Mapping[str, Any], path: Path) -> None:
    """Draw a benchmark: a bar as high as the median, and one dot per round. Writes a PNG.

    Parameters
    ----------
    benchmark
        What `sidebyside.measure.benchmark.run` returns.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.9), dpi=100, layout="constrained", facecolor="white")
    for axis, (key, title) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        for place, framework in enumerate(FRAMEWORKS):
            values = [one[key] for one in benchmark["rounds"] if one["framework"] == framework]
            _column(axis, place, framework, benchmark["summary"][framework][key], values)
        axis.set_title(title, fontsize=10)
        axis.set_xticks(range(len(FRAMEWORKS)), [NAMES[name] for name in FRAMEWORKS], fontsize=9)
        axis.tick_params(axis="x", length=0)
        axis.tick_params(axis="y", labelsize=8)
        axis.margins(y=0.18)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, format="png")


def _column(
    axis: Axes, place: int, framework: str, summary: Mapping[str, float], values: list[float]
) -> None:
    color = COLORS[framework]
    axis.bar(place, summary["median"], BAR, color=color, alpha=0.3)
    axis.hlines(summary["median"], place - BAR / 2, place + BAR / 2, color=color, lw=2)
    spread = [BAR * ((n + 0.5) / len(values) - 0.5) for n in range(len(values))]
    axis.plot([place + x for x in spread], values, "o", color=color, ms=4)
    label = f"{summary['median']:,.3g}" if summary["median"] < 1000 else f"{summary['median']:,.0f}"
    axis.annotate(label, (place, summary["max"]), (0, 6), textcoords="offset points", ha="center",
                  fontsize=9, fontweight="bold", color=color)  # fmt: skip
