"""Defaults that differ: which arguments are counterparts, and what each has unless it is set.

``dictionary/defaults.toml`` says which arguments belong together and what the difference does to a
model; no default is typed there. They are read from the signatures of the installed packages and
kept in ``dictionary/defaults.json``, so that what shows them needs neither framework:

    python -m sidebyside.dictionary.defaults --save

`changed` compares the record with the installed packages, for the test.
"""

import argparse
import inspect
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sidebyside.dictionary.entries import FOLDER, DictionaryError
from sidebyside.dictionary.names import qualified, resolve
from sidebyside.pairs import FRAMEWORKS

ARGUMENT = re.compile(r"([\w.]+)(?:\((\w+)\))?")
PACKAGES = ("torch", "torchvision", "tensorflow", "keras")
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
    """

    names: dict[str, str]
    effect: str
    entry: str
    defaults: dict[str, str]

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
    for section in _file(folder).values():
        rows = []
        for row in section["argument"]:
            names = {side: row[side] for side in FRAMEWORKS}
            if missing := [name for name in names.values() if name not in recorded]:
                raise DictionaryError(
                    f"The default of {missing[0]} is not recorded: 'python -m "
                    f"{__name__} --save' reads it from the installed packages."
                )
            found = {side: recorded[name] for side, name in names.items()}
            rows.append(Argument(names, row["effect"].strip(), row.get("entry", ""), found))
        sections[section["title"]] = rows
    return sections


def record(folder: Path = FOLDER) -> dict:
    """Return what is recorded: ``versions`` of the packages, and ``defaults`` by their names."""
    file = folder / "defaults.json"
    if not file.is_file():
        return {"versions": {}, "defaults": {}}
    return json.loads(file.read_text("utf-8"))


def default(name: str, framework: str) -> str:
    """Return an argument's default as the installed package has it; needs the framework.

    Raises
    ------
    LookupError
        If there is no such call, or it has no such argument.
    """
    call, argument = ARGUMENT.fullmatch(name).groups()
    found = resolve(qualified(call, framework))
    if argument is None:
        return NO_ARGUMENT
    parameters = inspect.signature(found).parameters
    if argument not in parameters:
        raise LookupError(f"{call} has no argument {argument}, but {', '.join(parameters)}.")
    value = parameters[argument].default
    if value is inspect.Parameter.empty:
        return REQUIRED
    if inspect.isclass(value) or inspect.isfunction(value):
        return value.__name__
    return repr(getattr(value, "value", value))  # of an enumeration, what it stands for


def read_defaults(folder: Path = FOLDER) -> dict[str, str]:
    """Return the defaults of all arguments of the table, as the installed packages have them."""
    return {
        row[side]: default(row[side], side)
        for section in _file(folder).values()
        for row in section["argument"]
        for side in FRAMEWORKS
    }


def changed(recorded: dict[str, str], installed: dict[str, str]) -> list[str]:
    """Return what is recorded otherwise than it is installed, a sentence each."""
    sentences = []
    for name in {**recorded, **installed}:
        old, new = recorded.get(name), installed.get(name)
        if old is None:
            sentences.append(f"{name} is {new}, and not recorded yet.")
        elif new is None:
            sentences.append(f"{name} is recorded, and not in the table any more.")
        elif old != new:
            sentences.append(f"{name} was {old}, and is {new} in the installed package.")
    return sentences


def versions() -> dict[str, str]:
    """Return the versions of the installed packages."""
    return {name: version(name) for name in PACKAGES}


def write_json(file: Path, content: dict) -> None:
    """Write a record, whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(file)


def _file(folder: Path) -> dict:
    file = folder / "defaults.toml"
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DictionaryError(f"{file.name} is not TOML: {error}.") from None


def main(words: list[str] | None = None) -> int:
    """Say what changed; with --save, record it. Return 1 if the record is not up to date."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=__doc__)
    parser.add_argument("--save", action="store_true", help="write dictionary/defaults.json")
    chosen = parser.parse_args(words)
    import sidebyside.porting  # noqa: F401  PyTorch before TensorFlow

    installed = read_defaults()
    sentences = changed(record()["defaults"], installed)
    print("\n".join(sentences) or "The record is up to date.")
    if chosen.save:
        write_json(FOLDER / "defaults.json", {"versions": versions(), "defaults": installed})
        return 0
    return len(sentences) > 0


if __name__ == "__main__":
    sys.exit(main())
