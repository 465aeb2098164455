"""The figures that notebooks store, and the tables made of them."""

from collections.abc import Iterable
from pathlib import Path

import nbformat

from sidebyside.complexity import Complexity, measure
from sidebyside.pairs import FRAMEWORKS, REPOSITORY, Pair, find_pairs
from sidebyside.reporting import REPORT_KEY

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"

# a figure's key in the report: its name for people, and how it is written
QUALITY = {
    "test_accuracy": ("test accuracy", "{:.1%}"),
    "test_rmse": ("test RMSE", "{:.3f}"),
    "recall_at_10": ("recall@10", "{:.3f}"),
    "ndcg_at_10": ("NDCG@10", "{:.3f}"),
}
COST = {
    "train_seconds": ("training, s", "{:,.0f}"),
    "seconds_per_epoch": ("s an epoch", "{:.1f}"),
    "parameters": ("parameters", "{:,}"),
    "peak_memory_mb": ("peak memory, MB", "{:,}"),
}
CODE_FIGURES = {"lines": "lines of code", "tokens": "tokens"}


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
    shown = {
        label: form.format(report[key]) for key, (label, form) in known.items() if key in report
    }
    code = {label: f"{getattr(size, key):,}" for key, label in CODE_FIGURES.items()}
    return shown | code


def machine(report: dict) -> str:
    """Return a sentence on what a report was measured with."""
    libraries = {"torch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras"}
    versions = [f"{name} {report[key]}" for key, name in libraries.items() if key in report]
    threads = f"{report['threads']} thread{'s' if report['threads'] > 1 else ''}"
    return (
        f"{report['data']} data, {', '.join(versions)}, Python {report['python']}, "
        f"{report['cpu']}, {threads}, {report['date']}"
    )


def results_table(pairs: Iterable[Pair]) -> str:
    """Return the measured results of `pairs` as a Markdown table, with what they came from.

    A lesson that measures no quality, because it trains nothing, has no row.
    """
    rows, sources = [], []
    labels = [label for label, _ in COST.values()] + list(CODE_FIGURES.values())
    for pair in pairs:
        for framework, name in FRAMEWORKS.items():
            if not pair.path(framework).is_file():
                continue
            notebook = pair.read(framework)
            report, shown = last_report(notebook), figures(notebook)
            quality = [f"{label} {shown[label]}" for label, _ in QUALITY.values() if label in shown]
            if not quality:
                continue
            file = pair.path(framework).relative_to(pair.root).as_posix()
            cells = [f"[{pair.title}, {name}]({file})", ", ".join(quality)]
            cells += [shown.get(label, "") for label in labels]
            rows.append("| " + " | ".join(cells) + " |")
            sources.append(machine(report))
    if not rows:
        return "No notebook has stored results yet.\n"
    head = ["", "result", *labels]
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "--:|" * len(labels), *rows, ""]
    lines += [f"Measured: {'; '.join(dict.fromkeys(sources))}.", ""]
    return "\n".join(lines)


def with_results(text: str, table: str) -> str:
    """Return a page's text with `table` between its two marks.

    Raises
    ------
    ValueError
        If the page does not have the marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The page needs the lines {BEGIN!r} and {END!r} around its table.")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def pages_with_results(root: Path = REPOSITORY) -> dict[Path, str]:
    """Return the pages that show results, each with the text that it should have."""
    pairs = find_pairs(root)
    pages = {root / "README.md": pairs}
    pages |= {pair.folder / "README.md": [pair] for pair in pairs if pair.is_project}
    texts = {}
    for page, shown in pages.items():
        if page.is_file() and BEGIN in (text := page.read_text("utf-8")):
            texts[page] = with_results(text, results_table(shown))
    return texts
