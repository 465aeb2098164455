"""Mark the calls of a program that the dictionary knows, each with its counterpart.

Nothing is converted: the program stays as it is, and next to each call stands what one would write
on the other side, with the call's own arguments where they are known.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from sidebyside.dictionary.call_matching import Index, Match
from sidebyside.dictionary.carrying import LONGEST, MORE, written
from sidebyside.dictionary.entries import Entry, Trap
from sidebyside.dictionary.loading import READ_AS, uses_of_loads
from sidebyside.dictionary.names import PREFIXES, last
from sidebyside.dictionary.programs import Program, program_of, read_program
from sidebyside.dictionary.value_flow import Followed, Use, Value
from sidebyside.errors import ProgramError
from sidebyside.frameworks import OWNERS as ROOTS
from sidebyside.frameworks import other

__all__ = ["Call", "Index", "ProgramError", "Translation", "read_program", "translate"]

# what the dictionary's names of methods begin with
OWNERS = {
    "pytorch": ("torch.Tensor.", "torch.nn.Module.", "torch.optim.Optimizer."),
    "tensorflow": (
        "keras.Model.", "keras.Layer.", "keras.optimizers.Optimizer.", "tensorflow.data.Dataset.",
        "tensorflow.Variable.", "tensorflow.Tensor.", "tensorflow.GradientTape.",
    ),
}  # fmt: skip
ASSIGNED = re.compile(r"[\w.]+(?:, \w+)? = (.+)")


@dataclass(frozen=True)
class Call:
    """A call in a program.

    Attributes
    ----------
    line
        Its line, counted from 1.
    name
        Its full name, or that of a method after a dot: ``.view``.
    framework
        Whose it is.
    entry
        The entry that it belongs to; None if no entry knows it.
    counterpart
        What one would write on the other side; nothing if there is no such call.
    sure
        Whether the program's text shows whose method it is; otherwise that is a guess.
    arguments
        The names of the arguments that it has.
    """

    line: int
    name: str
    framework: str
    entry: Entry | None = None
    counterpart: str = ""
    sure: bool = True
    arguments: frozenset[str] = frozenset()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entry that knows it, if there is one."""
        return (self.entry,) if self.entry else ()

    @property
    def is_remark(self) -> bool:
        """Whether its counterpart is a sentence, since there is nothing to write."""
        return self.counterpart.startswith("#")

    @property
    def traps(self) -> list[Trap]:
        """The traps on the other side, those first that have arguments of this call."""
        if self.entry is None:
            return []
        found = [trap for trap in self.entry.traps if trap.framework == other(self.framework)]
        return sorted(found, key=lambda trap: -len(self.arguments & _words(trap.lines)))


@dataclass
class Translation:
    """A program and its calls, in the order of the lines.

    Attributes
    ----------
    source
        The program's text.
    calls
        Its calls of the frameworks, known or not.
    passed_over
        How many calls may be a method of a framework's object, of which the text does not tell.
    skipped
        What of the file is not Python, one sentence each.
    """

    source: str
    calls: list[Call] = field(default_factory=list)
    passed_over: int = 0
    skipped: list[str] = field(default_factory=list)

    @property
    def known(self) -> list[Call]:
        """The calls that the dictionary knows."""
        return [call for call in self.calls if call.entry]

    @property
    def guessed(self) -> list[Call]:
        """Those of them that are known only if a value is what its name says."""
        return [call for call in self.known if not call.sure]

    @property
    def unknown(self) -> dict[str, list[int]]:
        """The lines of each name that it does not know, the most frequent name first."""
        lines = defaultdict(list)
        for call in self.calls:
            if not call.entry:
                lines[call.name].append(call.line)
        return dict(sorted(lines.items(), key=lambda item: (-len(item[1]), item[0])))

    @property
    def entries(self) -> list[Entry]:
        """The entries that its calls are in, in the order of their first line."""
        return list(dict.fromkeys(call.entry for call in self.known))


def translate(program: Program | str, index: Index) -> Translation:
    """Return the calls of a program.

    Raises
    ------
    ProgramError
        If it is not Python, or imports neither framework.
    """
    if isinstance(program, str):
        program = program_of(program)
    found = Followed(program.tree, index.methods, index.names)
    if not found.frameworks:
        raise ProgramError("The program imports neither PyTorch nor TensorFlow/Keras.")
    calls = sorted(_Writer(index, found, program.tree).calls(), key=lambda call: call.line)
    return Translation(program.source, calls, found.passed_over, program.skipped)


