"""Run one side of an entry: its lines, in a module of their own, and what they give.

`Runner` has what both sides have in common; `torch_runner` and `keras_runner` have the rest.
"""

import ast
import contextlib
import linecache
import math
import random
import sys
import types
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from sidebyside.dictionary.entries import Chapter, Entry, Framework
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.proof.differences import EntryFailed, Gradients, Leaf, Side
from sidebyside.proof.inputs import SEED

Ported = Iterable[tuple[str, Any]]  # the variable that was ported, and one `Mapping` of it


class Runner(ABC):
    """One side's code, in a module of its own.

    Parameters
    ----------
    entry, chapter
        What is run, and where it stands.
    lines
        The code: the entry's own, or a trap's.
    inputs
        What `inputs.make_inputs` returns.

    Attributes
    ----------
    wants_gradients
        Whether gradients are compared.
    inputs
        The fractional inputs, as tensors.
    """

    inputs: dict[str, Any]

    framework: ClassVar[Framework]
    names: ClassVar[dict[str, object]]  # what the lines may use

    def __init__(
        self, entry: Entry, chapter: Chapter, lines: str, inputs: dict[str, object]
    ) -> None:
        self.entry, self.lines = entry, lines
        self.wants_gradients = (
            entry.tolerance is not None
            and not entry.without_gradients
            and entry.compare == "values"
        )
        self._ran = False
        name = f"entry_{entry.key.replace('-', '_')}_{self.framework}"
        module = sys.modules[name] = types.ModuleType(name)
        self._space: dict[str, Any] = module.__dict__
        self._space.update(self.names, np=np, math=math)
        random.seed(SEED)
        np.random.seed(SEED)  # noqa: NPY002  what a line may draw from
        self.seed()
        if setup := chapter.setup.get(self.framework):
            self._execute(setup, "setup")
        given = {
            name: self.tensor(value, name in entry.channels)
            if isinstance(value, np.ndarray)
            else value
            for name, value in inputs.items()
        }
        self.inputs = {name: value for name, value in given.items() if self.is_fractional(value)}
        self._space.update(given)

    # ---- what a side has of its own ----

    @staticmethod
    @abstractmethod
    def seed() -> None:
        """Fix the framework's seed."""

    @staticmethod
    @abstractmethod
    def restore() -> None:
        """Put the framework's global settings back to where they were."""

    @abstractmethod
    def tensor(self, array: np.ndarray, channels: bool) -> Any:
        """Return an input as this side gets it; `channels`: it has channels, last."""

    @abstractmethod
    def is_fractional(self, value: Any) -> bool:
        """Return whether a value is a tensor of fractions, which has a gradient."""

    @abstractmethod
    def plain(self, value: object) -> object:
        """Return what one of the framework's containers holds; anything else as it is."""

    @abstractmethod
    def recording(self) -> contextlib.AbstractContextManager[Any]:
        """Record what the gradients need while the block runs."""

    @abstractmethod
    def total(self, values: list[Any]) -> Any:
        """Return the weighted sum of the results that have gradients; None without any."""

    @abstractmethod
    def gradients(self, total: Any, ported: Ported, record: Any) -> Gradients:
        """Return the gradients of a total, of the inputs and of ported weights, by name."""

    # ---- what both have ----

    def __getitem__(self, name: str) -> Any:
        """Return a variable of the module.

        Raises
        ------
        EntryFailed
            If there is none of this name.
        """
        if name not in self._space:
            raise EntryFailed(f"{FRAMEWORKS[self.framework]}: there is no {name!r} to port.")
        return self._space[name]

    def all(self) -> object:
        """Run the lines; return the last one's value."""
        self._ran = True
        return self._execute(self.lines, "lines")

    def last(self) -> object:
        """Run the last line only, if all ran before."""
        if not self._ran:
            return self.all()
        statement = ast.parse(self.lines).body[-1]
        return self._execute(ast.get_source_segment(self.lines, statement) or "", "last")

    def check(self, lines: str) -> None:
        """Run the entry's assertions."""
        self._execute(lines, "check")

    def side(self, ported: Ported = ()) -> Side:
        """Run the lines, or the last one; return the results and the gradients."""
        with self.recording() if self.wants_gradients else contextlib.nullcontext() as record:
            values = list(self._leaves(self.last()))
            total = self.total(values) if self.wants_gradients else None
        self._space["result"] = values
        side = Side([self.leaf(value) for value in values])
        if total is not None:
            side.gradients = self.gradients(total, ported, record)
        return side

    def leaf(self, value: object) -> Leaf:
        """Return a value as it is compared."""
        if isinstance(value, np.bool_):
            return Leaf(None, other=bool(value))
        if isinstance(value, np.ndarray | np.generic):
            return Leaf(np.asarray(value), value.dtype.name)
        if isinstance(value, float | complex):
            return Leaf(np.asarray(value))
        return Leaf(None, other=tuple(value) if isinstance(value, list) else value)

    def _leaves(self, result: object) -> Iterator[object]:
        plain = self.plain(result)
        if plain is not result:
            yield plain
        elif isinstance(result, dict):
            for key, value in result.items():
                yield str(key)
                yield from self._leaves(value)
        elif isinstance(result, list | tuple) and not all(isinstance(v, int | str) for v in result):
            for value in result:
                yield from self._leaves(value)
        elif result is not None:
            yield result

    def _execute(self, source: str, part: str) -> object:
        file = f"<{self.entry.key}, {FRAMEWORKS[self.framework]}, {part}>"
        # where tf.function and the tracebacks find it
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        tree = ast.parse(source, file)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        value = None
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            exec(compile(tree, file, "exec"), self._space)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), file, "eval"), self._space)
        self._refuse_deprecated(said, file)
        return value

    def _refuse_deprecated(self, said: list[warnings.WarningMessage], file: str) -> None:
        for warning in said:
            deprecated = issubclass(warning.category, FutureWarning | DeprecationWarning)
            if deprecated and warning.filename == file:
                raise EntryFailed(f"{FRAMEWORKS[self.framework]}: deprecated: {warning.message}")
