"""What two notebooks' code must have in common: all that names no framework.

A comparison of frameworks holds only if everything else is the same. Three rules, from the plain
to the fine:

1. A cell that names no framework on either side is the same in both, word for word; comments may
   speak of a framework.
2. Two statements of one step do not differ in nothing but numbers or operators.
3. What a name is set to, if it is made of numbers, strings and operators alone, and what is chosen
   so (``500 if full else 20``), is the same in both, in whichever step it stands.

A step whose code is tagged ``framework`` on both sides is exempt from the second and the third.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.notebook_code import CodeCell, Function, NotebookCode, both_sides
from sidebyside.lessons.steps import Step, tags

# what an expression may be made of to count as a setting
SETTING = (
    ast.Constant, ast.Name, ast.expr_context, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.Tuple, ast.List, ast.Dict, ast.Set,
    ast.unaryop, ast.operator, ast.boolop, ast.cmpop,
)  # fmt: skip
CHOICE = "a choice"  # what a conditional expression is called in a message
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")  # what stands below a head
SHOWN = 60  # characters of code in a message

Settings = dict[str, dict[str, str]]  # of each name the values, each with its step


def differences(steps: Iterable[Step]) -> Iterator[str]:
    """Yield a sentence for each place where two notebooks' shared code differs."""
    steps = list(steps)
    sides = both_sides(steps)
    exempt = {step.id for step in steps if all("framework" in tags(cell) for cell in step.cells)}
    told = set()
    for step in steps:
        cells = [side.cells[step.id] for side in sides if step.id in side.cells]
        if step.same or len(cells) < len(sides):
            continue
        for text in _cell_differences(cells, sides, step.id in exempt):
            told.add(step.id)
            yield f"step {step.id!r}: {text}"
    yield from _setting_differences(*(_settings(side, exempt | told) for side in sides))


def _cell_differences(
    cells: list[CodeCell], sides: list[NotebookCode], exempt: bool
) -> Iterator[str]:
    named = [
        cell.is_framework_file or side.names_framework(cell.tree)
        for side, cell in zip(sides, cells, strict=True)
    ]
    if not any(named):
        texts = [cell.text for cell in cells]
        if texts[0] != texts[1]:
            yield f"it names no framework, but differs: {_first_difference(*texts)}."
    elif not exempt:
        for left, right in _alike(*(cell.tree for cell in cells)):
            yield f"nothing but numbers or operators differs: {_both(left, right)}."


def _first_difference(left: str, right: str) -> str:
    lines = left.split("\n"), right.split("\n")
    for kind, a, b, c, d in difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes():
        if kind != "equal":
            return _both(" ".join(lines[0][a:b]), " ".join(lines[1][c:d]))
    return _both(left, right)


def _both(left: str, right: str) -> str:
    """Return what stands on both sides, in words; of what is long, the part that differs."""
    texts = " ".join(left.split()), " ".join(right.split())
    letters = enumerate(zip(*texts, strict=False))
    first = next((place for place, (one, other) in letters if one != other), 0)
    start = max(0, first - SHOWN // 2)
    sides = zip(texts, FRAMEWORKS.values(), strict=True)
    return ", ".join(f"{_cut(text, start)} in {name}" for text, name in sides)


def _cut(text: str, start: int) -> str:
    if len(text) > SHOWN:
        before, shown = "..." if start else "", text[start : start + SHOWN]
        text = f"{before}{shown}{'...' if start + SHOWN < len(text) else ''}"
    return f"`{text}`" if text else "nothing"


def _alike(left: ast.Module, right: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the statements that differ in numbers or operators alone."""
    groups = _by_shape(left), _by_shape(right)
    for shape, ours in groups[0].items():
        theirs = groups[1].get(shape, [])
        if len(ours) == len(theirs):
            yield from zip(
                [text for text in ours if text not in theirs],
                [text for text in theirs if text not in ours],
                strict=False,
            )


def _by_shape(tree: ast.Module) -> dict[str, list[str]]:
    """Return a cell's statements by their shape, each without what stands below its head."""
    found = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            head = copy.deepcopy(node)
            for name in BODIES:
                if hasattr(head, name):
                    setattr(head, name, [])
            text = ast.unparse(head)
            found[ast.dump(_Shape().visit(head))].append(text)
    return found


class _Shape(ast.NodeTransformer):
    """Makes all numbers and all operators the same."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        is_number = isinstance(node.value, int | float | complex)
        return ast.Constant(0) if is_number and not isinstance(node.value, bool) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        node.op = ast.Add()
        return self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        node.op = ast.Add()
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        node.ops = [ast.Eq() for _ in node.ops]
        return self.generic_visit(node)


def _settings(side: NotebookCode, exempt: set[str]) -> Settings:
    """Return what is set: ``{"epochs": {"500 if full else 20": "settings"}}``."""
    found: Settings = {CHOICE: {}}
    for step, cell in side.cells.items():
        if step not in exempt:
            for name, value in _set(cell.tree):
                if _is_setting(value) and not side.names_framework(value):
                    found.setdefault(name, {}).setdefault(ast.unparse(value), step)
    return found


def _set(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is set outside of functions, functions' defaults, and other choices."""
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found: list[tuple[str, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, Function):
            found += _defaults(node)
        elif isinstance(node, ast.Assign) and id(node) not in inside:
            found += [(ast.unparse(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign) and id(node) not in inside and node.value:
            found.append((ast.unparse(node.target), node.value))
    named = {id(value) for _, value in found}
    choices = [node for node in ast.walk(tree) if isinstance(node, ast.IfExp)]
    yield from found
    yield from ((CHOICE, node) for node in choices if id(node) not in named)


def _defaults(node: Function) -> Iterator[tuple[str, ast.expr]]:
    own = node.args
    plain = [*own.posonlyargs, *own.args]
    names = [*plain[len(plain) - len(own.defaults) :], *own.kwonlyargs]
    arguments = zip(names, [*own.defaults, *own.kw_defaults], strict=True)
    yield from ((f"{node.name}({name.arg})", value) for name, value in arguments if value)


def _is_setting(value: ast.expr) -> bool:
    nodes = list(ast.walk(value))
    return all(isinstance(node, SETTING) for node in nodes) and any(
        isinstance(node, ast.Constant) for node in nodes
    )


def _setting_differences(left: Settings, right: Settings) -> Iterator[str]:
    for name in left.keys() & right.keys():
        ours = [value for value in left[name] if value not in right[name]]
        theirs = [value for value in right[name] if value not in left[name]]
        if ours or theirs:
            steps = [*(left[name][value] for value in ours), *(right[name][v] for v in theirs)]
            yield f"step {steps[0]!r}: {name} is {_both(' and '.join(ours), ' and '.join(theirs))}."
