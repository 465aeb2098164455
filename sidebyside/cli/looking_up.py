"""The dictionary: look a call up, mark the calls of a program."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from sidebyside.cli.console import console, fail

app = typer.Typer()

# a syntax tree is many small objects that all stay until the end: looking through them every 700
# for what is no longer needed takes a third of the time
OBJECTS_BEFORE_A_COLLECTION = 200_000


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
    from sidebyside.dictionary import read_all
    from sidebyside.dictionary.defaults import table
    from sidebyside.dictionary.lookup import Finder
    from sidebyside.view import entry_terminal as terminal

    asked, finder = " ".join(words), Finder(read_all())
    matches = finder.find(asked)
    if not matches:
        near = ", ".join(finder.near(asked))
        fail(f"The dictionary has nothing on {asked!r}.{f' Near it: {near}.' if near else ''}")
    arguments = [row for rows in table().values() for row in rows]
    terminal.show(matches, number, arguments, console)


@app.command()
def translate(
    file: Annotated[Path, typer.Argument(help="A Python file, or a notebook.")],
    notes: Annotated[
        bool, typer.Option("--notes", help="Show all notes and traps of the entries.")
    ] = False,
) -> None:
    """Mark every call of a program that the dictionary knows, with its counterpart and its trap.

    Nothing is converted. = is the same, ≈ the same if you set something, ≠ has no call of its own
    on the other side: what is shown does the same. A question mark is a guess: the program does
    not show what the object is. The numbers lead to what to know of each, below the program.
    """
    from sidebyside.dictionary import read_all
    from sidebyside.dictionary.coverage import methods
    from sidebyside.dictionary.translate import Index, read_program
    from sidebyside.dictionary.translate import translate as mark
    from sidebyside.view import translation_terminal as terminal

    gc.set_threshold(OBJECTS_BEFORE_A_COLLECTION)
    index = Index(read_all(), methods())
    terminal.show_translation(mark(read_program(file), index), console, notes)
