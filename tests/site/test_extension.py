"""What the site is built with: found where it is, and built again when it changes."""

import importlib.util
import shutil

import pytest

from sidebyside.checkout import PACKAGE, ROOT
from sidebyside.site import sources
from sidebyside.site.extension import fingerprint
from sidebyside.view import highlighting


@pytest.fixture
def package(tmp_path):
    """Return a copy of the package."""
    left_out = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(PACKAGE, tmp_path / "sidebyside", ignore=left_out)


@pytest.mark.parametrize(
    "name",
    ["frameworks.py", "view/page.py", "view/templates/comparison.html.jinja",
     "site/templates/results.html.jinja", "site/sources.py", "measure/figures.py",
     "dictionary/entries.py", "lessons/steps.py"],
)  # fmt: skip
def test_the_site_is_built_again_when_what_builds_it_changes(package, name):
    before = fingerprint(package)
    assert before == fingerprint(PACKAGE)
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert fingerprint(package) != before


def test_the_site_is_built_again_when_a_module_moves(package):
    before = fingerprint(package)
    (package / "view" / "page.py").rename(package / "page.py")
    assert fingerprint(package) != before


def test_templates_are_where_the_fingerprint_looks():
    assert len(list(PACKAGE.rglob("*.jinja"))) >= 6
    others = [file for file in PACKAGE.rglob("templates/*") if file.suffix != ".jinja"]
    assert others == []


def test_the_configuration_names_colours_that_exist():
    spec = importlib.util.spec_from_file_location("conf", ROOT / "docs" / "conf.py")
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    styles = {"pygments_style": highlighting.Light, "pygments_dark_style": highlighting.Dark}
    for name, style in styles.items():
        module, _, attribute = getattr(conf, name).rpartition(".")
        assert getattr(importlib.import_module(module), attribute) is style
    for extension in conf.extensions:
        assert importlib.util.find_spec(extension) is not None


def test_a_link_to_an_entry_may_have_brackets_in_code():
    text = "see [`x[0] = 1`](../../dictionary/03_indexing.toml#scatter-update) or [b] there"
    (found,) = sources.ENTRY.findall(text)
    assert found == ("`x[0] = 1`", "../../dictionary/03_indexing.toml#scatter-update")
