"""The dictionary in a terminal: entries in two columns, a program with its counterparts."""

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
from sidebyside.dictionary.translate import Call, Translation
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


def show_translation(translation: Translation, console: Console) -> None:
    """Print a program with the counterpart of each call that is known, then what to know."""
    numbers = {entry.key: number for number, entry in enumerate(translation.entries, 1)}
    by_line: dict[int, list[Call]] = {}
    for call in translation.known:
        by_line.setdefault(call.line, []).append(call)
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(justify="right", style="dim")
    grid.add_column(ratio=3, overflow="fold")
    grid.add_column(ratio=2, overflow="fold")
    lines = code(translation.source).highlight(translation.source).split("\n", allow_blank=True)
    for number, line in enumerate(lines, 1):
        if not line.plain.strip() and number == len(lines):
            break
        seen = dict.fromkeys((call.name, call.entries[0].key) for call in by_line.get(number, ()))
        chosen = {call.entries[0].key: call for call in by_line.get(number, ())}
        marks = Text("  ").join(_mark(chosen[key], numbers[key]) for _, key in seen)
        grid.add_row(str(number), line, marks)
    console.print(grid)
    _show_notes(translation, numbers, console)
    _show_unknown(translation, console)


def _mark(call: Call, number: int) -> Text:
    """Return what stands next to a call: how much its counterpart is the same, and its name."""
    entry = call.entries[0]
    other = next(side for side in FRAMEWORKS if side != call.framework)
    name = entry.names[other][0] if entry.names[other] else "no counterpart"
    trap = Text(" trap", "bold red") if entry.traps else Text()
    mark = Text(f"{MARKS[entry.verdict]} {name}", COLOURS[entry.verdict])
    return Text.assemble(mark, trap, (f" [{number}]", "dim"))


def _show_notes(translation: Translation, numbers: dict[str, int], console: Console) -> None:
    console.print(Rule("What to know", align="left", style="dim"))
    for entry in translation.entries:
        calls = [call for call in translation.known if call.entries[0] is entry]
        names = ", ".join(dict.fromkeys(call.name for call in calls))
        head = Text.assemble((f"[{numbers[entry.key]}] ", "dim"), (f"{names}  ", "bold"),
                             (f"{entry.key}  ", "dim"), verdict(entry))  # fmt: skip
        console.print(head)
        other = next(side for side in FRAMEWORKS if side != calls[0].framework)
        console.print(Padding(code(entry.lines[other]), (0, 0, 0, 4)))
        console.print(Padding(prose(entry.note), (0, 0, 0, 4)))
        for trap in entry.traps:
            said = Text.assemble(("Trap, ", "bold red"), (f"{trap.outcome}: ", "bold"))
            console.print(Padding(said + prose(trap.note), (0, 0, 0, 4)))


def _show_unknown(translation: Translation, console: Console) -> None:
    known, unknown = len(translation.known), translation.unknown
    console.print(Rule("Not in the dictionary", align="left", style="dim"))
    for name, lines in unknown.items():
        shown = ", ".join(map(str, lines[:8])) + (" ..." if len(lines) > 8 else "")
        console.print(Text.assemble((name, "bold"), f"  line {shown}"))
    total = known + sum(map(len, unknown.values()))
    console.print(f"{known} of {total} calls are in the dictionary.")
