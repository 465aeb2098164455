"""Which argument of a program's call is which argument of a pattern."""

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sidebyside.dictionary import kinds
from sidebyside.dictionary.entries import FOLDER
from sidebyside.dictionary.rules import ROOTS, Pattern, Slot
from sidebyside.dictionary.value_flow import UNKNOWN, Use, Value

# arguments that change no number: where a tensor is, how fast it comes, what is printed
INCIDENTAL = {
    "pytorch": frozenset({
    "inplace", "device", "device_ids", "output_device", "non_blocking", "async", "out",
    "memory_format", "layout", "pin_memory", "num_workers", "persistent_workers",
    "prefetch_factor", "set_to_none", "weights_only", "map_location", "fused", "foreach",
    "copy", "volatile", "verbose", "generator", "capturable", "download", "size_average",
    "reduce", "only_inputs", "sparse_grad", "maximize", "track_running_stats",
    "enable_nested_tensor", "progress", "worker_init_fn", "timeout", "prefetch",
    }),
    "tensorflow": frozenset({
    "name", "verbose", "input_shape", "workers", "use_multiprocessing", "max_queue_size",
    "num_parallel_calls", "deterministic", "validate_shape", "validate_indices",
    "synchronization", "aggregation", "input_length", "batch_input_shape", "input_dim",
    "experimental_relax_shapes", "jit_compile",
    }),
}  # fmt: skip
# the names that arguments also have, or once had
OTHER_WORDS = {
    "axis": ("dim",), "keepdims": ("keepdim",), "lr": ("learning_rate",), "p": ("rate",),
    "rate": ("p",), "alpha": ("negative_slope",), "nb_epoch": ("epochs",),
    "nb_words": ("num_words",), "filter": ("filters",), "units": ("output_dim",),
    "output_dim": ("units",), "border_mode": ("padding",), "subsample": ("strides",),
    "init": ("kernel_initializer",), "x": ("input",), "input": ("x",), "name": ("name",),
    "reduction_indices": ("axis",), "keep_dims": ("keepdims",), "dim": ("axis",),
    "concat_dim": ("axis",), "bias": ("use_bias",), "other": ("y",),
}  # fmt: skip
# arguments that mean something, even where a pattern has nothing for them: "…" stands for them
TELLING = frozenset({
    "use_bias", "kernel_initializer", "bias_initializer", "recurrent_initializer",
    "embeddings_initializer", "kernel_regularizer", "dropout", "recurrent_dropout", "dropout_p",
    "weight_decay", "decay", "clipnorm", "clipvalue", "label_smoothing", "gain", "nonlinearity",
    "scale", "center", "class_weight", "go_backwards",
    })  # fmt: skip
DTYPES = frozenset({
    "float", "float16", "half", "bfloat16", "float32", "float64", "double", "int8", "uint8",
    "int16", "short", "int32", "int", "int64", "long", "bool", "uint16", "uint32", "uint64",
    "complex64", "complex128", "string",
})  # fmt: skip
LEGACY_TENSORS = {"FloatTensor": "float32", "LongTensor": "int64", "IntTensor": "int32",
                  "DoubleTensor": "float64", "ByteTensor": "uint8", "BoolTensor": "bool",
                  "HalfTensor": "float16"}  # fmt: skip
SHORT_DTYPES = {"float": "float32", "double": "float64", "long": "int64", "int": "int32",
                "half": "float16", "short": "int16"}  # fmt: skip


def plain_dtype(name: str) -> str:
    """Return the one of a type's names that both frameworks have: ``float32``."""
    return LEGACY_TENSORS.get(name, SHORT_DTYPES.get(name, name))


@dataclass
class Fit:
    """How a program's call fits a pattern.

    Attributes
    ----------
    bound
        What the program has for each name of the pattern; several for a starred one.
    known
        How many of its arguments the pattern knows.
    exact
        How many of them are what the pattern asks for, literally or by their kind.
    rest
        The arguments that it does not know.
    lost
        Those that it knows and has nothing to write for.
    """

    bound: dict[str, tuple[ast.expr, ...]] = field(default_factory=dict)
    known: int = 0
    exact: int = 0
    rest: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@cache
