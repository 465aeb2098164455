"""What stands around a page: the lessons at its side, and the one before and after it."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from docutils import nodes
from markupsafe import escape
from sphinx.application import Sphinx

from sidebyside.lessons.pairs import Pair
from sidebyside.site import dictionary_pages as dictionary
from sidebyside.site import quiz_pages as quiz
from sidebyside.site.pages import HOME, LEVELS, VIEWS, Site, page, relative

PAGES = {
    HOME: "Start here",
    "which_one_first": "Which one first?",
    "dictionary": "Dictionary",
    "quiz": "Quiz",
    "interview_questions": "Interview questions",
    "results": "Results",
    "show_your_work": "Show your work",
    "data": "Data",
    "contributing": "Contribute",
}
DEFAULTS = "dictionary_defaults"


def add_context(
    app: Sphinx,
    name: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put into a page's context the links of the navigation, its neighbours and its outline."""
    site: Site = app.config.sidebyside_site
    projects = {site.project_page(pair): (pair, "project") for pair in site.pairs}
    pair, view = (site.lessons | projects).get(name, (None, "both"))
    context["site_pages"] = [
        (relative(f"/{target}", name), title, target == name)
        for target, title in PAGES.items()
        if target in app.env.found_docs
    ]
    context["site_views"] = [
        (relative(f"/{target}", name), title, other, other == view)
        for target, title, other in _views(site, pair)
    ]
    context["site_levels"] = [
        (LEVELS[level], [_entry(lesson, view, name) for lesson in lessons])
        for level, lessons in groupby(site.pairs, key=lambda lesson: lesson.level)
    ]
    context["site_part"], context["site_chapters"] = _chapters(site, name)
    context["outline"] = (context.get("meta") or {}).get("outline", "")
    context["prev"] = context["next"] = None
    if name in site.lessons:
        for key, other in zip(("prev", "next"), site.neighbours(name), strict=True):
            if other:
                title = site.lessons[other][0].title if other in site.lessons else "Start"
                context[key] = {"link": relative(f"/{other}", name), "title": escape(title)}
    if name in (names := [dictionary.name(chapter) for chapter in site.chapters]):
        titles = dict(zip(names, (chapter.title for chapter in site.chapters), strict=True))
        path = [dictionary.START, *names]
        for key, place in (("prev", path.index(name) - 1), ("next", path.index(name) + 1)):
            if place < len(path):
                title = titles.get(path[place], "Dictionary")
                context[key] = {"link": relative(f"/{path[place]}", name), "title": escape(title)}
    # what the theme makes of Sphinx's own tree, which is not used
    context["furo_navigation_tree"] = ""


def _chapters(site: Site, here: str) -> tuple[str, list[tuple[str, str, bool]]]:
    """Return the heading and the pages of the part that a page belongs to, if it has several."""
    if here.startswith(dictionary.START):
        heading = "The dictionary"
        pages = [(dictionary.name(chapter), chapter.title) for chapter in site.chapters]
        pages.append((DEFAULTS, "Defaults that differ"))
    elif here.startswith(quiz.START):
        heading = "The quiz"
        pages = [(part.name, part.title) for part in quiz.parts(site)]
    else:
        return "", []
    return heading, [(relative(f"/{target}", here), title, target == here)
                     for target, title in pages]  # fmt: skip


def _views(site: Site, pair: Pair | None) -> Iterator[tuple[str, str, str]]:
    """Yield a lesson's pages: name, title, and which view it is."""
    if pair is None:
        return
    if project := site.project_page(pair):
        yield project, "The project", "project"
    for view, title in VIEWS.items():
        yield page(pair, view), title, view


def _entry(pair: Pair, view: str, here: str) -> tuple[str, str, bool, bool]:
    """Return a lesson's link in the view that is read, its title, and what marks it."""
    target = page(pair, view if view in VIEWS else "both")
    return relative(f"/{target}", here), pair.title, pair.is_project, target == here
