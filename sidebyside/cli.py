"""The command ``sidebyside``."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from sidebyside import pairs
from sidebyside.pairs import FRAMEWORKS, Pair, TopicError

if TYPE_CHECKING:
    from sidebyside.datasets.store import Store

app = typer.Typer(
    help="Lessons that exist twice, in PyTorch and in TensorFlow/Keras: run a pair, compare its "
    "two sides, open both, look after the data.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
data_app = typer.Typer(
    help="The data sets: what is there, from where, whether it is whole.", no_args_is_help=False
)
app.add_typer(data_app, name="data")

WIDE = 160  # columns, where the output does not go to a terminal
console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Topic = Annotated[
    str,
    typer.Argument(help="A topic, as 'sidebyside list' names it: image_classification, or "
                   "beginner/image_classification."),
]  # fmt: skip


class DataSize(StrEnum):
    """The two sizes of the data."""

    sample = "sample"
    full = "full"


def main() -> None:
    """Run the command; what can go wrong is told in a sentence, with exit code 1."""
    try:
        app()
    except (TopicError, ValueError, FileExistsError, RuntimeError) as error:
        fail(str(error))


def fail(sentence: str) -> None:
    """Say what is wrong and end with exit code 1."""
    errors.print(f"[bold red]Error:[/] {escape(sentence)}")
    raise SystemExit(1)


@app.command("list")
def list_topics() -> None:
    """Show the topics: level, what exists, the last stored results."""
    from sidebyside.results import COST, QUALITY, all_figures, last_report

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
            quality = [f"{label} {shown[label]}" for label, _ in QUALITY.values() if label in shown]
            result = quality[0] if quality else ("" if report else "not run yet")
            epoch = shown.get(COST["seconds_per_epoch"][0], "")
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
    from sidebyside.execute import StepFailed, require_frameworks, runs_folder, save_all

    pair = pairs.find_pair(topic)
    require_frameworks()
    missing = [name for key, name in FRAMEWORKS.items() if not pair.path(key).is_file()]
    if missing:
        fail(f"{pair.topic} has no {missing[0]} notebook yet.")
    try:
        executed = {framework: _execute(pair, framework, data.value) for framework in FRAMEWORKS}
    except StepFailed as failure:
        _show_failure(failure)
        raise typer.Exit(1) from None
    folder = pair.folder if save else runs_folder(pair)
    for path in save_all(executed, pair, folder):
        console.print(f"Written: {os.path.relpath(path)}")
    if save:
        update_results()


def _execute(pair: Pair, framework: str, data: str):
    from sidebyside.execute import execute

    name = f"{FRAMEWORKS[framework]:<16}"
    with console.status(f"{name} starting a kernel") as status:

        def progress(step: str, number: int, count: int, seconds: float | None) -> None:
            line = f"{name} {number:>3}/{count}  {step}"
            if seconds is None:
                status.update(f"{line} ...")
            else:
                console.print(f"{line:<52} {seconds:7.1f} s")

        return execute(pair, framework, data, progress)


def _show_failure(failure) -> None:
    errors.print(f"[bold red]Error:[/] {escape(str(failure))} Nothing was written.")
    errors.print(Syntax(failure.source, "python", theme="ansi_dark", line_numbers=True))
    errors.print(escape(failure.error))
    if failure.hint:
        errors.print(escape(failure.hint))


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
    """Show both sides of a topic: the steps aligned, then the figures."""
    from sidebyside import page, terminal
    from sidebyside.compare import compare as compare_pair
    from sidebyside.execute import runs_folder

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


@app.command()
def lookup(
    words: Annotated[
        list[str],
        typer.Argument(help="A name of either framework, or words: conv2d, 'class weights'."),
    ],
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, help="How many entries to show in full.")
    ] = 3,
) -> None:
    """Look a call up in the dictionary: both sides in two columns, what differs, the traps."""
    from sidebyside.dictionary import read_all, terminal
    from sidebyside.dictionary.defaults import table
    from sidebyside.dictionary.lookup import find, near

    asked, chapters = " ".join(words), read_all()
    matches = find(asked, chapters)
    if not matches:
        fail(
            f"The dictionary has nothing on {asked!r}. Near it: {', '.join(near(asked, chapters))}."
        )
    arguments = [row for rows in table().values() for row in rows]
    terminal.show(matches, number, arguments, console)


@app.command()
def translate(
    file: Annotated[Path, typer.Argument(help="A Python file, or a notebook.")],
) -> None:
    """Mark every call of a program that the dictionary knows, with its counterpart and its trap.

    Nothing is converted. = is the same, ≈ the same if you set something, ≠ has no counterpart;
    the numbers lead to what to know of each, below the program. What is not known ends the list.
    """
    from sidebyside.dictionary import read_all, terminal
    from sidebyside.dictionary.coverage import methods
    from sidebyside.dictionary.translate import Index, read_program
    from sidebyside.dictionary.translate import translate as mark

    index = Index(read_all(), methods())
    terminal.show_translation(mark(read_program(file), index), console)


@app.command()
def benchmark(
    topic: Topic,
    rounds: Annotated[
        int, typer.Option(min=1, help="How often each notebook is measured, in turn.")
    ] = 5,
    seconds: Annotated[
        float, typer.Option(min=0, help="Of training steps to be measured in each process.")
    ] = 20,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Compute threads of either framework; a thread a core if not "
                     "given."),
    ] = None,
    data: Annotated[
        DataSize, typer.Option(help="The original data, or the small built-in sample.")
    ] = DataSize.full,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the result in the topic's own folder, from where "
                           "the tables of results have it.")
    ] = False,
) -> None:  # fmt: skip
    """Measure both notebooks of a topic in turn: training step, imports, memory.

    Each process is a fresh one, and executes its notebook up to the cell that trains, whose steps
    are timed. The figures and a plot of them are kept in build/benchmarks. A run that is to be
    saved has the machine to itself.
    """
    from sidebyside import benchmark

    pair = pairs.find_pair(topic)
    if save and rounds < benchmark.LEAST_ROUNDS:
        fail(
            f"A benchmark that is saved has at least {benchmark.LEAST_ROUNDS} rounds, not "
            f"{rounds}: its median is to hold. Leave out --save for a look."
        )
    if save and data is DataSize.sample:
        fail("A benchmark that is saved is of the original data: it needs --data full.")
    _warn(benchmark.busy())
    measured = _benchmark(pair, data.value, rounds, seconds, threads)
    console.print(_benchmark_table(measured))
    console.print(benchmark.verdict(measured))
    _warn(benchmark.disturbed(measured))
    folder = pair.folder if save else benchmark.last_folder(pair)
    for path in benchmark.save(measured, folder):
        console.print(f"Written: {os.path.relpath(path)}")
    if save:
        update_results()


def _warn(sentence: str) -> None:
    if sentence:
        errors.print(f"[yellow]Warning:[/] {escape(sentence)}")


def _benchmark(pair: Pair, data: str, rounds: int, seconds: float, threads: int | None) -> dict:
    """Run a benchmark, a line a process."""
    from sidebyside.benchmark import run
    from sidebyside.execute import StepFailed

    with console.status("") as status:

        def progress(framework: str, number: int, figures: dict | None) -> None:
            what = f"{number:>2}/{rounds}" if number else " warm"
            line = f"{what}  {FRAMEWORKS[framework]:<16}"
            if figures is None:
                status.update(f"{line} ...")
            elif number:
                console.print(
                    f"{line} {figures['seconds_per_epoch']:9.3f} s an epoch "
                    f"({figures['measured_steps']:,} steps measured), "
                    f"import {figures['import_seconds']:.2f} s, {figures['peak_memory_mb']:,} MB"
                )
            else:
                console.print(f"{line} not measured: its files are in the system's cache now")

        try:
            return run(pair, data, rounds, seconds, threads, progress)
        except StepFailed as failure:
            _show_failure(failure)
            raise typer.Exit(1) from None


def _benchmark_table(measured: dict) -> Table:
    from sidebyside.results import COST, benchmark_figures

    table = Table("", *FRAMEWORKS.values(), box=box.SIMPLE_HEAD, title=measured["topic"],
                  caption="median (least-greatest)")  # fmt: skip
    sides = [benchmark_figures(measured, framework) for framework in FRAMEWORKS]
    for label, _ in COST.values():
        if label in sides[0]:
            table.add_row(label, *(side[label] for side in sides))
    return table


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


@app.command("open")
def open_topic(
    topic: Topic,
    browser: Annotated[
        bool, typer.Option(help="Open a browser; with --no-browser, only say the address.")
    ] = True,
) -> None:
    """Open both notebooks of a topic in JupyterLab, side by side in one window."""
    from sidebyside.workspace import open_lab

    raise typer.Exit(open_lab(pairs.find_pair(topic), browser))


@app.command()
def new(
    topic: Annotated[
        str,
        typer.Argument(help="Where: beginner/recommender (a project), or "
                       "notebooks/1_beginner/02_first_network (a lesson)."),
    ],
) -> None:  # fmt: skip
    """Write the two notebooks of a new pair, with the standard steps."""
    from sidebyside.scaffold import new_pair

    for path in new_pair(topic):
        console.print(f"Written: {os.path.relpath(path)}")


@app.command()
def repository(
    url: Annotated[str, typer.Argument(help="https://github.com/OWNER/NAME")],
) -> None:
    """Rewrite the repository's address everywhere: Colab links, set-up cells, pages."""
    from sidebyside.repository import set_repository

    changed = set_repository(url)
    for path in changed:
        console.print(f"Written: {os.path.relpath(path)}")
    if not changed:
        console.print("Nothing to change.")


