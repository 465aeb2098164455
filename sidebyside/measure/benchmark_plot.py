"""A benchmark as a picture."""

from pathlib import Path

from sidebyside.frameworks import FRAMEWORKS

PANELS = {  # a figure's key in the summary: what is written above it
    "seconds_per_epoch": "Training, seconds an epoch",
    "import_seconds": "Importing, seconds",
    "peak_memory_mb": "Peak memory, MB",
}
COLORS = {"pytorch": "#b5320b", "tensorflow": "#0b6ea8"}  # told apart without red and green, too
NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow\n/Keras"}
BAR = 0.62  # of the width there is


def draw(benchmark: dict, path: Path) -> None:
    """Draw a benchmark: a bar as high as the median, and a dot a round. Writes a PNG.

    Parameters
    ----------
    benchmark
        What `sidebyside.benchmark.run` returns.
    """
    from matplotlib.figure import Figure  # a second, that the rest of the command need not wait

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


def _column(axis, place: int, framework: str, summary: dict, values: list[float]) -> None:
    color = COLORS[framework]
    axis.bar(place, summary["median"], BAR, color=color, alpha=0.3)
    axis.hlines(summary["median"], place - BAR / 2, place + BAR / 2, color=color, lw=2)
    spread = [BAR * ((n + 0.5) / len(values) - 0.5) for n in range(len(values))]
    axis.plot([place + x for x in spread], values, "o", color=color, ms=4)
    label = f"{summary['median']:,.3g}" if summary["median"] < 1000 else f"{summary['median']:,.0f}"
    axis.annotate(label, (place, summary["max"]), (0, 6), textcoords="offset points", ha="center",
                  fontsize=9, fontweight="bold", color=color)  # fmt: skip
