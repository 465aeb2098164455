"""Absolutes in the dictionary's sentences: "only", "never", "all", and what backs them.

An entry's lines are executed, its sentences are not, and a sentence with such a word is wrong as
soon as there is one exception. It counts as backed if it names, in backticks, something that a
check or a trap of its entry executes. Any other one needs a reason in
``dictionary/reviewed.toml``, or has to go. The tests find what is not in order; this lists it:

    python -m sidebyside.dictionary.absolutes
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sidebyside.dictionary.entries import FOLDER, Chapter, Entry, read_all
from sidebyside.dictionary.toml_files import read_toml
from sidebyside.errors import DictionaryError

ABSOLUTE = re.compile(
    r"\b(all|always|any|anything|cannot|every|everything|impossible|never|no(?! longer)|nobody"
    r"|none|nothing|nowhere|only)\b",
    re.IGNORECASE,
)
CODE = re.compile(r"`([^`]+)`")
SENTENCE = re.compile(r"(?<=[.!?])[)\"']*\s+(?=[A-Z(\"'`])")
NAME = re.compile(r"[A-Za-z_][\w.]*")
# what is before the first dot of a framework's name; otherwise it is a variable
OWNERS = {"F", "keras", "layers", "nn", "np", "ops", "optim", "tf", "torch"}
# names that are too general to say what a check is about
GENERAL = OWNERS | {"False", "None", "True", "axis", "dim", "dtype", "shape", "x", "y"}


@dataclass(frozen=True)
class Absolute:
    """A sentence with an absolute in it that no check and no trap backs.

    Attributes
    ----------
    chapter
        The chapter's key.
    entry
        The entry's key; for a chapter's introduction, the chapter's.
    sentence
        The sentence as it is in the file.
    words
        Its absolutes, in small letters.
    """

    chapter: str
    entry: str
    sentence: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.chapter}: [{self.entry}] {', '.join(self.words)}: {self.sentence}"


@dataclass(frozen=True)
class Reviewed:
    """What ``reviewed.toml`` says.

    Attributes
    ----------
    reasons
        Why a sentence may stay: by the entry's key, then by the sentence.
    pending
        The keys of the chapters that have not been gone through yet.
    """

    reasons: dict[str, dict[str, str]]
    pending: tuple[str, ...] = ()


def unbacked(chapter: Chapter) -> Iterator[Absolute]:
    """Yield a chapter's sentences with an absolute that no check and no trap backs."""
    for sentence, words in absolutes(chapter.about):
        yield Absolute(chapter.key, chapter.key, sentence, words)
    for entry in chapter.entries:
        executed = _executed(entry)
        for text in _texts(entry):
            for sentence, words in absolutes(text):
                if not _names(sentence) & executed:
                    yield Absolute(chapter.key, entry.key, sentence, words)


def absolutes(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the sentences of a text that have an absolute outside of backticks, and the words."""
    for sentence in SENTENCE.split(text):
        if words := ABSOLUTE.findall(CODE.sub("``", sentence)):
            yield sentence.strip(), tuple(word.lower() for word in words)


def reviewed(folder: Path = FOLDER) -> Reviewed:
    """Return what ``reviewed.toml`` says; nothing, if there is no such file.

    Raises
    ------
    DictionaryError
        If the file is not in order.
    """
    file = folder / "reviewed.toml"
    tables = read_toml(file) if file.is_file() else {}
    pending = tables.pop("pending", [])
    for key, reasons in tables.items():
        if not isinstance(reasons, dict):
            raise DictionaryError(f"{file.name}: {key!r} is not a table of sentences and reasons.")
        for sentence, reason in reasons.items():
            if not isinstance(reason, str) or not reason.strip():
                raise DictionaryError(f"{file.name}: [{key}] has no reason for {sentence!r}.")
    return Reviewed(tables, tuple(pending))


def faults(chapters: list[Chapter], known: Reviewed) -> list[str]:
    """Return what is not in order, one sentence each: what lacks support, and stale reasons."""
    found = [absolute for chapter in chapters for absolute in unbacked(chapter)]
    sentences = [
        f"{absolute} Add a check or a trap that uses a name of the sentence, reword it, or give a "
        "reason in dictionary/reviewed.toml."
        for absolute in found
        if absolute.chapter not in known.pending
        and absolute.sentence not in known.reasons.get(absolute.entry, {})
    ]
    there = {(absolute.entry, absolute.sentence) for absolute in found}
    sentences += [
        f"reviewed.toml: [{key}] does not have this sentence, or backs it: {sentence} Delete it."
        for key, reasons in known.reasons.items()
        for sentence in reasons
        if (key, sentence) not in there
    ]
    keys = {chapter.key for chapter in chapters}
    sentences += [
        f"reviewed.toml: {key!r} in 'pending' is not a chapter." for key in known.pending
        if key not in keys
    ]  # fmt: skip
    return sentences


def _texts(entry: Entry) -> Iterator[str]:
    """Yield an entry's sentences. Not `because`: its tolerance is executed."""
    yield from (entry.note, entry.set, entry.without_gradients)
    for trap in entry.traps:
        yield trap.note


def _names(sentence: str) -> set[str]:
    """Return the names in a sentence's backticks."""
    found = set()
    for code in CODE.findall(sentence):
        found |= {_plain(name.strip(".")) for name in NAME.findall(code)}
    return found - GENERAL


def _executed(entry: Entry) -> set[str]:
    """Return the names of an entry's checks and traps: calls, arguments, short texts.

    A framework's name is there in full and by its last part, since a sentence may have either.
    Variables do not count.
    """
    found: set[str] = set()
    for source in (*entry.check.values(), *(trap.lines for trap in entry.traps)):
        nodes = list(ast.walk(ast.parse(source)))
        variables = {node.id for node in nodes if isinstance(node, ast.Name)
                     and (isinstance(node.ctx, ast.Store) or len(node.id) == 1)}  # fmt: skip
        found |= {name for node in nodes for name in _said(node)} - variables
    return found | {name.rpartition(".")[2] for name in found} - GENERAL


def _said(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield _plain(ast.unparse(node)) if _is_dotted(node) else node.attr
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _is_dotted(node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _plain(name: str) -> str:
    """Return a framework's name in full, and of a variable's method or attribute its own name."""
    return name if name.partition(".")[0] in OWNERS else name.rpartition(".")[2]


def main() -> int:
    """List what is not in order, and how much is pending; return whether something is amiss."""
    chapters, known = read_all(), reviewed()
    sentences = faults(chapters, known)
    print(
        "\n".join(sentences)
        or "Every sentence with an absolute word has a check, a trap or a reason."
    )
    for chapter in chapters:
        if chapter.key in known.pending:
            count = sum(absolute.sentence not in known.reasons.get(absolute.entry, {})
                        for absolute in unbacked(chapter))  # fmt: skip
            print(f"pending: {chapter.key}, {count} sentences")
    return len(sentences) > 0


if __name__ == "__main__":
    sys.exit(main())
