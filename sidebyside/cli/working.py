"""Working with lessons: list them, run them, compare the two sides, open both."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from sidebyside.cli.console import DataSize, Topic, console, fail, show_failure
from sidebyside.files import write_text
from sidebyside.frameworks import FRAMEWORKS, require
from sidebyside.lessons import pairs
from sidebyside.lessons.pairs import Pair

app = typer.Typer()


@app.command("list")
def list_topics() -> None:
    """Show the topics: level, what exists, the last stored results."""
    from sidebyside.measure.figures import all_figures, last_report, quality

    table = Table("topic", "level", "kind", "notebook", "data", "result", "one epoch, s",
                  box=box.SIMPLE_HEAD)  # fmt: skip
    for pair in pairs.find_pairs():
        for framework, name in FRAMEWORKS.items():
            first = framework == next(iter(FRAMEWORKS))
            head = [pair.topic, pair.level, "project" if pair.is_project else "lesson"]
            head = head if first else ["", "", ""]
            if not pair.path(framework).is_file():
                table.add_row(*head, f"{name}: missing", "", "", "", style="yellow")
                continue
            shown, report = all_figures(pair, framework), last_report(pair.read(framework)) or {}
            reached = [figure.labelled for figure in quality(shown)]
            result = reached[0] if reached else ("" if report else "not run yet")
            epoch = shown["seconds_per_epoch"].text if "seconds_per_epoch" in shown else ""
            table.add_row(*head, name, report.get("data", ""), result, epoch)
    console.print(table)


@app.command()
def run(
    topic: Topic,
    data: Annotated[
        DataSize, typer.Option(help="The original data, or the small built-in sample.")
    ] = DataSize.sample,
    save: Annotated[
        bool, typer.Option("--save", help="Store the outputs in the notebooks themselves.")
    ] = False,
) -> None:
    """Execute both notebooks of a topic, each in a fresh kernel, a line a step.

    Without --save the notebooks stay as they are; the executed ones are kept in build/runs, where
    'sidebyside compare --last' finds them. A failing step is shown with its code and its error.
    """
    from sidebyside.lessons.execution import StepFailed, runs_folder, save_all

    pair = pairs.find_pair(topic)
    require(*FRAMEWORKS)
    missing = [name for key, name in FRAMEWORKS.items() if not pair.path(key).is_file()]
    if missing:
        fail(f"{pair.topic} has no {missing[0]} notebook yet.")
    try:
        executed = {framework: _execute(pair, framework, data.value) for framework in FRAMEWORKS}
    except StepFailed as failure:
        show_failure(failure)
        raise typer.Exit(1) from None
    folder = pair.folder if save else runs_folder(pair)
    for path in save_all(executed, pair, folder):
        console.print(f"Written: {os.path.relpath(path)}")
    if save:
        from sidebyside.cli.measuring import update_results

        update_results()


def _execute(pair: Pair, framework: str, data: str):
    from sidebyside.lessons.execution import execute

    name = f"{FRAMEWORKS[framework]:<16}"
    with console.status(f"{name} starting a kernel") as status:

        def progress(step: str, number: int, count: int, seconds: float | None) -> None:
            line = f"{name} {number:>3}/{count}  {step}"
            if seconds is None:
                status.update(f"{line} ...")
            else:
                console.print(f"{line:<52} {seconds:7.1f} s")

        return execute(pair, framework, data, progress)


@app.command()
def compare(
    topic: Topic,
    html: Annotated[
        Path | None, typer.Option(help="Write the comparison as one HTML page to this file.")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="Of the last run, not of the stored outputs.")
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
        console.print(f"The same as a page: {html.resolve().as_uri()}")


@app.command("open")
def open_topic(
    topic: Topic,
    browser: Annotated[
        bool, typer.Option(help="Open a browser; with --no-browser, only say the address.")
    ] = True,
) -> None:
    """Open both notebooks of a topic in JupyterLab, side by side in one window."""
    from sidebyside.lessons.workspace import open_lab

    raise typer.Exit(open_lab(pairs.find_pair(topic), browser))
