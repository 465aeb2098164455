"""How much code a notebook is: logical lines, tokens, branches and API names.

The tools that measure functions (cyclomatic complexity and its kin) say nothing about the code
of a notebook, most of which is outside of any function. What is counted here needs no function,
and is the same on every supported version of Python.
"""

import ast
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from sidebyside.magics import plain_python

LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
FSTRING_START = getattr(tokenize, "FSTRING_START", None)  # Python 3.12 and later
FSTRING_END = getattr(tokenize, "FSTRING_END", None)
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.comprehension,
    ast.match_case,
)
WITH_DOCSTRING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)


@dataclass(frozen=True)
class Complexity:
    """How much code there is.

    Attributes
    ----------
    lines
        Logical lines: statements, docstrings left out.
    tokens
        Names, numbers, strings (an f-string is one) and operators; no comments, no layout.
    branches
        Places where the way forks: if, loops, except, case, comprehensions, and each further
        operand of ``and`` and ``or``.
    api_names
        The different names that are imported or reached by a dot: what a reader must know.
    """

    lines: int
    tokens: int
    branches: int
    api_names: int


def measure(sources: Iterable[str]) -> Complexity:
    """Measure the code of some cells.

    A command of the notebook (``%matplotlib inline``, ``!git clone``) counts as one line of one
    token, and so does a whole cell in another language (``%%bash``); see `sidebyside.magics`.

    Raises
    ------
    SyntaxError
        If a cell is not Python.
    """
    lines = tokens = branches = 0
    names: set[str] = set()
    for source in sources:
        code = plain_python(source)
        tree = ast.parse(code)
        nodes = list(ast.walk(tree))
        docstrings = sum(isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node) is not None
                         for node in nodes)  # fmt: skip
        lines += sum(isinstance(node, ast.stmt) for node in nodes) - docstrings
        tokens += _count_tokens(code) - docstrings
        branches += sum(_forks(node) for node in nodes)
        names.update(name for node in nodes for name in _api_names(node))
    return Complexity(lines, tokens, branches, len(names))


def _count_tokens(code: str) -> int:
    count = depth = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == FSTRING_START:
            depth += 1
            count += depth == 1
        elif token.type == FSTRING_END:
            depth -= 1
        elif depth == 0 and token.type not in LAYOUT:
            count += 1
    return count


def _forks(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    return isinstance(node, BRANCHES)


def _api_names(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.Attribute) and not _is_self(node.value):
        return [node.attr]
    return []


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
