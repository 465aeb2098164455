"""The tables of results in the Markdown pages, made of the stored figures."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sidebyside.checkout import ROOT
from sidebyside.errors import PageError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair, find_pairs
from sidebyside.measure.figures import (
    BENCHMARK_PICTURE,
    CODE,
    NAMED,
    QUALITY,
    QUANTITIES,
    Figures,
    all_figures,
    last_report,
    load_benchmark,
    quality,
    quantities,
    threads_in_words,
)

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
BENCHMARK = ", benchmark"  # behind a pair's title, where only its benchmark is meant
# the columns of the table of all pairs
OVERVIEW = ("train_seconds", "seconds_per_epoch", "import_seconds", "peak_memory_mb",
            *(quantity.key for quantity in CODE))  # fmt: skip

Measurement = tuple[str, dict[str, Any]]  # a pair's title, and the facts of one of its measurements


def results_table(pairs: Iterable[Pair], folder: Path = ROOT) -> str:
    """Return the results of `pairs` as a Markdown table for a page in `folder`, two rows a pair.

    A lesson that measures no quality, because it trains nothing, has no rows.
    """
    shown = [pair for pair in pairs if has_results(pair)]
    if not shown:
        return "No notebook has stored results yet.\n"
    sides = {(pair, name): all_figures(pair, name) for pair in shown for name in _sides(pair)}
    columns = [key for key in OVERVIEW if any(key in own for own in sides.values())]
    labels = [QUANTITIES[key].label for key in columns]
    lines = ["| " + " | ".join(["topic", "notebook", "result", *labels]) + " |"]
    lines += ["|---|---|---|" + "--:|" * len(columns)]
    for (pair, framework), own in sides.items():
        title = _titled(pair, folder) if framework == _sides(pair)[0] else ""
        name = f"[{FRAMEWORKS[framework]}]({_link(pair.path(framework), folder)})"
        result = quality(own)[0].labelled if quality(own) else ""
        cells = [title, name, result, *(_text(own, key) for key in columns)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *_notes(shown)])


def pair_table(pair: Pair) -> str:
    """Return a pair's results as Markdown for the page in its folder: one column per notebook."""
    if not has_results(pair):
        return "The notebooks have no stored results yet.\n"
    sides = {framework: all_figures(pair, framework) for framework in _sides(pair)}
    names = [f"[{FRAMEWORKS[side]}]({_link(pair.path(side), pair.folder)})" for side in sides]
    lines = ["| " + " | ".join(["", *names]) + " |", "|---|" + "--:|" * len(sides)]
    for quantity in quantities(sides.values()):
        cells = [quantity.label, *(_text(own, quantity.key) for own in sides.values())]
        lines.append("| " + " | ".join(cells) + " |")
    if (pair.folder / BENCHMARK_PICTURE).is_file():
        text = (
            "The benchmark of both notebooks as bars: a training epoch, the imports and the peak "
            "memory, with one dot per round"
        )
        lines += ["", f"![{text}]({BENCHMARK_PICTURE})"]
    return "\n".join([*lines, "", *_notes([pair])])


def has_results(pair: Pair) -> bool:
    """Return whether a pair measures how good its models are."""
    reports = [last_report(pair.read(framework)) or {} for framework in _sides(pair)]
    return any(quantity.key in report for report in reports for quantity in QUALITY)


def _has_spread(pair: Pair) -> bool:
    reached = [figure for side in _sides(pair) for figure in quality(all_figures(pair, side))]
    return any(figure.low is not None for figure in reached)


def _sides(pair: Pair) -> list[str]:
    return [framework for framework in FRAMEWORKS if pair.path(framework).is_file()]


def _text(own: Figures, key: str) -> str:
    return own[key].text if key in own else ""


def _titled(pair: Pair, folder: Path) -> str:
    """Return a pair's title, with a link to its page if it has one."""
    page = pair.folder / "README.md"
    linked = pair.is_project and page.is_file()
    return f"[{pair.title}]({_link(page, folder)})" if linked else pair.title


def _link(target: Path, folder: Path) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()


