"""Two programs' latencies compared: a percentile of each, their ratio, and how sure it is.

A file has one number for each request, in the order in which they were made, in any unit; a line
that begins with ``#`` is a remark, an empty line begins a new round. A round is best a fresh start
of the program, and the rounds of both programs take turns: what the machine does meanwhile then
happens to both.

The interval is a bootstrap's. Requests are not independent: a hiccup of the machine slows several
in a row, and one start of a program may be faster than the next. So rounds are drawn, the same
ones for both programs, and in each of them short stretches of requests instead of single ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sidebyside.errors import LatencyError

DRAWS = 2000  # of the bootstrap
LEAST_BEYOND = 10  # requests that are slower than the percentile
AT_ONCE = 200_000  # latencies that are drawn together, for the memory's sake
FEW_ROUNDS = 5  # below, how much starts of the programs differ is hardly known

Times = np.ndarray


@dataclass(frozen=True)
class Compared:
    """What two files of latencies say of a percentile.

    Attributes
    ----------
    percentile
        Which one: 95 is what 95 of 100 requests stay below.
    before, after
        It, of either program.
    medians, requests
        Of both: before, after.
    rounds
        How many each of them has.
    low, high
        Between these two lies the ratio of the percentiles, after to before, with a confidence
        of 95 %.
    """

    percentile: float
    before: float
    after: float
    medians: tuple[float, float]
    requests: tuple[int, int]
    rounds: int
    low: float
    high: float

    @property
    def ratio(self) -> float:
        """The percentile after, divided by that before."""
        return self.after / self.before

    @property
    def sentence(self) -> str:
        """What may be written of it."""
        name = f"p{self.percentile:g}"
        if self.low <= 1 <= self.high:
            return (
                f"Not shown: that {name} has changed. After to before, it is {self.ratio:.2f} "
                f"(95 % interval: {self.low:.2f} to {self.high:.2f}), and 1 is within the interval."
            )
        ends = sorted(abs(1 - end) for end in (self.low, self.high))
        digits = 1 if ends[1] - ends[0] < 0.02 else 0
        least, most = (f"{100 * end:.{digits}f}" for end in ends)
        change = f"{100 * abs(1 - self.ratio):.{digits}f}"
        way = "down" if self.ratio < 1 else "up"
        return f"Latency {name} {way} by {change} % (95 % interval: {least} to {most} %)."

    @property
    def doubt(self) -> str:
        """A sentence on what the interval does not hold, or nothing."""
        if self.rounds == 1:
            return (
                "There is one round: that another start of the programs may be faster or slower "
                "is not in the interval."
            )
        if self.rounds < FEW_ROUNDS:
            return f"There are {self.rounds} rounds: few, and the interval may be too narrow."
        return ""


def read(file: Path) -> list[Times]:
    """Return the rounds of a file.

    Raises
    ------
    LatencyError
        If it cannot be read, or a line is not a positive number.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LatencyError(f"{file} cannot be read: {error}.") from error
    rounds: list[list[float]] = [[]]
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            rounds.append([])
        elif not text.startswith("#"):
            rounds[-1].append(_latency(text, f"{file}, line {number}"))
    return [np.array(times) for times in rounds if times]


def compare(before: list[Times], after: list[Times], percentile: float = 95) -> Compared:
    """Compare two programs.

    Parameters
    ----------
    before, after
        For each round, the latencies of its requests, in their order.

    Raises
    ------
    LatencyError
        If one has other rounds than the other, or too few requests for that percentile.
    """
    if len(before) != len(after):
        raise LatencyError(
            f"There are {len(before)} rounds before and {len(after)} after: they belong together "
            "in pairs, measured in turn."
        )
    least = math.ceil(LEAST_BEYOND / (1 - percentile / 100) - 1e-6)
    together = [np.concatenate(rounds or [np.empty(0)]) for rounds in (before, after)]
    if min(map(len, together)) < least:
        raise LatencyError(
            f"Percentile {percentile:g} needs at least {least:,} requests of each, so that "
            f"{LEAST_BEYOND} are slower; there are {len(together[0]):,} and {len(together[1]):,}."
        )
    low, high = interval(before, after, percentile)
    first, second = (float(np.percentile(times, percentile)) for times in together)
    return Compared(
        percentile=percentile,
        before=first,
        after=second,
        medians=(float(np.median(together[0])), float(np.median(together[1]))),
        requests=(len(together[0]), len(together[1])),
        rounds=len(before),
        low=low,
        high=high,
    )


def interval(
    before: list[Times],
    after: list[Times],
    percentile: float,
    draws: int = DRAWS,
    stretch: int | None = None,
) -> tuple[float, float]:
    """Return between which two numbers 95 % of the bootstrap's ratios are.

    Parameters
    ----------
    draws
        How often it draws.
    stretch
        How many neighbouring requests are drawn together; the third root of a round's length
        unless given.
    """
    random = np.random.default_rng(0)  # the same files give the same interval
    requests = max(sum(map(len, side)) for side in (before, after))
    chunk = max(1, AT_ONCE // requests)
    ratios = []
    for begin in range(0, draws, chunk):
        chosen = random.integers(len(before), size=(min(chunk, draws - begin), len(before)))
        first, second = (
            np.percentile(_drawn(side, chosen, stretch, random), percentile, axis=1)
            for side in (before, after)
        )
        ratios.append(second / first)
    low, high = np.percentile(np.concatenate(ratios), [2.5, 97.5])
    return float(low), float(high)


def _drawn(
    rounds: list[Times], chosen: np.ndarray, stretch: int | None, random: np.random.Generator
) -> Times:
    """Return one row of latencies for each row of chosen rounds.

    Every chosen round gives as many requests as a round has on average, in stretches that go on
    at the round's beginning where they reach its end.
    """
    counts = np.array([len(times) for times in rounds])
    size = round(counts.mean())
    length = stretch or round(size ** (1 / 3))
    own = counts[chosen][..., None]  # (draws, rounds, 1)
    begins = (random.random((*chosen.shape, -(-size // length))) * own).astype(int)
    places = (begins[..., None] + np.arange(length)).reshape(*chosen.shape, -1)[..., :size]
    offsets = (np.cumsum(counts) - counts)[chosen][..., None]
    drawn: Times = np.concatenate(rounds)[offsets + places % own]
    return drawn.reshape(len(chosen), -1)


def _latency(text: str, place: str) -> float:
    """Return the number that a line holds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise LatencyError(f"{place}: {text[:40]!r} is not a latency, which is a number above 0.")
    return value
