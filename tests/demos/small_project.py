"""A project without a framework: what its demo does takes no time."""

import json
import sys
from pathlib import Path

from sidebyside.demos.answering import DemoFiles, Sides, load_demo
from sidebyside.demos.cells import Lesson, execute, read_cells
from sidebyside.demos.kept import fingerprint, pack, unpack
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair

MODEL = """
class Model:
    def __init__(self):
        self.weights = [np.zeros(3)]

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def make_model():
    return Model()
"""
CELLS = {
    "imports": "import numpy as np",
    "settings": "epochs, steps_per_epoch = 2, 5",
    "load-data": "class_names = ['red', 'green', 'blue']\nprint(class_names)",
    "define-model": MODEL,
    "train": "model = make_model()\nmodel.set_weights([np.array([0.5, 0.3, 0.2])])",
    "later": "raise RuntimeError('what comes after the training is not executed')",
}
DEMO = """
import numpy as np

from sidebyside.demos import Asked, Demo, read_number, read_picture, read_text


class Small(Demo):
    intro = "Say something about a picture."
    counted = ""
    keep = ("model", "class_names")
    cells = ("imports", "settings", "define-model")

    def inputs(self, lesson):
        from gradio import Image, Number, Textbox

        return [
            Image(image_mode=None, type="filepath", label="Picture"),
            Textbox(label="Text"),
            Number(label="Number"),
        ]

    def output(self, lesson):
        from gradio import Label

        return Label()

    def read(self, lesson, picture, text, number):
        asked = read_picture(picture)
        read_text(text)
        read_number(number, 1, 2)
        return Asked(np.asarray(asked.value), asked.note)

    def pytorch(self, lesson, picture):
        means = picture.mean(axis=(0, 1)) * lesson.model.weights[0]
        return dict(zip(lesson.class_names, (means / 255).tolist()))

    tensorflow = pytorch

    def examples(self, lesson, folder):
        from PIL import Image

        Image.new("RGB", (8, 8), "red").save(folder / "red.png")
        yield [folder / "red.png", "a red one", 1]
"""


def write_project(root: Path, demo: str = DEMO, **cells: str) -> Pair:
    """Write the project, with some of its cells replaced, and return its pair."""
    pair = Pair(root / "beginner" / "small", "small", root)
    pair.folder.mkdir(parents=True)
    (pair.folder / "demo.py").write_text(demo, "utf-8")
    sources = CELLS | {name.replace("_", "-"): source for name, source in cells.items()}
    for framework in FRAMEWORKS:
        write_notebook(pair.path(framework), sources)
    return pair


def write_notebook(path: Path, sources: dict[str, str]) -> None:
    common = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    heading = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Small"}
    cells = [{**common, "id": name, "source": source} for name, source in sources.items()]
    notebook = {"cells": [heading, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")


# what takes long in projects, and leaves nothing that a demo needs but trained weights
TRAININGS = {"train", "train-bag", "show-bag-weights", "train-flow"}


def keep_weights(files: DemoFiles, trained: bool = True) -> None:
    """Keep, for both frameworks, what a training leaves, or would leave with its first weights."""
    demo = load_demo(files.demo)
    for framework, path in files.weights.items():
        cells = read_cells(files.notebooks[framework])
        lesson = Lesson(framework, {} if trained else {"train_seconds": 0.0})
        steps = list(cells)[: list(cells).index(demo.train_until) + 1]
        execute(lesson, cells, [step for step in steps if trained or step not in TRAININGS])
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        about = {"topic": "beginner/small", "title": "Small", "data": "sample", "seconds": 1.5}
        about |= {"framework": framework, "cells": fingerprint(demo, cells)}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(lesson, demo, about))


def sides_of(files: DemoFiles) -> Sides:
    """Return both sides, without PyTorch's import, which they do not need."""
    kept = {framework: unpack(path) for framework, path in files.weights.items()}
    cells = {framework: read_cells(path) for framework, path in files.notebooks.items()}
    return Sides(load_demo(files.demo), kept, cells)
