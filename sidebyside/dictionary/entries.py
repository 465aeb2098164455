"""The entries as they stand in the files of ``dictionary/``, read and checked for their form."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sidebyside.checkout import package_data
from sidebyside.dictionary.schema import KEY, VERDICTS, Entry, Framework, Head, Trap
from sidebyside.dictionary.toml_files import read_toml
from sidebyside.errors import DictionaryError

__all__ = [
    "CHAPTER",
    "FOLDER",
    "VERDICTS",
    "Chapter",
    "DictionaryError",
    "Entry",
    "Framework",
    "Trap",
    "is_chapter",
    "needed",
    "read",
    "read_all",
]

FOLDER = package_data("dictionary")
CHAPTER = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)\.toml")
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
ABSENT = re.compile(r"Object missing required field `(.*)`")
NOT_ONE_OF = re.compile(r"Invalid enum value '(.*)'")
Table = TypeVar("Table", bound=msgspec.Struct)


@dataclass(frozen=True, eq=False)
class Chapter:
    """A file of the dictionary.

    Attributes
    ----------
    file
        Where it is.
    title, about
        Its heading, and what it is about; Markdown.
    setup
        Code of each side that runs before every entry's.
    entries
        In the order of the file.
    """

    file: Path
    title: str
    about: str
    setup: dict[str, str]
    entries: tuple[Entry, ...]

    @cached_property
    def key(self) -> str:
        """Its name in addresses: ``losses``."""
        return self.file.stem.partition("_")[2]


def needed(setup: str, lines: str) -> str:
    """Return those statements of a chapter's setup that an entry's lines rely on."""
    statements = ast.parse(setup).body
    wanted = _used(ast.parse(lines))
    kept: list[str] = []
    for statement in reversed(statements):
        if _defined(statement) & wanted:
            wanted |= _used(statement)
            kept.insert(0, ast.get_source_segment(setup, statement) or "")
    return "\n".join(kept)


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {name for target in targets for name in _used(target)}


def is_chapter(file: Path) -> bool:
    """Return whether a file is a chapter of the repository's dictionary."""
    return file.parent == FOLDER and CHAPTER.fullmatch(file.name) is not None


def read_all(folder: Path = FOLDER) -> list[Chapter]:
    """Return the chapters in their order.

    Raises
    ------
    DictionaryError
        If a file is not in order, or a key is there twice.
    """
    files = [file for file in sorted(folder.glob("*.toml")) if CHAPTER.fullmatch(file.name)]
    if not files:
        raise DictionaryError(f"There is no dictionary in {folder}: it has no file of a chapter.")
    chapters = [read(file) for file in files]
    seen: dict[str, str] = {}
    for chapter in chapters:
        for entry in chapter.entries:
            if other := seen.get(entry.key):
                raise DictionaryError(
                    f"{chapter.file.name}: {entry.key} is in {other}, too. Give one of them "
                    "another key."
                )
            seen[entry.key] = chapter.file.name
    return chapters


def read(file: Path) -> Chapter:
    """Return a chapter.

    Raises
    ------
    DictionaryError
        If the file is not in order.
    """
    tables = read_toml(file)
    head = _convert(tables.pop("chapter", {}), Head, f"{file.name}: [chapter]")
    entries = tuple(_entry(file.name, key, table) for key, table in tables.items())
    return Chapter(file, head.title, head.about.strip(), head.setup, entries)


def _entry(file: str, key: str, table: Any) -> Entry:
    where = f"{file}: [{key}]"
    if not isinstance(table, dict):
        raise DictionaryError(f"{file}: {key!r} stands outside of a table.")
    if not re.fullmatch(KEY, key):
        raise DictionaryError(f"{where} is not a key: small letters, digits and hyphens make one.")
    if "key" in table:  # the table's name alone says it
        raise DictionaryError(f"{where} has 'key', which is not known there.")
    return _convert({"key": key, **table}, Entry, where)


def _convert(table: dict[str, Any], kind: type[Table], where: str) -> Table:
    """Return a table as what it is; `where` is what the sentence of an error begins with."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        inside = place.rstrip("`").lstrip(".")
        sentence = _sentence(said, inside, kind)
        raise DictionaryError(f"{where}{f' {inside}' if inside else ''}: {sentence}.") from None


def _sentence(said: str, inside: str, kind: type[msgspec.Struct]) -> str:
    """Return what msgspec said of the table, or of the key `inside` it, for a contributor."""
    if found := ABSENT.fullmatch(said):
        return f"it needs {found[1]!r}"
    if found := UNKNOWN.fullmatch(said):
        fields = msgspec.structs.fields(Trap if inside.startswith("trap") else kind)
        names = ", ".join(field.encode_name for field in fields if field.name != "key")
        return f"{found[1]!r} is not known there; known are {names}"
    if found := NOT_ONE_OF.fullmatch(said):
        return f"{found[1]!r} is not one of {', '.join(_allowed(kind, inside))}"
    return said


def _allowed(kind: type[msgspec.Struct], name: str) -> list[str]:
    """Return the words that a key may have for its value."""
    rule = msgspec.json.schema_components([kind])[1][kind.__name__]["properties"][name]
    words: list[str] = rule.get("enum") or rule["anyOf"][0]["enum"]
    return words