def _notes(pairs: list[Pair]) -> list[str]:
    """Return the paragraphs below a table: what its figures mean, where they come from."""
    benchmarks = {pair: load_benchmark(pair.folder) for pair in pairs}
    rounds = Counter(len(each["rounds"]) // len(FRAMEWORKS) for each in benchmarks.values() if each)
    notes = []
    if any(_has_spread(pair) for pair in pairs):
        notes += [
            "A result with a range is the mean over several seeds; the range is from the least to "
            "the greatest.",
            "",
        ]
    if rounds:
        number = " or ".join(str(count) for count in sorted(rounds))
        notes += [
            f"A time or a memory figure with a range is the median of {number} runs, each in a "
            "fresh process, PyTorch and TensorFlow in turn; the range is from the least to the "
            "greatest (`sidebyside benchmark`). One epoch is then the time of its training steps "
            "alone, and the peak memory what the process needed up to these. The whole training "
            "is that of the run whose outputs the notebook stores, with a look at held-out data "
            "after each epoch.",
            "",
        ]
    if None in benchmarks.values():
        notes += [
            "A time or a memory figure without a range is of the one run whose outputs the "
            "notebook stores: an epoch includes a look at held-out data, the memory is the whole "
            "notebook's.",
            "",
        ]
    return [*notes, f"Measured {_circumstances(benchmarks)}.", ""]


def _circumstances(benchmarks: dict[Pair, dict[str, Any] | None]) -> str:
    """Return on which machine, with what and when results were measured, each said once."""
    measured = [source for pair, one in benchmarks.items() for source in _sources(pair, one)]
    machines = _by_title(measured, lambda facts: facts["cpu"])
    threads = _by_title(measured, lambda facts: threads_in_words(facts["threads"]))
    data = _by_title(measured, lambda facts: f"{facts['data']} data")
    versions = [
        f"{name} {' and '.join(found)}"
        for key, name in NAMED.items()
        if (found := sorted({facts[key] for _, facts in measured if key in facts}))
    ]
    dates = sorted({facts["date"] for _, facts in measured})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return f"on {machines}, with {threads}, {', '.join(versions)}, on the {data}; {when}"


def _sources(pair: Pair, benchmark: dict[str, Any] | None) -> list[Measurement]:
    """Return the facts of a pair's stored runs and of its benchmark, each with a title."""
    reports = [last_report(pair.read(framework)) for framework in _sides(pair)]
    sources = [(pair.title, report) for report in reports if report]
    if benchmark:
        common = {key: benchmark[key] for key in ("data", "threads", "date")}
        common["cpu"] = benchmark["machine"]["cpu"]
        title = f"{pair.title}{BENCHMARK}"
        sources += [(title, common | versions) for versions in benchmark["versions"].values()]
    return sources


def _by_title(measured: list[Measurement], value: Callable[[dict[str, Any]], str]) -> str:
    """Return the values that occur; those that are not the most common one with their topics."""
    counts = Counter(value(facts) for _, facts in measured)
    usual = counts.most_common(1)[0][0]
    parts = [usual]
    for other in sorted(counts):
        if other != usual:
            found = [title for title, facts in measured if value(facts) == other]
            titles = dict.fromkeys(
                title.removesuffix(BENCHMARK) if title.removesuffix(BENCHMARK) in found else title
                for title in found
            )
            parts.append(f"{', '.join(titles)}: {other}")
    return parts[0] if len(parts) == 1 else f"{parts[0]} ({'; '.join(parts[1:])})"


def with_results(text: str, table: str, page: Path) -> str:
    """Return a page's text with `table` between its two marks.

    Raises
    ------
    PageError
        If the page does not have the marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PageError(f"{page} needs the lines {BEGIN!r} and {END!r} around its table.")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def pages_with_results(root: Path = ROOT) -> dict[Path, str]:
    """Return the pages that show results, each with the text that it should have."""
    pairs = find_pairs(root)
    pages = {root / "README.md": results_table(pairs, root)}
    pages |= {pair.folder / "README.md": pair_table(pair) for pair in pairs if pair.is_project}
    texts = {}
    for page, table in pages.items():
        if page.is_file() and BEGIN in (text := page.read_text("utf-8")):
            texts[page] = with_results(text, table, page)
    return texts
