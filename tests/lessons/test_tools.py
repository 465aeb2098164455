"""The command line and what it drives, on small notebooks that need no framework."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from rich.console import Console

from sidebyside.checkout import ROOT, repository_url
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs, workspace
from sidebyside.lessons.execution import StepFailed, execute, save_all
from sidebyside.lessons.notebooks import write_notebook
from sidebyside.lessons.steps import steps
from sidebyside.lessons.tidying import last_state, tidy
from sidebyside.measure.tables import pages_with_results, pair_table, results_table
from sidebyside.view import page, terminal
from sidebyside.view.comparison import compare, shared_lines

REAL = pairs.find_pair("image_classification")


def sidebyside(*words, **environment):
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sidebyside", *words],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture
def small(tmp_path):
    """Return a small pair of notebooks that run in a second."""
    pair = pairs.Pair(tmp_path / "beginner" / "small", "small", tmp_path)
    for framework, word in (("pytorch", "torch"), ("tensorflow", "keras")):
        cells = [
            new_markdown_cell(
                f"# Small in {word}\n\n[it](x.ipynb)", id="title", metadata={"tags": ["framework"]}
            ),
            new_markdown_cell("## 1. A section\n\nSome *prose* with `code`.", id="intro"),
            new_code_cell("import os\nx = 1", id="same"),
            new_code_cell(f"y = '{word}'\nx = x + 1\nprint(y, x < 3)", id="differs"),
            new_code_cell("print(os.environ['SIDEBYSIDE_DATA'])", id="data"),
        ]
        save_all({framework: new_notebook(cells=cells)}, pair, pair.folder)
    return pair


def change(pair, framework, name, source):
    notebook = pair.read(framework)
    next(cell for cell in notebook.cells if cell.id == name).source = source
    write_notebook(notebook, pair.path(framework))


def test_execute_stores_outputs_and_reports_progress(small):
    calls = []
    before = small.path("pytorch").read_bytes()
    notebook = execute(small, "pytorch", "full", lambda *call: calls.append(call))
    assert notebook.cells[3].outputs[0].text == "torch True\n"
    assert notebook.cells[4].outputs[0].text == "full\n"
    assert [call[:3] for call in calls[::2]] == [("same", 1, 3), ("differs", 2, 3), ("data", 3, 3)]
    assert all((call[3] is None) == (n % 2 == 0) for n, call in enumerate(calls))
    assert small.path("pytorch").read_bytes() == before  # only --save writes


def test_failing_step_is_told_with_its_source_and_error(small):
    change(small, "pytorch", "differs", "x = 1\nx / 0")
    with pytest.raises(StepFailed) as failure:
        execute(small, "pytorch", "sample")
    assert failure.value.step == "differs"
    assert failure.value.source == "x = 1\nx / 0"
    assert "ZeroDivisionError: division by zero" in failure.value.error
    assert "\x1b" not in failure.value.error


def test_missing_framework_is_told_with_what_to_install(small):
    change(small, "pytorch", "same", "raise ModuleNotFoundError(\"No module named 'torch'\")")
    with pytest.raises(StepFailed) as failure:
        execute(small, "pytorch", "sample")
    assert "pip install -e .[pytorch]" in failure.value.hint


def test_dead_kernel_is_told_with_its_last_words(small):
    source = "import os\nos.write(2, b'out of luck')\nos._exit(3)"
    change(small, "tensorflow", "same", source)
    with pytest.raises(StepFailed) as failure:
        execute(small, "tensorflow", "sample")
    assert failure.value.step == "same"
    assert "The kernel died" in failure.value.error
    assert "out of luck" in failure.value.error


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1/2\r2/2\n", "2/2\n"),
        ("long line\rab\n", "abng line\n"),
        ("\x1b[1m3/3\x1b[0m \x1b[32mdone\x1b[0m\n", "3/3 done\n"),
        ("1/9\x08\x08\x082/9", "2/9"),
    ],
)
def test_progress_bars_come_down_to_their_last_state(text, shown):
    assert last_state(text) == shown


def test_tidy_makes_large_pictures_jpeg_and_keeps_small_ones():
    stored = REAL.read("pytorch")
    kinds = {
        kind: len(data)
        for cell in stored.cells
        for output in cell.get("outputs", [])
        for kind, data in output.get("data", {}).items()
        if kind.startswith("image/")
    }
    assert set(kinds) == {"image/png", "image/jpeg"}
    before = nbformat.v4.writes(stored)
    assert nbformat.v4.writes(tidy(stored)) == before


def test_tidy_leaves_no_path_of_this_machines_user():
    text = f"saved to {Path.home() / '.cache' / 'weights'}\n"
    output = nbformat.v4.new_output("stream", name="stderr", text=text)
    cell = new_code_cell("save()", id="save", outputs=[output])
    tidied = tidy(new_notebook(cells=[cell])).cells[0].outputs[0]
    assert tidied.text == "saved to ~/.cache/weights\n"


def test_tidy_turns_a_photograph_into_a_smaller_jpeg_of_the_same_size():
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    large = Image.fromarray(noise).resize((240, 160), Image.Resampling.BICUBIC)
    png = io.BytesIO()
    large.save(png, "PNG")
    data = {"image/png": base64.b64encode(png.getvalue()).decode("ascii")}
    assert len(data["image/png"]) > 80_000
    output = nbformat.v4.new_output("display_data", data=data)
    cell = new_code_cell("show()", id="show", outputs=[output])
    tidied = tidy(new_notebook(cells=[cell])).cells[0].outputs[0].data
    assert list(tidied) == ["image/jpeg"]
    assert len(tidied["image/jpeg"]) < len(data["image/png"]) / 3
    assert Image.open(io.BytesIO(base64.b64decode(tidied["image/jpeg"]))).size == (240, 160)


def test_shared_lines_of_two_cells(small):
    step = steps(small)[3]
    assert shared_lines(step) == ({2, 3}, {2, 3})


@pytest.fixture
def view(small):
    executed = {name: execute(small, name, "sample") for name in FRAMEWORKS}
    save_all(executed, small, small.folder)
    return compare(small)


def test_page_needs_no_other_file_and_shows_every_step(view):
    html = page.render(view)
    assert not re.search(r'src="(?!data:)', html)
    base = f"{repository_url()}/blob/main/beginner/small"
    links = [link for link in re.findall(r'href="([^#"]+)"', html) if "colab" not in link]
    notebooks = [f"{base}/small_{framework}.ipynb" for framework in FRAMEWORKS]
    assert links == [*notebooks, f"{base}/x.ipynb"]  # of the title cells, which are the same here
    assert "@import" not in html and "url(" not in html
    for step in view.steps:
        assert f'id="{step.id}"' in html
    assert "<h2>1. A section</h2>" in html
    assert "<em>prose</em>" in html
    assert html.count("<pre>torch True</pre>") == 1
    assert html.count("<pre>keras True</pre>") == 1
    assert html.count('<span class="shared">') == 4  # two lines that both cells share
    assert "@media (max-width: 53rem)" in html


def test_page_shows_what_is_the_same_once(view):
    places = page.Places(link=str, show=lambda picture: picture.inline)
    rows = {row.id: row for row in (page.row(step, places) for step in view.steps)}
    assert [cell.framework for cell in rows["same"].cells] == [None]
    assert [cell.framework for cell in rows["differs"].cells] == ["pytorch", "tensorflow"]
    assert [cell.framework for cell in rows["data"].cells] == [None]


def test_page_escapes_what_a_cell_printed(small):
    change(small, "pytorch", "data", "print('<b>&')")
    notebook = execute(small, "pytorch", "sample")
    save_all({"pytorch": notebook}, small, small.folder)
    assert "<pre>&lt;b&gt;&amp;</pre>" in page.render(compare(small))


def test_terminal_shows_both_sides_of_a_line(view):
    console = Console(width=100, record=True, file=io.StringIO())
    terminal.show(view, console)
    lines = console.export_text().splitlines()
    assert any("y = 'torch'" in line and "y = 'keras'" in line for line in lines)
    assert any("torch True" in line and "keras True" in line for line in lines)
    assert any(line.split()[:3] == ["lines", "of", "code"] for line in lines)


def test_workspace_is_taken_and_given_back_by_jupyterlab(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(tmp_path))
    workspace.import_workspace(REAL)
    command = ["-m", "jupyter", "lab", "workspaces", "export", workspace.name(REAL)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    exported = json.loads(done.stdout)["data"]
    dock = exported["layout-restorer:data"]["main"]["dock"]
    assert (dock["type"], dock["orientation"]) == ("split-area", "horizontal")
    shown = [column["widgets"][0] for column in dock["children"]]
    files = [exported[widget]["data"]["path"] for widget in shown]
    assert [(ROOT / file).is_file() for file in files] == [True, True]
    assert ["pytorch" in files[0], "tensorflow" in files[1]] == [True, True]


REPORT = {
    "data": "full", "test_accuracy": 0.8512, "train_seconds": 522.4, "seconds_per_epoch": 32.65,
    "parameters": 386242, "peak_memory_mb": 1341, "python": "3.11.7", "cpu": "A processor, 2 cores",
    "threads": 2, "system": "Linux", "date": "2026-11-23",
}  # fmt: skip
VERSIONS = {"pytorch": {"torch": "2.15.0"}, "tensorflow": {"tensorflow": "2.21.0"}}


def reported(root, name, **figures):
    """Return a project whose notebooks store a report, with a page that shows it."""
    pair = pairs.Pair(root / "beginner" / name, name, root)
    for framework in FRAMEWORKS:
        data = {"application/json": REPORT | VERSIONS[framework] | figures}
        output = nbformat.v4.new_output("display_data", data=data)
        cells = [new_code_cell("x = 1\ny = 2", id="report", outputs=[output])]
        save_all({framework: new_notebook(cells=cells)}, pair, pair.folder)
    (pair.folder / "README.md").write_text("<!-- results: begin -->\n<!-- results: end -->\n")
    return pair


def benchmarked(pair, **facts):
    """Store a benchmark with a pair, as a picture and as figures."""
    figure = {"median": 0.1049, "min": 0.1, "max": 0.12}
    memory = {"median": 1200, "min": 1199, "max": 1210}
    summary = {"seconds_per_epoch": figure, "import_seconds": figure, "peak_memory_mb": memory}
    benchmark = {
        "data": "full", "threads": 2, "date": "2026-11-24", "rounds": [{}] * 10,
        "machine": {"cpu": "A processor, 2 cores"},
        "versions": {name: VERSIONS[name] | {"python": "3.11.7"} for name in VERSIONS},
        "summary": dict.fromkeys(VERSIONS, summary),
    }  # fmt: skip
    (pair.folder / "benchmark.json").write_text(json.dumps(benchmark | facts))
    (pair.folder / "benchmark.png").write_bytes(b"")


def test_table_of_a_pair_has_a_column_a_notebook_and_links_from_its_own_page(tmp_path):
    table = pair_table(reported(tmp_path, "one")).splitlines()
    assert table[:4] == [
        "|  | [PyTorch](one_pytorch.ipynb) | [TensorFlow/Keras](one_tensorflow.ipynb) |",
        "|---|--:|--:|",
        "| test accuracy | 85.1% | 85.1% |",
        "| whole training, s | 522 | 522 |",
    ]
    assert "| one epoch, s | 32.6 | 32.6 |" in table
    assert "| peak memory, MB | 1,341 | 1,341 |" in table
    assert "| lines of code | 2 | 2 |" in table
    assert not [line for line in table if "importing" in line]


def test_table_takes_from_the_benchmark_what_it_has_measured(tmp_path):
    pair = reported(tmp_path, "one")
    benchmarked(pair)
    table = pair_table(pair)
    assert "| test accuracy | 85.1% | 85.1% |" in table
    assert "| whole training, s | 522 | 522 |" in table
    assert "| one epoch, s | 0.10 (0.10–0.12) | 0.10 (0.10–0.12) |" in table
    assert "| importing, s | 0.10 (0.10–0.12) | 0.10 (0.10–0.12) |" in table
    assert "| peak memory, MB | 1,200 (1,199–1,210) | 1,200 (1,199–1,210) |" in table
    assert "](benchmark.png)" in table
    assert "the median of 5 runs" in table
    assert "without a range" not in table


def test_overview_links_from_the_root_and_says_which_figures_are_of_one_run(tmp_path):
    shown = [reported(tmp_path, "one"), reported(tmp_path, "two")]
    benchmarked(shown[0])
    table = results_table(shown, tmp_path)
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows] == [
        "| topic", "| [One](beginner/one/README.md)", "| ", "| [Two](beginner/two/README.md)", "| ",
    ]  # fmt: skip
    assert [row[1] for row in rows[1:3]] == [
        "[PyTorch](beginner/one/one_pytorch.ipynb)",
        "[TensorFlow/Keras](beginner/one/one_tensorflow.ipynb)",
    ]
    assert [row[2] for row in rows[1:]] == ["test accuracy 85.1%"] * 4
    assert [row[4] for row in rows[1:]] == ["0.10 (0.10–0.12)"] * 2 + ["32.6"] * 2
    assert "A time or a memory figure without a range is of the one run" in table
    assert {len(row) for row in rows} == {9}


def test_machine_threads_and_dates_are_told_once(tmp_path):
    shown = [reported(tmp_path, "one"), reported(tmp_path, "two", threads=1)]
    benchmarked(shown[0], date="2026-11-25")
    assert results_table(shown, tmp_path).splitlines()[-1] == (
        "Measured on A processor, 2 cores, with 2 threads (Two: 1 thread), PyTorch 2.15.0, "
        "TensorFlow 2.21.0, Python 3.11.7, on the full data; 2026-11-23 to 2026-11-25."
    )


def test_pages_have_their_own_tables(tmp_path):
    pair = reported(tmp_path, "one")
    (tmp_path / "README.md").write_text("Before.\n<!-- results: begin -->\n<!-- results: end -->")
    pages = pages_with_results(tmp_path)
    assert pages[tmp_path / "README.md"].startswith("Before.\n<!-- results: begin -->\n| topic |")
    assert "](one_pytorch.ipynb)" in pages[pair.folder / "README.md"]
