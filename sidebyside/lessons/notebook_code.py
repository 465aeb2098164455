"""A notebook's code as syntax trees, and which of it names a framework.

What names a framework: a name that is bound by an import of the framework's, or of a package that
only one of the twins imports; a name that is made from such a name; an import; a string that
speaks of a framework.
"""

from __future__ import annotations

import ast
import io
import re
import symtable
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from sidebyside.frameworks import FRAMEWORKS, OWNERS
from sidebyside.lessons.steps import Step
from sidebyside.magics import plain_python

SPEAKS = re.compile(rf"pytorch|{'|'.join(OWNERS)}", re.IGNORECASE)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class CodeCell:
    """A code cell: its text, and its syntax tree."""

    source: str
    tree: ast.Module

    @property
    def is_framework_file(self) -> bool:
        """Whether the cell writes a file of its own in which a framework is named."""
        written = self.source.removeprefix("%%capture\n").startswith("%%writefile")
        return written and bool(SPEAKS.search(self.source))

    @property
    def text(self) -> str:
        """The text without the comments that speak of a framework."""
        lines = self.source.rstrip().split("\n")
        tokens = tokenize.generate_tokens(io.StringIO(plain_python(self.source)).readline)
        for token in tokens:
            if token.type == tokenize.COMMENT and SPEAKS.search(token.string):
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column].rstrip()
        return "\n".join(lines)


@dataclass(frozen=True)
class NotebookCode:
    """One notebook's code.

    Attributes
    ----------
    cells
        Its code cells by their ids, without those that are not Python.
    framework_names
        The names that are a framework's, or made from one.
    """

    cells: dict[str, CodeCell]
    framework_names: frozenset[str]

    def names_framework(self, tree: ast.AST) -> bool:
        """Return whether code names a framework, or something made from one."""
        nodes = list(ast.walk(tree))
        strings = [node.value for node in nodes if isinstance(node, ast.Constant)]
        return (
            any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
            or any(isinstance(text, str) and SPEAKS.search(text) for text in strings)
            or bool(global_names(tree)[0] & self.framework_names)
        )


def both_sides(steps: Iterable[Step]) -> list[NotebookCode]:
    """Return the code of a pair's two notebooks."""
    steps = list(steps)
    cells = [_cells(steps, framework) for framework in FRAMEWORKS]
    imports = [_imports(cell.tree for cell in own.values()) for own in cells]
    sides = []
    for own, bound, others in zip(cells, imports, imports[::-1], strict=True):
        first = {name for name, full in bound if full.partition(".")[0] in OWNERS}
        first |= {name for name, _ in bound - others}
        sides.append(NotebookCode(own, frozenset(_with_derived(own, first))))
    return sides


def parsed(source: str) -> ast.Module:
    """Return a cell's syntax tree.

    Raises
    ------
    SyntaxError
        If it is not Python.
    """
    return ast.parse(plain_python(source))


def global_names(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the global names that code uses, and those that it binds."""
    table = symtable.symtable(ast.unparse(tree), "cell", "exec")
    used, bound = set(), set()
    for symbol in table.get_symbols():
        used.add(symbol.get_name())
        if symbol.is_assigned() or symbol.is_namespace():
            bound.add(symbol.get_name())
    inner = list(table.get_children())  # functions, classes, comprehensions
    while inner:
        table = inner.pop()
        used |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        inner += table.get_children()
    return used, bound


def _cells(steps: list[Step], framework: str) -> dict[str, CodeCell]:
    found = {}
    for step in steps:
        cell = getattr(step, framework)
        if cell.cell_type == "code":
            try:
                found[step.id] = CodeCell(cell.source, parsed(cell.source))
            except (SyntaxError, ValueError):  # which is a problem of its own
                continue
    return found


def _imports(trees: Iterable[ast.Module]) -> set[tuple[str, str]]:
    """Return the names that imports bind, each with what it is in full."""
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found.add((alias.asname or first, alias.name if alias.asname else first))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found.add((alias.asname or alias.name, f"{node.module}.{alias.name}"))
    return found


def _with_derived(cells: dict[str, CodeCell], names: set[str]) -> set[str]:
    """Return `names`, with those that are bound by statements which use one, and so on."""
    statements = [
        global_names(statement)
        for cell in cells.values()
        for statement in cell.tree.body
        if not isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    found, before = set(names), -1
    while len(found) > before:
        before = len(found)
        for used, bound in statements:
            if used & found:
                found |= bound
    return found
