"""All commands, and what becomes of errors."""

import functools
from collections.abc import Callable
from typing import Any

import typer

from sidebyside.checkout import require_checkout
from sidebyside.cli import (
    data_sets,
    latencies,
    looking_up,
    maintaining,
    measuring,
    moving_weights,
    quizzing,
    showing,
    working,
)
from sidebyside.cli.console import Commands, fail
from sidebyside.errors import SidebysideError

IN_A_CHECKOUT = (working, showing, measuring, maintaining)  # the others need no lessons


def in_a_checkout(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command that says so where it has no checkout to work in."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        require_checkout()
        return command(*arguments, **options)

    return run


app = typer.Typer(
    cls=Commands,
    help="Lessons that exist twice, in PyTorch and in TensorFlow/Keras: run a pair, compare its "
    "two sides, open both, look after the data.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for commands in (
    working,
    showing,
    looking_up,
    quizzing,
    moving_weights,
    measuring,
    latencies,
    maintaining,
):
    for command in commands.app.registered_commands:
        if commands in IN_A_CHECKOUT and command.callback:
            command.callback = in_a_checkout(command.callback)
        app.registered_commands.append(command)
app.add_typer(data_sets.app, name="data")


def main() -> None:
    """Run the command; say in a sentence what went wrong, and end with exit code 1."""
    try:
        app()
    except SidebysideError as error:
        fail(str(error))
