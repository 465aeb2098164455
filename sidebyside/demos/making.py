"""The weights of a demo: where they are kept, whether they fit, making them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO, Any

from sidebyside.checkout import build_folder
from sidebyside.demos.answering import DemoFiles, load_demo
from sidebyside.demos.cells import read_cells
from sidebyside.demos.kept import fingerprint, unpack
from sidebyside.errors import DataError, DemoError
from sidebyside.files import require_writable
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.environment import environment
from sidebyside.lessons.execution import StepFailed
from sidebyside.lessons.pairs import Pair

DEMO = "demo.py"  # beside a project's notebooks

Progress = Callable[[str, float, str], None]


def demo_files(pair: Pair, data: str) -> DemoFiles:
    """Return the files of a project's demo, whether or not they are there yet."""
    folder = build_folder("demos", pair.root) / pair.topic / data
    return DemoFiles(
        demo=pair.folder / DEMO,
        notebooks={framework: pair.path(framework) for framework in FRAMEWORKS},
        weights={framework: folder / f"{framework}.npz" for framework in FRAMEWORKS},
    )


def chosen_size(pair: Pair) -> str:
    """Return the data size to show a demo with: ``sample`` if only its weights are there."""
    there = {
        data
        for data in ("full", "sample")
        if all(file.is_file() for file in demo_files(pair, data).weights.values())
    }
    return "sample" if there == {"sample"} else "full"


def missing_weights(files: DemoFiles) -> list[str]:
    """Return the frameworks whose weights are not there, or do not fit the notebook any more."""
    demo = load_demo(files.demo)
    return [framework for framework in FRAMEWORKS if not _fits(demo, files, framework)]


def _fits(demo: Any, files: DemoFiles, framework: str) -> bool:
    if not files.weights[framework].is_file():
        return False
    cells = read_cells(files.notebooks[framework])
    return bool(unpack(files.weights[framework]).about["cells"] == fingerprint(demo, cells))


def about(pair: Pair, data: str) -> str:
    """Return what a file of weights says of where it is from, as JSON."""
    return json.dumps({"topic": pair.topic, "title": pair.title, "data": data})


def make(
    pair: Pair, framework: str, data: str, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """Train one notebook's model, and keep it; return what is known of it.

    Parameters
    ----------
    data
        The data size: ``full`` or ``sample``.
    progress
        Called as ``progress(framework, share, step)``: how much is done, and which step is next.

    Raises
    ------
    StepFailed
        If a cell raises an error, or the process dies.
    DataError
        If the data set cannot be had.
    DemoError
        If the notebook lacks what the demo names.
    """
    files = demo_files(pair, data)
    result = files.weights[framework]
    require_writable(result)
    command = [sys.executable, "-P", "-m", "sidebyside.demos.maker"]
    command += [str(pair.path(framework)), framework, str(files.demo), about(pair, data)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command, str(result)],
            cwd=pair.folder,
            env={**environment(data), "MPLBACKEND": "Agg", "IPYTHONDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )
        with _ending(process):
            assert process.stdout
            for line in process.stdout:
                _heed(json.loads(line), framework, progress)
            if process.wait():
                raise StepFailed(framework, "train", "", _last_words(process.returncode, log))
    return unpack(result).about


@contextlib.contextmanager
def _ending(process: subprocess.Popen[str]) -> Any:
    """End a process with the block, however that ends."""
    try:
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _heed(message: dict[str, Any], framework: str, progress: Progress) -> None:
    """Pass a message of the process on.

    Raises
    ------
    StepFailed, DataError, DemoError
        If it says that the process has failed.
    """
    if refused := message.get("refused"):
        raise DemoError(refused)
    if failed := message.get("failed"):
        if failed["data_error"]:
            raise DataError(failed["data_error"])
        raise StepFailed(framework, failed["step"], failed["source"], failed["error"])
    progress(framework, message["share"], message["step"])


def _last_words(code: int, log: IO[str]) -> str:
    log.seek(0)
    return (
        f"The process ended with exit code {code}. Most often there was not enough memory. Its "
        f"last output:\n{''.join(log.readlines()[-10:])}"
    )
