"""The Sphinx extension: the directives, and what they add to the pages of the lessons."""

import posixpath
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sidebyside import page
from sidebyside.compare import compare
from sidebyside.markdown import formula
from sidebyside.pairs import FRAMEWORKS, REPOSITORY, Pair, find_pair
from sidebyside.site import navigation
from sidebyside.site.pages import Site, relative
from sidebyside.site.sources import copy_originals

RENDERER = [*sorted(Path(page.__file__).parent.glob("templates/*")), Path(page.__file__)]


class SideBySide(SphinxDirective):
    """``{side-by-side} beginner/recommender``: the shared view of a pair."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the view, as the HTML that the shared renderer makes."""
        site: Site = self.config.sidebyside_site
        pair = find_pair(self.arguments[0], site.root)
        depend_on(self, pair)
        here = self.env.docname
        places = page.Places(
            link=lambda target: relative(
                site.resolve(target, pair.folder / "any"), here
            ),
            picture=lambda data, kind: posixpath.relpath(
                f"_images/{page.picture_name(data, kind)}", posixpath.dirname(here)
            ),
        )
        comparison = compare(pair)
        self.env.metadata[here]["outline"] = page.outline(comparison)
        self.env.metadata[here]["hide-toc"] = True
        return [html(page.body(comparison, places))]


def html(text: str) -> nodes.raw:
    """Return a node that is HTML as it stands."""
    return nodes.raw("", str(text), format="html")


def depend_on(directive: SphinxDirective, pair: Pair) -> None:
    """Have the page built anew when a pair's notebooks, figures or the renderer change."""
    files = [pair.path(framework) for framework in FRAMEWORKS] + RENDERER
    files += [*pair.folder.glob("*.json"), pair.root / "docs" / "parity.json"]
    for file in files:
        directive.env.note_dependency(str(file))


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_config_value("sidebyside_root", str(REPOSITORY), "env")
    app.add_config_value("sidebyside_pages", [], "env")
    app.add_directive("side-by-side", SideBySide)
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.connect("config-inited", _configure)
    app.connect("doctree-read", _name_cells)
    app.connect("html-page-context", navigation.add_context)
    app.connect("build-finished", _finish)
    app.add_css_file("sidebyside.css", priority=600)
    app.add_css_file("site.css", priority=700)
    app.add_js_file("sidebyside.js")
    app.add_js_file("site.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _configure(app: Sphinx, config) -> None:
    site = Site(Path(config.sidebyside_root))
    config.sidebyside_site = site
    config.sidebyside_pages = sorted(site.lessons)  # all is built anew when there are others
    config.html_static_path.insert(0, str(page.ASSETS))


def _name_cells(app: Sphinx, document: nodes.document) -> None:
    """Give a notebook's code cells the anchors of their steps, and pictures their texts."""
    site: Site = app.config.sidebyside_site
    pair, view = site.lessons.get(app.env.docname, (None, "both"))
    if view == "both":
        return
    cells = pair.read(view).cells
    up = posixpath.relpath(pair.topic, posixpath.dirname(app.env.docname))
    for node in document.findall(lambda n: isinstance(n, nodes.container)):
        if "cell_index" not in node:
            continue
        step = cells[node["cell_index"]].id
        node["ids"].append(f"step-{step}")
        for image in node.findall(nodes.image):
            image["alt"] = f"Picture made by the step {step}"
        link = f'<a class="step-link" href="{up}.html#{step}">{step}<span> side by side</span></a>'
        node.insert(0, html(link))


def _visit_math(translator, node: nodes.math) -> None:
    translator.body.append(formula(node.astext(), display=False))
    raise nodes.SkipNode


def _visit_math_block(translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{formula(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def _finish(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.format == "html":
        copy_originals(app.config.sidebyside_site, Path(app.outdir))
