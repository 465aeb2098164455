"""Prove entries: run both sides, compare them, and show that the traps are traps.

``python -m sidebyside.proof FILE [KEY ...]`` runs a chapter, or some of its entries.
"""

import argparse
import math
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from sidebyside.dictionary.entries import Chapter, DictionaryError, Entry, Trap, read
from sidebyside.dictionary.names import wrong_names
from sidebyside.frameworks import FRAMEWORKS, other
from sidebyside.proof.differences import (
    EntryFailed,
    Side,
    absolute,
    compare_gradients,
    compare_results,
    distance,
    quantile_difference,
    quantile_distance,
)
from sidebyside.proof.messages import is_said
from sidebyside.proof.sides import clean, run_sides

DIGITS = 0.06  # how far a trap's difference may be from the one that is written, relative to it
LEAST = 10  # a trap's difference is at least so many times the tolerance
ALONE = "sidebyside.proof"


@dataclass
class Proof:
    """What was measured of an entry: the largest relative differences, None without any."""

    values: float | None = None
    gradients: float | None = None
    traps: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{name} {value:.1e}" for name in ("values", "gradients")
                 if (value := getattr(self, name)) is not None]  # fmt: skip
        return "; ".join([*parts, *self.traps]) or "checks hold"


def prove(entry: Entry, chapter: Chapter) -> Proof:
    """Run an entry and its traps.

    Raises
    ------
    EntryFailed
        If the sides differ by more than the entry says, or a trap does not; if a line fails.
    """
    if entry.alone:
        return _prove_alone(entry, chapter)
    if wrong := wrong_names(entry):
        raise EntryFailed(" ".join(wrong))
    with clean():
        sides = run_sides(entry, chapter, entry.lines)
    proof = Proof()
    if entry.tolerance is not None:
        proof.values = compare_results(entry, *sides.values())
        proof.gradients = compare_gradients(entry, *sides.values())
    for trap in entry.traps:
        proof.traps.append(_prove_trap(entry, chapter, trap))
    return proof


def error_of(entry: Entry, chapter: Chapter, trap: Trap) -> Exception | None:
    """Return what a trap that `raises` ends with; None if nothing is raised."""
    try:
        _run_trap(entry, chapter, trap)
    except Exception as error:
        return error
    return None


def _run_trap(entry: Entry, chapter: Chapter, trap: Trap) -> dict[str, Side]:
    with clean():
        return run_sides(entry, chapter, entry.lines | {trap.framework: trap.lines})


def _prove_trap(entry: Entry, chapter: Chapter, trap: Trap) -> str:
    """Return what the trap gave, if it is what the entry says of it."""
    what = f"the trap in {FRAMEWORKS[trap.framework]} ({trap.lines.splitlines()[-1].strip()})"
    if trap.raises:
        return _prove_raises(trap, what, error_of(entry, chapter, trap))
    try:
        found = _run_trap(entry, chapter, trap)
    except EntryFailed:
        raise
    except Exception as error:
        raise EntryFailed(f"{what} raises {type(error).__name__}: {error}") from error
    left, right = found[trap.framework], found[other(trap.framework)]
    if trap.gives:
        return _prove_gives(trap.gives, what, left, right)
    measured = _trap_difference(entry, trap, what, left, right)
    stated = trap.difference if trap.difference is not None else trap.gradient_difference
    if stated is None or not math.isclose(measured, stated, rel_tol=DIGITS):
        raise EntryFailed(f"{what} differs by {measured:.2g}; the entry says {stated:g}.")
    return f"trap {measured:.2g}"


def _prove_raises(trap: Trap, what: str, error: Exception | None) -> str:
    """Return what was raised, if its name and its message are those that are written."""
    if error is None:
        raise EntryFailed(f"{what} does not raise {trap.raises}.")
    if isinstance(error, EntryFailed):
        raise error
    if trap.raises not in {kind.__name__ for kind in type(error).__mro__}:
        raise EntryFailed(f"{what} raises {type(error).__name__}: {error}") from error
    if trap.message and not is_said(trap.message, str(error)):
        raise EntryFailed(
            f"{what} raises {trap.raises}, but says {str(error)!r}, not {trap.message!r}. "
            "'python -m sidebyside.proof.recording messages --save' writes it."
        ) from error
    return f"trap raises {trap.raises}"


