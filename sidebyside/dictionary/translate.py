"""Mark the calls of a program that the dictionary knows, each with its counterpart.

Nothing is converted. A call's name is followed through the file's imports to its full name; a
method of a value whose type a reader cannot know (``x.view(2, 3)``) is looked up by its name alone.
"""

import ast
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.dictionary.names import PREFIXES, canonical, last, qualified
from sidebyside.errors import ProgramError
from sidebyside.frameworks import OWNERS as ROOTS

# what the dictionary's names of methods begin with
OWNERS = {
    "pytorch": ("torch.Tensor.", "torch.nn.Module.", "torch.optim.Optimizer."),
    "tensorflow": (
        "keras.Model.", "keras.Layer.", "keras.optimizers.Optimizer.", "tensorflow.data.Dataset.",
        "tensorflow.Variable.", "tensorflow.Tensor.", "tensorflow.GradientTape.",
    ),
}  # fmt: skip
# methods of lists, dictionaries, strings and files, too: a name alone says nothing of them
COMMON = {
    name for kind in (dict, list, str, set, bytes, Path, io.TextIOBase) for name in dir(kind)
} | {"load", "save"}  # fmt: skip
PYTHON_CELLS = ("%%time", "%%capture", "%%prun")  # commands before a cell of Python
MAGIC = re.compile(r"^(\s*)([%!].*)$", re.MULTILINE)


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
    entries
        The entries that know it, the one that fits its arguments best first; none if unknown.
    """

    line: int
    name: str
    framework: str
    entries: tuple[Entry, ...] = ()


@dataclass
class Translation:
    """A program and its calls, in the order of the lines."""

    source: str
    calls: list[Call] = field(default_factory=list)

    @property
    def known(self) -> list[Call]:
        """The calls that the dictionary knows."""
        return [call for call in self.calls if call.entries]

    @property
    def unknown(self) -> dict[str, list[int]]:
        """The lines of each name that it does not know, the most frequent name first."""
        lines = defaultdict(list)
        for call in self.calls:
            if not call.entries:
                lines[call.name].append(call.line)
        return dict(sorted(lines.items(), key=lambda item: (-len(item[1]), item[0])))

    @property
    def entries(self) -> list[Entry]:
        """The entries that its calls are in, in the order of their first line."""
        return list(dict.fromkeys(call.entries[0] for call in self.known))


class Index:
    """The entries by the full names of the calls that they are about.

    `methods` are the names of the methods that each framework's objects have: of those, a method
    that no entry knows can be told from one of the program's own.
    """

    def __init__(self, chapters: list[Chapter], methods: dict[str, list[str]] | None = None):
        self._methods = {side: set(names) for side, names in (methods or {}).items()}
        self._by_name: dict[str, list[tuple]] = defaultdict(list)
        self._by_method: dict[tuple[str, str], list[tuple]] = defaultdict(list)
        for number, entry in enumerate(e for chapter in chapters for e in chapter.entries):
            for side, names in entry.names.items():
                for place, name in enumerate(names):
                    full = canonical(qualified(name, side))
                    self._by_name[full].append((place, number, entry))
                    for rank, owner in enumerate(OWNERS[side]):
                        if full.startswith(owner):
                            self._by_method[side, last(full)].append((rank, place, number, entry))

    def is_method(self, name: str, framework: str) -> bool:
        """Return whether one framework's objects have a method of this name, known or not."""
        return name not in COMMON and name in self._methods.get(framework, ())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def named(self, name: str) -> list[Entry]:
        """Return the entries about a full name."""
        return self._sorted(self._by_name.get(name, []))

    def method(self, name: str, framework: str) -> list[Entry]:
        """Return the entries about a method of one framework's objects."""
        if name in COMMON:
            return []
        found = self._by_method.get((framework, name))
        if not found and framework == "pytorch" and self.is_method(name, framework):
            found = self._by_name.get(f"torch.{name}")  # most functions are methods of tensors, too
        return self._sorted(found or [])

    @staticmethod
    def _sorted(found: list[tuple]) -> list[Entry]:
        """Return entries by how near the front of their names it stands, then as in the files."""
        ranked = sorted(found, key=lambda item: item[:-1])
        return list(dict.fromkeys(entry for *_, entry in ranked))


