"""What a lesson says of itself in its notebooks: its title, and what else it needs.

Read from the file's JSON, because importing nbformat takes a second and every list of lessons has
their titles; a file is read again only when it has changed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sidebyside.errors import BrokenNotebookError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.notebooks import OURS, read_raw

HEADING = re.compile(r"# +(.+)")
IN_FRAMEWORK = re.compile(rf" in ({'|'.join(map(re.escape, FRAMEWORKS.values()))})$")


@dataclass(frozen=True)
class Facts:
    """What a notebook says of its lesson.

    Attributes
    ----------
    heading
        Its first heading, as it stands: ``Image classification in PyTorch``; empty without one.
    ours
        The part of its metadata that is ours, with the keys of KEYS.
    """

    heading: str
    ours: dict[str, Any]

    @property
    def title(self) -> str:
        """The heading without the framework's name and without Markdown's marks for code."""
        return IN_FRAMEWORK.sub("", self.heading).replace("`", "")

    @property
    def extra(self) -> str:
        """The extra of pyproject.toml that the lesson needs besides the frameworks; or empty."""
        return str(self.ours.get("extra", ""))

    @property
    def environment(self) -> str:
        """The environment of its own that the lesson needs besides, ``.venv-NAME``; or empty."""
        return str(self.ours.get("environment", ""))

    @property
    def program(self) -> str:
        """The system's program that the lesson calls, on Linux, ``g++``; or empty."""
        return str(self.ours.get("program", ""))

    @property
    def without_model(self) -> str:
        """Why the lesson has no model whose parity could be tested; empty if it has one."""
        return str(self.ours.get("without_model", ""))


KEYS = {"environment", "extra", "program", "without_model"}  # of our part of a notebook's metadata
NOTHING = Facts("", {})


def read_facts(path: Path) -> Facts:
    """Return what a notebook says of its lesson; nothing if it cannot be read."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, BrokenNotebookError):
        return NOTHING


@lru_cache(maxsize=1024)
def _read(path: Path, changed: int, size: int) -> Facts:
    raw = read_raw(path)
    texts = [cell["source"] for cell in raw["cells"] if cell.get("cell_type") == "markdown"]
    heading = HEADING.match("".join(texts[0])) if texts else None
    ours = raw["metadata"].get(OURS, {})
    return Facts(heading[1].strip() if heading else "", ours if isinstance(ours, dict) else {})
