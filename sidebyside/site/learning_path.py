"""The learning path: as a picture that is a map of links, and as a list."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair
from sidebyside.site.navigation import LEVELS
from sidebyside.site.pages import Site, page, relative
from sidebyside.site.summaries import about
from sidebyside.view import markdown

BOX, GAP = (226, 54), (22, 26)  # width and height, in pixels
HEAD = 34  # height of a level's heading
LETTERS = 21  # that a line in a box has room for


@dataclass(frozen=True)
class Box:
    """A lesson in the picture: its number along the path, and its place."""

    pair: Pair
    number: int
    x: int
    y: int


def pictures(site: Site, here: str) -> str:
    """Return the picture twice, for wide and for narrow screens; the style shows one."""
    wide, narrow = (_picture(site, here, columns) for columns in (3, 1))
    return f'<div class="path wide">{wide}</div><div class="path narrow">{narrow}</div>'


def lesson_list(site: Site, here: str) -> str:
    """Return every lesson with its sentence, its minutes and its three pages."""
    parts = []
    for level, pairs in groupby(site.pairs, key=lambda pair: pair.level):
        items = "".join(_item(pair, here, site) for pair in pairs)
        parts.append(f'<h3 id="{level}">{LEVELS[level]}</h3><ul class="lesson-items">{items}</ul>')
    return "".join(parts)


def _picture(site: Site, here: str, columns: int) -> str:
    boxes, headings, height = _places(site, columns)
    width = columns * BOX[0] + (columns - 1) * GAP[0] + 4
    ids = f"path-{columns}"
    said = "; ".join(
        f"{LEVELS[level]}: {', '.join(pair.title for pair in pairs)}"
        for level, pairs in groupby(site.pairs, key=lambda pair: pair.level)
    )
    drawn = [
        f'<svg role="group" aria-labelledby="{ids}-title {ids}-text" width="{width}" '
        f'height="{height}" viewBox="-2 -2 {width} {height}">',
        f'<title id="{ids}-title">The learning path</title>',
        f'<desc id="{ids}-text">{escape(said)}</desc>',
        *(
            f'<text class="level" x="0" y="{y + 18}">{LEVELS[level]}</text>'
            for level, y in headings
        ),
        *(_arrow(first, second) for first, second in pairwise(boxes)),
        *(_link(box, here) for box in boxes),
        "</svg>",
    ]
    return "".join(drawn)


def _places(site: Site, columns: int) -> tuple[list[Box], list[tuple[str, int]], int]:
    boxes, headings, y = [], [], 0
    for level, pairs in groupby(site.pairs, key=lambda pair: pair.level):
        headings.append((level, y))
        y += HEAD
        here = list(pairs)
        for place, pair in enumerate(here):
            row, column = divmod(place, columns)
            x = column * (BOX[0] + GAP[0])
            boxes.append(Box(pair, len(boxes) + 1, x, y + row * (BOX[1] + GAP[1])))
        y += -(-len(here) // columns) * (BOX[1] + GAP[1])
    return boxes, headings, y


def _arrow(first: Box, second: Box) -> str:
    middle = first.y + BOX[1] // 2
    if first.y == second.y:
        line = f"M{first.x + BOX[0]} {middle}H{second.x - 2}"
    else:
        # to the next row: down, across in the gap, down to the box
        start, end = first.x + BOX[0] // 2, second.x + BOX[0] // 2
        line = f"M{start} {first.y + BOX[1]}V{second.y - GAP[1] // 2}H{end}V{second.y - 2}"
    return f'<path class="arrow" d="{line}"/>{_head(first, second)}'


def _head(first: Box, second: Box) -> str:
    if first.y == second.y:
        x, y = second.x - 2, second.y + BOX[1] // 2
        return f'<path class="head" d="M{x - 6} {y - 4}L{x} {y}L{x - 6} {y + 4}"/>'
    x, y = second.x + BOX[0] // 2, second.y - 2
    return f'<path class="head" d="M{x - 4} {y - 6}L{x} {y}L{x + 4} {y - 6}"/>'


def _link(box: Box, here: str) -> str:
    kind = "project" if box.pair.is_project else "lesson"
    lines = list(_lines(box.pair))
    first = box.y + BOX[1] / 2 + 5 - 9 * (len(lines) - 1)
    text = "".join(
        f'<tspan x="{box.x + 44}" y="{first + 18 * number:g}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    middle = box.y + BOX[1] // 2 + 5
    number = f'<text class="number" x="{box.x + 14}" y="{middle}">{box.number}</text>'
    radius = 16 if box.pair.is_project else 5
    target = relative(f"/{page(box.pair, 'both')}", here)
    return (
        f'<a class="{kind}" href="{target}">'
        f'<rect x="{box.x}" y="{box.y}" width="{BOX[0]}" height="{BOX[1]}" rx="{radius}"/>'
        f"{number}<text>{text}</text></a>"
    )


def _lines(pair: Pair) -> Iterator[str]:
    title = f"{pair.title} (project)" if pair.is_project else pair.title
    yield from textwrap.wrap(title, LETTERS)[:2]


def _item(pair: Pair, here: str, site: Site) -> str:
    told = about(pair)
    minutes = f'<span class="minutes">{told.minutes} minutes</span>' if told.minutes else ""
    places = {view: relative(f"/{page(pair, view)}", here) for view in ("both", *FRAMEWORKS)}
    links = " ".join(
        f'<a class="sbs-name {name}" href="{places[name]}" '
        f'aria-label="{pair.title}, the {label} notebook">{label}</a>'
        for name, label in FRAMEWORKS.items()
    )
    kind = '<span class="kind">project</span>' if pair.is_project else ""
    if project := site.project_page(pair):
        target = relative(f"/{project}", here)
        links += f' <a href="{target}" aria-label="{pair.title}, the project">The project</a>'
    sentence = markdown.to_html(told.sentence)
    return (
        f'<li><p class="title"><a href="{places["both"]}">{pair.title}</a>{kind}{minutes}</p>'
        f'{sentence}<p class="links">{links}</p></li>'
    )
