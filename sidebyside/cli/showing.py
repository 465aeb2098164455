"""Showing: a project's live demo, here or as a folder for a Hugging Face Space."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from sidebyside.cli.console import DataSize, Topic, console, show_failure
from sidebyside.frameworks import FRAMEWORKS, require
from sidebyside.lessons import pairs
from sidebyside.lessons.extras import require_extra, require_installed
from sidebyside.lessons.pairs import Pair

if TYPE_CHECKING:
    from sidebyside.demos.answering import DemoFiles

app = typer.Typer()


@app.command()
def demo(
    topic: Topic,
    data: Annotated[
        DataSize | None,
        typer.Option(help="What the models were trained on. If not given: the original data, "
                     "unless there are weights from the sample only.", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="The page's port on this machine; the first free "
                     "one from 7860 on if not given.", show_default=False),
    ] = None,
    browser: Annotated[
        bool, typer.Option(help="Open a browser; with --no-browser, only print the address.")
    ] = True,
    space: Annotated[
        Path | None,
        typer.Option(help="Write a folder that can be pushed to a Hugging Face Space, and show "
                     "nothing.", show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Show a project's live demo: a page of this machine on which both frameworks answer.

    The models are trained by the notebooks' own cells. Their weights are kept in build/demos; if
    they are not there yet, they are made first.
    """
    from sidebyside.demos.making import chosen_size, demo_files

    pair = pairs.find_pair(topic)
    require_installed("demo", f"The demo of {pair.topic}", pair.root)
    require_extra(pair)
    require(*FRAMEWORKS)
    size = data.value if data else chosen_size(pair)
    files = demo_files(pair, size)
    _make_what_is_missing(pair, size, files)
    if space:
        from sidebyside.demos.space import write_space

        write_space(pair, files, space)
        console.print(f"Written: {escape(os.path.relpath(space))}")
    else:
        _serve(files, port, browser)


def _make_what_is_missing(pair: Pair, data: str, files: DemoFiles) -> None:
    """Train the models whose weights are not there, and say before how long it takes."""
    from sidebyside.demos import durations, making
    from sidebyside.lessons.execution import StepFailed

    if not (absent := making.missing_weights(files)):
        return
    what = "the original data" if data == "full" else "the sample"
    names = " and ".join(FRAMEWORKS[framework] for framework in absent)
    console.print(
        f"There are no weights of {pair.topic} yet that fit its notebooks: {names} will be "
        f"trained on {what}. {durations.in_words(pair, data, absent)}",
        soft_wrap=True,
    )
    if data == "full":
        console.print(
            f"For a quick look: 'sidebyside demo {pair.topic} --data sample'.", soft_wrap=True
        )
    try:
        _make(pair, data, absent)
    except StepFailed as failure:
        show_failure(failure)
        raise typer.Exit(1) from None


def _make(pair: Pair, data: str, absent: list[str]) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from sidebyside.demos.making import make

    columns = (
        TextColumn("{task.fields[side]:<16}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {
            framework: bars.add_task("", total=1, start=False, side=FRAMEWORKS[framework])
            for framework in absent
        }

        def progress(framework: str, share: float, step: str) -> None:
            bars.update(tasks[framework], completed=share, description=step)

        for framework in absent:
            bars.start_task(tasks[framework])
            make(pair, framework, data, progress)
            bars.update(tasks[framework], completed=1, description="done")
            bars.stop_task(tasks[framework])


def _serve(files: DemoFiles, port: int | None, browser: bool) -> None:
    from sidebyside.demos.serving import serve

    def ready(address: str) -> None:
        status.stop()
        console.print(f"The demo is at {address} until Ctrl-C ends it.", soft_wrap=True)
        if browser:
            webbrowser.open(address)

    with console.status("Loading both frameworks") as status:
        serve(files, ready, server_name="127.0.0.1", server_port=port)
