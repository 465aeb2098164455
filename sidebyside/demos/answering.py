"""The two sides of a demo, ready to answer: cells executed, weights in their places."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidebyside.demos.cells import Lesson, execute, read_cells
from sidebyside.demos.definition import Demo
from sidebyside.demos.kept import Kept, unpack
from sidebyside.errors import DemoError
from sidebyside.frameworks import FRAMEWORKS


@dataclass(frozen=True)
class DemoFiles:
    """What a demo is made of: in a checkout, or in a folder that stands alone.

    Attributes
    ----------
    demo
        The project's ``demo.py``.
    notebooks, weights
        The file of each framework.
    """

    demo: Path
    notebooks: dict[str, Path]
    weights: dict[str, Path]


def load_demo(file: Path) -> Demo:
    """Return what a project's ``demo.py`` defines: the one class in it that is derived from Demo.

    Raises
    ------
    DemoError
        If there is no such file, or not one such class in it.
    """
    if not file.is_file():
        raise DemoError(f"{file.parent.name} has no demo: there is no {file}.")
    spec = importlib.util.spec_from_file_location(f"demo_of_{file.parent.name}", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, Demo) and not inspect.isabstract(thing)
    ]
    if len(found) != 1:
        raise DemoError(
            f"{file} must define one class that is derived from Demo, with all of its methods; "
            f"it defines {len(found)}."
        )
    demo: Demo = found[0]()
    return demo


class Sides:
    """Both sides of a demo; they answer one question at a time.

    Attributes
    ----------
    demo
        What the project says.
    title
        The project's name for people.
    data
        The data size that the models were trained on.
    lessons
        Each notebook's names.
    """

    def __init__(self, demo: Demo, kept: dict[str, Kept], cells: dict[str, dict[str, str]]):
        """Execute the cells of both notebooks, PyTorch's first."""
        self.demo, self.lessons = demo, {}
        first = kept[next(iter(FRAMEWORKS))]
        self.title, self.data = first.about["title"], first.about["data"]
        self._busy = threading.Lock()
        for framework in FRAMEWORKS:
            lesson = Lesson(framework, {"__name__": f"demo_{framework}"})
            with _data_size(kept[framework].about["data"]):
                self._prepare(lesson, kept[framework], cells[framework])
            self.lessons[framework] = lesson

    def _prepare(self, lesson: Lesson, kept: Kept, cells: dict[str, str]) -> None:
        kept.restore(lesson)
        execute(lesson, cells, self.demo.cells)
        kept.restore(lesson)  # over what a cell may have set again
        kept.restore_models(lesson, self.demo.models(lesson))
        execute(lesson, cells, self.demo.then)

    @property
    def first(self) -> Lesson:
        """The PyTorch notebook's names."""
        return self.lessons["pytorch"]

    @property
    def streams(self) -> bool:
        """Whether the sides answer piece by piece."""
        return inspect.isgeneratorfunction(self.demo.pytorch)

    def answers(self, framework: str, asked: Any) -> Iterator[tuple[Any, float]]:
        """Yield what a side knows so far, and its seconds; at least once."""
        lesson, answer = self.lessons[framework], getattr(self.demo, framework)
        with self._busy:
            started = time.perf_counter()
            if not self.streams:
                yield answer(lesson, asked), time.perf_counter() - started
                return
            for value in answer(lesson, asked):
                yield value, time.perf_counter() - started

    def warm_up(self) -> None:
        """Ask both sides the first example, which does what the frameworks do only once."""
        with tempfile.TemporaryDirectory() as folder:
            example = next(iter(self.demo.examples(self.first, Path(folder))))
            asked = self.demo.read(self.first, *example).value
            for framework in FRAMEWORKS:
                for _ in self.answers(framework, asked):
                    pass


def load_sides(files: DemoFiles) -> Sides:
    """Return both sides of a demo, from its files; takes ten seconds, most of it imports.

    Raises
    ------
    DemoError
        If the weights do not fit the notebooks.
    DataError
        If a cell loads a data set that cannot be had.
    """
    _import_pytorch_first()
    kept = {framework: unpack(files.weights[framework]) for framework in FRAMEWORKS}
    cells = {framework: read_cells(files.notebooks[framework]) for framework in FRAMEWORKS}
    return Sides(load_demo(files.demo), kept, cells)


def _import_pytorch_first() -> None:
    """Import PyTorch whole, because the other way round its optimisers end the process.

    Both carry a copy of LLVM; see `sidebyside.parity.libraries`.
    """
    if "tensorflow" in sys.modules and "torch._dynamo" not in sys.modules:
        raise DemoError("TensorFlow was imported before PyTorch: start the demo in a new process.")
    import torch._dynamo  # noqa: F401


@contextlib.contextmanager
def _data_size(size: str) -> Iterator[None]:
    """Have cells load data of this size."""
    before = os.environ.get("SIDEBYSIDE_DATA")
    os.environ["SIDEBYSIDE_DATA"] = size
    try:
        yield
    finally:
        del os.environ["SIDEBYSIDE_DATA"]
        if before is not None:
            os.environ["SIDEBYSIDE_DATA"] = before
