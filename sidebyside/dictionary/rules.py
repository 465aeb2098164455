"""How a call is written on the other side: pairs of patterns, from ``dictionary/calls.toml``.

A pattern is a call as one writes it, with names for its arguments: ``torch.ones(*size)`` and
``tf.ones(size)``. The same name on both sides is the same argument; either side can be the one that
is read. Where a program's call fits several patterns, the one that knows most of its arguments
wins, and of those the one that stands first.
"""

import ast
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sidebyside.dictionary import kinds
from sidebyside.dictionary.aliases import public
from sidebyside.dictionary.entries import FOLDER
from sidebyside.dictionary.names import PREFIXES, qualified
from sidebyside.dictionary.toml_files import read_toml
from sidebyside.errors import DictionaryError
from sidebyside.frameworks import FRAMEWORKS

# the object that a method is called of, by the name that a pattern has for it
RECEIVERS = {
    "pytorch": {
        "model": kinds.MODULE, "optimizer": kinds.OPTIMIZER, "scheduler": kinds.SCHEDULER,
        "loader": kinds.LOADER, "data": kinds.DATA, "scaler": kinds.SCALER, "writer": kinds.WRITER,
        "sampler": kinds.SAMPLER, "distribution": kinds.DISTRIBUTION,
        "generator": kinds.GENERATOR, "loss_fn": kinds.TORCH_LOSS,
    },
    "tensorflow": {
        "model": kinds.MODEL, "optimizer": kinds.KERAS_OPTIMIZER, "dataset": kinds.DATASET,
        "tape": kinds.TAPE, "metric": kinds.METRIC, "layer": kinds.LAYER,
        "variable": kinds.VARIABLE, "strategy": kinds.STRATEGY, "checkpoint": kinds.CHECKPOINT,
        "loss_fn": kinds.LOSS,
    },
}  # fmt: skip
ANY = {"pytorch": kinds.TENSOR, "tensorflow": kinds.TF_TENSOR}
ROOTS = {
    "pytorch": {*PREFIXES["pytorch"], "torch", "torchvision", "transforms", "datasets", "models",
                "init"},
    "tensorflow": {*PREFIXES["tensorflow"], "tf", "keras"},
}  # fmt: skip
LONG = {"transforms": "torchvision.transforms", "datasets": "torchvision.datasets",
        "models": "torchvision.models", "init": "torch.nn.init"}  # fmt: skip
WRITTEN_ONLY = "> "  # what a pattern begins with that no call is compared with
PYTHON = {
    "float", "int", "len", "list", "tuple", "zip", "range", "bool", "str", "dict", "iter", "next",
    "np", "math", "copy", "sum", "abs", "enumerate", "print", "isinstance",
}  # fmt: skip


@dataclass(frozen=True)
class Slot:
    """An argument of a pattern.

    Attributes
    ----------
    word
        The name of the parameter, if the pattern gives it by name.
    value
        What stands there: a name for whatever the program has, or what it must have.
    star
        Whether it takes all remaining arguments: ``*size``.
    """

    word: str | None
    value: ast.expr
    star: bool = False

    @cached_property
    def name(self) -> str:
        """The name for whatever the program has, or nothing."""
        return self.value.id if isinstance(self.value, ast.Name) else ""

    @cached_property
    def is_optional(self) -> bool:
        """Whether a program may leave it out: one that is given by name, or starred."""
        if self.star:
            return True
        fixed = any(isinstance(node, ast.Constant) for node in ast.walk(self.value))
        return self.word is not None and not fixed


