"""The repository's address, which a fork rewrites in one go."""

import re
from pathlib import Path

import nbformat

from sidebyside.checkout import ROOT, repository_url
from sidebyside.errors import AddressError
from sidebyside.files import write_together
from sidebyside.frameworks import FRAMEWORKS, other
from sidebyside.lessons.notebooks import as_file
from sidebyside.lessons.pairs import Pair, find_pairs

SETUP = """\
# In Colab, fetch the repository; anywhere else this cell does nothing.
import os
import sys

if "google.colab" in sys.modules:
    if not os.path.exists("{name}"):
        !git clone --quiet --depth 1 {url}
    sys.path.insert(0, "{name}")"""
ADDRESS = re.compile(r"https://github\.com/\w[\w-]*/(?!\.+$)[\w.-]+", re.ASCII)
PAGES = ("README.md", "CONTRIBUTING.md", "CITATION.cff")


def set_repository(url: str, root: Path = ROOT) -> list[Path]:
    """Make `url` the repository's address, everywhere; return the files that changed.

    pyproject.toml is the one place that has it; from there it goes into every notebook's title
    and set-up cell, and into the pages at the root.

    Raises
    ------
    AddressError
        If `url` is not of the form ``https://github.com/OWNER/NAME``.
    NotebookError
        If a notebook cannot be read; then nothing is changed.
    """
    url = url.removesuffix("/").removesuffix(".git")
    if not ADDRESS.fullmatch(url):
        raise AddressError(f"{url!r} is not an address of the form https://github.com/OWNER/NAME.")
    old = repository_url(root)
    contents = {}
    for path in [root / "pyproject.toml", *(root / page for page in PAGES)]:
        before = path.read_text("utf-8") if path.is_file() else ""
        if (after := _with_address(before, old, url)) != before:
            contents[path] = after.encode("utf-8")
    for pair in find_pairs(root):
        for framework in FRAMEWORKS:
            path = pair.path(framework)
            if path.is_file() and (notebook := _readdressed(pair, framework, old, url)):
                contents[path] = as_file(notebook)
    write_together(contents)
    return list(contents)


def _with_address(text: str, old: str, new: str) -> str:
    text = text.replace(old, new)
    for kind in ("colab", "pages"):
        text = text.replace(_base(kind, old), _base(kind, new))
    return text


def _base(kind: str, url: str) -> str:
    owner, name = url.rsplit("/", 2)[-2:]
    if kind == "colab":
        return f"https://colab.research.google.com/github/{owner}/{name}/"
    return f"https://{owner}.github.io/{name}/"


def _readdressed(pair: Pair, framework: str, old: str, new: str) -> nbformat.NotebookNode | None:
    """Return one side's notebook with the new address; None if it has it already."""
    notebook = pair.read(framework)
    before, after = links(pair, framework, old), links(pair, framework, new)
    changed = False
    for cell in notebook.cells:
        source = cell.source
        if cell.id == "setup":
            source = setup_source(new)
        elif cell.id == "title":
            for kind, target in before.items():
                source = source.replace(f"({target})", f"({after[kind]})")
        if source != cell.source:
            cell.source, changed = source, True
    return notebook if changed else None


def setup_source(url: str) -> str:
    """Return the text of every notebook's `setup` cell."""
    return SETUP.format(url=url, name=url.rsplit("/", 1)[-1])


def links(pair: Pair, framework: str, url: str) -> dict[str, str]:
    """Return what one side's `title` cell links to: ``colab``, ``twin`` and ``page``."""
    owner, name = url.rsplit("/", 2)[-2:]
    file = pair.path(framework).relative_to(pair.root).as_posix()
    return {
        "colab": f"https://colab.research.google.com/github/{owner}/{name}/blob/main/{file}",
        "twin": pair.path(other(framework)).name,
        "page": f"https://{owner}.github.io/{name}/{pair.topic}.html",
    }
