"""Working with lessons: list them, run them, compare the two sides, open both."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from sidebyside.cli.console import (
    DataSize,
    Framework,
    Topic,
    console,
    fail,
    show_failure,
    warn,
)
from sidebyside.errors import MissingFrameworkError, SidebysideError
from sidebyside.files import require_writable, write_text
from sidebyside.frameworks import FRAMEWORKS, missing, require
from sidebyside.lessons import pairs
from sidebyside.lessons.extras import require_extra
from sidebyside.lessons.pairs import Pair

if TYPE_CHECKING:  # importing it takes a second
    from nbformat import NotebookNode

app = typer.Typer()


@app.command("list")
def list_topics() -> None:
    """Show the topics, level by level: what exists, the last stored results."""
    heads = ("topic", "kind", "notebook", "data", "result", "one epoch, s")
    table = Table(*heads, box=box.SIMPLE_HEAD)
    broken: list[str] = []
    for pair in pairs.find_pairs():
        head = [pair.topic, "project" if pair.is_project else "lesson"]
        for framework, name in FRAMEWORKS.items():
            if not pair.path(framework).is_file():
                table.add_row(*head, f"{name}: missing", "", "", "", style="yellow")
            else:
                try:
                    table.add_row(*head, name, *_results(pair, framework))
                except SidebysideError as error:
                    broken.append(f"{pair.topic}: {error}")
                    table.add_row(*head, f"{name}: broken", "", "", "", style="red")
            head = ["", ""]
    console.print(table)
    for sentence in broken:
        warn(sentence)


def _results(pair: Pair, framework: str) -> tuple[str, str, str]:
    """Return a notebook's data size, result and seconds of an epoch, as `list` shows them."""
    from sidebyside.measure.figures import all_figures, last_report, quality

    shown, report = all_figures(pair, framework), last_report(pair.read(framework)) or {}
    reached = [figure.labelled for figure in quality(shown)]
    result = reached[0] if reached else ("" if report else "not run yet")
    epoch = shown["seconds_per_epoch"].text if "seconds_per_epoch" in shown else ""
    return escape(str(report.get("data", ""))), result, epoch


@app.command()
def run(
    topic: Topic,
    data: Annotated[
        DataSize, typer.Option(help="The original data, or the small built-in sample.")
    ] = DataSize.sample,
    framework: Annotated[
        Framework | None, typer.Option(help="Only this side's notebook; both if not given.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Store the outputs in the notebooks themselves.")
    ] = False,
) -> None:
    """Execute both notebooks of a topic, each in a fresh kernel, with one line per step.

    Without --save the notebooks stay as they are; the executed ones are kept in build/runs, where
    'sidebyside compare --last' finds them. A failing step is shown with its code and its error.
    The trained weights of a project are kept for 'sidebyside demo', in build/demos.
    """
    from sidebyside.lessons.execution import StepFailed, runs_folder, save_all

    if framework and save:
        fail("--save stores both notebooks, of one run: leave out --framework.")
    pair = pairs.find_pair(topic)
    chosen = [framework.value] if framework else list(FRAMEWORKS)
    folder = pair.folder if save else runs_folder(pair)
    _require(pair, chosen, folder)
    try:
        executed = {side: _execute(pair, side, data.value) for side in chosen}
    except StepFailed as failure:
        show_failure(failure)
        raise typer.Exit(1) from None
    for path in save_all(executed, pair, folder):
        console.print(f"Written: {escape(os.path.relpath(path))}")
    if save:
        from sidebyside.cli.measuring import update_results

        update_results()


def _require(pair: Pair, chosen: list[str], folder: Path) -> None:
    """Check, before a long run, that all is there that it needs, and that it can be kept."""
    for side in chosen:
        if not pair.path(side).is_file():
            fail(f"{pair.topic} has no {FRAMEWORKS[side]} notebook yet.")
        pair.read(side)
        require_writable(folder / pair.path(side).name)
    require_extra(pair, *chosen)
    try:
        require(*chosen)
    except MissingFrameworkError as error:
        there = [side for side in chosen if side not in missing()]
        alone = [f"sidebyside run {pair.topic} --framework {side}" for side in there]
        fail(f"{error} To run the other notebook alone: '{alone[0]}'." if alone else str(error))


def _execute(pair: Pair, framework: str, data: str) -> NotebookNode:
    from sidebyside.demos.keeping import execute_and_keep

    name = f"{FRAMEWORKS[framework]:<16}"
    with console.status(f"{name} starting a kernel") as status:

        def progress(step: str, number: int, count: int, seconds: float | None) -> None:
            line = f"{name} {number:>3}/{count}  {step}"
            if seconds is None:
                status.update(f"{line} ...")
            else:
                console.print(f"{line:<52} {seconds:7.1f} s")

        notebook, complaint = execute_and_keep(pair, framework, data, progress)
    warn(complaint)
    return notebook


@app.command()
def compare(
    topic: Topic,
    html: Annotated[
        Path | None, typer.Option(help="Write the comparison as one HTML page to this file.")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="Show the last run instead of the stored outputs.")
    ] = False,
) -> None:
    """Show both sides of a topic: the steps aligned, then the figures.

    The page that --html writes shows the notebooks' outputs as they are stored, and scripts in
    them run: build and open only pages of notebooks that you trust.
    """
    from sidebyside.lessons.execution import runs_folder
    from sidebyside.view import page, terminal
    from sidebyside.view.comparison import compare as compare_pair

    pair = pairs.find_pair(topic)
    folder = runs_folder(pair) if last else pair.folder
    for framework in FRAMEWORKS:
        if not (folder / pair.path(framework).name).is_file():
            fail(
                f"{pair.topic} has not been run: 'sidebyside run {pair.topic}' first."
                if last
                else f"{pair.path(framework).name} is missing."
            )
    comparison = compare_pair(pair, folder)
    terminal.show(comparison, console)
    if html:
        write_text(html, page.render(comparison))
        console.print(f"The same as a page: {escape(html.resolve().as_uri())}")


@app.command("open")
def open_topic(
    topic: Topic,
    browser: Annotated[
        bool, typer.Option(help="Open a browser; with --no-browser, only print the address.")
    ] = True,
) -> None:
    """Open both notebooks of a topic in JupyterLab, side by side in one window."""
    from sidebyside.lessons.workspace import open_lab

    raise typer.Exit(open_lab(pairs.find_pair(topic), browser))
