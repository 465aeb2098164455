"""Defaults that differ: which arguments are counterparts, and what each has unless it is set.

``dictionary/defaults.toml`` says which arguments belong together and what the difference does to a
model; no default is typed there. They are read from the signatures of the installed packages and
kept in ``dictionary/defaults.json``, so that what shows them needs neither framework:

    python -m sidebyside.proof.recording defaults --save
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidebyside.dictionary.entries import FOLDER
from sidebyside.dictionary.toml_files import read_toml
from sidebyside.errors import DictionaryError
from sidebyside.frameworks import FRAMEWORKS

REQUIRED, NO_ARGUMENT = "required", "no argument"


@dataclass(frozen=True)
class Argument:
    """A row of the table.

    Attributes
    ----------
    names
        For each side, ``nn.BatchNorm2d(eps)``; without brackets where it has no such argument.
    effect
        What the difference does to a model; Markdown.
    entry
        The key of the entry that has more, or nothing.
    defaults
        For each side what is recorded: Python's text of the value, `REQUIRED` or `NO_ARGUMENT`.
    check
        Python lines, run with both frameworks by `sidebyside.proof.effects`, that assert what
        `effect` says.
    """

    names: dict[str, str]
    effect: str
    entry: str
    defaults: dict[str, str]
    check: str = ""

    @property
    def both(self) -> bool:
        """Whether both sides have the argument and a default."""
        return not {REQUIRED, NO_ARGUMENT} & set(self.defaults.values())


def table(folder: Path = FOLDER) -> dict[str, list[Argument]]:
    """Return the table's sections by their titles, with the recorded defaults.

    Raises
    ------
    DictionaryError
        If a row lacks something, or is not recorded yet.
    """
    recorded = record(folder)["defaults"]
    sections = {}
    for section in read_table(folder).values():
        rows = []
        for row in section["argument"]:
            names = {side: row[side] for side in FRAMEWORKS}
            if missing := [name for name in names.values() if name not in recorded]:
                raise DictionaryError(
                    f"The default of {missing[0]} is not recorded: 'python -m "
                    f"sidebyside.proof.recording defaults --save' reads it from the packages."
                )
            found = {side: recorded[name] for side, name in names.items()}
            rows.append(
                Argument(
                    names,
                    effect=row["effect"].strip(),
                    entry=row.get("entry", ""),
                    defaults=found,
                    check=row.get("check", "").strip(),
                )
            )
        sections[section["title"]] = rows
    return sections


def record(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Return what is recorded: ``versions`` of the packages, and ``defaults`` by their names."""
    file = folder / "defaults.json"
    if not file.is_file():
        return {"versions": {}, "defaults": {}}
    recorded: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8"))
    return recorded


def read_table(folder: Path = FOLDER) -> dict[str, Any]:
    """Return what ``defaults.toml`` says, section by section."""
    return read_toml(folder / "defaults.toml")
