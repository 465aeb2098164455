"""Monthly sunspot numbers, 1749 to 1983: 235 years of a star's spots, counted by people."""

import csv
from dataclasses import dataclass

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import cycles

FILE = "monthly-sunspots.csv"


@dataclass(frozen=True)
class Sunspots:
    """The monthly sunspot numbers, or their sample, as arrays.

    Attributes
    ----------
    months
        datetime64[M], (2820,): January 1749 to December 1983, without a gap.
    numbers
        float64, (2820,): the mean relative sunspot number of each month, with one decimal; 0 in
        a month without spots, 253.8 at most (sample: another series of the same length).
    size
        ``full`` or ``sample``.
    """

    months: np.ndarray
    numbers: np.ndarray
    size: str


def sunspots() -> Sunspots:
    """Load the monthly sunspots from the data folder, downloading them (45 kB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, the spots of a made-up sun with cycles of about eleven years,
    made on this machine and stored in the original's file format.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/jbrownlee/Datasets
    """
    return SUNSPOTS.load()


def _read(files: Files, size: str) -> Sunspots:
    with files[FILE].open(encoding="ascii", newline="") as file:
        _, *rows = csv.reader(file)  # the first line names the columns
    return Sunspots(
        months=np.array([month for month, _ in rows], dtype="datetime64[M]"),
        numbers=np.array([number for _, number in rows], dtype=np.float64),
        size=size,
    )


def _sample_files() -> dict[str, bytes]:
    lines = ['"Month","Sunspots"']  # the original's lines end with "\r\n", the last one with none
    for place, tenths in enumerate(cycles.draw(seed=11).tolist()):
        year, month = cycles.FIRST_YEAR + place // 12, place % 12 + 1
        lines.append(f'"{year}-{month:02}",{tenths // 10}.{tenths % 10}')
    return {FILE: "\r\n".join(lines).encode("ascii")}


SUNSPOTS = DataSet(
    name="sunspots",
    title="Monthly sunspots",
    folder="timeseries",
    files=(FILE,),
    download=45_039,
    licence="none stated",
    source="https://github.com/jbrownlee/Datasets",
    read=_read,
    sample=_sample_files,
)
