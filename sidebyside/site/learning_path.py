"""The learning path: as a picture that is a map of links, and as a list."""

import textwrap
from dataclasses import dataclass
from itertools import groupby, pairwise

from markupsafe import Markup

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair
from sidebyside.site.pages import LEVELS, Site, page, relative
from sidebyside.site.summaries import about
from sidebyside.view import markdown
from sidebyside.view.templating import Templates

BOX, GAP = (226, 54), (22, 26)  # width and height, in pixels
HEAD, BASE = 34, 18  # height of a level's heading, and how far down its text stands
LETTERS = 21  # that a line in a box has room for
LINE = 18  # height of a line in a box
LAYOUTS = {"wide": 3, "narrow": 1}  # how many boxes stand next to each other; a style shows one

templates = Templates(__package__)


@dataclass(frozen=True)
class Box:
    """A lesson in the picture: its number along the path, its place, and where it leads."""

    pair: Pair
    number: int
    x: int
    y: int
    target: str
    width: int = BOX[0]
    height: int = BOX[1]

    @property
    def kind(self) -> str:
        """The class that the style knows."""
        return "project" if self.pair.is_project else "lesson"

    @property
    def middle(self) -> int:
        """Half of its height, in the picture."""
        return self.y + self.height // 2

    @property
    def lines(self) -> list[tuple[str, float]]:
        """The title, broken into lines, each with its place."""
        title = f"{self.pair.title} (project)" if self.pair.is_project else self.pair.title
        lines = textwrap.wrap(title, LETTERS)[:2]
        first = self.y + self.height / 2 + 5 - LINE / 2 * (len(lines) - 1)
        return [(line, first + LINE * number) for number, line in enumerate(lines)]


@dataclass(frozen=True)
class Picture:
    """The path drawn with some number of columns.

    Attributes
    ----------
    name
        One of LAYOUTS.
    headings
        The levels, each with the place of its text.
    """

    name: str
    boxes: list[Box]
    headings: list[tuple[str, int]]
    height: int
    description: str

    @property
    def width(self) -> int:
        """The width, with room for the lines at the edge."""
        columns = LAYOUTS[self.name]
        return columns * BOX[0] + (columns - 1) * GAP[0] + 4

    @property
    def arrows(self) -> list[tuple[str, str]]:
        """The lines from each box to the next, and their heads, as SVG has them."""
        return [(_line(first, second), _head(first, second))
                for first, second in pairwise(self.boxes)]  # fmt: skip


def pictures(site: Site, here: str) -> Markup:
    """Return the picture twice, for wide and for narrow screens; the style shows one."""
    drawn = [_picture(site, here, layout) for layout in LAYOUTS]
    return templates.part("learning_path", "pictures", drawn)


def lesson_list(site: Site, here: str) -> Markup:
    """Return every lesson with its sentence, its minutes and its three pages."""
    levels = [
        (level, LEVELS[level], [_item(pair, here, site) for pair in pairs])
        for level, pairs in groupby(site.pairs, key=lambda pair: pair.level)
    ]
    return templates.part("learning_path", "lesson_list", levels)


def _picture(site: Site, here: str, layout: str) -> Picture:
    boxes: list[Box] = []
    headings: list[tuple[str, int]] = []
    said, y = [], 0
    for level, pairs in groupby(site.pairs, key=lambda pair: pair.level):
        headings.append((LEVELS[level], y + BASE))
        y += HEAD
        lessons = list(pairs)
        said.append(f"{LEVELS[level]}: {', '.join(pair.title for pair in lessons)}")
        for place, pair in enumerate(lessons):
            row, column = divmod(place, LAYOUTS[layout])
            x = column * (BOX[0] + GAP[0])
            target = relative(f"/{page(pair, 'both')}", here)
            boxes.append(Box(pair, len(boxes) + 1, x, y + row * (BOX[1] + GAP[1]), target))
        y += -(-len(lessons) // LAYOUTS[layout]) * (BOX[1] + GAP[1])
    return Picture(layout, boxes, headings, height=y, description="; ".join(said))


def _line(first: Box, second: Box) -> str:
    if first.y == second.y:
        return f"M{first.x + BOX[0]} {first.middle}H{second.x - 2}"
    # to the next row: down, across in the gap, down to the box
    start, end = first.x + BOX[0] // 2, second.x + BOX[0] // 2
    return f"M{start} {first.y + BOX[1]}V{second.y - GAP[1] // 2}H{end}V{second.y - 2}"


def _head(first: Box, second: Box) -> str:
    if first.y == second.y:
        x, y = second.x - 2, second.middle
        return f"M{x - 6} {y - 4}L{x} {y}L{x - 6} {y + 4}"
    x, y = second.x + BOX[0] // 2, second.y - 2
    return f"M{x - 4} {y - 6}L{x} {y}L{x + 4} {y - 6}"


def _item(pair: Pair, here: str, site: Site) -> dict[str, object]:
    """Return what the list shows of a lesson."""
    said, project = about(pair), site.project_page(pair)
    return {
        "title": pair.title,
        "is_project": pair.is_project,
        "minutes": said.minutes,
        "sentence": markdown.to_html(said.sentence),
        "places": {view: relative(f"/{page(pair, view)}", here) for view in ("both", *FRAMEWORKS)},
        "frameworks": FRAMEWORKS,
        "project": relative(f"/{project}", here) if project else "",
    }
