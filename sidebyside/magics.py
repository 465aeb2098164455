"""The code of notebooks as plain Python: IPython's own commands are taken out of it.

What a notebook may hold besides Python (``%time f(x)``, ``files = !ls``, ``%%bash``, ``f?``) is
found by IPython itself, which looks at tokens: a ``%`` or ``!`` in a string or between brackets is
none. IPython is imported only for a cell that is not Python as it stands.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.inputtransformer2 import TokenTransformBase

# the commands that execute Python, each with those of its options that have a value
PYTHON_COMMANDS = {"time": "", "timeit": "nrpv", "prun": "DlsT"}
PYTHON_CELLS = {*PYTHON_COMMANDS, "capture"}  # before a cell of Python


def plain_python(source: str) -> str:
    """Return a cell's code as Python, line by line: line 7 of the answer is line 7 of `source`.

    A command is ``pass`` in it, or ``None`` where its result is assigned; so is a whole cell in
    another language. Python that a command executes stays: of ``x = %time f(y)``, ``x = f(y)``;
    of a cell that begins with ``%%time``, the lines below. An indented cell moves to the left, as
    IPython has it. What is neither Python nor a command stays as it is.
    """
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return _without_commands(source)
    return source


def _without_commands(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager, cell_magic

    manager: Any = TransformerManager()  # its lists are typed too widely
    written = (source if source.endswith("\n") else f"{source}\n").splitlines(keepends=True)
    lines = written
    for clean in manager.cleanup_transforms:  # blank lines before, indentation, prompts
        lines = clean(lines)
    before = "\n" * (len(written) - len(lines))
    if cell_magic(lines) != lines:
        name = lines[0].removeprefix("%%").rstrip().partition(" ")[0]
        if name not in PYTHON_CELLS:
            return before + "pass\n" + "\n" * (len(lines) - 1)
        return before + "pass\n" + plain_python("".join(lines[1:]))
    while found := _first_command(manager, lines):
        lines = _without(found, lines)
    return before + "".join(lines)


def _first_command(manager: Any, lines: list[str]) -> TokenTransformBase | None:
    """Return the first command; what comes after it may not be what it looks like before."""
    from IPython.core.inputtransformer2 import TokenTransformBase, make_tokens_by_line

    tokens = make_tokens_by_line(lines)
    found: list[TokenTransformBase | None]
    found = [kind.find(tokens) for kind in manager.token_transformers]
    for command in sorted(filter(None, found), key=TokenTransformBase.sortby):
        try:
            command.transform(lines)
        except SyntaxError:  # it looked like one
            continue
        return command
    return None


def _without(command: TokenTransformBase, lines: list[str]) -> list[str]:
    """Return the lines with a command replaced, and as many of them as before."""
    from IPython.core import inputtransformer2 as ipython

    first = command.start_line
    if isinstance(command, ipython.HelpEnd):
        last, written = command.q_line, ""
    else:
        last = min(ipython.find_end_of_continued_line(lines, first), len(lines) - 1)
        written = ipython.assemble_continued_line(lines, (first, command.start_col), last)
    assigned = isinstance(command, ipython.MagicAssign | ipython.SystemAssign)
    code = _executed(written) or ("None" if assigned else "pass")
    replaced = lines[first][: command.start_col] + code + "\n" * (last - first + 1)
    return [*lines[:first], *replaced.splitlines(keepends=True), *lines[last + 1 :]]


def _executed(command: str) -> str:
    """Return the Python that a command executes; nothing if it does not."""
    name, _, rest = command.removeprefix("%").partition(" ")
    if not command.startswith("%") or name not in PYTHON_COMMANDS:
        return ""
    rest = rest.lstrip()
    while rest.startswith("-"):
        option, _, rest = rest.partition(" ")
        if option[-1] in PYTHON_COMMANDS[name]:  # its value is the next word
            rest = rest.lstrip().partition(" ")[2]
        rest = rest.lstrip()
    return rest
