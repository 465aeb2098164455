"""Which entry a program's call belongs to, and what is its counterpart there.

The pairs of ``calls.toml`` come first. For the calls that have none a pair is derived from the
entry that is about the call: from its own lines, which are executed.
"""

import ast
import copy
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from sidebyside.dictionary import kinds
from sidebyside.dictionary.aliases import public
from sidebyside.dictionary.binding import DTYPES, LEGACY_TENSORS, Fit, fit, plain_dtype
from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import last, qualified
from sidebyside.dictionary.rules import ROOTS, Pattern, Rule, Rules, dotted, read_rules
from sidebyside.dictionary.value_flow import Use, Value
from sidebyside.frameworks import other

# where the same function may be found, too
TORCH_FUNCTIONS = ("torch.", "torch.nn.functional.", "torch.special.", "torch.linalg.")
TENSORFLOW_FUNCTIONS = ("keras.ops.", "tensorflow.", "tensorflow.math.", "tensorflow.linalg.",
                        "tensorflow.nn.", "keras.activations.", "keras.losses.")  # fmt: skip


@dataclass(frozen=True)
class Match:
    """What was found for a call.

    Attributes
    ----------
    entry
        The entry.
    rule
        The pair of patterns; None if only a name is known.
    fit
        How the call fits the pair.
    partner
        The name of the counterpart, where there is no pair; nothing if there is none.
    """

    entry: Entry
    rule: Rule | None = None
    fit: Fit | None = None
    partner: str = ""


class Index:
    """The entries and the pairs by the full names of their calls.

    `methods` are the names of the methods that each framework's objects have: of those, a method
    that no entry knows can be told from one of the program's own.
    """

    def __init__(self, chapters: list[Chapter], methods: dict[str, list[str]] | None = None,
                 rules: Rules | None = None):  # fmt: skip
        self.methods = {side: frozenset(names) for side, names in (methods or {}).items()}
        self.entries = {entry.key: entry for chapter in chapters for entry in chapter.entries}
        self.rules = read_rules() if rules is None else rules
        self._by_name: dict[str, list[tuple[int, int, Entry]]] = defaultdict(list)
        for number, entry in enumerate(self.entries.values()):
            for side, names in entry.names.items():
                for place, name in enumerate(names):
                    self._by_name[public(qualified(name, side))].append((place, number, entry))
        self._derived: dict[tuple[str, str], list[tuple[Rule, Pattern]]] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """The full names that are known."""
        return frozenset(self._by_name) | frozenset(self.rules.by_name)

    def __contains__(self, name: str) -> bool:
        return any(one in self.names for one in other_names(name))

    def is_method(self, name: str, side: str) -> bool:
        """Return whether objects of a framework have a method of this name."""
        return name in self.methods.get(side, ())

    def named(self, name: str) -> list[Entry]:
        """Return the entries about a full name: those that it stands first in come first."""
        found = [item for one in other_names(name) for item in self._by_name.get(one, ())]
        ranked = sorted(found, key=lambda item: item[:2])
        return list(dict.fromkeys(entry for *_, entry in ranked))

    def match(self, use: Use, side: str, values: Mapping[int, Value],
              is_type: bool = False) -> Match | None:  # fmt: skip
        """Return what is known of a call; None if nothing is.

        `is_type` says whether it stands where a type of numbers does: ``x.type(FloatTensor)``.
        """
        if use.call is None and is_type and last(use.name) in LEGACY_TENSORS:
            return Match(self.entries["cast"], partner=f'"{plain_dtype(last(use.name))}"')
        pairs = [pair for one in other_names(use.name) for pair in self.rules.by_name.get(one, ())]
        best = self._best(pairs, use, values)
        if best and best[0].entry in self.entries:
            return Match(self.entries[best[0].entry], *best)
        if use.call is None and last(use.name) in DTYPES:
            text = "torch.{}" if side == "tensorflow" else '"{}"'
            return Match(self.entries["cast"], partner=text.format(plain_dtype(last(use.name))))
        if use.call is None and (found := self._class(use, side)):
            return found
        entries = self.named(use.name)
        if not entries:
            return None
        ranked = sorted(entries, key=lambda entry: -self._about(entry, side, use))
        pairs = [pair for entry in ranked[:6] for pair in self._pairs(entry, side, use.name)]
        best = self._best(pairs, use, values)
        if best and not best[1].rest:
            return Match(self.entries[best[0].entry], *best)
        entry = ranked[0]
        return Match(entry, partner=partner(entry, side, use.name))

    def _class(self, use: Use, side: str) -> Match | None:
        """Return the counterpart of a class or function that is named and not called."""
        for one in other_names(use.name):
            for rule, _ in self.rules.by_name.get(one, ()):
                head = rule.write[other(side)].head
                name = dotted(head.func) if isinstance(head, ast.Call) else ""
                known = rule.entry in self.entries and name.partition(".")[0] in ROOTS[other(side)]
                if name and known:
                    return Match(self.entries[rule.entry], partner=name)
        return None

    def _best(self, pairs, use: Use, values) -> tuple[Rule, Fit] | None:
        """Return the pair that knows most of a call's arguments, the first of equals."""
        best, score = None, (-1000, 0, False, 0)
        for place, (rule, pattern) in enumerate(pairs):
            found = fit(pattern, use, values)
            if found is None or not _writable(rule, pattern, found):
                continue
            known = found.known - 2 * len(found.rest)
            new = (known, found.exact, pattern.full == use.name, -place)
            if best is None or new > score:
                best, score = (rule, found), new
        return best

    # ---- entries without a pair of their own ----

    def _about(self, entry: Entry, side: str, use: Use) -> float:
        """Return how much an entry is about a call, and not one that only uses it."""
        names = [public(qualified(name, side)) for name in entry.names[side]]
        own = [names.index(one) for one in other_names(use.name) if one in names]
        score = -3.0 * min(own, default=5) - 0.5 * len(names)
        calls = list(_calls(entry.lines[side]))
        score -= 0.5 * len(calls)
        short = last(use.name)
        heads = [last(dotted(call.func)) or getattr(call.func, "attr", "") for call in calls]
        score += 3 if short in heads else 0
        score += 2 if heads and heads[0] == short else 0
        score -= 2 if entry.verdict == "none" and not entry.names[other(side)] else 0
        words = {word.arg for word in use.call.keywords} if use.call else set()
        fits = [len(words & own) - len(words ^ own)
                for call, head in zip(calls, heads, strict=True) if head == short
                for own in [{word.arg for word in call.keywords}]]  # fmt: skip
        return score + 4 * max(fits, default=-1)

    def _pairs(self, entry: Entry, side: str, name: str) -> list[tuple[Rule, Pattern]]:
        key = (entry.key, side)
        if key not in self._derived:
            self._derived[key] = list(derived(entry, side))
        names = set(other_names(name))
        return [(rule, one) for rule, one in self._derived[key] if one.full in names]


