"""Execute notebooks, each in a fresh kernel, and say how far they are."""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbclient.util import ensure_async

from sidebyside.checkout import build_folder
from sidebyside.errors import SidebysideError
from sidebyside.frameworks import FRAMEWORKS, OWNERS, how_to_install
from sidebyside.lessons.environment import environment
from sidebyside.lessons.notebooks import write_notebooks
from sidebyside.lessons.pairs import Pair
from sidebyside.lessons.tidying import ANSI, tidy

Progress = Callable[[str, int, int, float | None], None]


class StepFailed(SidebysideError):
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
        return how_to_install(missing[1]) if missing and missing[1] in OWNERS else ""


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
    return execute_notebook(pair.read(framework), pair, framework, data, progress)


def execute_notebook(
    notebook: nbformat.NotebookNode,
    pair: Pair,
    framework: str,
    data: str,
    progress: Progress = lambda *_: None,
) -> nbformat.NotebookNode:
    """Execute a notebook in the place of one side of a pair; see `execute`.

    Ctrl-C ends the kernel, and is raised when that has happened.
    """
    numbers = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    running = {"step": numbers[0] if numbers else 0, "since": time.perf_counter()}

    def started(cell: nbformat.NotebookNode, cell_index: int) -> None:
        running.update(step=cell_index, since=time.perf_counter())
        if cell.cell_type == "code":
            progress(cell.id, numbers.index(cell_index) + 1, len(numbers), None)

    def ended(cell: nbformat.NotebookNode, cell_index: int, execute_reply: object) -> None:
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
    with tempfile.TemporaryFile("w+") as log, asyncio.Runner(loop_factory=_Loop) as runner:
        try:
            runner.run(_finish(client, env=environment(data), stdout=log, stderr=log))
        except CellExecutionError as error:
            raise _failed(framework, cells[running["step"]]) from error
        except DeadKernelError as error:
            raise _died(framework, cells[running["step"]], log) from error
    return tidy(notebook)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that leaves signals alone: `asyncio.Runner` turns Ctrl-C into a cancellation.

    The notebook client would have it end the kernel, and then report a dead kernel.
    """

    def add_signal_handler(self, *_: object) -> None:
        raise NotImplementedError


async def _finish(client: NotebookClient, **kernel: Any) -> None:
    """Execute a notebook; whatever happens, its kernel has ended afterwards."""
    try:
        await client.async_execute(**kernel)
    except DeadKernelError:
        if (task := asyncio.current_task()) and task.cancelling():  # it died of Ctrl-C
            raise asyncio.CancelledError from None
        raise
    finally:
        if client.km is not None and client.km.has_kernel:  # Ctrl-C while it was starting
            await ensure_async(client.km.shutdown_kernel(now=True))


def save_all(notebooks: dict[str, nbformat.NotebookNode], pair: Pair, folder: Path) -> list[Path]:
    """Write the executed notebooks of a pair to `folder`, under their own names."""
    named = {folder / pair.path(side).name: notebook for side, notebook in notebooks.items()}
    write_notebooks(named)
    return list(named)


def runs_folder(pair: Pair) -> Path:
    """Return where the last run of a pair is kept when it is not saved."""
    return build_folder("runs", pair.root) / pair.topic


def _failed(framework: str, cell: nbformat.NotebookNode) -> StepFailed:
    errors = [output for output in cell.outputs if output.output_type == "error"]
    traceback = "\n".join(errors[-1].traceback) if errors else "no traceback"
    return StepFailed(framework, cell.id, cell.source, ANSI.sub("", traceback).strip())


def _died(framework: str, cell: nbformat.NotebookNode, log: IO[str]) -> StepFailed:
    log.seek(0)
    last_words = "".join(log.readlines()[-10:])
    reason = (
        "The kernel died. Usually there was not enough memory: close other programs, "
        f"or run it with --data sample. Its last output:\n{last_words}"
    )
    return StepFailed(framework, cell.id, cell.source, reason.strip())
