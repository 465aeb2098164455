"""Every pair's figures: a table that sorts, and plots."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.measure.figures import CODE_FIGURES, COST, QUALITY
from sidebyside.site.navigation import LEVELS
from sidebyside.site.pages import page, relative
from sidebyside.view.comparison import Comparison

SAME = {COST["parameters"][0]}  # figures that do not differ within a pair: not plotted
ROW, TOP = 52, 28  # heights, in pixels
WIDE_RANGE = 30  # from this ratio of largest to smallest on, the axis is logarithmic


@dataclass(frozen=True)
class Measure:
    """One figure of all pairs that have it on both sides: each lesson's title and two numbers."""

    label: str
    lessons: list[tuple[str, float, float]]

    def place(self, value: float) -> float:
        """Return where on the axis a value lies, from 0 to 1."""
        numbers = [number for _, *both in self.lessons for number in both]
        least, most = min(numbers), max(numbers)
        if self.logarithmic:
            least, most, value = math.log(least), math.log(most), math.log(value)
        else:
            least = 0
        return (value - least) / (most - least) if most > least else 0.5

    @property
    def logarithmic(self) -> bool:
        """Whether the numbers are too far apart for a linear axis."""
        numbers = [number for _, *both in self.lessons for number in both]
        return min(numbers) > 0 and max(numbers) / min(numbers) > WIDE_RANGE


def table(comparisons: list[Comparison], here: str) -> str:
    """Return the table of every notebook's figures; a script sorts it."""
    labels = list(_labels(comparisons))
    heads = ["lesson", "level", "framework", "result", *labels]
    row = "".join(
        f'<th scope="col"{" class=number" if head in labels else ""}>{escape(head)}</th>'
        for head in heads
    )
    rows = "".join(
        _row(place, comparison, framework, labels, here)
        for place, comparison in enumerate(comparisons)
        for framework in FRAMEWORKS
    )
    return (
        '<div class="wide-table" role="region" aria-label="Results" tabindex="0">'
        '<table class="sortable"><caption>A row a notebook; a click on a heading sorts.</caption>'
        f"<thead><tr>{row}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def plots(comparisons: list[Comparison]) -> str:
    """Return a plot for each figure that differs between the two sides."""
    return "".join(_plot(measure) for measure in measures(comparisons))


def measures(comparisons: list[Comparison]) -> Iterator[Measure]:
    """Yield the figures that can be compared, each with the lessons that have both numbers."""
    for label in _labels(comparisons):
        if label in SAME:
            continue
        lessons = []
        for comparison in comparisons:
            both = [number(comparison.figures[name].get(label, "")) for name in FRAMEWORKS]
            if None not in both:
                lessons.append((comparison.pair.title, *both))
        if lessons:
            yield Measure(label, lessons)


def number(text: str) -> float | None:
    """Return the number that a figure begins with: ``1,341``, ``85.2%``; None if there is none."""
    found = re.match(r"-?[\d,]*\.?\d+", text)
    return float(found[0].replace(",", "")) if found else None


def _labels(comparisons: list[Comparison]) -> Iterator[str]:
    """Yield the names of all figures but those of quality, which share a column."""
    quality = {label for label, _ in QUALITY.values()}
    there = {name for comparison in comparisons for name in comparison.figure_names} - quality
    known = [label for label, _ in COST.values()] + list(CODE_FIGURES.values())
    yield from (label for label in known if label in there)
    yield from sorted(there - set(known))


def _row(place: int, comparison: Comparison, framework: str, labels: list[str], here: str) -> str:
    pair, shown = comparison.pair, comparison.figures[framework]
    quality = [f"{label} {shown[label]}" for label, _ in QUALITY.values() if label in shown]
    target = relative(f"/{page(pair, framework)}", here)
    cells = [
        f'<th scope="row" data-sort="{pair.title}"><a href="{target}" '
        f'aria-label="{pair.title}, {FRAMEWORKS[framework]}">{pair.title}</a></th>',
        f'<td data-sort="{place}">{LEVELS[pair.level]}</td>',
        f'<td><span class="sbs-name {framework}">{FRAMEWORKS[framework]}</span></td>',
        f"<td>{'<br>'.join(map(escape, quality))}</td>",
    ]
    for label in labels:
        value = shown.get(label, "")
        size = number(value)
        cells.append(
            f'<td class="number" data-sort="{"" if size is None else size}">{escape(value)}</td>'
        )
    return f"<tr>{''.join(cells)}</tr>"


def _plot(measure: Measure) -> str:
    said = "; ".join(f"{title} {left:,g} and {right:,g}" for title, left, right in measure.lessons)
    axis = "logarithmic axis" if measure.logarithmic else "axis from 0"
    names = " ".join(
        f'<span class="sbs-name {name}">{label}</span>' for name, label in FRAMEWORKS.items()
    )
    head = f'<b>{measure.label}</b> {names} <span class="axis">{axis}</span>'
    height = len(measure.lessons) * ROW
    rows = "".join(_dumbbell(measure, place) for place in range(len(measure.lessons)))
    label = escape(f"{measure.label}, PyTorch and TensorFlow/Keras: {said}")
    return (
        f'<figure class="plot"><figcaption>{head}</figcaption>'
        f'<svg role="img" aria-label="{label}" width="100%" height="{height}">{rows}</svg></figure>'
    )


def _dumbbell(measure: Measure, row: int) -> str:
    """Return a lesson's line: its title, the two numbers, and where they lie."""
    title, left, right = measure.lessons[row]
    top = row * ROW
    # 2 to 98 per cent: room for the marks at the ends
    x, z = (2 + 96 * measure.place(value) for value in (left, right))
    y = top + TOP
    return (
        f'<text x="0" y="{top + 15}">{escape(title)}</text>'
        f'<text class="values" x="100%" y="{top + 15}">'
        f'<tspan class="pytorch">{left:,g}</tspan> · '
        f'<tspan class="tensorflow">{right:,g}</tspan></text>'
        f'<line class="track" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        f'<line class="span" x1="{x:.2f}%" x2="{z:.2f}%" y1="{y}" y2="{y}"/>'
        f'<rect class="tensorflow" x="{z:.2f}%" y="{y - 5}" width="10" height="10" '
        'transform="translate(-5)"/>'
        f'<circle class="pytorch" cx="{x:.2f}%" cy="{y}" r="5.5"/>'
    )
