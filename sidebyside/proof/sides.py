"""Execute an entry's lines, each side in a module of its own, with PyTorch and with TensorFlow.

An entry's inputs are made once, by NumPy, and given to both sides as tensors. The value of the last
expression is the result. The gradients are those of the sum of the results, each element weighted
by a number of its own, so that no error cancels.
"""

import ast
import contextlib
import linecache
import math
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator

import numpy as np

# PyTorch before TensorFlow: see sidebyside.porting
from sidebyside.parity.porting import port_weights  # isort: skip
import keras
import tensorflow as tf
import torch

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.proof.differences import EntryFailed, Leaf, Side

SEED = 0


def run_sides(entry: Entry, chapter: Chapter, lines: dict[str, str]) -> dict[str, Side]:
    """Run an entry with these lines of either side; return what each side gave.

    The entry's checks run, too, if the lines are its own.

    Raises
    ------
    EntryFailed
        If a line is deprecated, or there is nothing of a name that is to be ported.
    Exception
        What a line, or a check, raises.
    """
    inputs = _inputs(entry)
    modules, sides = {}, {}
    for framework in FRAMEWORKS:
        module = _Module(framework, entry, chapter, lines[framework], inputs)
        modules[framework] = module
        if entry.port:
            module.all()  # what makes the weights
        else:
            sides[framework] = module.side()
    if entry.port:
        ported = [
            (name, mapping)
            for name in entry.port
            for mapping in port_weights(*(module[name] for module in modules.values()))
        ]
        sides = {name: module.side(ported) for name, module in modules.items()}
    for framework, module in modules.items():
        if framework in entry.check and lines == entry.lines:
            module.check(entry.check[framework])
    return sides


