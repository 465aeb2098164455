"""Draw both services under load, load.png, from what the notebooks store.

``python draw.py`` in this folder, after a full run of both notebooks.
"""

import json
import re
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent
FRAMEWORKS = {"pytorch": "FastAPI, PyTorch", "tensorflow": "Flask, TensorFlow"}
ROW = re.compile(
    r" *(\d+) clients, *([\d.]+) answers a second, p50 *([\d.]+),"
    r" p95 *([\d.]+), p99 *([\d.]+) ms"
)
Rows = list[tuple[float, ...]]


def stored(framework: str) -> Rows:
    """Return what a notebook has measured: clients, rate, three latencies."""
    file = HERE / f"rest_api_{framework}.ipynb"
    cells = json.loads(file.read_text("utf-8"))["cells"]
    (cell,) = [cell for cell in cells if cell["id"] == "sweep"]
    text = "".join("".join(out.get("text", "")) for out in cell["outputs"])
    return [tuple(map(float, row)) for row in ROW.findall(text)]


def draw(measured: dict[str, Rows], file: Path) -> None:
    """Draw throughput and latencies of both, and where each is saturated."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), dpi=100)
    colors = ("tab:orange", "tab:blue")
    for (name, rows), color in zip(measured.items(), colors, strict=True):
        clients, rate, *latencies = zip(*rows, strict=True)
        label = FRAMEWORKS[name]
        left.plot(clients, rate, "o-", color=color, label=label)
        enough = [one >= 0.9 * max(rate) for one in rate]
        full = clients[enough.index(True)]
        left.axvline(full, color=color, linestyle="--", linewidth=1)
        styles = zip(("p50", "p95", "p99"), ("-", "--", ":"), strict=True)
        for times, (what, style) in zip(latencies, styles, strict=True):
            right.plot(
                clients, times, style, color=color, label=f"{label}, {what}"
            )
    left.set(xlabel="clients at once", ylabel="answers per second")
    left.set_ylim(bottom=0)
    left.set_title("dashed: saturated from here on", fontsize=9)
    right.set(xlabel="clients at once", ylabel="ms until the answer")
    right.set_yscale("log")
    right.yaxis.set_major_formatter("{x:g}")
    left.legend(fontsize=8)
    right.legend(fontsize=7, ncols=2)
    right.set_ylim(top=right.get_ylim()[1] * 8)  # room for the legend
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    draw({name: stored(name) for name in FRAMEWORKS}, HERE / "load.png")
