"""Show a demo until it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sidebyside.demos.answering import DemoFiles, load_sides

POLL = 0.5  # seconds: on Windows, Ctrl-C does not end a wait without an end


def say(address: str) -> None:
    """Print the page's address at once."""
    print(address, flush=True)


def serve(files: DemoFiles, ready: Callable[[str], None] = say, **options: Any) -> None:
    """Load both sides, open the page, and wait for Ctrl-C.

    Parameters
    ----------
    ready
        Called with the page's address when it is open.
    **options
        For Gradio's `launch`.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when the page is closed.
    """
    from sidebyside.demos.gradio_page import opened

    sides = load_sides(files)
    sides.warm_up()
    with opened(sides, **options) as page:
        ready(page.local_url)
        while page.server.thread.is_alive():
            page.server.thread.join(POLL)
