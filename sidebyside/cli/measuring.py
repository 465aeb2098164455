"""Measuring: benchmarks, and the tables of results."""

import os
from typing import Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from sidebyside.cli.console import DataSize, Topic, console, fail, show_failure, warn
from sidebyside.files import write_text
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.pairs import Pair

app = typer.Typer()


@app.command()
def benchmark(
    topic: Topic,
    rounds: Annotated[
        int, typer.Option(min=1, help="How often each notebook is measured, in turn.")
    ] = 5,
    seconds: Annotated[
        float, typer.Option(min=0, help="Seconds of training steps to measure in each process.")
    ] = 20,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Compute threads of either framework; one per core if not "
                     "given."),
    ] = None,
    data: Annotated[
        DataSize, typer.Option(help="The original data, or the small built-in sample.")
    ] = DataSize.full,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the result in the topic's own folder, where "
                           "the tables of results read it.")
    ] = False,
) -> None:  # fmt: skip
    """Measure both notebooks of a topic in turn: training step, imports, memory.

    Each process is a fresh one, and executes its notebook up to the cell that trains, whose steps
    are timed. The figures and a plot of them are kept in build/benchmarks. Leave the machine
    alone during a run that you save.
    """
    from sidebyside.measure import benchmark

    pair = pairs.find_pair(topic)
    if save and rounds < benchmark.LEAST_ROUNDS:
        fail(
            f"A benchmark that is saved has at least {benchmark.LEAST_ROUNDS} rounds, not "
            f"{rounds}: a median of few says little. Leave out --save for a look."
        )
    if save and data is DataSize.sample:
        fail("A benchmark that is saved is of the original data: it needs --data full.")
    warn(benchmark.busy())
    measured = _benchmark(pair, data.value, rounds, seconds, threads)
    console.print(_benchmark_table(measured))
    console.print(benchmark.verdict(measured))
    warn(benchmark.disturbed(measured))
    folder = pair.folder if save else benchmark.last_folder(pair)
    for path in benchmark.save(measured, folder):
        console.print(f"Written: {escape(os.path.relpath(path))}")
    if save:
        update_results()


def _benchmark(
    pair: Pair, data: str, rounds: int, seconds: float, threads: int | None
) -> dict[str, Any]:
    """Run a benchmark; print one line per process."""
    from sidebyside.lessons.execution import StepFailed
    from sidebyside.measure.benchmark import run

    with console.status("") as status:

        def progress(framework: str, number: int, figures: dict[str, Any] | None) -> None:
            what = f"{number:>2}/{rounds}" if number else " warm"
            line = f"{what}  {FRAMEWORKS[framework]:<16}"
            if figures is None:
                status.update(f"{line} ...")
            elif number:
                console.print(
                    f"{line} {figures['seconds_per_epoch']:9.3f} s per epoch "
                    f"({figures['measured_steps']:,} steps measured), "
                    f"import {figures['import_seconds']:.2f} s, {figures['peak_memory_mb']:,} MB"
                )
            else:
                console.print(f"{line} not measured: its files are in the system's cache now")

        try:
            return run(pair, data, rounds, seconds, threads, progress)
        except StepFailed as failure:
            show_failure(failure)
            raise typer.Exit(1) from None


def _benchmark_table(measured: dict[str, Any]) -> Table:
    from sidebyside.measure.figures import benchmark_figures, quantities

    table = Table("", *FRAMEWORKS.values(), box=box.SIMPLE_HEAD, title=measured["topic"],
                  caption="median (least-greatest)")  # fmt: skip
    sides = [benchmark_figures(measured, framework) for framework in FRAMEWORKS]
    for quantity in quantities(sides):
        table.add_row(quantity.label, *(side[quantity.key].text for side in sides))
    return table


@app.command("results")
def update_results() -> None:
    """Write the tables of results in the README files again, from the stored outputs."""
    from sidebyside.measure.tables import pages_with_results

    for page, text in pages_with_results().items():
        if page.read_text("utf-8") != text:
            write_text(page, text)
            console.print(f"Written: {escape(os.path.relpath(page))}")
