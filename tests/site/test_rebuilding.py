"""What is built again when something changes, and what ends the build."""

import json

import pytest
from built_site import build, copy_notebook, html_files, small_repository

from sidebyside.frameworks import FRAMEWORKS

PAGE = "notebooks/prerequisites/python_for_deep_learning"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a small repository, and the site that was built of it."""
    root = small_repository(tmp_path_factory.mktemp("small") / "repository")
    folder = root.with_name("site")
    assert build(folder, root).stderr == ""
    return root, folder


def times(folder):
    """Return when each page was written."""
    pages = [file for file in html_files(folder) if file.name != "search.html"]
    return {file.relative_to(folder).as_posix(): file.stat().st_mtime_ns for file in pages}


def test_a_notebook_that_changes_is_built_again_and_nothing_else(built):
    root, folder = built
    before = times(folder)
    assert build(folder, root).returncode == 0
    assert times(folder) == before
    file = root / "notebooks/0_prerequisites/01_python_for_deep_learning_pytorch.ipynb"
    notebook = json.loads(file.read_text("utf-8"))
    code = next(cell for cell in notebook["cells"] if cell["id"] == "imports")
    code["source"] = ["import marvellous\n", *code["source"]]
    file.write_text(json.dumps(notebook), "utf-8")
    assert build(folder, root).stderr == ""
    changed = {name for name, time in times(folder).items() if time != before[name]}
    assert {f"{PAGE}.html", f"{PAGE}_pytorch.html"} <= changed
    assert f"{PAGE}_tensorflow.html" not in changed
    assert "contributing.html" not in changed
    assert "marvellous" in (folder / f"{PAGE}.html").read_text("utf-8")


def test_a_new_pair_is_everywhere_and_what_is_broken_ends_the_build(built):
    root, folder = built
    for framework in FRAMEWORKS:
        copy_notebook("03_the_learning_loop", framework, root)
    broken = {
        root / "CONTRIBUTING.md": "[broken](#nowhere-at-all)",
        root / "docs/results.md": "{measured}`the_learning_loop: hops` {measured}`learning: lines`",
    }
    texts = {file: file.read_text("utf-8") for file in broken}
    for file, text in broken.items():
        file.write_text(f"{texts[file]}\n{text}\n", "utf-8")
    done = build(folder, root)
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    for file in html_files(folder):
        assert "The learning loop" in file.read_text("utf-8"), file
    assert done.returncode != 0
    assert "nowhere-at-all" in done.stderr
    assert "the_learning_loop has no figure 'hops' on both sides" in done.stderr
    assert "There is no topic 'learning'" in done.stderr
