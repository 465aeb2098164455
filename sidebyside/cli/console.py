"""Where the command line prints, and the arguments that several commands have."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from typer.core import TyperGroup

if TYPE_CHECKING:
    from sidebyside.lessons.execution import StepFailed

WIDE = 160  # columns, where the output does not go to a terminal
console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Topic = Annotated[
    str,
    typer.Argument(help="A topic, as 'sidebyside list' names it: image_classification, or "
                   "beginner/image_classification."),
]  # fmt: skip


class Framework(StrEnum):
    """The two frameworks."""

    pytorch = "pytorch"
    tensorflow = "tensorflow"


class DataSize(StrEnum):
    """The two sizes of the data."""

    sample = "sample"
    full = "full"


def fail(sentence: str) -> None:
    """Say what is wrong and end with exit code 1."""
    errors.print(f"[bold red]Error:[/] {escape(sentence)}")
    raise SystemExit(1)


class Commands(TyperGroup):
    """The commands; Ctrl-C ends each with one line, and the exit code of shells for it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            errors.print("Stopped by Ctrl-C.")
            raise typer.Exit(130) from None


def warn(sentence: str) -> None:
    """Print a warning, if there is one."""
    if sentence:
        errors.print(f"[yellow]Warning:[/] {escape(sentence)}")


def show_failure(failure: "StepFailed") -> None:
    """Print which step failed, its code and its error."""
    errors.print(f"[bold red]Error:[/] {escape(str(failure))} Nothing was written.")
    errors.print(Syntax(failure.source, "python", theme="ansi_dark", line_numbers=True))
    errors.print(escape(failure.error))
    if failure.hint:
        errors.print(escape(failure.hint))
