"""Execute entries in both frameworks and compare what they give.

An entry's inputs are made once, by NumPy, and given to both sides as tensors. Each side's lines
run in a module of their own; the value of their last expression is the result. Compared are the
results' shapes, types and values, and the gradients of the inputs and of weights that were copied:
those of the sum of the results, each element weighted by a number of its own, so that no error
cancels. A trap runs in the place of its side's lines, and is to differ as the entry says.

``python -m sidebyside.dictionary.run FILE [KEY ...]`` runs a chapter, or some of its entries.
"""

import argparse
import ast
import contextlib
import linecache
import math
import os
import subprocess
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# PyTorch before TensorFlow: see sidebyside.porting
from sidebyside.porting import port_weights  # isort: skip
import keras
import tensorflow as tf
import torch

from sidebyside.dictionary.entries import Chapter, DictionaryError, Entry, Trap, read
from sidebyside.dictionary.names import wrong_names
from sidebyside.pairs import FRAMEWORKS

SEED = 0
FLOOR = 0.01  # results are compared relative to their largest number, or to this if it is smaller
DIGITS = 0.06  # how far a trap's difference may be from the one that is written, relative to it
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
LEAST = 10  # a trap's difference is at least so many times the tolerance
ALONE = "sidebyside.dictionary.run"


class EntryFailed(AssertionError):
    """An entry does not hold; the message says what was found."""


@dataclass
class Proof:
    """What was measured of an entry: the largest relative differences, None without any."""

    values: float | None = None
    gradients: float | None = None
    traps: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{name} {value:.1e}" for name in ("values", "gradients")
                 if (value := getattr(self, name)) is not None]  # fmt: skip
        return "; ".join([*parts, *self.traps]) or "checks hold"


@dataclass
class Side:
    """What one side gave: the flat results, the gradients by name."""

    results: list
    gradients: dict[str, np.ndarray] = field(default_factory=dict)


def prove(entry: Entry, chapter: Chapter) -> Proof:
    """Run an entry and its traps.

    Raises
    ------
    EntryFailed
        If the sides differ by more than the entry says, or a trap does not; if a line fails.
    """
    if entry.alone:
        return _prove_alone(entry, chapter)
    if wrong := wrong_names(entry):
        raise EntryFailed(" ".join(wrong))
    with _clean():
        sides = _run(entry, chapter, entry.lines)
    proof = Proof()
    if entry.tolerance is not None:
        proof.values = _compare_results(entry, *sides.values())
        proof.gradients = _compare_gradients(entry, *sides.values())
    for trap in entry.traps:
        proof.traps.append(_prove_trap(entry, chapter, trap, sides))
    return proof


# ---- running ----


def _run(entry: Entry, chapter: Chapter, lines: dict[str, str]) -> dict[str, Side]:
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
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                exec(compile(tree, file, "exec"), self.space)
                value = None
                if last is not None:
                    value = eval(compile(ast.Expression(last.value), file, "eval"), self.space)
        finally:
            self.said = said
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
def _clean() -> Iterator[None]:
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
            keras.config.set_floatx("float32")
            keras.config.set_dtype_policy("float32")
            keras.config.enable_traceback_filtering()
            tf.config.run_functions_eagerly(False)


# ---- what a result is ----


@dataclass
class _Leaf:
    """One value of a result: an array with the name of its type, or something else as it is."""

    array: np.ndarray | None
    dtype: str = ""
    other: object = None

    @property
    def texts(self) -> set[str]:
        """What can be said of it: for `Trap.gives`."""
        if self.array is None:
            return {str(self.other)}
        found = {f"shape {self.array.shape}", str(self.array.tolist())}
        if self.dtype:
            found.add(f"dtype {self.dtype}")
        if self.array.dtype.kind == "f":
            found |= {"nan"} if np.isnan(self.array).any() else set()
            found |= {"inf"} if np.isinf(self.array).any() else set()
        return found


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


def _leaf(value, channels: bool = False) -> _Leaf:
    if isinstance(value, torch.Tensor):
        dense = value.detach().to_dense().cpu()
        name = str(dense.dtype).removeprefix("torch.")
        small = dense.dtype in (torch.bfloat16, torch.float16)
        array = (dense.float() if small else dense.resolve_conj()).numpy()
        return _Leaf(np.moveaxis(array, 1, -1) if channels and array.ndim > 2 else array, name)
    if tf.is_tensor(value):
        dense = tf.convert_to_tensor(value)
        name = dense.dtype.name
        array = (tf.cast(dense, tf.float32) if name in ("bfloat16", "float16") else dense).numpy()
        if name == "string":
            array = np.array([text.decode() for text in np.ravel(array)]).reshape(np.shape(array))
        return _Leaf(array, name)
    if isinstance(value, np.ndarray):
        return _Leaf(value, value.dtype.name)
    if isinstance(value, np.generic) and not isinstance(value, np.bool_):
        return _Leaf(np.asarray(value), value.dtype.name)
    if isinstance(value, float | complex):
        return _Leaf(np.asarray(value))
    if isinstance(value, torch.dtype):
        return _Leaf(None, other=str(value).removeprefix("torch."))
    if isinstance(value, tf.DType):
        return _Leaf(None, other=value.name)
    if isinstance(value, np.bool_):
        return _Leaf(None, other=bool(value))
    if isinstance(value, list):
        value = tuple(value)
    return _Leaf(None, other=value)