def _prove_gives(gives: str, what: str, left: Side, right: Side) -> str:
    """Return what was given, if it is what is written, and the other side does not give it."""
    ours, theirs = (set().union(*(leaf.texts for leaf in side.results)) for side in (left, right))
    if gives not in ours or gives in theirs:
        raise EntryFailed(
            f"{what} should give {gives!r}, and the other side is not. It gives "
            f"{' | '.join(sorted(ours))}, the other {' | '.join(sorted(theirs))}."
        )
    return f"trap gives {gives}"


def _trap_difference(entry: Entry, trap: Trap, what: str, left: Side, right: Side) -> float:
    """Return the largest absolute difference from the other side, which is not too small."""
    gradients = trap.difference is None
    pairs = list(_gradient_pairs(left, right) if gradients else _value_pairs(left, right))
    if not pairs or len(left.results) != len(right.results):
        raise EntryFailed(f"{what} gives nothing to compare; say what it 'gives', or 'raises'.")
    for a, b in pairs:
        if a.shape != b.shape:
            raise EntryFailed(f"{what} gives shape {a.shape}, not {b.shape}: say so in 'gives'.")
    drawn = entry.compare == "distribution"
    relative = max((quantile_distance if drawn else distance)(a, b) for a, b in pairs)
    if relative <= (1 if drawn else LEAST) * (entry.tolerance or 0):
        raise EntryFailed(f"{what} differs by {relative:.2g} only: too little for a difference.")
    return max((quantile_difference if drawn else absolute)(a, b) for a, b in pairs)


def _value_pairs(left: Side, right: Side) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for a, b in zip(left.results, right.results, strict=False):
        if a.array is not None and b.array is not None:
            yield a.array, b.array


def _gradient_pairs(left: Side, right: Side) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for name, a in left.gradients.items():
        b = right.gradients.get(name)
        if a is not None and b is not None:
            yield a, b


# ---- in a process of its own, and from the command line ----


def _prove_alone(entry: Entry, chapter: Chapter) -> Proof:
    command = [sys.executable, "-m", ALONE, "--here", str(chapter.file), entry.key]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith(f"{entry.key}: ")]
    if done.returncode or not said:
        raise EntryFailed(f"in a process of its own:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return Proof(traps=[said[0].partition(": ")[2]])


def main(words: list[str] | None = None) -> int:
    """Run a chapter, or some of its entries, one line each; return how many do not hold."""
    parser = argparse.ArgumentParser(prog=f"python -m {ALONE}", description=__doc__)
    parser.add_argument("file", type=Path, help="a chapter: dictionary/09_layers.toml")
    parser.add_argument("keys", nargs="*", help="its entries; all if none is named")
    parser.add_argument(
        "--here", action="store_true", help="in this process, also if an entry asks for its own"
    )
    chosen = parser.parse_args(words)
    chapter = read(chosen.file)
    unknown = set(chosen.keys) - {entry.key for entry in chapter.entries}
    if unknown:
        raise DictionaryError(f"{chosen.file.name} has no entry {sorted(unknown)[0]!r}.")
    failed = 0
    for entry in chapter.entries:
        if chosen.keys and entry.key not in chosen.keys:
            continue
        failed += not _say(entry, chapter, chosen.here)
    return failed


def _say(entry: Entry, chapter: Chapter, here: bool) -> bool:
    entry = msgspec.structs.replace(entry, alone=False) if here else entry
    try:
        print(f"{entry.key}: {prove(entry, chapter)}", flush=True)
        return True
    except EntryFailed as error:
        print(f"{entry.key} FAILED: {error}", flush=True)
    except Exception:
        print(f"{entry.key} FAILED:\n{traceback.format_exc(limit=-6)}", flush=True)
    return False
