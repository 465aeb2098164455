"""The package's folders keep to their rules: what each may import, and no module name twice."""

import ast
from collections import Counter

import pytest

from sidebyside.checkout import PACKAGE

MODULES = sorted(PACKAGE.rglob("*.py"))
BASE = {"sidebyside.errors", "sidebyside.frameworks", "sidebyside.checkout", "sidebyside.files"}
FRAMEWORKS = {"torch", "torchvision", "tensorflow", "keras"}
# what a folder may import of the package, besides itself
MAY_IMPORT = {
    "samples": set(),
    "datasets": BASE | {"sidebyside.samples"},
    "parity": {"sidebyside.errors", "sidebyside.frameworks"},  # a library: no lesson, no checkout
    "dictionary": BASE | {"sidebyside.magics"},
    "proof": BASE | {"sidebyside.dictionary", "sidebyside.parity"},
}


def imported(file):
    """Return the full names of all modules that a file imports, also inside of functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_no_module_name_is_there_twice():
    names = Counter(file.name for file in MODULES if not file.name.startswith("__"))
    folders = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir()}
    assert [name for name, count in names.items() if count > 1] == []
    assert {name.removesuffix(".py") for name in names} & folders == set()


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_what_it_may(folder):
    allowed = MAY_IMPORT[folder] | {f"sidebyside.{folder}"}
    for file in (PACKAGE / folder).rglob("*.py"):
        ours = {name for name in imported(file) if name.startswith("sidebyside.")}
        wrong = {
            name
            for name in ours
            if not any(name == one or name.startswith(f"{one}.") for one in allowed)
        }
        assert wrong == set(), file


@pytest.mark.parametrize(
    ("packages", "folders"),
    [
        (FRAMEWORKS, {"parity", "proof", "measure", "cli", "demos"}),
        ({"gradio", "gradio_client"}, {"demos"}),
        ({"sphinx", "docutils", "myst_nb", "playwright"}, {"site"}),
        ({"typer"}, {"cli"}),
    ],
    ids=["frameworks", "gradio", "sphinx", "typer"],
)
def test_a_package_is_imported_in_its_folders_alone(packages, folders):
    users = {
        file.relative_to(PACKAGE).parts[0]
        for file in MODULES
        if {name.partition(".")[0] for name in imported(file)} & packages
    }
    assert users <= folders