# ---- comparing ----


def _compare_results(entry: Entry, ours: Side, theirs: Side) -> float | None:
    """Return the largest relative difference of the values."""
    counts = len(ours.results), len(theirs.results)
    if counts[0] != counts[1] or not counts[0]:
        raise EntryFailed(
            f"PyTorch gives {counts[0]} values and TensorFlow/Keras {counts[1]}. The last line of "
            "both is to be an expression, with as many values."
        )
    largest, types_seen = None, set()
    for number, (left, right) in enumerate(zip(ours.results, theirs.results, strict=True)):
        where = f"value {number}: " if counts[0] > 1 else ""
        if left.array is None or right.array is None:
            left, right = (x.other if x.array is None else x.array.tolist() for x in (left, right))
            if left != right:
                raise EntryFailed(f"{where}{left!r} in PyTorch, {right!r} in TensorFlow/Keras.")
            continue
        if left.array.shape != right.array.shape:
            raise EntryFailed(
                f"{where}shape {left.array.shape} in PyTorch, {right.array.shape} in "
                "TensorFlow/Keras."
            )
        if left.dtype and right.dtype and left.dtype != right.dtype:
            types_seen.add(f"{left.dtype}, {right.dtype}")
        compare = _distance if entry.compare == "values" else _quantile_distance
        error = compare(left.array, right.array)
        if not error <= entry.tolerance:
            raise EntryFailed(
                f"{where}the values differ by {error:.2g}, more than {entry.tolerance:g}:\n"
                f"{left.array}\nin PyTorch,\n{right.array}\nin TensorFlow/Keras."
            )
        largest = max(error, largest or 0.0)
    if types_seen != ({entry.dtypes} if entry.dtypes else set()):
        raise EntryFailed(
            f"the types are {' and '.join(sorted(types_seen)) or 'the same'}, and the entry's "
            f"'dtypes' says {entry.dtypes or 'nothing'}."
        )
    return largest


def _compare_gradients(entry: Entry, ours: Side, theirs: Side) -> float | None:
    largest = None
    for name in {**ours.gradients, **theirs.gradients}:
        left, right = (side.gradients.get(name) for side in (ours, theirs))
        if left is None and right is None:
            continue
        if left is None or right is None:
            there = right if left is None else left
            if not np.any(there):
                continue  # no gradient, and one of zeros
            side = "TensorFlow/Keras" if left is None else "PyTorch"
            raise EntryFailed(
                f"only {side} has a gradient for {name}. Mend the lines, or say in "
                "'without_gradients' why none are compared."
            )
        error = _distance(left, right)
        limit = entry.gradient_tolerance or entry.tolerance
        if not error <= limit:
            raise EntryFailed(
                f"the gradients of {name} differ by {error:.2g}, more than {limit:g}:\n{left}\n"
                f"in PyTorch,\n{right}\nin TensorFlow/Keras."
            )
        largest = max(error, largest or 0.0)
    return largest


def _distance(left: np.ndarray, right: np.ndarray) -> float:
    """Return the largest difference, relative to the largest number; NaN for NaN is none."""
    if left.shape != right.shape:
        return math.inf
    if left.dtype.kind not in "fciub" or right.dtype.kind not in "fciub":
        return 0.0 if np.array_equal(left, right) else math.inf
    scale = max(FLOOR, *(_largest(array) for array in (left, right)))
    return _absolute(left, right) / scale