class _Writer:
    """Finds the counterpart of each use, those inside another's arguments first."""

    def __init__(self, index: Index, found: Followed, tree: ast.Module):
        self.index, self.found = index, found
        self.uses = {id(use.node): use for use in found.uses}
        self.optimised = dict(self._optimised(tree))
        self.types = {
            id(one)
            for use in found.uses
            if use.call and last(use.name) in ("type", "to", "set_default_tensor_type")
            for one in (*use.call.args, *(word.value for word in use.call.keywords))
        }
        self.loads = uses_of_loads(
            tree, [use.call for use in found.uses if use.call and use.name == "torch.load"]
        )
        self.matches: dict[int, tuple[Match, str] | None] = {}

    def calls(self) -> list[Call]:
        """Return all calls."""
        for use in sorted(self.found.uses, key=_span):
            self.matched(use)  # from the inside: a long chain is no deep one
        return [call for use in self.found.uses if (call := self._call(use))]

    def _call(self, use: Use) -> Call | None:
        side = _side(use.name)
        name = _shown(use, side)
        words = frozenset(word.arg for word in use.call.keywords if word.arg) if use.call else ()
        matched = self.matched(use)
        line = use.node.end_lineno or use.node.lineno
        if isinstance(use.node, ast.Call):
            line = use.node.func.end_lineno or line
        if matched is None:
            if use.call is None or not self._is_public(use, side):
                return None
            return Call(line, name, side, sure=use.sure)
        match, text = matched
        return Call(line, name, side, match.entry, text, use.sure, frozenset(words))

    def _is_public(self, use: Use, side: str) -> bool:
        """Return whether a call that no entry knows is the framework's, and not the program's."""
        short = last(use.name)
        if short.startswith("__"):
            return False
        if use.receiver is None:
            return True
        return self.index.is_method(short, side)

    def matched(self, use: Use) -> tuple[Match, str] | None:
        """Return what was found for a use, and its counterpart."""
        key = id(use.node)
        if key not in self.matches:
            self.matches[key] = None  # while it is being looked for
            side = _side(use.name)
            match = self.index.match(use, side, self.found.values, id(use.node) in self.types)
            if match:
                self.matches[key] = match, self._text(match, use)
        return self.matches[key]

    def _optimised(self, tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
        """Yield the model of each optimiser: ``first = optim.SGD(net.parameters())``."""
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            use, given = self.uses.get(id(node.value)), node.value.args
            made = use is not None and use.name.startswith("torch.optim.") and given
            if made and isinstance(given[0], ast.Call) and not given[0].args:
                function = given[0].func
                if isinstance(function, ast.Attribute) and function.attr == "parameters":
                    yield ast.unparse(node.targets[0]), function.value

    def _with_model(self, match: Match, side: str) -> None:
        """Give an optimiser's step the model whose weights it changes, where it is clear."""
        bound = match.fit.bound
        if "optimizer" not in bound or "model" in bound:
            return
        model = self.optimised.get(ast.unparse(bound["optimizer"][0]))
        if model is not None and "model" in match.rule.write[other(side)].needed:
            bound["model"] = (model,)

    def _text(self, match: Match, use: Use) -> str:
        if id(use.node) in self.loads and use.call and use.call.args:
            path = ast.unparse(use.call.args[0]).replace("'", '"')
            path = path if len(path) <= LONGEST else MORE
            return READ_AS[self.loads[id(use.node)]].replace("{path}", path)
        if match.rule and match.fit:
            self._with_model(match, _side(use.name))
            return written(match.rule, _side(use.name), match.fit, self)
        if not match.partner:
            return ""
        if use.call is None:
            return match.partner
        return f"{match.partner}({MORE if use.call.args or use.call.keywords else ''})"

    # ---- what the writing of arguments asks for ----

    @property
    def values(self) -> Mapping[int, Value]:
        """What is known of each expression."""
        return self.found.values

    def inner(self, place: int | None) -> str | None:
        """Return the counterpart of what stands at a place in an argument; None if it is none."""
        use = self.uses.get(place)
        if use is None:
            return None
        matched = self.matched(use)
        if matched is None:
            return None
        text = matched[1]
        if text.startswith("#"):
            return self._object(use)
        if found := ASSIGNED.match(text):  # the value of a statement
            return found[1]
        return text.partition("  #")[0] or MORE

    def _object(self, use: Use) -> str:
        """Return the object of a method that there is nothing to write for."""
        if use.receiver is None:
            return MORE
        return self.inner(id(use.receiver)) or ast.unparse(use.receiver)


def _span(use: Use) -> tuple[int, int]:
    """Return how much of a program's text a use takes: more than what is in it."""
    node = use.node
    lines = (node.end_lineno or node.lineno) - node.lineno
    return lines, (node.end_col_offset or node.col_offset) - node.col_offset


@cache
def _words(lines: str) -> frozenset[str]:
    """Return the names of the arguments that some lines have."""
    return frozenset(
        word.arg
        for node in ast.walk(ast.parse(lines))
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg
    )


def _side(name: str) -> str:
    return ROOTS[name.partition(".")[0]]


def _shown(use: Use, side: str) -> str:
    """Return a name as it is listed: a method after a dot, a function as the dictionary has it."""
    if last(use.name) == "__call__" and use.receiver is not None:
        return ast.unparse(use.receiver)
    return f".{last(use.name)}" if use.receiver is not None else short(use.name, side)


def short(name: str, framework: str) -> str:
    """Return a full name as the dictionary writes it: ``nn.Linear``."""
    for prefix, full in sorted(PREFIXES[framework].items(), key=lambda item: -len(item[1])):
        if name.startswith(f"{full}."):
            return f"{prefix}.{name.removeprefix(f'{full}.')}"
    return name