@app.command("results")
def update_results() -> None:
    """Write the tables of results in the README files anew, from the stored outputs."""
    from sidebyside.results import pages_with_results

    for page, text in pages_with_results().items():
        if page.read_text("utf-8") != text:
            write_text(page, text)
            console.print(f"Written: {os.path.relpath(page)}")


@app.command()
def check(topic: Annotated[str | None, typer.Argument(help="A topic; all unless named.")] = None):
    """Check that both notebooks of a topic are a pair; every problem is a sentence."""
    from sidebyside.checks import problems

    chosen = [pairs.find_pair(topic)] if topic else pairs.find_pairs()
    url = pairs.repository_url()
    found = [f"{pair.topic}: {text}" for pair in chosen for text in problems(pair, url)]
    for text in found:
        console.print(escape(text))
    if found:
        raise typer.Exit(1)
    console.print(f"{len(chosen)} {'pair is' if len(chosen) == 1 else 'pairs are'} in order.")


@data_app.callback(invoke_without_command=True)
def show_data(context: typer.Context) -> None:
    """Show the data sets: what is there, from where, verified or not."""
    if context.invoked_subcommand is None:
        from sidebyside.datasets.store import Store

        _show_states(Store())


@data_app.command("check")
def check_data() -> None:
    """Check every file that is there by its hash; exit code 1 if one is damaged."""
    from sidebyside.datasets.store import Store

    store = Store()
    _show_states(store)
    damaged = [name for name in store.registry if store.state(name) == "damaged"]
    if damaged:
        fail(f"Damaged: {', '.join(damaged)}. 'sidebyside data fetch' fetches them again.")


@data_app.command("fetch")
def fetch_data(
    name: Annotated[str, typer.Argument(help="A data set: cifar10, imdb, mnist or movielens.")],
) -> None:
    """Download a data set, verify it, and unpack it; what is there and whole is left alone."""
    from sidebyside import datasets
    from sidebyside.datasets.store import data_folder

    if name not in datasets.LOADERS:
        fail(f"There is no data set {name!r}. There are: {', '.join(datasets.LOADERS)}.")
    os.environ["SIDEBYSIDE_DATA"] = "full"
    datasets.LOADERS[name]()
    console.print(f"{name} is there, verified, in {data_folder()}.")


def _show_states(store: "Store") -> None:
    table = Table("file", "state", "from", box=box.SIMPLE_HEAD, title=f"Data in {store.folder}")
    colors = {"verified": "green", "damaged": "red", "missing": "dim"}
    for name, entry in store.registry.items():
        state = store.state(name)
        made = "made on this machine" if name.startswith("sample/") else "an archive above"
        table.add_row(name, f"[{colors[state]}]{state}[/]", entry.url or made)
    console.print(table)
