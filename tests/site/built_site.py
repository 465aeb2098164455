"""What the tests of the site share: building it, reading what was built."""

import functools
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, SoupStrainer

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.site.pages import Site

SITE = Site(ROOT)
# a lesson with formulas, and a project with long outputs
LESSON, PROJECT = "notebooks/prerequisites/gradients_by_hand", "beginner/image_classification"
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
WIDE, PHONE = (1440, 900), (420, 800)
# neither framework is there for those who only build the site
BUILD = """
import sys
sys.modules["torch"] = sys.modules["tensorflow"] = sys.modules["keras"] = None
from sidebyside.site.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def build(folder, root=ROOT):
    """Build the site in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", BUILD, str(folder), "--root", str(root)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip


def small_repository(root):
    """Write a small repository with one pair, which builds in seconds."""
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE", "data/README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "docs", root / "docs")
    # which name pairs that are not here
    for name in ("which_one_first", "show_your_work"):
        (root / "docs" / f"{name}.md").write_text(f"# {name}\n", "utf-8")
    for framework in FRAMEWORKS:
        copy_notebook("01_python_for_deep_learning", framework, root)
    return root


def copy_notebook(stem, framework, root):
    file = f"notebooks/0_prerequisites/{stem}_{framework}.ipynb"
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / file, root / file)


def soup(file):
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


@functools.cache
def part(file, style):
    """Return the first element of a class; much quicker than the whole page."""
    only = SoupStrainer(class_=re.compile(rf"(^| ){style}( |$)"))
    return BeautifulSoup(file.read_text("utf-8"), "html.parser", parse_only=only).find(class_=style)


class Outline(HTMLParser):
    """What a page loads, links to, and can be linked at; much less than the whole of it."""

    def __init__(self, file):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.anchors.add(found["id"])
        target = found.get("href") or found.get("src")
        if target and tag != "use":  # of an icon in the page itself
            self.links.append((tag, target, found.get("class")))
        if tag == "link" and found.get("rel") in ("canonical", "next", "prev", "search", "index"):
            return  # named, not loaded
        if tag in LOADED and (target := found.get(LOADED[tag])):
            self.loaded.append(target)


@functools.cache
def outline(file):
    return Outline(file)


def html_files(folder):
    return sorted(folder.rglob("*.html"))


def broken_links(folder):
    """Return every link of the built files that leads nowhere on the site."""
    broken = []
    for file in html_files(folder):
        for _, target, _ in outline(file).links:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            place = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            there = place.is_file()
            if there and parts.fragment and place.suffix == ".html":
                there = unquote(parts.fragment) in outline(place).anchors
            if not there:
                broken.append(f"{file.relative_to(folder)}: {target}")
    return broken


def loaded_from_elsewhere(folder):
    """Return what the built files load from another host."""
    found = []
    for file in html_files(folder):
        found += [target for target in outline(file).loaded if re.match(r"(https?:)?//", target)]
    for file in [*folder.rglob("*.css"), *html_files(folder)]:
        found += re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import", file.read_text("utf-8"))
    return found