class _Module:
    """One side's code, in a module of its own."""

    def __init__(self, framework: str, entry: Entry, chapter: Chapter, lines: str, inputs: dict):
        self.framework, self.entry, self.lines = framework, entry, lines
        self.name = f"entry_{entry.key.replace('-', '_')}_{framework}"
        self.module = types.ModuleType(self.name)
        sys.modules[self.name] = self.module
        self.wanted = entry.tolerance is not None and not entry.without_gradients
        self.wanted = self.wanted and entry.compare == "values"
        self.ran = False
        known = _torch_names() if framework == "pytorch" else _keras_names()
        self.space.update(known, np=np, math=math)
        torch.manual_seed(SEED)
        keras.utils.set_random_seed(SEED)
        if framework in chapter.setup:
            self._execute(chapter.setup[framework], "setup")
        convert = _to_torch if framework == "pytorch" else _to_tensorflow
        given = {name: convert(value, name in entry.channels) for name, value in inputs.items()}
        self.inputs = {name: value for name, value in given.items() if _is_float(value)}
        if framework == "pytorch" and self.wanted:
            for value in self.inputs.values():
                value.requires_grad_()
        self.space.update(given)

    @property
    def space(self) -> dict:
        return self.module.__dict__

    def __getitem__(self, name: str):
        if name not in self.space:
            raise EntryFailed(f"{FRAMEWORKS[self.framework]}: there is no {name!r} to port.")
        return self.space[name]

    def all(self):
        """Run the lines; return the last one's value."""
        self.ran = True
        return self._execute(self.lines, "lines")

    def last(self):
        """Run the last line only, if all ran before."""
        if not self.ran:
            return self.all()
        statement = ast.parse(self.lines).body[-1]
        return self._execute(ast.get_source_segment(self.lines, statement), "last")

    def side(self, ported=()) -> Side:
        """Return the results, and the gradients of inputs and ported weights."""
        return self._torch_side(ported) if self.framework == "pytorch" else self._keras_side(ported)

    def check(self, lines: str) -> None:
        self._execute(lines, "check")

    def _torch_side(self, ported) -> Side:
        result = list(_leaves(self.last()))
        self.space["result"] = result
        side = Side([_leaf(value, bool(self.entry.channels)) for value in result])
        total = 0.0
        for number, value in enumerate(result):
            if isinstance(value, torch.Tensor) and value.requires_grad and _is_float(value):
                shape = tuple(side.results[number].array.shape)
                weights = _weights(shape, number)
                if self.entry.channels and len(shape) > 2:
                    weights = np.moveaxis(weights, -1, 1)
                total = total + (value.to_dense() * torch.tensor(weights, dtype=value.dtype)).sum()
        if not self.wanted or not isinstance(total, torch.Tensor):
            return side
        named = {id(p): (f"{name}.{key}", p) for name in dict.fromkeys(n for n, _ in ported)
                 for key, p in self[name].named_parameters() if p.requires_grad}  # fmt: skip
        sources = {**self.inputs, **dict(named.values())}
        if not sources:
            return side
        found = torch.autograd.grad(total, list(sources.values()), allow_unused=True)
        arrays = {
            name: None if gradient is None else gradient.to_dense().detach().numpy()
            for name, gradient in zip(sources, found, strict=True)
        }
        for name in self.inputs:
            moved = name in self.entry.channels and arrays[name] is not None
            side.gradients[name] = np.moveaxis(arrays[name], 1, -1) if moved else arrays[name]
        for name, mapping in ported:
            if mapping.trainable:
                ours = [arrays.get(f"{name}.{key}") for key in mapping.torch_names]
                missing = any(array is None for array in ours)
                side.gradients[mapping.name] = None if missing else mapping.gradients(*ours)
        return side

    def _keras_side(self, ported) -> Side:
        variables = {mapping.name: mapping.variable.value for _, mapping in ported
                     if mapping.trainable}  # fmt: skip
        if not self.wanted:
            result = list(_leaves(self.last()))
            self.space["result"] = result
            return Side([_leaf(value) for value in result])
        with tf.GradientTape() as tape:
            for value in self.inputs.values():
                tape.watch(value)
            result = list(_leaves(self.last()))
            total = None
            for number, value in enumerate(result):
                dense = tf.convert_to_tensor(value) if tf.is_tensor(value) else None
                if dense is not None and dense.dtype.is_floating:
                    weights = tf.constant(_weights(tuple(dense.shape), number), dense.dtype)
                    part = tf.cast(tf.reduce_sum(dense * weights), tf.float64)
                    total = part if total is None else total + part
        self.space["result"] = result
        side = Side([_leaf(value) for value in result])
        if total is not None:
            sources = self.inputs | variables
            found = tape.gradient(total, list(sources.values()))
            for name, gradient in zip(sources, found, strict=True):
                side.gradients[name] = (
                    None if gradient is None else tf.convert_to_tensor(gradient).numpy()
                )
        return side

    def _execute(self, source: str, part: str):
        file = f"<{self.entry.key}, {FRAMEWORKS[self.framework]}, {part}>"
        # where tf.function and the tracebacks find it
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        tree = ast.parse(source, file)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        value = None
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            exec(compile(tree, file, "exec"), self.space)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), file, "eval"), self.space)
        old = [str(warning.message) for warning in said if warning.filename == file
               and issubclass(warning.category, FutureWarning | DeprecationWarning)]  # fmt: skip
        if old:
            raise EntryFailed(f"{FRAMEWORKS[self.framework]}: deprecated: {old[0]}")
        return value


def _torch_names() -> dict:
    return {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}


def _keras_names() -> dict:
    return {"tf": tf, "keras": keras, "layers": keras.layers, "ops": keras.ops}