def translate(source: str, index: Index) -> Translation:
    """Return the calls of a program.

    Raises
    ------
    ProgramError
        If it is not Python, or imports neither framework.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ProgramError(f"Line {error.lineno} is not Python: {error.msg}.") from None
    imports = _imports(tree)
    frameworks = {ROOTS[name.partition(".")[0]] for name in imports.values()}
    if not frameworks:
        raise ProgramError("The program imports neither PyTorch nor TensorFlow/Keras.")
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    foreign = _all_imported(tree) - set(imports)
    found = _Calls(index, imports, frameworks, own, foreign)
    found.visit(tree)
    return Translation(source, sorted(found.calls, key=lambda call: call.line))


def read_program(file: Path) -> str:
    """Return the text of a Python file, or of all code cells of a notebook.

    Raises
    ------
    ProgramError
        If it is neither, or not there.
    """
    if not file.is_file():
        raise ProgramError(f"There is no file {file}.")
    try:
        text = file.read_text("utf-8")
        if file.suffix != ".ipynb":
            return text
        cells = json.loads(text)["cells"]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError):
        raise ProgramError(
            f"{file} is neither a Python program nor a notebook that can be read."
        ) from None
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return "\n\n".join(map(_without_commands, sources))


def _without_commands(source: str) -> str:
    """Return a cell whose commands of the notebook, which are no Python, are comments."""
    first = source.lstrip().partition("\n")[0]
    if first.startswith("%%") and not first.startswith(PYTHON_CELLS):
        return re.sub("^", "# ", source, flags=re.MULTILINE)
    return MAGIC.sub(r"\1pass  # \2", source)


def _all_imported(tree: ast.Module) -> set[str]:
    """Return every name that an import makes."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _root(node: ast.expr) -> str | None:
    """Return the name that a chain of attributes begins with: ``np`` of ``np.linalg.norm``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _imports(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for in full, of the frameworks only.

    A module of which everything is imported has a name that begins with a star.
    """
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                if alias.name == "*":  # several modules may be imported so
                    found[f"* {node.module}"] = node.module
    found.pop("*", None)
    return {
        name: canonical(f"{full}.").rstrip(".")
        for name, full in found.items()
        if full.partition(".")[0] in ROOTS
    }


class _Calls(ast.NodeVisitor):
    """Collects the calls, and the classes that are derived from or handed on."""

    def __init__(self, index: Index, imports: dict[str, str], frameworks: set[str],
                 own: set[str], foreign: set[str]):  # fmt: skip
        self.index, self.imports, self.frameworks = index, imports, frameworks
        self.own, self.foreign = own, foreign  # functions of the program, names of other packages
        self.calls: list[Call] = []

    def visit_Call(self, node: ast.Call) -> None:
        name = self._full(node.func)
        keywords = {word.arg for word in node.keywords}
        if name:
            self._keep(node.func, name, self.index.named(name), keywords)
        elif isinstance(node.func, ast.Attribute) and _root(node.func) not in self.foreign:
            method = node.func.attr
            for framework in sorted(self.frameworks):
                entries = self.index.method(method, framework)
                lacking = self.index.is_method(method, framework) and method not in self.own
                if entries or lacking:
                    self._keep(node.func, f".{method}", entries, keywords, framework)
        if not name:
            self.visit(node.func)
        for child in [*node.args, *node.keywords]:
            self.visit(child)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._full(node)
        if name is None:
            self.visit(node.value)
        elif name in self.index:
            self._keep(node, name, self.index.named(name), set())

    def visit_Name(self, node: ast.Name) -> None:
        name = self.imports.get(node.id)
        if name and name in self.index:
            self._keep(node, name, self.index.named(name), set())

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:  # what it is said to be is no call
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        defaults = [value for value in arguments.kw_defaults if value]
        for child in [*node.decorator_list, *arguments.defaults, *defaults, *node.body]:
            self.visit(child)

    visit_AsyncFunctionDef = visit_FunctionDef

    def _full(self, node: ast.expr) -> str | None:
        """Return the full name of an expression such as ``nn.Linear``, if it is a framework's."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        rest = [node.id, *reversed(parts)]
        if node.id in self.imports:
            return canonical(".".join([self.imports[node.id], *rest[1:]]))
        starred = [full for name, full in self.imports.items() if name.startswith("* ")]
        whole = (canonical(".".join([full, *rest])) for full in starred)
        return next((name for name in whole if name in self.index), None)

    def _keep(self, node, name, entries, keywords, framework="") -> None:
        framework = framework or ROOTS[name.partition(".")[0]]
        ranked = sorted(entries, key=lambda entry: -_fit(entry, framework, name, keywords))
        self.calls.append(Call(node.end_lineno, short(name, framework), framework, tuple(ranked)))


def short(name: str, framework: str) -> str:
    """Return a full name as the dictionary writes it: ``nn.Linear``."""
    for prefix, full in sorted(PREFIXES[framework].items(), key=lambda item: -len(item[1])):
        if name.startswith(f"{full}."):
            return f"{prefix}.{name.removeprefix(f'{full}.')}"
    return name


def _fit(entry: Entry, framework: str, name: str, keywords: set[str]) -> int:
    """Return how well an entry's own call fits one with these arguments."""
    fits = [
        len(words & keywords) - len(words - keywords) for words in _keywords(entry, framework, name)
    ]
    return max(fits, default=-len(keywords) - 1)


def _keywords(entry: Entry, framework: str, name: str) -> Iterator[set[str]]:
    for node in ast.walk(ast.parse(entry.lines[framework])):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called == last(name):
                yield {word.arg for word in node.keywords}
