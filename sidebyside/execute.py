"""Execute notebooks, each in a fresh kernel, and say how far they are."""

import base64
import importlib.util
import io
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from PIL import Image

from sidebyside.pairs import FRAMEWORKS, Pair, write_notebook

Progress = Callable[[str, int, int, float | None], None]

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LARGE_PICTURE = 80_000  # base64 characters
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
MODULES = {
    "torch": "pytorch",
    "torchvision": "pytorch",
    "tensorflow": "tensorflow",
    "keras": "tensorflow",
}


class StepFailed(RuntimeError):
    """A cell raised an error, or the kernel died in it.

    Attributes
    ----------
    framework, step
        Which notebook, and the id of the cell.
    source
        The cell's code.
    error
        The traceback, without colours, or what became of the kernel.
    """

    def __init__(self, framework: str, step: str, source: str, error: str):
        super().__init__(f"{FRAMEWORKS[framework]}: the step {step!r} failed.")
        self.framework, self.step, self.source, self.error = framework, step, source, error

    @property
    def hint(self) -> str:
        """What to do about it, if that can be told."""
        missing = re.search(r"No module named '(\w+)", self.error)
        return _install(missing[1]) if missing and missing[1] in MODULES else ""


def missing_frameworks() -> dict[str, str]:
    """Return the frameworks that are not installed here, each with a sentence on what to do."""
    return {
        MODULES[module]: _install(module)
        for module in ("torch", "tensorflow")
        if importlib.util.find_spec(module) is None
    }


def require_frameworks() -> None:
    """Raise a `RuntimeError` that says what to do if one of the frameworks is not installed."""
    if missing := missing_frameworks():
        raise RuntimeError(" ".join(missing.values()))


def _install(module: str) -> str:
    return (
        f"{module} is not installed in this environment. Install everything with "
        f"'pip install -r requirements.txt', or this framework alone with "
        f"'pip install -e .[{MODULES[module]}]'."
    )


def execute(
    pair: Pair, framework: str, data: str, progress: Progress = lambda *_: None
) -> nbformat.NotebookNode:
    """Execute one side of a pair and return it with its outputs; no file is written.

    Parameters
    ----------
    data
        The data size: ``full`` or ``sample``.
    progress
        Called as ``progress(step, number, count, seconds)`` when a code cell starts, with None
        for the seconds, and when it has ended.

    Raises
    ------
    StepFailed
        If a cell raises an error (and is not tagged ``raises-exception``), or the kernel dies.
    """
    notebook = pair.read(framework)
    numbers = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    running = {"step": numbers[0] if numbers else 0, "since": time.perf_counter()}

    def started(cell, cell_index):
        running.update(step=cell_index, since=time.perf_counter())
        if cell.cell_type == "code":
            progress(cell.id, numbers.index(cell_index) + 1, len(numbers), None)

    def ended(cell, cell_index, execute_reply):
        seconds = time.perf_counter() - running["since"]
        progress(cell.id, numbers.index(cell_index) + 1, len(numbers), seconds)

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(pair.folder)}},
        coalesce_streams=True,
        # what TensorFlow's C++ code says at its start stays on the terminal's side
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        on_cell_start=started,
        on_cell_executed=ended,
    )
    cells = notebook.cells
    with tempfile.TemporaryFile("w+") as log:
        try:
            client.execute(env={**os.environ, "SIDEBYSIDE_DATA": data}, stdout=log, stderr=log)
        except CellExecutionError as error:
            raise _failed(framework, cells[running["step"]]) from error
        except DeadKernelError as error:
            raise _died(framework, cells[running["step"]], log) from error
    return tidy(notebook)


def save_all(notebooks: dict[str, nbformat.NotebookNode], pair: Pair, folder: Path) -> list[Path]:
    """Write the executed notebooks of a pair to `folder`, under their own names."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for framework, notebook in notebooks.items():
        paths.append(folder / pair.path(framework).name)
        write_notebook(notebook, paths[-1])
    return paths


def runs_folder(pair: Pair) -> Path:
    """Return where the last run of a pair is kept when it is not saved."""
    return pair.root / "build" / "runs" / pair.topic


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove from a notebook what differs from run to run and tells a reader nothing.

    Time stamps, widget states, versions of the kernel, and the terminal's colours and movements
    in streams; what a progress bar wrote comes down to its last state. Large pictures become
    JPEG, which photographs are a fifth of the size in.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = last_state(output.text)
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


def _jpeg(png: str) -> str:
    """Return a base64 PNG as a base64 JPEG."""
    jpeg = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        picture.convert("RGB").save(jpeg, "JPEG", quality=85)
    return base64.b64encode(jpeg.getvalue()).decode("ascii")


def _failed(framework: str, cell: nbformat.NotebookNode) -> StepFailed:
    errors = [output for output in cell.outputs if output.output_type == "error"]
    traceback = "\n".join(errors[-1].traceback) if errors else "no traceback"
    return StepFailed(framework, cell.id, cell.source, ANSI.sub("", traceback).strip())


def _died(framework: str, cell: nbformat.NotebookNode, log: IO[str]) -> StepFailed:
    log.seek(0)
    last_words = "".join(log.readlines()[-10:])
    reason = (
        "The kernel died. Most often the memory did not suffice: close other programs, "
        f"or run it with --data sample. The last that it wrote:\n{last_words}"
    )
    return StepFailed(framework, cell.id, cell.source, reason.strip())
