"""Notebooks as files: read and written."""

from collections.abc import Mapping
from pathlib import Path

import nbformat

from sidebyside.files import write_together

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook."""
    return nbformat.read(path, as_version=4)


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook as JupyterLab does, whole or not at all."""
    write_notebooks({path: notebook})


def write_notebooks(notebooks: Mapping[Path, nbformat.NotebookNode]) -> None:
    """Write several notebooks: all of them, or none if one cannot be written."""
    texts = {path: nbformat.writes(notebook) + "\n" for path, notebook in notebooks.items()}
    write_together({path: text.encode("utf-8") for path, text in texts.items()})
