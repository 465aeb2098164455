"""The data sets: what is there, getting them, checking them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.filesize import decimal
from rich.table import Column, Table
from rich.text import Text

from sidebyside.cli.console import console, errors, fail

if TYPE_CHECKING:
    from sidebyside.datasets import DataSet
    from sidebyside.datasets.inspection import Inspection
    from sidebyside.datasets.store import Store

COLORS = {"verified": "green", "damaged": "red", "unreadable": "red", "missing": "dim"}
ALL = "all"

app = typer.Typer(
    help="The data sets: what is there, from where, whether it is whole.", no_args_is_help=False
)
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...", help="Data sets, as 'sidebyside data' names them.", show_default="all"
    ),
]


@app.callback(invoke_without_command=True)
def show_data(
    context: typer.Context,
    files: Annotated[bool, typer.Option("--files", help="One row per file.")] = False,
) -> None:
    """Show the data sets, one row each: what is there, verified or not, and its terms."""
    if context.invoked_subcommand is not None:
        return
    store, inspections = _inspect(None)
    _show_files(store, inspections) if files else _show(store, inspections)


@app.command("check")
def check_data(names: Names = None) -> None:
    """Check every file that is there by its hash; exit code 1 if one is damaged."""
    store, inspections = _inspect(names)
    _show(store, inspections)
    problems = [problem for inspection in inspections for problem in inspection.problems()]
    for problem in problems[:-1]:
        errors.print(problem, markup=False)
    if problems:
        fail(problems[-1])


@app.command("fetch")
def fetch_data(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...", help=f"Data sets, as 'sidebyside data' names them, or '{ALL}'."
        ),
    ] = None,
) -> None:
    """Download data sets, verify and unpack them. Those already there and whole are left alone."""
    from sidebyside.datasets import DATA_SETS
    from sidebyside.datasets.store import Store

    if not names:
        fail(f"Say what to fetch: {', '.join(DATA_SETS)}, or '{ALL}'.")
    store = Store()
    for data_set in _chosen(None if names == [ALL] else names):
        _fetch(data_set, store)


def _fetch(data_set: "DataSet[Any]", store: "Store") -> None:
    from sidebyside.datasets.inspection import summary

    states = [store.state(name) for name in data_set.names("full", store)]
    if summary(states) == "verified":
        _say(f"{data_set.title} is in {store.folder} already, whole and verified.")
        return
    _say(f"{data_set.title}, {decimal(data_set.download)}; terms: {data_set.licence}.")
    data_set.ensure("full", store)
    _say(f"{data_set.title} is in {store.folder}, whole and verified.")


def _chosen(names: list[str] | None) -> "list[DataSet[Any]]":
    """Return the data sets of these names; all if there are none."""
    from sidebyside.datasets import DATA_SETS

    for name in names or []:
        if name not in DATA_SETS:
            fail(f"There is no data set {name!r}. There are: {', '.join(DATA_SETS)}.")
    return [DATA_SETS[name] for name in names or DATA_SETS]


def _inspect(names: list[str] | None) -> "tuple[Store, list[Inspection]]":
    from sidebyside.datasets.inspection import inspect
    from sidebyside.datasets.store import Store

    store = Store()
    return store, [inspect(data_set, store) for data_set in _chosen(names)]


def _show(store: "Store", inspections: "list[Inspection]") -> None:
    table = _table(store, "data set", "download", "state", "sample", "terms", "source")
    for found in inspections:
        data_set = found.data_set
        table.add_row(
            data_set.name,
            Text(decimal(data_set.download), justify="right"),
            _colored(found.state),
            _colored(found.sample_state),
            Text(data_set.licence),
            Text(data_set.source),
        )
    console.print(table)


def _show_files(store: "Store", inspections: "list[Inspection]") -> None:
    table = _table(store, "file", "state", "from")
    for found in inspections:
        for name, state in found.all_files.items():
            made = name in found.sample
            source = store.registry[name].url or (
                "made on this machine" if made else found.data_set.archive
            )
            table.add_row(Text(name), _colored(state), Text(source or ""))
        table.add_section()
    console.print(table)


def _table(store: "Store", *columns: str) -> Table:
    foldable = [Column(column, overflow="fold") for column in columns]
    return Table(*foldable, box=box.SIMPLE_HEAD, title=Text(f"Data in {store.folder}"))


def _colored(state: str) -> Text:
    return Text(state, style=COLORS.get(state, "yellow"))


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)
