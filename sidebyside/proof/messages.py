"""What the exceptions of traps say: the part of a message that is the same in every program.

A trap that `raises` has this part of the exception's message, so that `sidebyside lookup` finds its
entry by an error that a reader pastes. What changes from program to program (a shape, a number, the
name of a layer) is a ``…`` there. The proof of an entry checks that the exception still says so;
`sidebyside.proof.recording` writes the messages into the chapters.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

Place = tuple[str, int]  # an entry's key, and which of its traps, from 0

ANYTHING = "…"
LONGEST = 170  # characters; what comes after that is advice
SHORTEST = 40  # a message is not cut before

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# what Keras and TensorFlow put around the message that counts
AROUND = (
    re.compile(
        r"^Exception encountered when calling [^\n]*\n+(.*?)\n+Arguments received by .*$", re.S
    ),
    re.compile(r"^in user code:.*\n\s+\w+: (.*?)\s*$", re.S),
    re.compile(r"^(?:\{\{function_node [^}]*\}\} )?(.*?)(?: \[Op:\w+\].*)?$", re.S),
)
# what changes from program to program
CHANGES = (
    re.compile(r"\S*<[^<>]*>\S*"),  # an object as Python shows it
    re.compile(r"\bentry_\w+?\."),  # the module that an entry runs in
    re.compile(r"0x[0-9a-f]+"),
    re.compile(r"(?<=layer )(['\"])[^'\"]*\1"),
    re.compile(r"(?<=name )(['\"])[^'\"]*\1"),
    re.compile(r"\b(?=\w*\d)[0-9a-f]{8,}\b"),  # a hash
    re.compile(r"[\[(](?=[^\])]*\d)[\d\s,.*-]+[\])]"),  # a shape, a range
    re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w-])"),  # a number
)
AGAIN = re.compile(rf"{ANYTHING}(?:[\s,]*{ANYTHING})+")
TAIL = re.compile(r"[\s(]*Received:.*$|\s*(?:config=|See https?:).*$")
SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z`(])")


def stable_part(message: str) -> str:
    """Return the part of an exception's message that is the same in every program."""
    text = COLOURS.sub("", message).strip()
    for pattern in AROUND:
        if found := pattern.match(text):
            text = found[1].strip()
    text = " ".join(text.split())
    if len(short := TAIL.sub("", text)) >= SHORTEST // 2:
        text = short
    for pattern in CHANGES:
        text = pattern.sub(ANYTHING, text)
    text = AGAIN.sub(ANYTHING, _cut(text))
    return text.strip(f"{ANYTHING} :,")


def _cut(text: str) -> str:
    """Return the sentences at the beginning that are not too long together."""
    sentences = SENTENCE.split(text)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) >= SHORTEST and len(kept) + len(sentence) > LONGEST:
            break
        kept = f"{kept} {sentence}"
    return kept if len(kept) <= LONGEST else kept[:LONGEST].rpartition(" ")[0]


def is_said(pattern: str, message: str) -> bool:
    """Return whether a message has a stable part in it."""
    parts = map(re.escape, pattern.split(ANYTHING))
    text = " ".join(COLOURS.sub("", message).split())
    return re.search(".*?".join(parts), text) is not None


def with_messages(text: str, messages: Mapping[Place, str]) -> str:
    """Return a chapter's text with these messages in its traps.

    Each stands in the line below ``raises``; what was there is replaced. Nothing else changes.

    Raises
    ------
    ValueError
        If one of the traps is not in the text.
    """
    lines: list[str] = []
    counts: dict[str, int] = {}
    place: Place | None = None
    left = dict(messages)
    for line in text.split("\n"):
        if header := re.fullmatch(r"\[{1,2}([\w.-]+)\]{1,2}\s*", line):
            key, _, table = header[1].partition(".")
            counts[key] = counts.get(key, -1) + (table == "trap")
            place = (key, counts[key]) if table == "trap" else None
        if place in messages and line.startswith("message ="):
            continue
        lines.append(line)
        if place in left and line.startswith("raises ="):
            lines.append(f"message = {json.dumps(left.pop(place), ensure_ascii=False)}")
    if left:
        raise ValueError(f"There is no trap that raises: {sorted(left)}")
    changed = "\n".join(lines)
    if tomllib.loads(changed) != _expected(tomllib.loads(text), messages):
        raise ValueError("The text would change elsewhere, too.")
    return changed


def _expected(tables: dict[str, Any], messages: Mapping[Place, str]) -> dict[str, Any]:
    for (key, number), message in messages.items():
        tables[key]["trap"][number]["message"] = message
    return tables
