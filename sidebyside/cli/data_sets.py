"""The data sets: what is there, getting them, checking them."""

import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from sidebyside.cli.console import console, fail

if TYPE_CHECKING:
    from sidebyside.datasets.store import Store

app = typer.Typer(
    help="The data sets: what is there, from where, whether it is whole.", no_args_is_help=False
)


@app.callback(invoke_without_command=True)
def show_data(context: typer.Context) -> None:
    """Show the data sets: what is there, from where, verified or not."""
    if context.invoked_subcommand is None:
        from sidebyside.datasets.store import Store

        _show_states(Store())


@app.command("check")
def check_data() -> None:
    """Check every file that is there by its hash; exit code 1 if one is damaged."""
    from sidebyside.datasets.store import Store

    store = Store()
    _show_states(store)
    damaged = [name for name in store.registry if store.state(name) == "damaged"]
    if damaged:
        fail(f"Damaged: {', '.join(damaged)}. 'sidebyside data fetch' fetches them again.")


@app.command("fetch")
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
