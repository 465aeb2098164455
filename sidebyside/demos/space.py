"""A demo as a folder that stands alone, and can be pushed to a Hugging Face Space as it is.

It holds the project's ``demo.py``, those cells of both notebooks that it executes, the weights,
and the part of this package that shows them. Of the data nothing is copied but what the demo
keeps; a demo that loads a data set gets it there as here, from where it is published.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sidebyside.checkout import PACKAGE, repository_url
from sidebyside.demos.answering import DemoFiles, load_demo
from sidebyside.demos.cells import step_of
from sidebyside.demos.definition import Demo
from sidebyside.demos.kept import unpack
from sidebyside.errors import DemoError
from sidebyside.files import written_together
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair

# what is copied of this package, besides the whole of its folders `datasets` and `samples`
MODULES = ("__init__", "checkout", "errors", "files", "frameworks", "magics", "reporting")
DEMO_MODULES = (
    "__init__",
    "answering",
    "asking",
    "cells",
    "definition",
    "gradio_page",
    "kept",
    "serving",
)
FOLDERS = ("datasets", "samples")
REGISTRY = "data/registry.txt"

APP = '''"""{title}, live: PyTorch and TensorFlow/Keras answer side by side."""

from pathlib import Path

from sidebyside.demos.answering import DemoFiles
from sidebyside.demos.serving import serve

HERE = Path(__file__).parent

if __name__ == "__main__":
    serve(
        DemoFiles(
            demo=HERE / "demo.py",
            notebooks={{
                "pytorch": HERE / "{pytorch}",
                "tensorflow": HERE / "{tensorflow}",
            }},
            weights={{
                "pytorch": HERE / "weights/pytorch.npz",
                "tensorflow": HERE / "weights/tensorflow.npz",
            }},
        )
    )
'''
README = """---
title: {title}
emoji: ⚖️
colorFrom: yellow
colorTo: indigo
sdk: gradio
sdk_version: {gradio}
python_version: "{python}"
app_file: app.py
pinned: false
license: apache-2.0
short_description: The same model in PyTorch and in TensorFlow/Keras
---

# {title}, side by side

{intro}

The same program twice, in PyTorch and in TensorFlow/Keras, each trained by its own notebook on
{data}: [sidebyside]({url}), `{topic}`.

| | |
|---|---|
| `app.py` | starts the page: `pip install -r requirements.txt`, then `python app.py` |
| `demo.py` | what is asked, and how the models answer |
| `*.ipynb` | those cells of the two notebooks that define the models and their inputs |
| `weights/` | what the training has learnt, as plain arrays |
| `sidebyside/` | the part of the project's package that shows them |

The licence is that of the code. What was learnt from a data set is under the data set's terms, too:
the project's `data/README.md` has them.
"""
ATTRIBUTES = "*.npz filter=lfs diff=lfs merge=lfs -text\n"
TRAINED_ON = {"full": "the original data", "sample": "a small sample made from a seed"}


def write_space(pair: Pair, files: DemoFiles, folder: Path) -> None:
    """Write the folder, all of its files or none.

    Raises
    ------
    DemoError
        If there is something else in the folder already.
    WriteError
        If it cannot be written.
    """
    contents = {folder / name: data for name, data in _contents(pair, files)}
    _require_ours(folder, contents)
    with written_together(contents) as parts:
        for part, data in zip(parts, contents.values(), strict=True):
            part.write_bytes(data)


def _require_ours(folder: Path, contents: dict[Path, bytes]) -> None:
    """Check that a folder is new, or a Space of this project, which git may look after."""
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    ours = {path.relative_to(folder).parts[0] for path in contents} | {".git", "__pycache__"}
    if others := sorted(there - ours):
        raise DemoError(
            f"{folder} has other files in it, {others[0]} for example: name a new folder, or one "
            "that holds an earlier version."
        )


def _contents(pair: Pair, files: DemoFiles) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the folder: their names, and what they hold."""
    demo, about = load_demo(files.demo), unpack(files.weights["pytorch"]).about
    steps = {step_of(entry) for entry in (*demo.cells, *demo.then)}
    names = {framework: path.name for framework, path in files.notebooks.items()}
    yield "app.py", APP.format(title=pair.title, **names).encode()
    yield "demo.py", files.demo.read_bytes()
    yield "README.md", _readme(pair, demo, about["data"]).encode()
    yield "requirements.txt", "".join(f"{line}\n" for line in _requirements(pair)).encode()
    yield ".gitattributes", ATTRIBUTES.encode()
    for framework in FRAMEWORKS:
        yield names[framework], _stripped(files.notebooks[framework], steps)
        yield f"weights/{framework}.npz", files.weights[framework].read_bytes()
    for path in _package():
        yield f"sidebyside/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()
    yield f"sidebyside/_data/{REGISTRY}", (pair.root / REGISTRY).read_bytes()


def _readme(pair: Pair, demo: Demo, data: str) -> str:
    return README.format(
        title=pair.title,
        topic=pair.topic,
        intro=demo.intro,
        data=TRAINED_ON[data],
        url=repository_url(pair.root),
        gradio=importlib.metadata.version("gradio"),
        python="{}.{}".format(*sys.version_info),
    )


def _package() -> Iterator[Path]:
    """Yield the files of this package that a page needs."""
    for name in MODULES:
        yield PACKAGE / f"{name}.py"
    for name in DEMO_MODULES:
        yield PACKAGE / "demos" / f"{name}.py"
    for folder in FOLDERS:
        yield from sorted((PACKAGE / folder).glob("*.py"))


def _stripped(notebook: Path, steps: set[str]) -> bytes:
    """Return a notebook with only the code cells of these steps, without outputs."""
    content: dict[str, Any] = json.loads(notebook.read_text("utf-8"))
    kept = [cell for cell in content["cells"] if cell["id"] in steps]
    content["cells"] = [
        cell | {"outputs": [], "execution_count": None, "metadata": {}}
        for cell in kept
        if cell["cell_type"] == "code"
    ]
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _requirements(pair: Pair) -> Iterator[str]:
    """Yield what the folder needs, in the versions that are installed here."""
    from packaging.requirements import Requirement

    project = tomllib.loads((pair.root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["demo"]]
    for extra in ("pytorch", "tensorflow", pair.facts.extra):
        wanted += extras.get(extra, [])
    wanted.append("ipython")  # takes a notebook's commands out of its code
    for name in sorted({Requirement(one).name for one in wanted}):
        version = importlib.metadata.version(name)
        yield f"{name}=={version.partition('+')[0]}"
