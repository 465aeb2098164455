"""Weights from one framework's file into the other's."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from sidebyside.cli.console import console, fail
from sidebyside.files import require_writable, written_together
from sidebyside.frameworks import FRAMEWORKS, require

app = typer.Typer()


@app.command()
def port(
    source: Annotated[Path, typer.Argument(help="The file that holds the weights.")],
    target: Annotated[
        Path,
        typer.Argument(
            help="The model or state dict that receives them; this file is not changed."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    pair: Annotated[
        list[str] | None,
        typer.Option(help="Two layers that belong together, as PYTORCH=KERAS; may be repeated."),
    ] = None,
    flattened: Annotated[
        list[str] | None,
        typer.Option(
            help="The shape of the maps that PyTorch flattens before a layer, channels first, as "
            "LAYER=64,7,7. One number means the same order on both sides."
        ),
    ] = None,
    unflattened: Annotated[
        list[str] | None,
        typer.Option(help="The shape of the maps that PyTorch makes of a layer's outputs."),
    ] = None,
) -> None:
    """Copy weights between PyTorch and Keras, from file to file, without the models' code.

    One of SOURCE and TARGET is a Keras model (.keras); the other holds weights of PyTorch by name
    (.safetensors, or a state dict that torch.save wrote). What names and shapes do not show
    is refused, and not guessed: the message says which option decides it.
    """
    require(*FRAMEWORKS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from sidebyside.parity.file_port import Options, port_files

    options = Options(
        dict(_two(text, "--pair", "PYTORCH=KERAS") for text in pair or []),
        _shapes(flattened or [], "--flattened"),
        _shapes(unflattened or [], "--unflattened"),
    )
    require_writable(output)
    ported = port_files(source, target, output, options)
    with written_together([output]) as (part,):
        ported.write(part)
    table = Table("PyTorch", "Keras", "shape in Keras", box=box.SIMPLE_HEAD)
    for mapping in ported.mappings:
        names = "\n".join(mapping.torch_names)
        table.add_row(escape(names), escape(mapping.name), str(tuple(mapping.variable.shape)))
    console.print(table)
    console.print(f"Written: {escape(os.path.relpath(output))}")


def _two(text: str, option: str, form: str) -> tuple[str, str]:
    first, found, second = text.partition("=")
    if not (first and found and second):
        fail(f"{option} {text} does not have the form {form}.")
    return first, second


def _shapes(texts: list[str], option: str) -> dict[str, tuple[int, ...]]:
    shapes = {}
    for text in texts:
        name, numbers = _two(text, option, "LAYER=64,7,7")
        parts = numbers.split(",")
        if not all(part.strip().isdecimal() for part in parts):
            fail(f"{option} {text} does not have the form LAYER=64,7,7.")
        shapes[name] = tuple(int(part) for part in parts)
    return shapes