def _largest(array: np.ndarray) -> float:
    finite = np.abs(np.asarray(array, complex)[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def _absolute(left: np.ndarray, right: np.ndarray) -> float:
    kind = complex if "c" in left.dtype.kind + right.dtype.kind else float
    left, right = left.astype(kind), right.astype(kind)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(left - right))
    return float(np.nan_to_num(differences, nan=math.inf).max()) if differences.size else 0.0


def _quantiles(array: np.ndarray) -> np.ndarray:
    numbers = array.astype(float).ravel()
    return np.array([*np.quantile(numbers, QUANTILES), numbers.mean(), numbers.std()])


def _quantile_distance(left: np.ndarray, right: np.ndarray) -> float:
    """Return how far quantiles, mean and spread are apart, relative to the spread."""
    spread = max(left.astype(float).std(), right.astype(float).std(), 1e-12)
    return float(np.abs(_quantiles(left) - _quantiles(right)).max() / spread)


def _prove_trap(entry: Entry, chapter: Chapter, trap: Trap, sides: dict[str, Side]) -> str:
    """Return what the trap gave, if it is what the entry says of it."""
    what = f"the trap in {FRAMEWORKS[trap.framework]} ({trap.lines.splitlines()[-1].strip()})"
    other = next(side for side in FRAMEWORKS if side != trap.framework)
    try:
        with _clean():
            found = _run(entry, chapter, entry.lines | {trap.framework: trap.lines})
    except EntryFailed:
        raise
    except Exception as error:
        names = {kind.__name__ for kind in type(error).__mro__}
        if trap.raises in names:
            return f"trap raises {trap.raises}"
        raise EntryFailed(f"{what} raises {type(error).__name__}: {error}") from error
    if trap.raises:
        raise EntryFailed(f"{what} does not raise {trap.raises}.")
    left, right = found[trap.framework], found[other]
    if trap.gives:
        said = [set().union(*(leaf.texts for leaf in side.results)) for side in (left, right)]
        if trap.gives not in said[0] or trap.gives in said[1]:
            raise EntryFailed(
                f"{what} is to give {trap.gives!r}, and the other side is not. It gives "
                f"{' | '.join(sorted(said[0]))}, the other {' | '.join(sorted(said[1]))}."
            )
        return f"trap gives {trap.gives}"
    measured = _trap_difference(entry, trap, what, left, right)
    stated = trap.difference if trap.difference is not None else trap.gradient_difference
    if not math.isclose(measured, stated, rel_tol=DIGITS):
        raise EntryFailed(f"{what} differs by {measured:.2g}; the entry says {stated:g}.")
    return f"trap {measured:.2g}"


def _trap_difference(entry: Entry, trap: Trap, what: str, left: Side, right: Side) -> float:
    if trap.difference is None:
        pairs = [
            (left.gradients[name], right.gradients[name])
            for name in left.gradients
            if left.gradients[name] is not None and right.gradients.get(name) is not None
        ]
    else:
        pairs = [
            (a.array, b.array)
            for a, b in zip(left.results, right.results, strict=False)
            if a.array is not None and b.array is not None
        ]
    if not pairs or len(left.results) != len(right.results):
        raise EntryFailed(f"{what} gives nothing to compare; say what it 'gives', or 'raises'.")
    for a, b in pairs:
        if a.shape != b.shape:
            raise EntryFailed(f"{what} gives shape {a.shape}, not {b.shape}: say so in 'gives'.")
    if entry.compare == "distribution":
        return max(float(np.abs(_quantiles(a) - _quantiles(b)).max()) for a, b in pairs)
    relative = max(_distance(a, b) for a, b in pairs)
    least = LEAST * (entry.tolerance or 0)
    if relative <= least:
        raise EntryFailed(f"{what} differs by {relative:.2g} only, which is no difference.")
    return max(_absolute(a, b) for a, b in pairs)


# ---- in a process of its own, and from the command line ----


def _prove_alone(entry: Entry, chapter: Chapter) -> Proof:
    command = [sys.executable, "-m", ALONE, "--here", str(chapter.file), entry.key]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith(f"{entry.key}: ")]
    if done.returncode or not said:
        raise EntryFailed(f"in a process of its own:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return Proof(traps=[said[0].partition(": ")[2]])


def main(words: list[str] | None = None) -> int:
    """Run a chapter, or some of its entries, a line each; return how many do not hold."""
    parser = argparse.ArgumentParser(prog=f"python -m {ALONE}", description=__doc__)
    parser.add_argument("file", type=Path, help="a chapter: dictionary/09_layers.toml")
    parser.add_argument("keys", nargs="*", help="entries of it; all unless named")
    parser.add_argument("--here", action="store_true", help="in this process in any case")
    chosen = parser.parse_args(words)
    chapter = read(chosen.file)
    unknown = set(chosen.keys) - {entry.key for entry in chapter.entries}
    if unknown:
        raise DictionaryError(f"{chosen.file.name} has no entry {sorted(unknown)[0]!r}.")
    failed = 0
    for entry in chapter.entries:
        if chosen.keys and entry.key not in chosen.keys:
            continue
        failed += not _say(entry, chapter, chosen.here)
    return failed


def _say(entry: Entry, chapter: Chapter, here: bool) -> bool:
    import dataclasses
    import traceback

    entry = dataclasses.replace(entry, alone=False) if here else entry
    try:
        print(f"{entry.key}: {prove(entry, chapter)}", flush=True)
        return True
    except EntryFailed as error:
        print(f"{entry.key} FAILED: {error}", flush=True)
    except Exception:
        print(f"{entry.key} FAILED:\n{traceback.format_exc(limit=-6)}", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
