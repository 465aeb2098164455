"""All commands, and what becomes of errors."""

import typer

from sidebyside.cli import (
    data_sets,
    looking_up,
    maintaining,
    measuring,
    moving_weights,
    quizzing,
    working,
)
from sidebyside.cli.console import Commands, fail
from sidebyside.errors import SidebysideError

app = typer.Typer(
    cls=Commands,
    help="Lessons that exist twice, in PyTorch and in TensorFlow/Keras: run a pair, compare its "
    "two sides, open both, look after the data.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for commands in (working, looking_up, quizzing, moving_weights, measuring, maintaining):
    app.registered_commands += commands.app.registered_commands
app.add_typer(data_sets.app, name="data")


def main() -> None:
    """Run the command; what can go wrong is told in a sentence, with exit code 1."""
    try:
        app()
    except SidebysideError as error:
        fail(str(error))
