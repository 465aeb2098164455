"""Maintaining: new pairs, the repository's address, checks."""

import os
from typing import Annotated

import typer
from rich.markup import escape

from sidebyside.checkout import repository_url
from sidebyside.cli.console import console
from sidebyside.lessons import pairs

app = typer.Typer()


@app.command()
def new(
    topic: Annotated[
        str,
        typer.Argument(help="Where: beginner/recommender (a project), or "
                       "notebooks/1_beginner/02_first_network (a lesson)."),
    ],
) -> None:  # fmt: skip
    """Write the two notebooks of a new pair, with the standard steps."""
    from sidebyside.lessons.scaffold import new_pair

    for path in new_pair(topic):
        console.print(f"Written: {escape(os.path.relpath(path))}")


@app.command()
def repository(
    url: Annotated[str, typer.Argument(help="https://github.com/OWNER/NAME")],
) -> None:
    """Rewrite the repository's address everywhere: Colab links, set-up cells, pages."""
    from sidebyside.lessons.address import set_repository

    changed = set_repository(url)
    for path in changed:
        console.print(f"Written: {escape(os.path.relpath(path))}")
    if not changed:
        console.print("Nothing to change.")


@app.command()
def check(
    topic: Annotated[
        str | None, typer.Argument(help="A topic; all topics if none is named.")
    ] = None,
) -> None:
    """Check that both notebooks of a topic are a pair; every problem is a sentence."""
    from sidebyside.lessons.checks import problems

    chosen = [pairs.find_pair(topic)] if topic else pairs.find_pairs()
    url = repository_url()
    found = [f"{pair.topic}: {text}" for pair in chosen for text in problems(pair, url)]
    for text in found:
        console.print(escape(text))
    if found:
        raise typer.Exit(1)
    console.print(f"{len(chosen)} {'pair is' if len(chosen) == 1 else 'pairs are'} in order.")
