"""Reading programs: Python files whole, notebooks cell by cell."""

import ast
import io
import json
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sidebyside.errors import ProgramError

LARGEST = 2_000_000  # characters of code: no program that people write is longer
# commands that IPython also takes without a percent sign
AUTOMAGIC = re.compile(
    r"\s*(pip|conda|mamba|cd|ls|ll|cat|pwd|mkdir|rmdir|rm|cp|mv|git|wget|curl|head|tail|unzip|tar)"
    r"(\s+[^=\s(].*)?"
)
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff")) | {0xA0: " ", 0x3000: " "}


@dataclass
class Program:
    """A program that can be read.

    Attributes
    ----------
    source
        Its text; of a notebook, that of all code cells, with a blank line between two.
    tree
        Its statements; their lines are those of `source`.
    skipped
        What was passed over and why, one sentence each.
    """

    source: str
    tree: ast.Module
    skipped: list[str] = field(default_factory=list)


def read_program(file: Path) -> Program:
    """Return the program in a Python file or in a notebook.

    Raises
    ------
    ProgramError
        If it is neither, is not there or too large, or if none of it is Python.
    """
    if file.is_dir():
        raise ProgramError(f"{file} is a folder. Name a Python file or a notebook in it.")
    if not file.exists():
        raise ProgramError(f"There is no file {file}.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ProgramError(f"{file} cannot be read: {error.strerror}.") from None
    if file.suffix == ".ipynb":
        return _of_cells(list(_code_cells(content, file)), file)
    return program_of(_decoded(content, file))


def program_of(text: str) -> Program:
    """Return the program that a text is.

    Raises
    ------
    ProgramError
        If it is not Python; the message names the line.
    """
    _check_size(text)
    try:
        return Program(text, parsed(text))
    except SyntaxError as error:
        where = f"Line {error.lineno}" if error.lineno else "The program"
        raise ProgramError(f"{where} is not Python: {error.msg.rstrip('.?')}.") from None


def parsed(text: str) -> ast.Module:
    """Return the statements of a text; blanks that Python does not know count as blanks.

    Raises
    ------
    SyntaxError
        If it is not Python; also where it has zero bytes or is nested too deeply.
    """
    try:
        return _parse(text)
    except SyntaxError:
        cleaned = text.translate(INVISIBLE)
        if cleaned == text:
            raise
        return _parse(cleaned)


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a backslash in a string is the program's own business
        try:
            return ast.parse(text)
        except ValueError as error:
            raise SyntaxError(str(error)) from None
        except (RecursionError, MemoryError):
            raise SyntaxError("it is nested too deeply") from None


def _check_size(text: str) -> None:
    if len(text) > LARGEST:
        raise ProgramError(
            f"The program has {len(text):,} characters of code, and more than {LARGEST:,} are not "
            "read. Name a smaller file."
        )


def _decoded(content: bytes, file: Path) -> str:
    """Return the text of a Python file in the encoding that it names, UTF-8 otherwise."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        raise ProgramError(
            f"{file} is neither a Python program nor a notebook that can be read: its text is not "
            "UTF-8, and it names no other encoding."
        ) from None
    if "\0" in text:
        raise ProgramError(f"{file} is not a Python program: it has zero bytes in it.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


# ---- notebooks ----


def _code_cells(content: bytes, file: Path) -> Iterator[str]:
    """Yield the source of each code cell, of the formats 3 and 4.

    Raises
    ------
    ProgramError
        If the file is not a notebook.
    """
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        cells = notebook.get("cells")
        if cells is None:  # format 3
            cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        for cell in cells:
            if cell["cell_type"] == "code":
                source = cell["source"] if "source" in cell else cell["input"]
                yield source if isinstance(source, str) else "".join(source)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ProgramError(
            f"{file} is neither a Python program nor a notebook that can be read."
        ) from None


def _of_cells(cells: list[str], file: Path) -> Program:
    _check_size("".join(cells))
    cells = [re.sub(r"\r\n?", "\n", cell) for cell in cells]
    program = Program("\n\n".join(cells), ast.Module([], []))
    line = 0
    for number, cell in enumerate(cells, 1):
        try:
            tree = _cell(cell)
        except SyntaxError as error:
            where = f", line {error.lineno}" if error.lineno else ""
            program.skipped.append(
                f"Code cell {number} was passed over: it is not Python "
                f"({error.msg.rstrip('.?')}{where})."
            )
        else:
            ast.increment_lineno(tree, line)
            program.tree.body += tree.body
        line += cell.count("\n") + 2
    if cells and len(program.skipped) == len(cells):
        raise ProgramError(f"None of the {len(cells)} code cells of {file} is Python.")
    return program


def _cell(source: str) -> ast.Module:
    """Return the statements of a cell without its commands.

    Raises
    ------
    SyntaxError
        If it is not Python.
    """
    try:
        return parsed(source)
    except SyntaxError:
        source = source.translate(INVISIBLE).replace("\0", "")
    plain = _without_commands(source)
    for _ in range(plain.count("\n") + 1):
        try:
            return parsed(plain)
        except SyntaxError as error:
            lines = plain.split("\n")
            place = (error.lineno or 0) - 1
            if not 0 <= place < len(lines) or not AUTOMAGIC.fullmatch(lines[place]):
                raise
            blanks = len(lines[place]) - len(lines[place].lstrip())
            lines[place] = " " * blanks + "pass"
            plain = "\n".join(lines)
    raise SyntaxError("it has commands that are not Python")


def _without_commands(source: str) -> str:
    try:
        from sidebyside.magics import plain_python

        return plain_python(source)
    except ImportError:
        why = "it has IPython's commands, which are read if ipython is installed"
        raise SyntaxError(why) from None
    except (IndexError, RecursionError, tokenize.TokenError):
        raise SyntaxError("its commands cannot be distinguished from Python") from None
