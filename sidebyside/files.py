"""Files that are written whole or not at all.

What is written gets a temporary name in its own folder first, and its real name when it is
complete; of several files that belong together, all are complete before the first is renamed. A
link is followed, so that it stays a link; a file that is replaced keeps its permissions.
"""

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sidebyside.errors import WriteError


def write_text(path: Path, text: str) -> None:
    """Write a text file, with "\\n" at the ends of its lines on every system.

    Raises
    ------
    WriteError
        If it cannot be written; what was there before is still there.
    """
    write_together({path: text.encode("utf-8")})


def write_json(path: Path, content: Any, indent: int = 1) -> None:
    """Write a JSON file; see `write_text`."""
    write_text(path, json.dumps(content, indent=indent, ensure_ascii=False) + "\n")


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files: all of them, or none if one cannot be written.

    Raises
    ------
    WriteError
        If one cannot be written.
    """
    with written_together(contents) as parts:
        for part, data in zip(parts, contents.values(), strict=True):
            part.write_bytes(data)


@contextlib.contextmanager
def written_together(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Give a temporary path for each of `paths`; they are renamed if the block ends well.

    Raises
    ------
    WriteError
        If a folder or a file cannot be written.
    """
    targets = [path.resolve() for path in paths]  # of a link, where it leads
    parts = [_part(target) for target in targets]
    at = parts[0] if parts else Path()
    try:
        for at in targets:
            at.parent.mkdir(parents=True, exist_ok=True)
            if at.is_dir():  # or the files before it would have been renamed already
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        yield parts
        for part, at in zip(parts, targets, strict=True):
            if at.exists():
                part.chmod(at.stat().st_mode)
            part.replace(at)
    except OSError as error:
        if isinstance(error, WriteError):
            raise
        raise WriteError(
            f"{at} cannot be written ({error.strerror or error}). Nothing was changed."
        ) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Check, before work begins whose result goes there, that a file can be written.

    Raises
    ------
    WriteError
        If it cannot.
    """
    folder = next(place for place in path.resolve().parents if place.exists())
    trial = folder / f".{secrets.token_hex(4)}.part"
    try:
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise WriteError(
            f"{path} cannot be written ({error.strerror or error}). Nothing was done."
        ) from error


def _part(target: Path) -> Path:
    """Return a name that no other process uses, in the same folder."""
    return target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(3)}.part")
