"""Two files of latencies: what may be said of them. Needs no lessons."""

from pathlib import Path
from typing import Annotated

import typer

from sidebyside.cli.console import console, warn

app = typer.Typer()


@app.command()
def latency(
    before: Annotated[Path, typer.Argument(help="A number for each request, one per line.")],
    after: Annotated[Path, typer.Argument(help="The same, of the changed program.")],
    percentile: Annotated[
        float, typer.Option(min=50, max=99.9, help="Which percentile is compared.")
    ] = 95,
) -> None:
    """Compare a percentile of two programs' latencies, with an interval on the ratio.

    An empty line in a file begins a new round, best a fresh start of the program; both files have
    the same number of rounds, measured in turn. The interval is a bootstrap's, over rounds and
    over stretches of requests. A line that begins with # is a remark.
    """
    from rich import box
    from rich.table import Table

    from sidebyside.measure.latency import compare, read

    found = compare(read(before), read(after), percentile)
    table = Table("", "before", "after", box=box.SIMPLE_HEAD)
    table.add_row("requests", *(f"{count:,}" for count in found.requests))
    table.add_row("rounds", str(found.rounds), str(found.rounds))
    table.add_row("median", *(f"{value:.4g}" for value in found.medians))
    table.add_row(f"p{percentile:g}", f"{found.before:.4g}", f"{found.after:.4g}")
    console.print(table)
    console.print(found.sentence, soft_wrap=True)
    warn(found.doubt)
