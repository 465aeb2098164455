"""The members of tar and zip archives, refused if one would land outside the data folder."""

import contextlib
import functools
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sidebyside.errors import UnsafeArchiveError


@dataclass(frozen=True)
class Member:
    """A member of an archive that is open."""

    name: str  # as the archive has it
    target: Path | None  # where it points to if it is a link, from the folder of all members
    open: Callable[[], IO[bytes] | None]  # gives None if it is not a file

    def read(self) -> bytes | None:
        """Return what it holds; None if it is not a file."""
        stream = self.open()
        if stream is None:
            return None
        with stream:
            return stream.read()


@contextlib.contextmanager
def opened(archive: Path, folder: Path) -> Iterator[dict[str, Member]]:
    """Give the members of an archive by their names; they can be read inside the block.

    Parameters
    ----------
    archive
        A zip archive, or a tar archive however compressed; told apart by what it holds.
    folder
        Where the members will be put.

    Raises
    ------
    UnsafeArchiveError
        If a member, or what a link among them points to, would land outside `folder`.
    """
    with contextlib.ExitStack() as stack:
        if zipfile.is_zipfile(archive):
            members = _zip_members(stack.enter_context(zipfile.ZipFile(archive)))
        else:
            members = _tar_members(stack.enter_context(tarfile.open(archive)))
        for member in members:
            _refuse_outside(member, folder, archive)
        yield {member.name.removeprefix("./"): member for member in members}


def _tar_members(tar: tarfile.TarFile) -> list[Member]:
    members = []
    for info in tar:
        target = Path(info.linkname) if info.islnk() else None
        if info.issym():
            target = Path(info.name).parent / info.linkname
        opener = functools.partial(tar.extractfile, info) if info.isfile() else _not_a_file
        members.append(Member(info.name, target, opener))
    return members


def _zip_members(pack: zipfile.ZipFile) -> list[Member]:
    members = []
    for info in pack.infolist():
        target = None
        if stat.S_ISLNK(info.external_attr >> 16):  # its content is where it points to
            target = Path(info.filename).parent / os.fsdecode(pack.read(info))
        is_file = target is None and not info.is_dir()
        opener = functools.partial(pack.open, info) if is_file else _not_a_file
        members.append(Member(info.filename, target, opener))
    return members


def _not_a_file() -> None:
    return None


def _refuse_outside(member: Member, folder: Path, archive: Path) -> None:
    root = folder.resolve()
    landing = [root / member.name, root / (member.target or "")]
    if not all(path.resolve().is_relative_to(root) for path in landing):
        raise UnsafeArchiveError(
            f"{archive} was not unpacked: its member {member.name!r} would land outside "
            f"{folder}. Delete the archive; it is not the one that this project describes."
        )