def signatures(folder: Path = FOLDER) -> Mapping[str, list[str]]:
    """Return the parameters of the frameworks' calls that are on record, by their full names."""
    file = folder / "signatures.json"
    if not file.is_file():
        return {}
    return json.loads(file.read_text("utf-8"))["parameters"]


def fit(pattern: Pattern, use: Use, values: Mapping[int, Value]) -> Fit | None:
    """Return how a program's call fits a pattern; None if it does not."""
    found = Fit()
    call = use.call
    given = list(call.args) if call else []
    if not _same_object(pattern, use, given, found):
        return None
    if call is None and (pattern.slots or isinstance(pattern.head, ast.Call)):
        return None
    if call is not None and not isinstance(pattern.head, ast.Call):
        return None
    reading = _Reading(pattern, found, values)
    if not reading.places(given) or not reading.words(call.keywords if call else []):
        return None
    return found if reading.complete() else None


class _Reading:
    """Binds the arguments of one call to those of one pattern."""

    def __init__(self, pattern: Pattern, found: Fit, values: Mapping[int, Value]):
        self.pattern, self.found, self.values = pattern, found, values
        known = signatures().get(pattern.full, [])
        self.parameters = [name for name in known if not name.startswith("*")]
        self.slots = pattern.slots
        self.names = [self._name(place, slot) for place, slot in enumerate(self.slots)]
        self.taken: set[int] = set()
        self.anything = any(slot.star and slot.name == "_" for slot in self.slots)

    def _name(self, place: int, slot: Slot) -> str:
        """Return the name of the parameter that an argument of the pattern is."""
        if slot.word or slot.star:
            return slot.word or ""
        return self.parameters[place] if place < len(self.parameters) else slot.name

    def places(self, given: list[ast.expr]) -> bool:
        """Bind the arguments that are given by their place; return whether they fit."""
        for place, node in enumerate(given):
            number = self._slot_at(place)
            if number is None:
                if isinstance(node, ast.Starred):
                    self.found.rest.append("*…")
                elif not self.anything and self._parameter(place) not in self._incidental:
                    self.found.rest.append(ast.unparse(node))
                continue
            self.taken.add(number)
            slot = self.slots[number]
            if slot.star:
                return self._bind(slot, tuple(given[place:]))
            if isinstance(node, ast.Starred) or not self._bind(slot, (node,)):
                return False
        return True

    def words(self, keywords: list[ast.keyword]) -> bool:
        """Bind the arguments that are given by name; return whether they fit."""
        for word in keywords:
            name = word.arg
            if name not in self.names and name in OTHER_WORDS:
                name = next((one for one in OTHER_WORDS[name] if one in self.names), name)
            if name is not None and name in self.names:
                number = self.names.index(name)
                self.taken.add(number)
                if not self._bind(self.slots[number], (word.value,), word=name):
                    return False
            elif not self.anything and word.arg not in self._incidental:
                self.found.rest.append(f"{word.arg}=…" if word.arg else "**…")
        return True

    def complete(self) -> bool:
        """Return whether the pattern has nothing that the call would have to have."""
        given = all(
            number in self.taken or slot.is_optional for number, slot in enumerate(self.slots)
        )
        names = [slot.name for slot in self.slots if slot.name not in ("", "_")]
        twice = {name for name in names if names.count(name) > 1}
        return given and twice <= set(self.found.bound)

    @property
    def _incidental(self) -> frozenset[str]:
        return INCIDENTAL[self.pattern.side]

    def _parameter(self, place: int) -> str:
        return self.parameters[place] if place < len(self.parameters) else ""

    def _slot_at(self, place: int) -> int | None:
        """Return which of the pattern's arguments one at a place of the call is."""
        for number, slot in enumerate(self.slots):
            if slot.star and slot.word is None and number <= place:
                return number
        if self.parameters:
            name = self._parameter(place)
            return self.names.index(name) if name and name in self.names else None
        return place if place < len(self.slots) else None

    def _bind(self, slot: Slot, nodes: tuple[ast.expr, ...], word: str = "") -> bool:
        """Bind what the call has to what the pattern asks for; return whether it may be that."""
        if slot.star and slot.name == "_":
            return True
        if not slot.name:
            return len(nodes) == 1 and self._matches(slot.value, nodes[0])
        said = word and slot.name in SAID_BY_NAME and {word, slot.name} != {"device", "dtype"}
        if (check := CHECKS.get(slot.name)) and not said:
            if not all(check(node, self.values.get(id(node), UNKNOWN)) for node in nodes):
                return False
            self.found.exact += 1
        if slot.name == "_":
            self.found.known += 1
            self.found.lost += [slot.word] if slot.word in TELLING else []
            return True
        self.found.known += len(nodes)
        return self._same_as_before(slot.name, nodes)

    def _same_as_before(self, name: str, nodes: tuple[ast.expr, ...]) -> bool:
        before = self.found.bound.get(name)
        if before and [ast.dump(n) for n in before] != [ast.dump(n) for n in nodes]:
            return False
        self.found.bound[name] = nodes
        return True

    def _matches(self, wanted: ast.expr, node: ast.expr) -> bool:
        """Return whether an argument has the form that a pattern asks for, and bind its parts."""
        if isinstance(wanted, ast.Name):
            return wanted.id == "_" or self._bind(Slot(None, wanted), (node,))
        if isinstance(wanted, ast.List | ast.Tuple) and wanted.elts:
            return self._matches_all(wanted, node)
        if isinstance(wanted, ast.Call):
            return self._matches_call(wanted, node)
        if isinstance(wanted, ast.Subscript) and isinstance(node, ast.Subscript):
            self.found.exact += 1
            same = ast.dump(wanted.slice) == ast.dump(node.slice)
            return same and self._matches(wanted.value, node.value)
        self.found.known += 1
        self.found.exact += 2
        return _same(wanted, node)

    def _matches_all(self, wanted: ast.List | ast.Tuple, node: ast.expr) -> bool:
        if not isinstance(node, ast.List | ast.Tuple):
            return False
        first = wanted.elts[0]
        if isinstance(first, ast.Starred):
            self.found.known += 1
            self.found.exact += 1
            return self._same_as_before(first.value.id, tuple(node.elts))
        return len(wanted.elts) == len(node.elts) and all(
            self._matches(one, other) for one, other in zip(wanted.elts, node.elts, strict=True)
        )

    def _matches_call(self, wanted: ast.Call, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call) or len(node.args) < len(wanted.args):
            return False
        if _last(wanted.func) != _last(node.func):
            return False
        self.found.exact += 2
        if isinstance(wanted.func, ast.Attribute) and isinstance(wanted.func.value, ast.Name):
            owner = wanted.func.value.id
            if owner not in ROOTS[self.pattern.side]:
                if not isinstance(node.func, ast.Attribute):
                    return False
                if not self._same_as_before(owner, (node.func.value,)):
                    return False
        asked = {word.arg for word in wanted.keywords}
        self.found.lost += [word.arg for word in node.keywords
                            if word.arg in TELLING and word.arg not in asked]  # fmt: skip
        pairs = zip(wanted.args, node.args, strict=False)
        return all(self._matches(one, other) for one, other in pairs)