def _writable(rule: Rule, pattern: Pattern, found: Fit) -> bool:
    """Return whether all is known that a counterpart needs of the call's own arguments."""
    needed = rule.write[other(pattern.side)].needed
    return needed & pattern.read_names <= found.bound.keys()


@cache
def other_names(name: str) -> tuple[str, ...]:
    """Return the full names that a call may stand under: a method is a function, too."""
    found = [name]
    owner, _, short = name.rpartition(".")
    if owner == kinds.TENSOR or f"{owner}." in TORCH_FUNCTIONS:
        found += [f"{place}{short}" for place in ("torch.Tensor.", *TORCH_FUNCTIONS)]
        if short.endswith("_") and not short.endswith("__"):
            found += [f"{place}{short[:-1]}" for place in ("torch.Tensor.", *TORCH_FUNCTIONS[:2])]
    elif f"{owner}." in TENSORFLOW_FUNCTIONS or owner == "keras.backend":
        found += [f"{place}{short}" for place in TENSORFLOW_FUNCTIONS]
    elif short and owner in kinds.PARENTS:
        found += [f"{kind}.{short}" for kind in kinds.family(owner)[1:]]
    return tuple(dict.fromkeys(found))


def partner(entry: Entry, side: str, name: str) -> str:
    """Return the counterpart of one of an entry's names, as the dictionary writes it."""
    there = entry.names[other(side)]
    if not there:
        return ""
    short = _plain(name)
    alike = [one for one in there if _plain(one) == short]
    if alike:
        return alike[0]
    here = [public(qualified(one, side)) for one in entry.names[side]]
    place = next((here.index(one) for one in other_names(name) if one in here), None)
    if place is not None and len(here) == len(there):
        return there[place]
    heads = [last(dotted(call.func)) for call in _calls(entry.lines[other(side)])]
    used = [one for one in there if last(one) in heads]
    return (used or there)[0]


def _plain(name: str) -> str:
    short = last(name).lower().replace("_", "")
    short = re.sub(r"^(reduce|is|arc)(?=[a-z]{3})", lambda m: {"reduce": ""}.get(m[1], m[1]), short)
    return {"cat": "concat", "concatenate": "concat", "clamp": "clip", "clipbyvalue": "clip"}.get(
        short, short
    )


