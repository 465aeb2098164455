"""What stands around a page: the lessons at its side, and the one before and after it."""

from itertools import groupby

from sphinx.application import Sphinx

from sidebyside.site.pages import HOME, VIEWS, Site, page, relative

LEVELS = {
    "prerequisites": "Prerequisites",
    "beginner": "Beginner",
    "intermediate": "Intermediate",
    "advanced": "Advanced",
    "next": "What comes next",
}
PAGES = {
    HOME: "Start here",
    "which_one_first": "Which one first?",
    "results": "Results",
    "data": "Data",
    "contributing": "Contribute",
}


def add_context(app: Sphinx, name: str, template: str, context: dict, doctree) -> None:
    """Put into a page's context the links of the navigation, its neighbours and its outline."""
    site: Site = app.config.sidebyside_site
    pair, view = site.lessons.get(name, (None, "both"))
    context["site_pages"] = [
        (relative(f"/{target}", name), title, target == name)
        for target, title in PAGES.items()
        if target in app.env.found_docs
    ]
    context["site_views"] = [
        (relative(f"/{page(pair, other)}", name), title, other, other == view)
        for other, title in VIEWS.items()
        if pair
    ]
    context["site_levels"] = [
        (LEVELS[level], [_entry(lesson, view, name) for lesson in lessons])
        for level, lessons in groupby(site.pairs, key=lambda lesson: lesson.level)
    ]
    context["outline"] = (context.get("meta") or {}).get("outline", "")
    context["prev"] = context["next"] = None
    if pair:
        for key, other in zip(("prev", "next"), site.neighbours(name), strict=True):
            if other:
                title = site.lessons[other][0].title if other in site.lessons else "Start"
                context[key] = {"link": relative(f"/{other}", name), "title": title}
    # what the theme makes of Sphinx's own tree, which is not used
    context["furo_navigation_tree"] = ""


def _entry(pair, view: str, here: str) -> tuple[str, str, bool, bool]:
    target = page(pair, view)
    return relative(f"/{target}", here), pair.title, pair.is_project, target == here
