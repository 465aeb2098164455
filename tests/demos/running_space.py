"""A Space, started from its folder alone."""

import contextlib
import os
import subprocess
import sys

from sidebyside.checkout import ROOT

ALONE = """
import runpy, sys
sys.path = [".", *(path for path in sys.path if path not in ("", sys.argv[1]))]
runpy.run_path("app.py", run_name="__main__")
"""


@contextlib.contextmanager
def running(folder):
    """Start a Space with nothing of this checkout in reach, and give its address."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with open(folder.parent / "log", "w+") as log, _started(folder, variables, log) as process:
        address = process.stdout.readline().strip()
        log.seek(0)
        assert address.startswith("http://127.0.0.1:"), log.read()
        yield address


@contextlib.contextmanager
def _started(folder, variables, log):
    with subprocess.Popen(
        [sys.executable, "-c", ALONE, str(ROOT)],
        cwd=folder,
        env={**variables, "SIDEBYSIDE_DATA_DIR": str(folder.parent / "data")},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
