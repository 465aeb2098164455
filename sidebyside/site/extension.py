"""The Sphinx extension: what is registered, and what is added to the pages of the notebooks."""

import hashlib
import posixpath
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.highlighting import PygmentsBridge
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from sidebyside.checkout import PACKAGE, ROOT
from sidebyside.site import directives, navigation, safety
from sidebyside.site.pages import Site
from sidebyside.site.sources import copy_originals
from sidebyside.view.highlighting import HangingLines
from sidebyside.view.markdown import formula
from sidebyside.view.page import ASSETS
from sidebyside.view.templating import Templates

say = logging.getLogger(__name__).warning
templates = Templates(__package__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.add_config_value("sidebyside_root", str(ROOT), "env")
    # all is built again when there are other pages, or when what builds them has changed
    app.add_config_value("sidebyside_pages", [], "env")
    app.add_config_value("sidebyside_code", "", "env")
    for name, directive in directives.DIRECTIVES.items():
        app.add_directive(name, directive)
    for name, role in directives.ROLES.items():
        app.add_role(name, role)
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    PygmentsBridge.html_formatter = HangingLines
    app.connect("config-inited", _configure)
    app.connect("builder-inited", safety.forbid_files)
    # before anything else looks at the page: Sphinx copies the pictures that it names
    app.connect("doctree-read", safety.make_safe, priority=50)
    app.connect("doctree-read", _name_cells)
    # before Sphinx collects the headings
    app.connect("doctree-read", _name_entries, priority=100)
    app.connect("html-page-context", navigation.add_context)
    app.connect("build-finished", _finish)
    app.add_css_file("sidebyside.css", priority=600)
    app.add_css_file("site.css", priority=700)
    app.add_js_file("sidebyside.js")
    app.add_js_file("site.js")
    app.add_js_file("dictionary.js")
    app.add_js_file("quiz.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fingerprint(package: Path = PACKAGE) -> str:
    """Return a hash of the package's code and templates, by their names and contents."""
    found = hashlib.sha256()
    for file in sorted(package.rglob("*")):
        if file.suffix in (".py", ".jinja"):
            found.update(file.relative_to(package).as_posix().encode() + b"\0")
            found.update(file.read_bytes() + b"\0")
    return found.hexdigest()


def _configure(app: Sphinx, config: Config) -> None:
    site = Site(Path(config.sidebyside_root))
    for error in site.broken:
        say(f"{error} The pair is left out.")
    config.sidebyside_site = site
    config.sidebyside_pages = sorted(site.lessons)
    config.sidebyside_code = fingerprint()
    config.html_static_path.insert(0, str(ASSETS))


def _name_cells(app: Sphinx, document: nodes.document) -> None:
    """Give a notebook's code cells the anchors of their steps, and pictures their texts."""
    site: Site = app.config.sidebyside_site
    if (found := site.notebook(app.env.docname)) is None:
        return
    pair, framework = found
    cells = pair.read(framework).cells
    here = posixpath.basename(pair.topic)
    for node in list(document.findall(nodes.container)):
        if "cell_index" not in node:
            continue
        step = cells[node["cell_index"]].id
        node["ids"].append(f"step-{step}")
        for image in node.findall(nodes.image):
            image["alt"] = f"Picture made by the step {step}"
        label = templates.part("notebook", "step", step, here)
        node.parent.insert(node.parent.index(node), nodes.raw("", label, format="html"))


def _name_entries(app: Sphinx, document: nodes.document) -> None:
    """Give an entry of the dictionary, with its heading, its key as the anchor."""
    for node in document.findall(nodes.raw):
        if key := node.get("dictionary_entry"):
            node.parent["ids"] = [key]


def _visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_formula(node, display=False))
    raise nodes.SkipNode


def _visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_formula(node, display=True)}</div>')
    raise nodes.SkipNode


def _formula(node: nodes.Element, display: bool) -> str:
    try:
        return formula(node.astext(), display)
    except ValueError as error:
        say(str(error), location=node)
        return escape(node.astext())


def _finish(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.format == "html":
        copy_originals(app.config.sidebyside_site, Path(app.outdir))