@dataclass(frozen=True)
class Pattern:
    """One side of a pair.

    Attributes
    ----------
    text
        As it is written.
    side
        Whose it is.
    """

    text: str
    side: str

    @cached_property
    def tree(self) -> ast.stmt | None:
        """Its statement, or None if it is a remark: ``# nothing: …``."""
        return None if self.text.startswith("#") else ast.parse(self.text).body[0]

    @property
    def remark(self) -> str:
        """What stands behind its statement: ``# …``."""
        return self.text[self.text.index("#") :] if "#" in self.text else ""

    @property
    def head(self) -> ast.expr | None:
        """The call, or the attribute that it is."""
        return self.tree.value if isinstance(self.tree, ast.Expr) else None

    @cached_property
    def receiver(self) -> str:
        """The name of the object that its method is called of, or nothing."""
        node = self._function()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = node.value.id
            if name not in ROOTS[self.side] and name not in PYTHON:
                return name
        if isinstance(self.head, ast.Call) and isinstance(node, ast.Name):  # an object is called
            return node.id if node.id in RECEIVERS[self.side] else ""
        return ""

    @cached_property
    def full(self) -> str:
        """The full name of the call, or nothing if it begins with no framework's name."""
        node = self._function()
        if self.receiver:
            owner = RECEIVERS[self.side].get(self.receiver, ANY[self.side])
            return f"{owner}.{getattr(node, 'attr', '__call__')}"
        name = dotted(node)
        first, dot, rest = name.partition(".")
        if first not in ROOTS[self.side]:
            return ""
        return public(qualified(f"{LONG.get(first, first)}{dot}{rest}", self.side))

    @cached_property
    def needed(self) -> frozenset[str]:
        """The names that it cannot be written without: those of arguments without a name."""
        if self.tree is None:
            return frozenset()
        words = [word for word in ast.walk(self.tree) if isinstance(word, ast.keyword)]
        by_word = {id(node) for word in words for node in ast.walk(word)}
        names = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        needed = {node.id for node in names if id(node) not in by_word}
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call):  # one argument in two places
                words = [word.value for word in call.keywords if isinstance(word.value, ast.Name)]
                counts = Counter(word.id for word in words)
                needed |= {name for name, count in counts.items() if count > 1}
        return frozenset(needed)

    @cached_property
    def read_names(self) -> frozenset[str]:
        """The names for what it takes from a program."""
        return frozenset({slot.name for slot in self.slots} | {self.receiver})

    def _function(self) -> ast.expr | None:
        head = self.head
        return head.func if isinstance(head, ast.Call) else head

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Its arguments, in order."""
        if not isinstance(self.head, ast.Call):
            return ()
        found = []
        for node in self.head.args:
            star = isinstance(node, ast.Starred)
            found.append(Slot(None, node.value if star else node, star))
        found += [Slot(word.arg, word.value, word.arg is None) for word in self.head.keywords]
        return tuple(found)


@dataclass(frozen=True)
class Rule:
    """A pair of patterns.

    Attributes
    ----------
    entry
        The key of the entry that has the proof, and more to know.
    read
        For each side the patterns that a program's call is compared with.
    write
        For each side the pattern that is written.
    order
        Its place in the file; the first of equals wins.
    derived
        Whether it was derived from an entry's own lines.
    """

    entry: str
    read: dict[str, tuple[Pattern, ...]]
    write: dict[str, Pattern]
    order: int = 0
    derived: bool = False


@dataclass
class Rules:
    """All pairs, by the full names of their calls."""

    rules: list[Rule] = field(default_factory=list)

    @cached_property
    def by_name(self) -> dict[str, list[tuple[Rule, Pattern]]]:
        """The patterns that a call of a full name is compared with."""
        found: dict[str, list[tuple[Rule, Pattern]]] = {}
        for rule in self.rules:
            for patterns in rule.read.values():
                for pattern in patterns:
                    if pattern.head is not None and pattern.full:
                        found.setdefault(pattern.full, []).append((rule, pattern))
        return found


def read_rules(folder: Path = FOLDER) -> Rules:
    """Return the pairs of ``calls.toml``; none if the folder has no such file.

    Raises
    ------
    DictionaryError
        If the file is not in order.
    """
    file = folder / "calls.toml"
    if not file.is_file():
        return Rules()
    table = read_toml(file)
    rules: list[Rule] = []
    for key, pairs in table.items():
        if not isinstance(pairs, list):
            raise DictionaryError(f"{file.name}: {key} has no list of pairs.")
        for pair in pairs:
            rules.append(_rule(file.name, key, pair, len(rules)))
    return Rules(rules)


def _rule(file: str, key: str, pair: list[str], order: int) -> Rule:
    if not (isinstance(pair, list) and len(pair) == len(FRAMEWORKS)
            and all(isinstance(text, str) for text in pair)):  # fmt: skip
        raise DictionaryError(f"{file}: {key}: {pair!r} is not a pair of calls.")
    read, write = {}, {}
    for side, text in zip(FRAMEWORKS, pair, strict=True):
        only = text.startswith(WRITTEN_ONLY)
        text = text.removeprefix(WRITTEN_ONLY)
        if text.startswith("#"):
            patterns = [Pattern(text, side)]
        else:
            patterns = [Pattern(one.strip(), side) for one in re.split(r"\s\|\s", text)]
        write[side] = patterns[0]
        try:
            read[side] = tuple(
                pattern for pattern in patterns if not only and pattern.head is not None
            )
        except SyntaxError as error:
            raise DictionaryError(f"{file}: {key}: {text!r} is not Python: {error.msg}.") from None
    return Rule(key, read, write, order)


def dotted(node: ast.expr | None) -> str:
    """Return a dotted name: ``nn.Linear``; nothing of anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