def _same_object(pattern: Pattern, use: Use, given: list[ast.expr], found: Fit) -> bool:
    """Take the object that a method is called of for the first argument, or the reverse.

    ``x.sum(1)`` and ``torch.sum(x, 1)`` are the same call.
    """
    if pattern.receiver:
        if use.receiver is not None:
            check = CHECKS.get(pattern.receiver)
            if check and not check(use.receiver, UNKNOWN):
                return False
            found.exact += check is not None
            found.bound[pattern.receiver] = (_changed_object(use),)
            found.known += 1
        elif given and pattern.full != use.name:
            found.bound[pattern.receiver] = (given.pop(0),)
            found.known += 1
        else:
            return use.call is None or pattern.full == use.name
    elif use.receiver is not None and pattern.full != use.name:
        given.insert(0, use.receiver)
    return True


def _changed_object(use: Use) -> ast.expr:
    """Return the object of a method, without the `.data` of one that is changed in place."""
    node = use.receiver
    in_place = use.name.endswith("_") and not use.name.endswith("__")
    return node.value if in_place and _last(node) == "data" and hasattr(node, "value") else node


def _same(wanted: ast.expr, node: ast.expr) -> bool:
    """Return whether the program has just what a pattern asks for."""
    try:
        value = ast.literal_eval(node)
        asked = ast.literal_eval(wanted)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return ast.unparse(wanted).rpartition(".")[2] == ast.unparse(node).rpartition(".")[2]
    if isinstance(asked, str) and isinstance(value, str):
        return asked.lower() == value.lower()
    same_pair = isinstance(value, tuple | list) and not isinstance(asked, tuple | list)
    if same_pair and value and len(set(map(repr, value))) == 1:  # (2, 2) is 2
        value = value[0]
    return value == asked and type(value) is type(asked)


