"""The folder for a Hugging Face Space: what is in it, and that it runs alone."""

import pytest
import yaml
from PIL import Image
from running_space import running
from small_project import keep_weights, write_project

from sidebyside.checkout import ROOT
from sidebyside.demos.cells import read_cells
from sidebyside.demos.making import demo_files
from sidebyside.demos.space import write_space
from sidebyside.errors import DemoError

pytest.importorskip("gradio", reason="the extra 'demo' is not installed")


@pytest.fixture
def folder(tmp_path):
    """Return the Space of a small project, written in a folder of its own."""
    root = tmp_path / "checkout"
    pair = write_project(root)
    (root / "data").mkdir()
    for name in ("pyproject.toml", "data/registry.txt"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    files = demo_files(pair, "sample")
    keep_weights(files)
    write_space(pair, files, tmp_path / "space")
    return tmp_path / "space"


def test_the_folder_is_a_space(folder):
    head, _, text = (folder / "README.md").read_text("utf-8").removeprefix("---\n").partition("---")
    settings = yaml.safe_load(head)
    assert settings["sdk"] == "gradio"
    assert (folder / settings["app_file"]).is_file()
    assert settings["title"] == "Small"
    assert isinstance(settings["python_version"], str)
    assert len(settings["short_description"]) <= 60  # longer ones are refused
    assert "# Small, side by side" in text
    required = (folder / "requirements.txt").read_text("utf-8").split()
    assert all("==" in line for line in required)
    assert {"torch", "tensorflow", "keras", "gradio"} <= {line.split("==")[0] for line in required}
    assert "*.npz filter=lfs" in (folder / ".gitattributes").read_text("utf-8")


def test_the_notebooks_hold_what_is_executed_and_no_outputs(folder):
    assert list(read_cells(folder / "small_pytorch.ipynb")) == [
        "imports", "settings", "define-model"
    ]  # fmt: skip


def test_the_folder_runs_alone(folder):
    from gradio_client import Client, handle_file

    Image.new("RGB", (4, 4), "red").save(folder.parent / "picture.png")
    with running(folder) as address:
        client = Client(address, verbose=False)
        picture = handle_file(folder.parent / "picture.png")
        _, ours, *_ = client.predict(picture, "text", 1, api_name="/answer")
    assert ours["label"] == "red"


def test_a_folder_of_something_else_is_left_alone(folder):
    (folder / "mine.txt").write_text("mine")
    before = (folder / "app.py").stat().st_mtime_ns
    pair = write_project(folder.parent / "other")
    with pytest.raises(DemoError, match=r"mine\.txt for example"):
        files = demo_files(pair, "sample")
        keep_weights(files)
        (pair.root / "data").mkdir()
        for name in ("pyproject.toml", "data/registry.txt"):
            (pair.root / name).write_bytes((ROOT / name).read_bytes())
        write_space(pair, files, folder)
    assert (folder / "app.py").stat().st_mtime_ns == before
