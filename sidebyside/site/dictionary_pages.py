"""The dictionary's pages: one page per chapter, the list of all entries, the tables."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

from sidebyside.dictionary import Chapter, Entry, defaults
from sidebyside.dictionary.coverage import recorded
from sidebyside.dictionary.defaults import Argument
from sidebyside.dictionary.entries import VERDICTS
from sidebyside.dictionary.lookup import terms
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.site.pages import Site, relative
from sidebyside.view import highlighting, markdown, page
from sidebyside.view.templating import Templates

EXAMPLE = "conv2d, gather, class weights …"  # of what is searched for
START = "dictionary"  # the page with all entries, and the name of its templates

templates = Templates(__package__)


def name(chapter: Chapter) -> str:
    """Return the name of a chapter's page: ``dictionary/losses``."""
    return f"{START}/{chapter.key}"


def source(chapter: Chapter) -> str:
    """Return a chapter's page as Markdown: its headings are real, what is below them is made."""
    parts = [f"# {chapter.title}", chapter.about, _directive("dictionary-bar", chapter.key)]
    if chapter.setup:
        parts.append(_directive("dictionary-setup", chapter.key))
    for entry in chapter.entries:
        parts += [f"## {entry.name}", _directive("dictionary-entry", entry.key)]
    return "\n\n".join(parts) + "\n"


def bar(site: Site, key: str, here: str) -> Markup:
    """Return the search and the filter of a chapter, or of all, without a key."""
    chosen = [chapter for chapter in site.chapters if key in ("", chapter.key)]
    count = sum(len(chapter.entries) for chapter in chosen)
    label = "Find in this chapter" if key else "Find, in either framework's words"
    elsewhere = relative(f"/{START}", here) if key else ""
    return templates.part(START, "bar", count, "entries", VERDICTS, label, EXAMPLE, elsewhere)


def setup(site: Site, key: str) -> Markup:
    """Return the lines that run before each entry of a chapter."""
    chapter = next(chapter for chapter in site.chapters if chapter.key == key)
    return templates.part(START, "setup", _highlighted(chapter.setup), FRAMEWORKS)


def entry(site: Site, key: str) -> Markup:
    """Return an entry, without its heading."""
    found = site.entries[key][1]
    return templates.part(
        START,
        "entry",
        found,
        code=_highlighted(found.lines),
        checks=_highlighted(found.check),
        traps=[(trap, highlighting.python(trap.lines)) for trap in found.traps],
        arguments=[row for rows in _defaults(site).values() for row in rows if row.entry == key],
        find=searched(found),
        verdicts=VERDICTS,
        frameworks=FRAMEWORKS,
        prose=prose,
        inputs=highlighting.python(found.inputs) if found.inputs else Markup(),
    )


def index(site: Site, here: str) -> Markup:
    """Return the list of all entries, by chapter."""
    return templates.part(
        START,
        "index",
        site.chapters,
        VERDICTS,
        FRAMEWORKS,
        prose,
        breakable,
        link=lambda key: relative(f"/{START}/{key}", here),
        find=searched,
    )


def defaults_table(site: Site, here: str) -> Markup:
    """Return the table of the defaults that differ."""
    sections = _defaults(site)
    count = sum(map(len, sections.values()))
    back = relative(f"/{START}", here)
    table = templates.part(
        START,
        "defaults",
        sections,
        FRAMEWORKS,
        prose,
        breakable,
        link=lambda key: link(site, key, here),
    )
    search = templates.part(
        START,
        "bar",
        count,
        "arguments",
        {},
        "Find a call or an argument",
        "BatchNorm2d, epsilon …",
        back,
    )
    return search + table


def coverage_table(site: Site) -> Markup:
    """Return the table of the calls that the dictionary does not know."""
    return templates.part(START, "coverage", recorded(site.root / START))


def outline(chapter: Chapter) -> Markup:
    """Return the list of a chapter's entries, as links."""
    sections = ((entry.key, entry.name.replace("`", ""), list[str]()) for entry in chapter.entries)
    return page.outline_of(sections, "Entries")


def link(site: Site, key: str, here: str) -> str:
    """Return the address of an entry from the page `here`."""
    return relative(f"/{name(site.entries[key][0])}#{key}", here)


def prose(text: str) -> Markup:
    """Return a sentence of Markdown as HTML, without a paragraph of its own."""
    html = markdown.to_html(text).strip()
    return Markup(re.sub(r"^<p>|</p>$", "", html)) if html.count("<p>") == 1 else html


def breakable(name: str) -> Markup:
    """Return a name that may go on in a new line after a dot, and before a bracket."""
    return Markup("<wbr>").join(re.findall(r"[^.(]+\.?|\(.*", name))


def searched(entry: Entry) -> str:
    """Return what the search on a page goes through."""
    names = [name.lower() for side in FRAMEWORKS for name in entry.names[side]]
    return " ".join(dict.fromkeys([*names, *terms(entry)]))


def _highlighted(lines: dict[str, str]) -> dict[str, Markup]:
    return {side: highlighting.python(text.strip()) for side, text in lines.items()}


def _directive(kind: str, argument: str) -> str:
    return f"```{{{kind}}} {argument}\n```"


def _defaults(site: Site) -> dict[str, list[Argument]]:
    folder = site.root / START
    return _read_defaults(folder, (folder / "defaults.toml").stat().st_mtime_ns)


@cache
def _read_defaults(folder: Path, changed: int) -> dict[str, list[Argument]]:
    return defaults.table(folder)
