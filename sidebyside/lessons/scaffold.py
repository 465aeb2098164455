"""The two files of a new pair, with the standard steps, ready to be filled in."""

import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sidebyside.checkout import ROOT, repository_url
from sidebyside.errors import PlaceError
from sidebyside.frameworks import FRAMEWORKS, other
from sidebyside.lessons.address import links, setup_source
from sidebyside.lessons.notebooks import METADATA, write_notebooks
from sidebyside.lessons.pairs import PATH_FOLDERS, PROJECT_LEVELS, Pair, find_pairs

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
NAME = r"[a-z][a-z0-9_]*"
# what the site adds to a topic to name its other pages
TAKEN_ENDINGS = (*(f"_{framework}" for framework in FRAMEWORKS), "_project")
PROSE = {
    "data-intro": "## 1. The data\n\nWhat they are. Ask for a prediction before you show.",
    "check-intro": "## 2. Check\n\nWhat must hold in every run, on the full data or the sample:",
    "differences": "## 3. When you cross over\n\nWhat to remember: the calls, not only the ideas.",
    "summary": "## 4. Summary\n\n1. ...\n2. ...\n3. ...\n4. ...\n5. ...\n\n**Terms** ...\n\n"
    "**Read on** ...\n\n**Before and after** ...",
    "exercises": "## 5. Exercises\n\n**1. ...** · easy\n\nThe task.\n\n```python\n"
    "# check, after load-data\nassert True\n```\n\n<details><summary>Solution</summary>\n\n"
    "```python\n# replaces load-data\n...\n```\n</details>",
    "explain": "## 6. Can you explain it?\n\n<details><summary>...</summary>\n\n...\n</details>",
}


LAST_PROSE = ("differences", "summary", "exercises", "explain")


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
    PlaceError
        If `topic` is neither, or another pair has it already.
    """
    pair = _place(topic, root)
    for known in find_pairs(root):
        if known.topic == pair.topic:
            raise PlaceError(f"There is a pair {pair.topic!r} already: {known.place}.")
    url = repository_url(root)
    notebooks = {pair.path(side): _notebook(pair, side, url) for side in FRAMEWORKS}
    write_notebooks(notebooks)
    return list(notebooks)


def _place(topic: str, root: Path) -> Pair:
    """Return the pair that `topic` names, which is not there yet."""
    folder, _, name = topic.rpartition("/")
    if name.endswith(TAKEN_ENDINGS):
        raise PlaceError(
            f"A pair cannot be called {name!r}: the site has other pages whose names end in "
            f"{', '.join(TAKEN_ENDINGS)}."
        )
    if folder in PROJECT_LEVELS and re.fullmatch(NAME, name):
        return Pair(root / folder / name, name, root)
    if folder in PATH_FOLDERS and re.fullmatch(rf"\d\d_{NAME}", name):
        return Pair(root / folder, name, root)
    raise PlaceError(
        f"{topic!r} is not a place for a pair. Name a project as 'beginner/recommender' (in "
        f"{', '.join(PROJECT_LEVELS)}), a lesson as 'notebooks/1_beginner/02_first_network' (in "
        f"{', '.join(PATH_FOLDERS)}), in small letters, digits and underscores."
    )


def _notebook(pair: Pair, framework: str, url: str) -> nbformat.NotebookNode:
    title = TITLE.format(
        title=pair.title,
        framework=FRAMEWORKS[framework],
        other=FRAMEWORKS[other(framework)],
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
        *(new_markdown_cell(PROSE[x], id=x) for x in LAST_PROSE),
    ]
    notebook: nbformat.NotebookNode = new_notebook(cells=cells, metadata=METADATA)
    notebook.nbformat_minor = 5
    return notebook
