"""The entries as they stand in the files of ``dictionary/``, read and checked for their form."""

import ast
import re
import tomllib
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

from sidebyside.checkout import package_data
from sidebyside.errors import DictionaryError
from sidebyside.frameworks import FRAMEWORKS

FOLDER = package_data("dictionary")
CHAPTER = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)\.toml")
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# what an entry says of its two sides, and how that is shown
VERDICTS = {
    "same": "same",
    "set": "same if you set …",
    "none": "no counterpart",
}
# how results are compared
COMPARISONS = ("values", "distribution")


@dataclass(frozen=True, eq=False)
class Trap:
    """A naive translation, which differs, and by how much.

    Attributes
    ----------
    framework
        The side that `lines` are of; they stand in the place of the entry's own.
    lines
        Its code.
    note
        What goes wrong, in a sentence.
    difference
        The largest absolute difference of its values from the other side's, to two digits.
    gradient_difference
        The same of the gradients, for a trap whose values agree.
    raises
        Or the name of the exception that it ends with.
    gives
        Or what it gives instead, as text: ``shape (2, 3)``, ``dtype float64``, otherwise the
        value's own.
    """

    framework: str
    lines: str
    note: str
    difference: float | None = None
    gradient_difference: float | None = None
    raises: str | None = None
    gives: str | None = None

    @property
    def outcome(self) -> str:
        """What is proved of it, in a few words."""
        if self.raises:
            return f"raises {self.raises}"
        if self.gives:
            return f"gives {self.gives}"
        if self.gradient_difference is not None:
            return f"gradients off by {self.gradient_difference:g}"
        return f"off by {self.difference:g}"


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry: what is done, on both sides.

    Attributes
    ----------
    key
        Its name in addresses: ``conv2d-same``.
    name
        What is done, in words: ``Convolution of pictures, same size``.
    verdict
        One of `VERDICTS`.
    set
        What has to be set, for the verdict ``set``; Markdown.
    missing
        The side without a counterpart, for the verdict ``none``.
    names
        The calls that it is about, for each side: ``nn.Conv2d``, ``Tensor.view``.
    inputs
        NumPy code that makes what both sides get.
    lines
        The code of each side.
    check
        Assertions of each side, for what cannot be compared.
    note
        What differs; Markdown.
    tolerance, because
        How far the results may be apart, relative to the largest, and the reason.
    gradient_tolerance
        The same for gradients, where it is another.
    without_gradients
        Why no gradients are compared, where there would be some.
    dtypes
        The types of the result on both sides, where they differ: ``int64, int32``.
    compare
        One of `COMPARISONS`.
    channels
        The inputs that PyTorch gets with their channels first.
    port
        The variables that are layers or models whose weights are copied from PyTorch to Keras.
    precision
        The type of the inputs' fractional numbers.
    also
        Other words under which it is looked up.
    alone
        Whether it runs in a process of its own, because it changes what cannot be changed back.
    traps
        Naive translations.
    """

    key: str
    name: str
    verdict: str
    names: dict[str, tuple[str, ...]]
    lines: dict[str, str]
    note: str
    inputs: str = ""
    check: dict[str, str] = field(default_factory=dict)
    set: str = ""
    missing: str = ""
    tolerance: float | None = None
    because: str = ""
    gradient_tolerance: float | None = None
    without_gradients: str = ""
    dtypes: str = ""
    compare: str = "values"
    channels: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    precision: str = "float32"
    also: tuple[str, ...] = ()
    alone: bool = False
    traps: tuple[Trap, ...] = ()


@dataclass(frozen=True, eq=False)
class Chapter:
    """A file of the dictionary.

    Attributes
    ----------
    file
        Where it is.
    title, about
        Its heading, and what it is about; Markdown.
    setup
        Code of each side that runs before every entry's.
    entries
        In the order of the file.
    """

    file: Path
    title: str
    about: str
    setup: dict[str, str]
    entries: tuple[Entry, ...]

    @cached_property
    def key(self) -> str:
        """Its name in addresses: ``losses``."""
        return CHAPTER.fullmatch(self.file.name)[2]


def needed(setup: str, lines: str) -> str:
    """Return those statements of a chapter's setup that an entry's lines rely on."""
    statements = ast.parse(setup).body
    wanted = _used(ast.parse(lines))
    kept = []
    for statement in reversed(statements):
        if _defined(statement) & wanted:
            wanted |= _used(statement)
            kept.insert(0, ast.get_source_segment(setup, statement))
    return "\n".join(kept)


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {name for target in targets for name in _used(target)}


def is_chapter(file: Path) -> bool:
    """Return whether a file is a chapter of the repository's dictionary."""
    return file.parent == FOLDER and CHAPTER.fullmatch(file.name) is not None


def read_all(folder: Path = FOLDER) -> list[Chapter]:
    """Return the chapters in their order.

    Raises
    ------
    DictionaryError
        If a file is not in order, or a key is there twice.
    """
    files = [file for file in sorted(folder.glob("*.toml")) if CHAPTER.fullmatch(file.name)]
    if not files:
        raise DictionaryError(f"There is no dictionary in {folder}: it has no file of a chapter.")
    chapters = [read(file) for file in files]
    seen: dict[str, str] = {}
    for chapter in chapters:
        for entry in chapter.entries:
            if other := seen.get(entry.key):
                raise DictionaryError(
                    f"{chapter.file.name}: {entry.key} is in {other}, too. Give one of them "
                    "another key."
                )
            seen[entry.key] = chapter.file.name
    return chapters