def _inputs(entry: Entry) -> dict:
    """Make the inputs; an entry's code has NumPy and three functions that make random arrays."""
    rng = np.random.default_rng(SEED)
    helpers = {
        "np": np,
        "math": math,
        "rng": rng,
        "normal": lambda *shape: rng.standard_normal(shape),
        "uniform": lambda *shape: rng.random(shape),
        "integers": lambda high, *shape: rng.integers(high, size=shape),
    }
    space = dict(helpers)
    exec(compile(entry.inputs, f"<{entry.key}, inputs>", "exec"), space)
    found = {}
    for name, value in space.items():
        if name in helpers or name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        if isinstance(value, np.ndarray) and value.dtype == np.float64:
            value = value.astype(entry.precision)
        found[name] = value
    return found


def _to_torch(value, channels: bool):
    if not isinstance(value, np.ndarray):
        return value
    return torch.from_numpy(np.array(np.moveaxis(value, -1, 1) if channels else value, order="C"))


def _to_tensorflow(value, channels: bool):
    return tf.constant(value) if isinstance(value, np.ndarray) else value


def _is_float(value) -> bool:
    if isinstance(value, torch.Tensor):
        return value.dtype.is_floating_point
    return tf.is_tensor(value) and value.dtype.is_floating


def _weights(shape: tuple[int, ...], number: int) -> np.ndarray:
    return np.random.default_rng(number).uniform(0.5, 1.5, shape)


@contextlib.contextmanager
def clean() -> Iterator[None]:
    """Run in a folder that goes away, and put what is global back to where it was."""
    here = os.getcwd()
    before = set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            for name in set(sys.modules) - before:
                if name.startswith("entry_"):
                    del sys.modules[name]
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
            torch.use_deterministic_algorithms(False)
            torch.distributions.Distribution.set_default_validate_args(True)  # compiling ends it
            keras.config.set_floatx("float32")
            keras.config.set_dtype_policy("float32")
            keras.config.enable_traceback_filtering()
            tf.config.run_functions_eagerly(False)


def _leaves(result) -> Iterator:
    if isinstance(result, dict):
        for key, value in result.items():
            yield str(key)
            yield from _leaves(value)
    elif isinstance(result, torch.Size | tf.TensorShape):
        yield tuple(result)
    elif isinstance(result, list | tuple) and not all(isinstance(v, int | str) for v in result):
        for value in result:
            yield from _leaves(value)
    elif isinstance(result, keras.Variable):
        yield result.value
    elif isinstance(result, tf.RaggedTensor):
        yield result.to_list()
    elif isinstance(result, tf.SparseTensor):
        yield tf.sparse.to_dense(result)
    elif result is not None:
        yield result


def _leaf(value, channels: bool = False) -> Leaf:
    if isinstance(value, torch.Tensor):
        dense = value.detach().to_dense().cpu()
        name = str(dense.dtype).removeprefix("torch.")
        small = dense.dtype in (torch.bfloat16, torch.float16)
        array = (dense.float() if small else dense.resolve_conj()).numpy()
        return Leaf(np.moveaxis(array, 1, -1) if channels and array.ndim > 2 else array, name)
    if tf.is_tensor(value):
        dense = tf.convert_to_tensor(value)
        name = dense.dtype.name
        array = (tf.cast(dense, tf.float32) if name in ("bfloat16", "float16") else dense).numpy()
        if name == "string":
            array = np.array([text.decode() for text in np.ravel(array)]).reshape(np.shape(array))
        return Leaf(array, name)
    if isinstance(value, np.ndarray):
        return Leaf(value, value.dtype.name)
    if isinstance(value, np.generic) and not isinstance(value, np.bool_):
        return Leaf(np.asarray(value), value.dtype.name)
    if isinstance(value, float | complex):
        return Leaf(np.asarray(value))
    if isinstance(value, torch.dtype):
        return Leaf(None, other=str(value).removeprefix("torch."))
    if isinstance(value, tf.DType):
        return Leaf(None, other=value.name)
    if isinstance(value, np.bool_):
        return Leaf(None, other=bool(value))
    if isinstance(value, list):
        value = tuple(value)
    return Leaf(None, other=value)
