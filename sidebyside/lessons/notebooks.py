"""Notebooks as files: read and written.

Reading one checks it, so that nothing else has to: a file that is not a notebook of format 4.5 is
named, with the reason. nbformat is imported when a notebook is read as a whole; it takes a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidebyside.errors import BrokenNotebookError
from sidebyside.files import write_together

if TYPE_CHECKING:
    import nbformat

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
OURS = "sidebyside"  # the key of a notebook's metadata that is ours; see `facts`
HIDDEN = {"jupyter": {"outputs_hidden": True}}  # the metadata of a cell that answers a question
FORMAT = (4, 5)
MERGE_MARK = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


def read_raw(path: Path) -> dict[str, Any]:
    """Return a notebook's JSON, in which a text may be a list of lines.

    Raises
    ------
    BrokenNotebookError
        If the file is not there, is not a notebook of format 4.5, or has no cells.
    """
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenNotebookError(path, f"it is not text in UTF-8 (byte {error.start:,})") from None
    except OSError as error:
        raise BrokenNotebookError(path, str(error.strerror or error)) from None
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise BrokenNotebookError(path, _what_is_wrong(text, error)) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise BrokenNotebookError(path, "it is JSON, but not a notebook's")
    if (version := _version(raw)) < FORMAT or version[0] > FORMAT[0]:
        told = ".".join(map(str, version))
        raise BrokenNotebookError(
            path, f"its format is {told}, not 4.5, the first whose cells have ids"
        )
    if not isinstance(raw.get("cells"), list) or not all(map(_is_cell, raw["cells"])):
        raise BrokenNotebookError(path, "it has no list of cells that each have a text")
    if not isinstance(raw.get("metadata"), dict):
        raise BrokenNotebookError(path, "it has no metadata")
    return raw


def _version(raw: dict[str, Any]) -> tuple[int, int]:
    minor = raw.get("nbformat_minor")
    return raw["nbformat"], minor if isinstance(minor, int) else 0


def _is_cell(cell: Any) -> bool:
    source = cell.get("source") if isinstance(cell, dict) else None
    return isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )


def _what_is_wrong(text: str, error: json.JSONDecodeError) -> str:
    """Return why a text is not JSON."""
    if not text.strip():
        return "it is empty"
    if mark := MERGE_MARK.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        return f"it has the marks of a merge that was not finished (line {line:,})"
    if error.pos >= len(text.rstrip()) or "Unterminated" in error.msg:
        return f"it ends in the middle (line {error.lineno:,})"
    return f"line {error.lineno:,} is not JSON ({error.msg})"


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook.

    Raises
    ------
    BrokenNotebookError
        If the file is not one that is in order; two cells may have the same id all the same.
    """
    from nbformat import v4
    from nbformat.validator import iter_validate

    raw = read_raw(path)
    # nbformat.read would give a cell another id if a second one has the same
    for error in iter_validate(raw, version=4, version_minor=5, relax_add_props=True):
        place = "".join(f"[{step!r}]" for step in error.absolute_path) or "it"
        said = error.message[:100]
        raise BrokenNotebookError(path, f"{place} is not what a notebook has ({said})")
    notebook: nbformat.NotebookNode = v4.to_notebook(raw)
    return notebook


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook as JupyterLab does, whole or not at all."""
    write_notebooks({path: notebook})


def write_notebooks(notebooks: Mapping[Path, nbformat.NotebookNode]) -> None:
    """Write several notebooks: all of them, or none if one cannot be written."""
    write_together({path: as_file(notebook) for path, notebook in notebooks.items()})


def as_file(notebook: nbformat.NotebookNode) -> bytes:
    """Return what a notebook's file has in it, as JupyterLab writes it."""
    from nbformat import v4

    return f"{v4.writes(notebook)}\n".encode()
