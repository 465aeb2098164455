"""The dictionary in a terminal: entries in two columns."""

import re
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from sidebyside.dictionary.defaults import Argument
from sidebyside.dictionary.entries import VERDICTS, Chapter, Entry, needed
from sidebyside.dictionary.lookup import Match
from sidebyside.frameworks import FRAMEWORKS

MARKS = {"same": "=", "set": "≈", "none": "≠"}
COLOURS = {"same": "green", "set": "yellow", "none": "magenta"}


def show(matches: list[Match], shown: int, arguments: list[Argument], console: Console) -> None:
    """Print what was found: the first `shown` in full, of the others the names."""
    for match in matches[:shown]:
        show_entry(match.chapter, match.entry, console)
        show_arguments([a for a in arguments if a.entry == match.entry.key], console)
    if rest := matches[shown:]:
        console.print(Text("Also: ", "bold") + Text(", ".join(m.entry.key for m in rest)))


def show_entry(chapter: Chapter, entry: Entry, console: Console) -> None:
    """Print an entry: both sides in two columns, what differs, the traps."""
    head = Text.assemble(prose(entry.name), f"  {entry.key}, {chapter.title}")
    console.print(Rule(head, align="left", style="dim"))
    console.print(verdict(entry))
    grid = Table.grid(padding=(0, 3), expand=True)
    for _ in FRAMEWORKS:
        grid.add_column(ratio=1)
    grid.add_row(*(Text(name, "bold dim") for name in FRAMEWORKS.values()))
    grid.add_row(*(Text(", ".join(entry.names[side]) or "no such call", "cyan")
                   for side in FRAMEWORKS))  # fmt: skip
    before = [needed(chapter.setup.get(side, ""), entry.lines[side]) for side in FRAMEWORKS]
    if any(before):
        grid.add_row(*(Text(lines, "dim") for lines in before))
    grid.add_row(*(code(entry.lines[side]) for side in FRAMEWORKS))
    console.print(Padding(grid, (0, 0, 1, 0)))
    if given := "; ".join(_given(entry)):
        console.print(Text(given, "dim"))
    console.print(prose(entry.note))
    for trap in entry.traps:
        said = Text.assemble(("Trap", "bold red"), f" in {FRAMEWORKS[trap.framework]}, ",
                             (trap.outcome, "bold"), ": ") + prose(trap.note)  # fmt: skip
        console.print(said)
        console.print(Padding(code(trap.lines), (0, 0, 0, 4)))
        if trap.message:
            console.print(Padding(Text(f"{trap.raises}: {trap.message}", "dim"), (0, 0, 0, 4)))
    console.print()


def _given(entry: Entry) -> Iterator[str]:
    """Yield on what inputs the two sides agree."""
    if entry.inputs and "\n    " not in entry.inputs:
        yield f"with {'; '.join(entry.inputs.splitlines())}"
    if entry.channels:
        yield f"PyTorch gets {', '.join(entry.channels)} channels first"
    if entry.port:
        yield f"the weights of {', '.join(entry.port)} are the same"


def show_arguments(arguments: list[Argument], console: Console) -> None:
    """Print defaults that differ, if there are any."""
    if not arguments:
        return
    table = Table("default", *FRAMEWORKS.values(), "effect", box=box.SIMPLE_HEAD)
    for argument in arguments:
        names = [argument.names[side] for side in FRAMEWORKS]
        values = [argument.defaults[side] for side in FRAMEWORKS]
        table.add_row(" / ".join(names), *values, prose(argument.effect))
    console.print(table)


def verdict(entry: Entry) -> Text:
    """Return what an entry says of its two sides."""
    if entry.verdict == "set":
        return Text("same if you set ", COLOURS["set"]) + prose(entry.set)
    said = VERDICTS[entry.verdict]
    if entry.missing:
        said += f" in {FRAMEWORKS[entry.missing]}"
    return Text(said, COLOURS[entry.verdict])


def prose(markdown: str) -> Text:
    """Return a sentence whose code stands out."""
    parts = re.split(r"`([^`]+)`", " ".join(markdown.split()))
    return Text.assemble(*((part, "cyan" if number % 2 else "")
                           for number, part in enumerate(parts)))  # fmt: skip


def code(lines: str) -> Syntax:
    """Return highlighted code on the terminal's own ground."""
    return Syntax(lines, "python", theme="ansi_dark", background_color="default", word_wrap=True)
