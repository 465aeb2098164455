"""What is removed from an executed notebook before it is stored."""

import base64
import io
import re
from pathlib import Path

import nbformat
from PIL import Image

from sidebyside.lessons.notebooks import HIDDEN, METADATA, OURS

LARGE_PICTURE = 80_000  # base64 characters
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove from a notebook what differs from run to run and tells a reader nothing.

    Time stamps, widget states, versions of the kernel, and the terminal's colours and movements
    in streams; what a progress bar wrote comes down to its last state, and the path of this
    machine's user becomes ``~``. Large pictures become JPEG, which photographs are a fifth of the
    size in. What stays of the metadata is what the lesson says of itself, and of a cell its tags
    and that its outputs are hidden.
    """
    ours = notebook.metadata.get(OURS)
    notebook.metadata = nbformat.from_dict(METADATA | ({OURS: ours} if ours else {}))
    for cell in notebook.cells:
        kept = {"tags": tags} if (tags := cell.metadata.get("tags")) else {}
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            kept |= HIDDEN
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = without_home(last_state(output.text))
            elif len(output.get("data", {}).get("image/png", "")) > LARGE_PICTURE:
                output.data["image/jpeg"] = _jpeg(output.data.pop("image/png"))
    return notebook


def last_state(text: str) -> str:
    """Return what a terminal would show of `text`, without its colours."""
    lines = []
    for line in ANSI.sub("", text).split("\n"):
        shown = ""
        for part in re.split(r"\r|\x08+", line):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return "\n".join(lines)


def without_home(text: str) -> str:
    """Return `text` with ``~`` for the folder of this machine's user."""
    return text.replace(f"{Path.home()}/", "~/")


def _jpeg(png: str) -> str:
    """Return a base64 PNG as a base64 JPEG."""
    jpeg = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        picture.convert("RGB").save(jpeg, "JPEG", quality=85)
    return base64.b64encode(jpeg.getvalue()).decode("ascii")