# ---- what an argument may be, by the name that a pattern has for it ----


def is_dtype(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a type of numbers."""
    last = _last(node.func if isinstance(node, ast.Call) else node)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value in DTYPES
    return last in DTYPES or last in LEGACY_TENSORS or "dtype" in last.lower()


def is_device(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a device."""
    if isinstance(node, ast.Constant):
        text = node.value
        return isinstance(text, int) or (
            isinstance(text, str) and re.match(r"cuda|cpu|mps|xpu|meta|/", text) is not None
        )
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.Call):
        return _last(node.func) in ("device", "current_device", "current_accelerator")
    if isinstance(node, ast.IfExp):
        return is_device(node.body, value)
    return re.search(r"device|gpu|rank|cuda|\bdev\b|cpu", _last(node), re.IGNORECASE) is not None


def is_axis(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is an axis, or several."""
    if isinstance(node, ast.Constant):
        return node.value is None or (isinstance(node.value, int) and not _is_bool(node))
    return value.kind not in kinds.TENSORS and not is_dtype(node, value)


def is_tensor(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a tensor, as far as one sees."""
    return value.kind in kinds.TENSORS


def is_number(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is one number, written as such."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not _is_bool(node)
    return isinstance(node, ast.Call) and _last(node.func) in ("float", "int")


def is_integer(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a whole number, or a list of them, written as such."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    if isinstance(node, ast.UnaryOp):
        return is_integer(node.operand, value)
    whole = [isinstance(one, ast.Constant) and type(one.value) is int for one in parts]
    nested = [isinstance(one, ast.List | ast.Tuple) and is_integer(one, value) for one in parts]
    return bool(parts) and all(a or b for a, b in zip(whole, nested, strict=True))


def is_text(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a string."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_state(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a model's state dict."""
    if isinstance(node, ast.Call):
        return _last(node.func) == "state_dict"
    return re.search(r"state|ckpt|checkpoint|weights|wts|params", _last(node)) is not None


def is_model(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a whole model."""
    return value.kind in (kinds.MODULE, kinds.MODEL)


def is_variables(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a model's variables."""
    return re.search(r"variables|weights|params|parameters|^vars?$", _last(node)) is not None


def is_weight(node: ast.expr, value: Value) -> bool:
    """Return whether an object is a model's weight, as far as its name tells."""
    return re.search(r"weight|bias|param|running|buffer|kernel|\bp\b|\.data$|grad|gamma|beta",
                     ast.unparse(node)) is not None  # fmt: skip


def is_length(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a number of a shape, a whole number of Python in PyTorch."""
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
        return False
    owner = node.value.func if isinstance(node.value, ast.Call) else node.value
    return getattr(owner, "attr", "") == "shape"


def is_fresh(node: ast.expr, value: Value) -> bool:
    """Return whether an object has just been made by a call, and has no name."""
    return isinstance(node, ast.Call)


def is_list(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a list or a tuple, written as such."""
    return isinstance(node, ast.List | ast.Tuple)


def is_class(node: ast.expr, value: Value) -> bool:
    """Return whether an argument is a class or a function of a framework."""
    return bool(value.name)


def _is_bool(node: ast.Constant) -> bool:
    return isinstance(node.value, bool)


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last(node.slice) if isinstance(node.slice, ast.Constant) else _last(node.value)
    if isinstance(node, ast.Constant):
        return str(node.value)
    return getattr(node, "attr", getattr(node, "id", ""))


CHECKS: dict[str, Callable[[ast.expr, Value], bool]] = {
    "dtype": is_dtype, "device": is_device, "axis": is_axis, "axes": is_axis, "other": is_tensor,
    "variables": is_variables, "own_weight": is_weight, "number": is_number, "text": is_text,
    "integer": is_integer, "integers": is_integer, "state": is_state, "whole": is_model,
    "pair": is_list, "kind": is_class, "fresh": is_fresh, "length": is_length,
}  # fmt: skip
SAID_BY_NAME = ("dtype", "device", "axis", "axes")
