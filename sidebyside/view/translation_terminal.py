"""A program in a terminal, with the counterpart of each of its calls."""

import re
from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from sidebyside.dictionary.translate import Call, Translation
from sidebyside.frameworks import FRAMEWORKS, other
from sidebyside.view.entry_terminal import COLOURS, MARKS, code, prose, verdict

# what would move the cursor, change colours or the direction of writing
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
GAP = 2  # blanks between two columns
SHOWN = 8  # lines of a name that the dictionary does not know


def show_translation(translation: Translation, console: Console, notes: bool = False) -> None:
    """Print a program with the counterpart of each call that is known, then what to know.

    Of each entry the traps that one may walk into are told in a sentence; with `notes`, all that
    it has.
    """
    numbers = {entry.key: number for number, entry in enumerate(translation.entries, 1)}
    _show_program(translation, numbers, console)
    if notes:
        _show_all_notes(translation, numbers, console)
    else:
        _show_short_notes(translation, numbers, console)
    _show_unknown(translation, console)


def visible(text: str) -> str:
    """Return a text whose control characters are spelt out: a terminal would obey them."""
    return CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text.expandtabs(4))


def _show_program(translation: Translation, numbers: dict[str, int], console: Console) -> None:
    by_line: dict[int, list[Call]] = {}
    for call in translation.known:
        by_line.setdefault(call.line, []).append(call)
    source = visible(translation.source)
    coloured = code(source).highlight(source) if console.color_system else Text(source)
    lines = coloured.split("\n", allow_blank=True)
    while lines and not lines[-1].plain.strip():
        lines.pop()
    first = len(str(len(lines)))
    width = max((console.width - first - 2 * GAP) // 2, 10)
    rows = []
    for number, line in enumerate(lines, 1):
        left = _fitted(line, width, console)
        right = [
            part
            for mark in _marks(by_line.get(number, []), numbers)
            for part in _fitted(mark, width, console)
        ]
        for place in range(max(len(left), len(right))):
            row = Text(f"{number if place == 0 else '':>{first}}{'':{GAP}}", "dim", end="")
            if place < len(left):
                row.append_text(left[place])
            if place < len(right):
                row.pad_right(first + GAP + width + GAP - row.cell_len)
                row.append_text(right[place])
            rows.append(row)
    console.print(Text("\n").join(rows), no_wrap=True, overflow="ignore", crop=False)


def _fitted(text: Text, width: int, console: Console) -> list[Text]:
    """Return a text in lines that are no wider than a column."""
    if text.cell_len <= width:
        return [text]
    return list(text.wrap(console, width, overflow="fold"))


def _marks(calls: list[Call], numbers: dict[str, int]) -> list[Text]:
    """Return what stands next to a line: a mark for each of its calls.

    What another mark of the line has in it, and has no trap of its own, needs none.
    """
    marks = {(call.counterpart, call.entry.key): call for call in calls}
    texts = [text for text, _ in marks]
    return [
        _mark(call, numbers[call.entry.key])
        for (text, _), call in marks.items()
        if call.traps or not text or sum(text in one for one in texts) == 1
    ]


def _mark(call: Call, number: int) -> Text:
    """Return a call's counterpart, and how much it is the same."""
    colour = COLOURS[call.entry.verdict]
    guess = Text("" if call.sure else "?", "bold")
    sign = Text(f"{MARKS[call.entry.verdict]} ", colour)
    said = Text(visible(call.counterpart) or "no counterpart", "dim" if call.is_remark else colour)
    trap = Text("  trap", "bold red") if call.traps else Text()
    return Text.assemble(guess, sign, said, trap, (f" [{number}]", "dim"))


def _heads(translation: Translation) -> dict[str, list[Call]]:
    """Return the calls of each entry, by its key."""
    found: dict[str, list[Call]] = {}
    for call in translation.known:
        found.setdefault(call.entry.key, []).append(call)
    return found


def _show_short_notes(translation: Translation, numbers: dict[str, int], console: Console) -> None:
    """Print what to set and what goes wrong if one does not, a line or two for each entry."""
    calls = _heads(translation)
    told = [entry for entry in translation.entries
            if entry.verdict == "set" or calls[entry.key][0].traps]  # fmt: skip
    if not told:
        return
    title = "What to know (all notes: --notes)"
    console.print(Rule(title, align="left", style="dim"))
    for entry in told:
        names = ", ".join(dict.fromkeys(call.name for call in calls[entry.key]))
        head = Text.assemble((f"[{numbers[entry.key]}] ", "dim"), (f"{names}  ", "bold"),
                             (f"{entry.key}  ", "dim"))  # fmt: skip
        if entry.verdict == "set":
            head += verdict(entry)
        console.print(head)
        for trap in calls[entry.key][0].traps[:1]:
            said = Text.assemble(("Trap, ", "bold red"), (f"{trap.outcome}: ", "bold"))
            console.print(Padding(said + prose(_first_sentence(trap.note)), (0, 0, 0, 4)))


def _first_sentence(text: str) -> str:
    """Return the first sentence of a note, up to a colon or a stop outside code."""
    parts = re.split(r"(?<=[a-z`)\]])[.:;](?=\s)", " ".join(text.split()), maxsplit=1)
    return f"{parts[0].rstrip('.')}."


def _show_all_notes(translation: Translation, numbers: dict[str, int], console: Console) -> None:
    """Print all that the entries say, the traps of this side of the translation first."""
    calls = _heads(translation)
    console.print(Rule("What to know", align="left", style="dim"))
    for entry in translation.entries:
        first = calls[entry.key][0]
        names = ", ".join(dict.fromkeys(call.name for call in calls[entry.key]))
        head = Text.assemble((f"[{numbers[entry.key]}] ", "dim"), (f"{names}  ", "bold"),
                             (f"{entry.key}  ", "dim"), verdict(entry))  # fmt: skip
        console.print(head)
        console.print(Padding(code(entry.lines[other(first.framework)]), (0, 0, 0, 4)))
        console.print(Padding(prose(entry.note), (0, 0, 0, 4)))
        for trap in dict.fromkeys([*first.traps, *entry.traps]):
            said = Text.assemble(("Trap", "bold red"), f" in {FRAMEWORKS[trap.framework]}, ",
                                 (f"{trap.outcome}: ", "bold"))  # fmt: skip
            console.print(Padding(said + prose(trap.note), (0, 0, 0, 4)))


def _show_unknown(translation: Translation, console: Console) -> None:
    unknown = translation.unknown
    console.print(Rule("Not in the dictionary", align="left", style="dim"))
    for name, lines in unknown.items():
        shown = ", ".join(map(str, lines[:SHOWN])) + (" ..." if len(lines) > SHOWN else "")
        console.print(Text.assemble((visible(name), "bold"), f"  line {shown}"))
    for sentence in [*translation.skipped, *_counts(translation)]:
        console.print(Text(visible(sentence)))


def _counts(translation: Translation) -> Iterator[str]:
    """Yield how much of the program is marked, and what is not."""
    known = len(translation.known)
    total = known + sum(map(len, translation.unknown.values()))
    yield f"{known} of {total} calls are in the dictionary."
    if guessed := len(translation.guessed):
        yield (
            f"{guessed} of them are guesses, with a question mark: the program does not show what "
            "the object is, only its name."
        )
    if passed := translation.passed_over:
        yield (
            f"{passed} more calls have the name of a framework's method and of other objects' "
            "methods; the program does not show which, so they have no mark."
        )
