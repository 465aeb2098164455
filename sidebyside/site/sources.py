"""The pages' sources in one tree, as Sphinx wants them: copied when they changed, no more."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from sidebyside.frameworks import FRAMEWORKS, other
from sidebyside.lessons.address import links
from sidebyside.lessons.pairs import Pair
from sidebyside.site import dictionary_pages as dictionary
from sidebyside.site import quiz_pages
from sidebyside.site.pages import Site, page, relative
from sidebyside.view.markdown import is_relative
from sidebyside.view.pictures import Picture, named
from sidebyside.view.templating import Templates

# a link to an entry of the dictionary, whose anchor Sphinx does not know
# (in code, its text may have brackets)
ENTRY = re.compile(
    r"\[((?:`[^`\n]+`|[^\]\n`])+)\]\(([^)\s]*dictionary/\d\d_\w+\.toml#[a-z0-9-]+)\)"
)
# code, which is left alone, or the address of a picture or a link
LINK = re.compile(
    r"^```.*?^```|`[^`\n]+`|(!\[[^\]\n]*\]\(|\]\()([^)\s]+)(\))", re.MULTILINE | re.DOTALL
)
BUTTONS = re.compile(r"^\[Open in Colab\].*$", re.MULTILINE)
ANSWER = "::::::{div}"

templates = Templates(__package__)


def assemble(site: Site, docs: Path, target: Path) -> None:
    """Bring `target` up to date with the pages in `docs`, the pairs, and the other texts."""
    wanted = {}
    for name, text, pictures in _texts(site, docs):
        wanted[name] = text.encode("utf-8")
        wanted |= pictures
    for name, data in wanted.items():
        _write(target / name, data)
    for file in [file for file in target.rglob("*") if file.is_file()]:
        if file.relative_to(target).as_posix() not in wanted:
            file.unlink()


def originals(site: Site) -> Iterator[tuple[str, Path]]:
    """Yield the notebooks that can be downloaded: the place on the site, and the file."""
    for pair in site.pairs:
        for framework in FRAMEWORKS:
            yield f"_downloads/{pair.topic}_{framework}.ipynb", pair.path(framework)


def copy_originals(site: Site, target: Path) -> None:
    """Put the notebooks as they are, for download, onto the built site."""
    for name, file in originals(site):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target / name)


def _texts(site: Site, docs: Path) -> Iterator[tuple[str, str, dict[str, bytes]]]:
    """Yield each page's source: its name, its text, the pictures that it shows by their names."""
    for file in sorted(docs.rglob("*.md")):
        place = file.relative_to(docs)
        if not place.parts[0].startswith("_"):
            # what does not begin so is a link from page to page
            links = _Links(site, file, begin="../")
            yield place.as_posix(), links.lead(file.read_text("utf-8")), links.pictures
    for source, name in site.sources.items():
        if source.endswith(".md") and source != "README.md":
            links = _Links(site, site.root / source)
            text = links.lead((site.root / source).read_text("utf-8"))
            yield f"{name}.md", text, links.pictures
    for chapter in site.chapters:
        yield f"{dictionary.name(chapter)}.md", dictionary.source(chapter), {}
    for name, text in quiz_pages.sources(site):
        yield f"{name}.md", text, {}
    for pair in site.pairs:
        yield f"{pair.topic}.md", _view(pair), {}
        for framework in FRAMEWORKS:
            links = _Links(site, pair.path(framework))
            text = _notebook(site, pair, framework, links)
            yield f"{page(pair, framework)}.ipynb", text, links.pictures


def _view(pair: Pair) -> str:
    return f"# {pair.title}, side by side\n\n```{{side-by-side}} {pair.topic}\n```\n"


def _notebook(site: Site, pair: Pair, framework: str, links: "_Links") -> str:
    """Return a notebook as the site shows it: links led to its pages, the set-up cell folded."""
    notebook = json.loads(pair.path(framework).read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            if cell["id"] == "title":
                source = BUTTONS.sub(lambda _: _buttons(site, pair, framework), source)
            source = links.lead(source)
            # the style hides it as long as the output before it is folded
            is_answer = cell["id"].endswith("-answer")
            cell["source"] = f"{ANSWER} answer-text\n{source}\n::::::" if is_answer else source
        # nothing but tags, here and below: other metadata could have the site execute the notebook
        tags = cell["metadata"].get("tags", [])
        hides = ["hide-input"] if cell["id"] == "setup" else []
        if cell["metadata"].get("jupyter", {}).get("outputs_hidden"):
            hides = ["hide-output"]  # behind a button: it answers a question
        cell["metadata"] = {"tags": [*tags, *hides]}
        for output in cell.get("outputs", []):
            # the figures are shown as a table; no page shows JSON
            output.get("data", {}).pop("application/json", None)
    notebook["metadata"] = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def _buttons(site: Site, pair: Pair, framework: str) -> Markup:
    """Return what the site shows in place of the title cell's links."""
    here = page(pair, framework)
    twin = other(framework)
    places = [
        ("Side by side", relative(f"/{page(pair, 'both')}", here), "primary"),
        (f"The same in {FRAMEWORKS[twin]}", relative(f"/{page(pair, twin)}", here), twin),
        ("Open in Colab", links(pair, framework, site.url)["colab"], ""),
    ]
    file = f"{'../' * here.count('/')}_downloads/{pair.topic}_{framework}.ipynb"
    return templates.part("notebook", "buttons", places, file, pair.path(framework).name)


class _Links:
    """What the relative links and pictures of one file become; keeps the pictures."""

    def __init__(self, site: Site, file: Path, begin: str = ""):
        self.site, self.file, self.begin = site, file, begin
        self.pictures: dict[str, bytes] = {}

    def lead(self, text: str) -> str:
        """Return Markdown whose links lead to the site's pages, or to the repository."""
        return LINK.sub(self._replaced, ENTRY.sub(self._entry, text))

    def _entry(self, match: re.Match[str]) -> str:
        place = self.site.resolve(match[2], self.file)
        if not place.startswith("/"):
            return str(match[0])
        here = self.site.sources[self.file.relative_to(self.site.root).as_posix()]
        return f'<a href="{relative(place, here)}">{match[1]}</a>'

    def _replaced(self, match: re.Match[str]) -> str:
        before, target, after = match[1], match[2], match[3]
        if not before or not is_relative(target):
            return match[0]
        if before.startswith("!"):
            picture = named(target, self.file.parent, self.site.root)
            # one that is not there is dealt with where the page is built
            return f"{before}/{self._kept(picture)}{after}" if picture else match[0]
        return f"{before}{self._page(target)}{after}" if target.startswith(self.begin) else match[0]

    def _page(self, target: str) -> str:
        place = self.site.resolve(target, self.file)
        if not place.startswith("/"):
            return place
        path, hash_sign, anchor = place.partition("#")
        view = self.site.lessons.get(path[1:], (None, "both"))[1]
        return f"{path}{'.md' if view == 'both' else '.ipynb'}{hash_sign}{anchor}"

    def _kept(self, picture: Picture) -> str:
        name = f"pictures/{picture.name}"  # where the side-by-side page has it, too
        self.pictures[name] = picture.data
        return name


def _write(file: Path, data: bytes) -> None:
    if file.is_file() and file.read_bytes() == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
