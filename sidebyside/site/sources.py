"""The pages' sources in one tree, as Sphinx wants them: copied when they changed, no more."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from sidebyside.markdown import is_relative
from sidebyside.pairs import FRAMEWORKS, Pair, links
from sidebyside.site.pages import Site, page, relative

# code, which is left alone, or the address of a link
LINK = re.compile(r"^```.*?^```|`[^`\n]+`|(\]\()([^)\s]+)(\))", re.MULTILINE | re.DOTALL)
BUTTONS = re.compile(r"^\[Open in Colab\].*$", re.MULTILINE)


def assemble(site: Site, docs: Path, target: Path) -> None:
    """Bring `target` up to date with the pages in `docs`, the pairs, and the other texts."""
    wanted = dict(_texts(site, docs))
    for name, text in wanted.items():
        _write(target / name, text)
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


def _texts(site: Site, docs: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(docs.rglob("*.md")):
        name = file.relative_to(docs)
        if not name.parts[0].startswith("_"):
            text = file.read_text("utf-8")
            # what does not begin so is a link from page to page
            yield name.as_posix(), _with_links(text, site, file, begin="../")
    for source, name in site.sources.items():
        if source.endswith(".md") and source != "README.md":
            file = site.root / source
            yield f"{name}.md", _with_links(file.read_text("utf-8"), site, file)
    for pair in site.pairs:
        yield f"{pair.topic}.md", _view(pair)
        for framework in FRAMEWORKS:
            yield f"{page(pair, framework)}.ipynb", _notebook(site, pair, framework)


def _view(pair: Pair) -> str:
    return f"# {pair.title}, side by side\n\n```{{side-by-side}} {pair.topic}\n```\n"


def _notebook(site: Site, pair: Pair, framework: str) -> str:
    """Return a notebook as the site shows it: links led to its pages, the set-up cell folded."""
    file = pair.path(framework)
    notebook = json.loads(file.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            if cell["id"] == "title":
                source = BUTTONS.sub(lambda _: _buttons(site, pair, framework), source)
            cell["source"] = _with_links(source, site, file)
        elif cell["id"] == "setup":
            cell["metadata"]["tags"] = [*cell["metadata"].get("tags", []), "hide-input"]
        for output in cell.get("outputs", []):
            # the figures are shown as a table; no page shows JSON
            output.get("data", {}).pop("application/json", None)
    notebook["metadata"]["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def _buttons(site: Site, pair: Pair, framework: str) -> str:
    """Return what the site shows in place of the title cell's links."""
    here = page(pair, framework)
    twin = next(other for other in FRAMEWORKS if other != framework)
    up = "../" * here.count("/")
    places = [
        ("Side by side", relative(f"/{page(pair, 'both')}", here), "primary"),
        (f"The same in {FRAMEWORKS[twin]}", relative(f"/{page(pair, twin)}", here), twin),
        ("Open in Colab", links(pair, framework, site.url)["colab"], ""),
    ]
    buttons = [f'<a class="{kind}" href="{place}">{text}</a>' for text, place, kind in places]
    file = f"{up}_downloads/{pair.topic}_{framework}.ipynb"
    buttons.append(f'<a href="{file}" download="{pair.path(framework).name}">Download</a>')
    return f'<p class="lesson-buttons">{" ".join(buttons)}</p>'


def _with_links(text: str, site: Site, file: Path, begin: str = "") -> str:
    """Return Markdown whose relative links lead to the site's pages, or to the repository."""

    def lead(match: re.Match) -> str:
        if not match[1] or not is_relative(match[2]) or not match[2].startswith(begin):
            return match[0]
        target = site.resolve(match[2], file)
        if target.startswith("/"):
            path, hash_sign, anchor = target.partition("#")
            suffix = ".ipynb" if site.lessons.get(path[1:], ("", "both"))[1] != "both" else ".md"
            target = f"{path}{suffix}{hash_sign}{anchor}"
        return f"{match[1]}{target}{match[3]}"

    return LINK.sub(lead, text)


def _write(file: Path, text: str) -> None:
    if file.is_file() and file.read_text("utf-8") == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
