"""Every pair's figures: a table that sorts, and plots."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.measure.figures import CODE, COST, Figure, Quantity, quality
from sidebyside.site.pages import LEVELS, page, relative
from sidebyside.view.comparison import Comparison
from sidebyside.view.templating import Templates

SAME = ("parameters",)  # figures that do not differ within a pair: not plotted
ROW = 52  # height of a lesson in a plot, in pixels
WIDE_RANGE = 30  # from this ratio of largest to smallest on, the axis is logarithmic

templates = Templates(__package__)


@dataclass(frozen=True)
class Plot:
    """One quantity of all pairs that have it on both sides.

    Attributes
    ----------
    lessons
        Each lesson's title, and its figure of each framework.
    """

    quantity: Quantity
    lessons: list[tuple[str, dict[str, Figure]]]

    @property
    def logarithmic(self) -> bool:
        """Whether the numbers are too far apart for a linear axis."""
        return min(self._numbers) > 0 and max(self._numbers) / min(self._numbers) > WIDE_RANGE

    @property
    def description(self) -> str:
        """What the plot shows, in words."""
        said = [
            f"{title} {' and '.join(self._texts(both).values())}" for title, both in self.lessons
        ]
        return f"{self.quantity.label}, {' and '.join(FRAMEWORKS.values())}: {'; '.join(said)}"

    @property
    def lines(self) -> list[dict[str, object]]:
        """What is drawn of each lesson: its title, and text and place of its two numbers."""
        return [
            {
                "title": title,
                "texts": self._texts(both),
                # 2 to 98 per cent: room for the marks at the ends
                "places": {
                    side: f"{2 + 96 * self.place(one.value):.2f}%" for side, one in both.items()
                },
            }
            for title, both in self.lessons
        ]

    def place(self, value: float) -> float:
        """Return where on the axis a value lies, from 0 to 1."""
        least, most = min(self._numbers), max(self._numbers)
        if self.logarithmic:
            least, most, value = math.log(least), math.log(most), math.log(value)
        else:
            least = 0
        return (value - least) / (most - least) if most > least else 0.5

    def _texts(self, both: dict[str, Figure]) -> dict[str, str]:
        return {side: figure.short for side, figure in both.items()}

    @property
    def _numbers(self) -> list[float]:
        return [figure.value for _, both in self.lessons for figure in both.values()]


def table(comparisons: list[Comparison], here: str) -> Markup:
    """Return the table of the notebooks' figures; a script sorts it.

    A lesson that measures no quality, because it trains nothing, has no rows.
    """
    shown = [comparison for comparison in comparisons if reaches_something(comparison)]
    columns = [quantity for quantity in (*COST, *CODE)
               if any(quantity in comparison.quantities for comparison in shown)]  # fmt: skip
    rows = [
        _row(place, comparison, framework, columns, here)
        for place, comparison in enumerate(shown)
        for framework in FRAMEWORKS
    ]
    return templates.part("results", "table", columns, rows, FRAMEWORKS)


def plots(comparisons: list[Comparison]) -> Markup:
    """Return a plot for each figure that differs between the two sides."""
    return templates.part("results", "plots", list(plotted(comparisons)), FRAMEWORKS, ROW)


def plotted(comparisons: list[Comparison]) -> Iterator[Plot]:
    """Yield what can be compared, each with the lessons that have both numbers.

    What a lesson costs that trains nothing is only what its libraries cost: it is left out.
    """
    for quantity in (*COST, *CODE):
        if quantity.key in SAME:
            continue
        among = [one for one in comparisons if quantity in CODE or reaches_something(one)]
        lessons = [(one.pair.title, both) for one in among if (both := _both(one, quantity))]
        if lessons:
            yield Plot(quantity, lessons)


def reaches_something(comparison: Comparison) -> bool:
    """Return whether a lesson measures how good its models are."""
    return any(quality(own) for own in comparison.figures.values())


def _both(comparison: Comparison, quantity: Quantity) -> dict[str, Figure]:
    """Return a quantity's figure of each framework; nothing if one has none."""
    both = {
        side: own[quantity.key] for side, own in comparison.figures.items() if quantity.key in own
    }
    return both if len(both) == len(FRAMEWORKS) else {}


def _row(
    place: int, comparison: Comparison, framework: str, columns: list[Quantity], here: str
) -> dict[str, object]:
    pair, own = comparison.pair, comparison.figures[framework]
    return {
        "title": pair.title,
        "target": relative(f"/{page(pair, framework)}", here),
        "place": place,
        "level": LEVELS[pair.level],
        "framework": framework,
        "reached": quality(own),
        "figures": [own.get(quantity.key) for quantity in columns],
    }
