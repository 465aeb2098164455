"""JupyterLab with both notebooks of a pair side by side in one window, by a workspace."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from sidebyside.errors import JupyterError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.environment import environment
from sidebyside.lessons.pairs import Pair


def workspace(pair: Pair) -> dict[str, Any]:
    """Return the JupyterLab workspace that shows `pair`, as `jupyter lab workspaces` reads it."""
    files = [pair.path(framework).relative_to(pair.root).as_posix() for framework in FRAMEWORKS]
    widgets = [f"notebook:{file}" for file in files]
    data: dict[str, Any] = {
        widget: {"data": {"path": file, "factory": "Notebook"}}
        for widget, file in zip(widgets, files, strict=True)
    }
    columns = [{"type": "tab-area", "currentIndex": 0, "widgets": [widget]} for widget in widgets]
    data["layout-restorer:data"] = {
        "main": {
            "dock": {
                "type": "split-area",
                "orientation": "horizontal",
                "sizes": [0.5, 0.5],
                "children": columns,
            },
            "current": widgets[0],
        },
        "down": {"size": 0, "widgets": []},
        "left": {"collapsed": True, "visible": True, "widgets": []},
        "right": {"collapsed": True, "visible": True, "widgets": []},
        "relativeSizes": [0, 1, 0],
    }
    return {"data": data, "metadata": {"id": name(pair)}}


def name(pair: Pair) -> str:
    """Return the name of a pair's workspace, which is part of its address in JupyterLab."""
    return f"sidebyside-{pair.topic.replace('/', '-').replace('_', '-')}"


def import_workspace(pair: Pair) -> None:
    """Hand a pair's workspace to JupyterLab.

    Raises
    ------
    JupyterError
        If JupyterLab did not take it; the message has its reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workspace.json"
        file.write_text(json.dumps(workspace(pair)), "utf-8")
        command = [sys.executable, "-m", "jupyter", "lab", "workspaces", "import", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise JupyterError(f"JupyterLab did not take the workspace: {done.stderr.strip()[-300:]}")


def open_lab(pair: Pair, browser: bool = True) -> int:
    """Start JupyterLab on a pair, and return its exit code when it ends.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when JupyterLab has ended, and the kernels that it had started.
    """
    import_workspace(pair)
    command = [sys.executable, "-m", "jupyter", "lab", f"--notebook-dir={pair.root}"]
    command += [f"--LabApp.default_url=/lab/workspaces/{name(pair)}"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return _wait_for(_started(command))


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a server that ends only when it is asked to, and then ends what it has started."""
    if os.name != "posix":
        return subprocess.Popen(command, env=environment())
    # of its own group, because JupyterLab leaves kernels behind if the terminal's Ctrl-C reaches it
    server = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, process_group=0)
    for end in (signal.SIGTERM, signal.SIGHUP):  # the latter when a terminal is closed
        signal.signal(end, lambda *_: server.terminate())
    return server


def _wait_for(server: subprocess.Popen[bytes]) -> int:
    """Return a server's exit code when it ends; Ctrl-C ends it, and is raised then."""
    interrupted = False
    while True:
        try:
            code = server.wait()
        except KeyboardInterrupt:
            if os.name == "posix":  # elsewhere Ctrl-C reaches it, and terminating would kill it
                server.terminate()
            interrupted = True
            continue
        if interrupted:
            raise KeyboardInterrupt
        return code
