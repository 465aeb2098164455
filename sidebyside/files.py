"""Files and folders that are written whole or not at all.

What is written gets a temporary name in its own folder first, and its real name when it is
complete; of several files that belong together, all are complete before the first is renamed. A
link is followed, so that it stays a link; a file that is replaced keeps its permissions, and a new
one has those that the user's mask gives it.
"""

import contextlib
import errno
import itertools
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sidebyside.errors import RecordError, WriteError

PART = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)-[0-9a-f]{6}\.part")  # what `_part` makes
QUIET = 60  # seconds without a write, after which the part of a dead process is a leftover


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


def read_json(path: Path) -> Any:
    """Return what a JSON file holds that a command wrote.

    Raises
    ------
    RecordError
        If it is no longer JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            f"{path} is not JSON ({error}). Take its last version: in its folder, "
            f"'git checkout -- {path.name}'."
        ) from None


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
        _rename_all(parts, targets)
    except OSError as error:
        if isinstance(error, WriteError):
            raise
        raise WriteError(
            f"{at} cannot be written ({error.strerror or error}). Nothing was changed."
        ) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def write_folder(target: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder of files, all of which are complete before the first has its real name.

    A new folder appears as a whole. In one that is there already only those files are replaced
    that differ, and what else it holds stays.

    Parameters
    ----------
    target
        The folder.
    contents
        What the files hold, by their names.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    target = target.resolve()
    part = _part(target)
    try:
        part.mkdir(parents=True)
        for name, content in contents.items():
            (part / name).write_bytes(content)
        try:
            part.rename(target)
        except OSError:
            if not target.is_dir():
                raise
            for name, content in contents.items():
                if not _holds(target / name, content):
                    _rename(part / name, target / name)
    except OSError as error:
        raise WriteError(f"{target} cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def put_aside(files: Iterable[Path], folder: Path) -> Path:
    """Move files to a new folder, where none of them can replace another.

    Returns
    -------
    pathlib.Path
        The new folder: `folder`, or if there is one, the first free of ``folder-2``, ``folder-3``.

    Raises
    ------
    WriteError
        If a file cannot be moved.
    """
    names = itertools.chain([folder.name], (f"{folder.name}-{n}" for n in itertools.count(2)))
    new = next(path for name in names if not (path := folder.with_name(name)).exists())
    try:
        new.mkdir()
        for file in files:
            file.rename(new / file.name)
    except OSError as error:
        raise WriteError(f"{new} cannot be written ({error.strerror or error}).") from error
    return new


def remove_leftovers(targets: Iterable[Path]) -> None:
    """Remove what killed processes left behind while they wrote `targets`.

    It goes if the process that its name tells has ended, and if nothing has been written to it
    for a minute: where two machines share a folder, the process may be alive on the other.
    """
    names: dict[Path, set[str]] = {}
    for target in targets:
        resolved = target.resolve()
        names.setdefault(resolved.parent, set()).add(resolved.name)
    for folder, own in names.items():
        with contextlib.suppress(OSError):  # no such folder, or somebody else's
            for part in list(folder.iterdir()):
                found = PART.fullmatch(part.name)
                if found and found["name"] in own and _is_abandoned(part, int(found["process"])):
                    _remove(part)


def require_writable(path: Path) -> None:
    """Check, before work begins whose result goes there, that a file can be written.

    Raises
    ------
    WriteError
        If it cannot.
    """
    try:
        folder = next(place for place in path.resolve().parents if place.exists())
        trial = folder / f".{secrets.token_hex(4)}.part"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise WriteError(
            f"{path} cannot be written ({error.strerror or error}). Nothing was done."
        ) from error


def _part(target: Path) -> Path:
    """Return a name that no other process uses, in the same folder."""
    return target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(3)}.part")


def _rename_all(parts: list[Path], targets: list[Path]) -> None:
    """Rename several files; if one cannot be, the targets before it get back what they held."""
    renamed: list[tuple[Path, Path | None]] = []
    try:
        for part, target in zip(parts, targets, strict=True):
            before = _second_name(target) if len(targets) > 1 else None
            try:
                _rename(part, target)
            except OSError as error:
                _restore(renamed)
                raise WriteError(
                    f"{target} cannot be written ({error.strerror or error}). Nothing was changed."
                ) from error
            finally:
                renamed.append((target, before))
    finally:
        for _, before in renamed:
            if before:
                before.unlink(missing_ok=True)


def _second_name(target: Path) -> Path | None:
    """Return a file that stays what `target` is now; None if there is none."""
    if not target.exists():
        return None
    second = _part(target)
    try:
        second.hardlink_to(target)
    except OSError:  # not every file system has them
        shutil.copy2(target, second)
    return second


def _restore(renamed: list[tuple[Path, Path | None]]) -> None:
    for target, before in renamed:
        if before:
            before.replace(target)
        else:
            target.unlink()


def _rename(part: Path, target: Path) -> None:
    if target.exists():
        part.chmod(target.stat().st_mode)
    part.replace(target)


def _holds(file: Path, content: bytes) -> bool:
    return file.is_file() and file.read_bytes() == content


def _is_abandoned(part: Path, process: int) -> bool:
    import psutil  # only what a killed process left behind needs it

    return time.time() - part.stat().st_mtime > QUIET and not psutil.pid_exists(process)


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink()
