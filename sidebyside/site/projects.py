"""The list of the projects, for those who make one their own: what each says in its README."""

import re
from pathlib import Path

from markupsafe import Markup

from sidebyside.lessons.pairs import Pair
from sidebyside.site.dictionary_pages import prose
from sidebyside.site.pages import LEVELS, Site, relative
from sidebyside.view.templating import Templates

PROBLEM = re.compile(r"^\*\*The problem\.\*\* +(.+?[.?!])(?=\s+[A-Z*]|$)", re.MULTILINE)
NEXT = "What to try next"  # a heading of the README files

templates = Templates(__package__)


def project_list(site: Site, here: str) -> Markup:
    """Return every project with its problem, what to try next, and its live demo."""
    items = [_item(pair, page, here) for pair in site.pairs if (page := site.project_page(pair))]
    return templates.part("projects", "listed", items, NEXT)


def problem(readme: Path) -> str:
    """Return the sentence, in Markdown, in which a README says what its project is about."""
    found = PROBLEM.search(readme.read_text("utf-8"))
    return found[1] if found else ""


def _item(pair: Pair, page: str, here: str) -> dict[str, object]:
    readme = pair.folder / "README.md"
    target = relative(f"/{page}", here)
    has_more = f"\n## {NEXT}\n" in readme.read_text("utf-8")
    return {
        "title": pair.title,
        "level": LEVELS[pair.level].lower(),
        "target": target,
        "problem": prose(problem(readme)),
        "next": f"{target}#{NEXT.lower().replace(' ', '-')}" if has_more else "",
        "demo": pair.name if (pair.folder / "demo.py").is_file() else "",
    }
