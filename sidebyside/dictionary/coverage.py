"""What the dictionary still lacks, as it is on record in ``dictionary/coverage.json``.

`sidebyside.proof.recording` measures it, on the model files that torchvision and Keras bring.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from sidebyside.dictionary.entries import FOLDER
from sidebyside.dictionary.names import PREFIXES, qualified


@dataclass(frozen=True)
class Coverage:
    """How many calls of a program are known, and the lines of those that are not, by name."""

    program: str
    known: int
    unknown: dict[str, list[int]]

    @property
    def calls(self) -> int:
        """How many calls of the frameworks it has."""
        return self.known + sum(map(len, self.unknown.values()))


def methods(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Return the names of methods that are on record."""
    file = folder / "coverage.json"
    return json.loads(file.read_text("utf-8"))["methods"] if file.is_file() else {}


def recorded(folder: Path = FOLDER) -> list[Coverage]:
    """Return what is on record."""
    file = folder / "coverage.json"
    if not file.is_file():
        return []
    return [Coverage(**row) for row in json.loads(file.read_text("utf-8"))["programs"]]


def full_name(name: str) -> str:
    """Return a name in full, of whichever framework it is."""
    first = name.partition(".")[0]
    framework = next((side for side, known in PREFIXES.items() if first in known), "pytorch")
    return qualified(name, framework)