def _calls(lines: str) -> Iterator[ast.Call]:
    """Yield the calls of an entry's lines, the outermost of the first statement first."""
    for statement in ast.parse(lines).body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield node


def derived(entry: Entry, side: str) -> Iterator[tuple[Rule, Pattern]]:
    """Yield the pairs that an entry's own lines show: one call on each side, the same arguments."""
    here = _own_call(entry, side)
    there = _own_call(entry, other(side))
    if here is None or there is None:
        return
    names = _Names(here, there)
    if not names.clear:
        return
    patterns = {side: Pattern(names.here, side), other(side): Pattern(names.there, other(side))}
    for source, target in _siblings(entry, side, patterns):
        rule = Rule(entry.key, {side: (source,)}, {side: source, other(side): target},
                    derived=True)  # fmt: skip
        yield rule, source


def _siblings(entry: Entry, side: str, patterns: dict[str, Pattern]):
    """Yield an entry's pair, and the same for its other names that have a partner."""
    source, target = patterns[side], patterns[other(side)]
    yield source, target
    if source.receiver or target.receiver or len(source.slots) != 1:
        return
    for name in entry.names[side]:
        mate = partner(entry, side, qualified(name, side))
        if public(qualified(name, side)) == source.full or not mate:
            continue
        if "Tensor." in name or "Tensor." in mate:
            continue
        if _plain(name) == _plain(mate) or len(entry.names[side]) == len(entry.names[other(side)]):
            yield (Pattern(_renamed(source, name), side),
                   Pattern(_renamed(target, mate), other(side)))  # fmt: skip


def _renamed(pattern: Pattern, name: str) -> str:
    _, bracket, rest = pattern.text.partition("(")
    return f"{name}{bracket}{rest}"


def _own_call(entry: Entry, side: str) -> ast.Call | None:
    """Return the call that an entry's lines are about."""
    shorts = [last(name) for name in entry.names[side]]
    calls = [
        call
        for call in _calls(entry.lines[side])
        if (getattr(call.func, "attr", "") or getattr(call.func, "id", "")) in shorts
    ]
    return calls[0] if len({ast.dump(call) for call in calls}) == 1 else None


class _Names:
    """Gives the arguments that both calls have names, and writes both as patterns."""

    def __init__(self, here: ast.Call, there: ast.Call):
        self.clear = True
        self.names: dict[str, str] = {}
        dumps = [ast.dump(node) for node in self._parts(here)]
        if len(set(dumps)) != len(dumps):
            self.clear = False
            return
        inside = [ast.dump(node) for node in ast.walk(there) if isinstance(node, ast.expr)]
        for number, dump in enumerate(dumps):
            if inside.count(dump) > 1:
                self.clear = False
            self.names[dump] = f"a{number}" if dump in inside else "_"
        self.here, self.there = self._write(here), self._write(there)
        known = {*self.names.values(), *ROOTS["pytorch"], *ROOTS["tensorflow"]}
        left = [node.id for node in ast.walk(ast.parse(self.there)) if isinstance(node, ast.Name)]
        numbers = [{node.value for node in ast.walk(ast.parse(text))
                    if isinstance(node, ast.Constant) and not isinstance(node.value, str | bool)}
                   for text in (self.here, self.there)]  # fmt: skip
        # what stands only there belongs to the example
        self.clear = self.clear and set(left) <= known and numbers[1] <= numbers[0]

    def _parts(self, call: ast.Call) -> list[ast.expr]:
        parts = list(call.args)
        parts += [word.value for word in call.keywords]
        if isinstance(call.func, ast.Attribute) and not isinstance(
            call.func.value, ast.Attribute | ast.Call
        ):
            name = getattr(call.func.value, "id", "")
            if name not in ("torch", "nn", "F", "optim", "tf", "keras", "layers", "ops"):
                parts.append(call.func.value)
        return parts

    def _write(self, call: ast.Call) -> str:
        names = self.names

        class Write(ast.NodeTransformer):
            def generic_visit(self, node: ast.AST) -> ast.AST:
                if isinstance(node, ast.expr) and ast.dump(node) in names:
                    return ast.Name(names[ast.dump(node)])
                return super().generic_visit(node)

            def visit(self, node: ast.AST) -> ast.AST:
                return self.generic_visit(node)

        return ast.unparse(Write().visit(copy.deepcopy(call)))
