"""The two files of a new pair, with the standard steps, ready to be filled in."""

import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sidebyside.checkout import ROOT, repository_url
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.address import links, setup_source
from sidebyside.lessons.notebooks import METADATA, write_notebook
from sidebyside.lessons.pairs import LEVELS, Pair

IMPORTS = {
    "pytorch": "import torch\n\nimport sidebyside",
    "tensorflow": "import keras\nimport tensorflow as tf\n\nimport sidebyside",
}
TITLE = """\
# {title} in {framework}

One sentence: what is learnt here, and what it is good for.

[Open in Colab]({colab}) · [the same in {other}]({twin}) · [side by side]({page})

| | |
|---|---|
| **You learn** | |
| **Minutes** | |
| **Data** | |"""
PROSE = {
    "data-intro": "## 1. The data\n\nWhat they are. Ask for a prediction before you show.",
    "check-intro": "## 2. Check\n\nWhat must hold in every run, on the full data or the sample:",
    "differences": "## 3. When you cross over\n\nWhat to remember.",
    "exercises": "## 4. Exercises\n\n**1.** ...\n\n<details><summary>Solution</summary>\n\n"
    "...\n</details>",
    "explain": "## 5. Can you explain it?\n\n<details><summary>...</summary>\n\n...\n</details>",
}


def new_pair(topic: str, root: Path = ROOT) -> list[Path]:
    """Write the two notebooks of a new pair and return their paths.

    Parameters
    ----------
    topic
        ``LEVEL/NAME`` for a project, which gets a folder of its own, as
        ``beginner/recommender``; the notebook's place for a lesson of the learning path, as
        ``notebooks/1_beginner/02_first_network``.

    Raises
    ------
    ValueError
        If `topic` is neither.
    FileExistsError
        If there is such a pair.
    """
    pair = _place(topic, root)
    paths = [pair.path(framework) for framework in FRAMEWORKS]
    if any(path.exists() for path in paths):
        raise FileExistsError(f"There is a pair {pair.topic!r} already, in {pair.folder}.")
    pair.folder.mkdir(parents=True, exist_ok=True)
    url = repository_url(root)
    for framework, path in zip(FRAMEWORKS, paths, strict=True):
        write_notebook(_notebook(pair, framework, url), path)
    return paths


def _place(topic: str, root: Path) -> Pair:
    if found := re.fullmatch(rf"({'|'.join(LEVELS)})/([a-z][a-z0-9_]*)", topic):
        return Pair(root / found[1] / found[2], found[2], root)
    if found := re.fullmatch(rf"(notebooks/\d_(?:{'|'.join(LEVELS)}))/(\d\d_[a-z0-9_]+)", topic):
        return Pair(root / found[1], found[2], root)
    raise ValueError(
        f"{topic!r} is not a place for a pair. Name a project as 'beginner/recommender' "
        f"(levels: {', '.join(LEVELS)}), a lesson as 'notebooks/1_beginner/02_first_network'."
    )


def _notebook(pair: Pair, framework: str, url: str) -> nbformat.NotebookNode:
    other = next(name for key, name in FRAMEWORKS.items() if key != framework)
    title = TITLE.format(
        title=pair.title,
        framework=FRAMEWORKS[framework],
        other=other,
        **links(pair, framework, url),
    )
    report = f'sidebyside.report("{framework}", data=sidebyside.datasets.data_size())'
    cells = [
        new_markdown_cell(title, id="title", metadata={"tags": ["framework"]}),
        new_code_cell(setup_source(url), id="setup"),
        new_code_cell(IMPORTS[framework], id="imports"),
        new_markdown_cell(PROSE["data-intro"], id="data-intro"),
        new_code_cell("# data = sidebyside.datasets....", id="load-data"),
        new_markdown_cell(PROSE["check-intro"], id="check-intro"),
        new_code_cell('print("the lesson is written:", False)', id="check"),
        new_code_cell(report, id="report", metadata={"tags": ["nbval-ignore-output"]}),
        *(new_markdown_cell(PROSE[x], id=x) for x in ("differences", "exercises", "explain")),
    ]
    notebook = new_notebook(cells=cells, metadata=METADATA)
    notebook.nbformat_minor = 5
    return notebook
