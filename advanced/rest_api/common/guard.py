"""Run a command, and end it when the other end of our input is closed.

``python -m common.guard COMMAND ...``: whoever starts it holds a pipe to its
input. When that process is gone, however it went, the system closes the pipe,
and the command gets a SIGTERM, as it does when the guard gets one.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Return the exit code of the command."""
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: command.terminate())
    signal.signal(signal.SIGINT, lambda *_: command.terminate())

    def wait() -> None:
        while os.read(0, 1024):  # 0: the standard input; empty at its end
            pass
        command.terminate()
        try:
            command.wait(timeout=30)
        except subprocess.TimeoutExpired:
            command.kill()

    threading.Thread(target=wait, daemon=True).start()
    return command.wait()


if __name__ == "__main__":
    sys.exit(main())
