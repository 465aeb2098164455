"""Run a program, and end it when our own input ends.

    python guard.py nginx -c ...

Whoever starts a server this way holds the other end of a pipe. When that
process is gone, however it went, the system closes the pipe; the guard reads
the end of its input, and ends the server.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run a command until it ends, or until our input does."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def wait() -> None:
        while os.read(0, 1024):  # 0: the standard input; empty at its end
            pass
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=wait, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
