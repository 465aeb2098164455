"""The quiz: questions from the dictionary's traps, answered at once with the reason."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from sidebyside.cli.console import console, fail

if TYPE_CHECKING:
    from sidebyside.dictionary.questions import Question

app = typer.Typer()


@app.command()
def quiz(
    chapter: Annotated[
        str | None,
        typer.Argument(help="A chapter of the dictionary: losses. All chapters if none is named."),
    ] = None,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many questions.")] = 10,
    seed: Annotated[
        int | None, typer.Option(help="The same number gives the same questions.")
    ] = None,
) -> None:
    """Answer questions on what differs; every right answer is one that was executed.

    Type the letter of an answer. The reason follows at once, with the entry that has more.
    """
    from sidebyside.dictionary import read_all
    from sidebyside.dictionary.questions import drawn, questions

    chapters = read_all()
    known = [one.key for one in chapters]
    if chapter and chapter not in known:
        fail(f"The dictionary has no chapter {chapter!r}. It has: {', '.join(known)}.")
    asked = questions(one for one in chapters if chapter in (None, one.key))
    chosen = drawn(asked, number, seed)
    right = sum(_ask(place, len(chosen), question) for place, question in enumerate(chosen, 1))
    console.print(f"{right} of {len(chosen)} were right.")


def _ask(place: int, count: int, question: "Question") -> bool:
    """Ask a question, say whether the answer is right and why; return whether it was."""
    from sidebyside.view.entry_terminal import code, prose

    letters = "abcdefgh"[: len(question.choices)]
    console.print(Rule(f"{place} of {count}", align="left", style="dim"))
    for heading, lines in question.shown:
        console.print(Text(f"{heading}:", "bold dim"))
        console.print(Padding(code(lines), (0, 0, 1, 4)))
    console.print(Text(question.text, "bold"))
    for letter, choice in zip(letters, question.choices, strict=True):
        if question.choices_are_code:
            console.print(Text(f"{letter})", "bold cyan"))
            console.print(Padding(code(choice), (0, 0, 1, 4)))
        else:
            console.print(Text.assemble((f"{letter}) ", "bold cyan"), choice))
    answer = ""
    while answer not in letters or not answer:
        answer = typer.prompt(f"Your answer ({', '.join(letters)})").strip().lower()
    is_right = letters.index(answer) == question.right
    verdict = Text("Right. ", "bold green")
    if not is_right:
        verdict = Text(f"No, it is {letters[question.right]}. ", "bold red")
    console.print(verdict + prose(question.reason))
    console.print(Text(f"More: sidebyside lookup {question.entry}", "dim"))
    console.print()
    return is_right
