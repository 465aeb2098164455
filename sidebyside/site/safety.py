"""What a text may bring onto the site: no script, and no file from outside of the repository.

The pages' sources have been assembled in a folder of their own, with the pictures that they may
show. Whatever syntax a text uses to name a file, only those are taken.
"""

from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ext import OUTPUT_FOLDER  # of the pictures that code has drawn
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from sidebyside.site.pages import Site
from sidebyside.view.markdown import without_picture
from sidebyside.view.sanitising import clean


def forbid_files(app: Sphinx) -> None:
    """Forbid the directives that put a file's text into a page."""
    app.env.settings["file_insertion_enabled"] = False


def make_safe(app: Sphinx, document: nodes.document) -> None:
    """Take out of a page what it must not have: scripts, and files from elsewhere."""
    site: Site = app.config.sidebyside_site
    if site.notebook(app.env.docname):
        _clean_html(document)
    folders = [Path(app.srcdir), Path(app.outdir).parent / OUTPUT_FOLDER]
    for node in list(document.findall(nodes.image)):
        if not node["uri"].startswith("data:") and not _is_in(folders, node["uri"], app.env):
            node.parent.replace(node, nodes.Text(without_picture(node.get("alt", ""))))
    for link in list(document.findall(addnodes.download_reference)):
        if not _is_in(folders, link["reftarget"], app.env):
            link.parent.replace(link, nodes.Text(link.astext()))


def _clean_html(document: nodes.document) -> None:
    """Clean the HTML of a notebook's text; what its code has put out stays as it is."""
    pieces = [node for node in document.findall(nodes.raw) if not _is_output(node)]
    for node, text in zip(pieces, clean([node.astext() for node in pieces]), strict=True):
        node.clear()
        node += nodes.Text(text)


def _is_output(node: nodes.Node | None) -> bool:
    while node is not None:
        if isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code_output":
            return True
        node = node.parent
    return False


def _is_in(folders: list[Path], address: str, env: BuildEnvironment) -> bool:
    """Return whether an address in the page that is read is that of a file in `folders`."""
    if "://" in address:
        return False
    try:
        file = Path(env.relfn2path(address, env.docname)[1]).resolve()
        return file.is_file() and any(file.is_relative_to(one.resolve()) for one in folders)
    except (OSError, ValueError):  # no name that a file could have
        return False