def read(file: Path) -> Chapter:
    """Return a chapter.

    Raises
    ------
    DictionaryError
        If the file is not in order.
    """
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DictionaryError(f"{file.name} is not TOML: {error}.") from None
    head = tables.pop("chapter", {})
    if unknown := set(head) - {"title", "about", *FRAMEWORKS}:
        raise DictionaryError(f"{file.name}: [chapter] has {sorted(unknown)[0]!r}, unknown there.")
    if not head.get("title") or not head.get("about"):
        raise DictionaryError(f"{file.name}: [chapter] needs a title and an about.")
    setup = {framework: head[framework] for framework in FRAMEWORKS if framework in head}
    entries = tuple(_entry(file.name, key, table) for key, table in tables.items())
    return Chapter(file, head["title"], head["about"].strip(), setup, entries)


# the keys of an entry that stand in its table as they are in `Entry`
PLAIN = {
    "name": str, "verdict": str, "note": str, "inputs": str, "set": str, "missing": str,
    "tolerance": (int, float), "because": str, "gradient_tolerance": (int, float),
    "without_gradients": str, "dtypes": str, "compare": str, "channels": list, "port": list,
    "precision": str, "also": list, "alone": bool,
}  # fmt: skip
SIDES = ("_names", "", "_check")  # what stands after a framework's name
TRAP = {
    "note": str, "difference": (int, float), "gradient_difference": (int, float), "raises": str,
    "gives": str, "pytorch": str, "tensorflow": str,
}  # fmt: skip


def _entry(file: str, key: str, table: dict) -> Entry:
    where = f"{file}: [{key}]"
    if not KEY.fullmatch(key):
        raise DictionaryError(f"{where} is no key: small letters, digits and hyphens make one.")
    known = PLAIN | {f"{side}{part}": list if part == "_names" else str for side in FRAMEWORKS
                     for part in SIDES} | {"trap": list}  # fmt: skip
    _check_types(where, table, known)
    given = {name: table[name] for name in PLAIN if name in table}
    for name in ("channels", "port", "also"):
        if name in given:
            given[name] = tuple(given[name])
    for name in ("note", "inputs", "set", "because", "without_gradients"):
        given[name] = given.get(name, "").strip()
    entry = Entry(
        key=key,
        names={side: tuple(table.get(f"{side}_names", ())) for side in FRAMEWORKS},
        lines={side: table.get(side, "").strip() for side in FRAMEWORKS},
        check={side: table[f"{side}_check"].strip() for side in FRAMEWORKS
               if f"{side}_check" in table},
        traps=tuple(_trap(where, trap) for trap in table.get("trap", ())),
        **({"name": "", "verdict": ""} | given),
    )  # fmt: skip
    for sentence in _missing(entry):
        raise DictionaryError(f"{where}: {sentence}")
    return entry


def _check_types(where: str, table: dict, known: dict) -> None:
    for name, value in table.items():
        if name not in known:
            raise DictionaryError(f"{where} has {name!r}, which is not known: {', '.join(known)}.")
        if not isinstance(value, known[name]):
            raise DictionaryError(f"{where}: {name!r} is a {type(value).__name__}.")


def _trap(where: str, table: dict) -> Trap:
    where = f"{where}: a trap"
    _check_types(where, table, TRAP)
    sides = [side for side in FRAMEWORKS if side in table]
    if len(sides) != 1:
        raise DictionaryError(f"{where} needs lines of one side: pytorch or tensorflow.")
    proved = {f.name for f in fields(Trap)} & set(table) - {"note"}
    if len(proved) != 1 or not table.get("note", "").strip():
        raise DictionaryError(
            f"{where} needs a note, and one of difference, gradient_difference, raises and gives."
        )
    given = {name: table[name] for name in proved}
    return Trap(sides[0], table[sides[0]].strip(), table["note"].strip(), **given)


def _missing(entry: Entry):
    """Yield what an entry lacks, a sentence each."""
    if not entry.name or not entry.note:
        yield "it needs a name and a note."
    if entry.verdict not in VERDICTS:
        yield f"its verdict is one of {', '.join(VERDICTS)}."
    if not all(entry.lines.values()):
        yield "it needs lines of both sides; without a counterpart, those of the idiom."
    if (entry.verdict == "set") != bool(entry.set):
        yield "the verdict 'set' goes with a text 'set', which says what to set."
    if entry.verdict == "set" and not entry.traps:
        yield "the verdict 'set' needs a trap: what happens if it is not set."
    if (entry.verdict == "none") != (entry.missing in FRAMEWORKS):
        yield "the verdict 'none' goes with 'missing': pytorch or tensorflow."
    for side in FRAMEWORKS:
        if not entry.names[side] and side != entry.missing:
            yield f"it needs {side}_names, the calls that it is about."
    if (entry.tolerance is None) != (not entry.because):
        yield "a tolerance goes with its reason, 'because'."
    if entry.compare not in COMPARISONS:
        yield f"compare is one of {', '.join(COMPARISONS)}."
    if entry.tolerance is None and len(entry.check) < len(FRAMEWORKS):
        yield "it needs a tolerance to compare with, or a check of both sides."
