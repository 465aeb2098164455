"""The page: what is asked on the left, both frameworks' answers beside it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidebyside.demos.answering import Sides
from sidebyside.errors import DemoError, InputError
from sidebyside.frameworks import FRAMEWORKS

if TYPE_CHECKING:
    import gradio

    from sidebyside.demos.definition import Asked

EXAMPLES, UPLOADS = "examples", "uploads"  # folders
MOST_WAITING = 64  # questions; further ones are refused with a sentence
LARGEST = "30mb"  # of a file
PATIENCE = 60  # seconds
CACHE_SECONDS = 3600  # after which an upload is deleted
COLUMN = 240  # pixels, the least width of each of the three
CSS = """
.gradio-container { max-width: 1280px !important; margin: auto !important; }
.pytorch, .tensorflow { border-top: 4px solid #b34700; padding-top: 8px; }
.tensorflow { border-top-color: #00696b; }
"""  # the colours of the site
TRAINED = {
    "full": "Both models were trained on the original data.",
    "sample": "Both models were trained on the small sample only: they know its patterns, and "
    "nothing of the world.",
}


def build(sides: Sides, folder: Path) -> gradio.Blocks:
    """Return the page.

    Parameters
    ----------
    folder
        Where its files are: EXAMPLES, and UPLOADS, which must be Gradio's own folder.
    """
    import gradio as gr

    demo, lesson = sides.demo, sides.first
    with gr.Blocks(
        title=f"{sides.title}, in both frameworks",
        analytics_enabled=False,
        fill_width=True,  # up to what CSS says
        delete_cache=(CACHE_SECONDS, CACHE_SECONDS),
    ) as page:
        gr.Markdown(f"# {sides.title}\n\n{demo.intro} {TRAINED[sides.data]}")
        with gr.Row():
            with gr.Column(min_width=COLUMN):
                inputs = list(demo.inputs(lesson))
                button = gr.Button("Ask both", variant="primary")
                outputs = [gr.Markdown()]
            for framework, name in FRAMEWORKS.items():
                with gr.Column(min_width=COLUMN, elem_classes=framework):
                    gr.Markdown(f"## {name}")
                    outputs += [demo.output(lesson), gr.Markdown()]
        examples = [
            [str(value) if isinstance(value, Path) else value for value in example]  # as File wants
            for example in demo.examples(lesson, folder / EXAMPLES)
        ]
        gr.Examples(examples, inputs, label="Click on an example")
        button.click(
            (_streaming if sides.streams else _at_once)(sides, folder / UPLOADS),
            inputs,
            outputs,
            api_name="answer",
            concurrency_limit=1,  # or the times would be those of two questions at once
            preprocess=False,  # the values as they come: `Demo.read` looks at them
        )
    page.queue(max_size=MOST_WAITING)
    return page


def _at_once(sides: Sides, uploads: Path) -> Any:
    def answer(*values: Any) -> list[Any]:
        return list(_updates(sides, uploads, values))[-1]

    return answer


def _streaming(sides: Sides, uploads: Path) -> Any:
    def answer(*values: Any) -> Iterator[list[Any]]:
        yield from _updates(sides, uploads, values)

    return answer


def _updates(sides: Sides, uploads: Path, values: tuple[Any, ...]) -> Iterator[list[Any]]:
    """Yield the values of all outputs, again and again as the answers come in."""
    asked = _read(sides, uploads, values)
    shown = dict.fromkeys(FRAMEWORKS, (None, ""))
    for framework in FRAMEWORKS:
        for value, seconds in sides.answers(framework, asked.value):
            shown[framework] = (value, _in_words(seconds))
            yield [asked.note, *(part for side in shown.values() for part in side)]


def _read(sides: Sides, uploads: Path, values: tuple[Any, ...]) -> Asked:
    import gradio as gr

    try:
        for value in values:
            _require_upload(value, uploads)
        return sides.demo.read(sides.first, *values)
    except InputError as error:
        raise gr.Error(str(error), title="Not this one", print_exception=False) from None


def _require_upload(value: Any, uploads: Path) -> None:
    """Check that a file was uploaded: a program may name any file of this machine.

    Gradio looks at this only if the value says that it is a file.
    """
    path = value.get("path") if isinstance(value, Mapping) else None
    if path and not Path(str(path)).resolve().is_relative_to(uploads.resolve()):
        raise InputError("Only files that were uploaded to this page can be read.")


def _in_words(seconds: float) -> str:
    time = f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"
    return f"Answered in {time}"


def _launch(page: gradio.Blocks, options: dict[str, Any]) -> None:
    import gradio as gr

    try:
        page.launch(
            prevent_thread_lock=True,
            share=False,
            quiet=True,
            ssr_mode=False,
            max_file_size=LARGEST,
            footer_links=["api"],
            theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
            css=CSS,
            **options,
        )
    except OSError as error:  # the port is taken
        raise DemoError(f"The page cannot be opened: {error}") from error
    except ValueError as error:  # Gradio waits for three seconds, a busy machine needs more
        if not _answers(page.local_url):
            page.close(verbose=False)
            raise DemoError(
                f"The page does not answer at {page.local_url}. If a proxy is in the way, set "
                f"NO_PROXY=127.0.0.1."
            ) from error


def _answers(address: str) -> bool:
    """Return whether a page of this machine answers within PATIENCE."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), direct.open(address, timeout=PATIENCE) as answer:
        return bool(answer.status == HTTPStatus.OK)
    return False


@contextlib.contextmanager
def opened(sides: Sides, **options: Any) -> Iterator[gradio.Blocks]:
    """Open the page; it is closed, and what was uploaded deleted, when the block ends.

    Parameters
    ----------
    **options
        For Gradio's `launch`. Without a ``server_name`` it is the loopback address, unless the
        variable GRADIO_SERVER_NAME names another, as on a Hugging Face Space.

    Raises
    ------
    DemoError
        If the port is taken, or the page does not answer.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        os.environ["GRADIO_TEMP_DIR"] = str(folder / UPLOADS)
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        (folder / EXAMPLES).mkdir()
        page = build(sides, folder)
        _launch(page, options)
        try:
            yield page
        finally:
            page.close(verbose=False)
