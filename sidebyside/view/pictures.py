"""Pictures: those that a text names, those that code has drawn, and how a page has them."""

import base64
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

KINDS = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


@dataclass(frozen=True)
class Picture:
    """A picture: its bytes and its media type."""

    data: bytes
    kind: str

    @property
    def name(self) -> str:
        """The name of its file on the site, where equal pictures are one file.

        myst-nb gives it the same name: a pair's three pages share the file.
        """
        suffix = mimetypes.guess_extension(self.kind) or ""
        return hashlib.sha256(self.data).hexdigest() + (".jpeg" if suffix == ".jpe" else suffix)

    @property
    def inline(self) -> str:
        """An address that is the picture itself."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode('ascii')}"


Show = Callable[[Picture], str]  # returns the address that shows a picture


def named(target: str, folder: Path, root: Path) -> Picture | None:
    """Return the picture that a text names, or None if the repository has no such picture.

    Whatever the text says, no file from outside of the repository is read, and none that is not
    a picture by its name.

    Parameters
    ----------
    target
        Its address in the text.
    folder
        The folder that the text is in.
    root
        The repository.
    """
    path = unquote(target)
    if PureWindowsPath(path).anchor:  # absolute, on any system
        return None
    try:
        file = (folder / path).resolve()
        if not file.is_relative_to(root.resolve()) or not file.is_file():
            return None
    except (OSError, ValueError):  # no name that a file could have
        return None
    kind = KINDS.get(file.suffix.lower())
    return Picture(file.read_bytes(), kind) if kind else None
