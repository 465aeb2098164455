"""The report of the project on a custom architecture: a page made of what a notebook stores."""

import base64
import importlib.util
import itertools
import json

import pytest
from bs4 import BeautifulSoup

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS

FOLDER = ROOT / "advanced" / "custom_architecture"
BASELINES, CANDIDATES = ["resnet", "depthwise", "mixer"], ["sweep", "gate"]
BLOCKS = BASELINES + CANDIDATES
EQUAL = ["weights", "multiplications", "seconds"]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def report():
    """Return the program of the folder, under a name of its own."""
    spec = importlib.util.spec_from_file_location(
        "custom_architecture_report", FOLDER / "report.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def study(framework="pytorch", told="open"):
    """Return a made study; the sweep is ahead of the mixer at equal weights."""
    comparisons = [
        {
            "equal": equal,
            "candidate": ours,
            "baseline": theirs,
            "mean": 0.03 if (equal, ours, theirs) == ("weights", "sweep", "mixer") else 0.004,
            "half": 0.01,
            "p": 0.5,
            "verdict": "ahead" if (equal, ours, theirs) == ("weights", "sweep", "mixer") else told,
        }
        for equal, ours, theirs in itertools.product(EQUAL, CANDIDATES, BASELINES)
    ]
    return {
        "framework": framework,
        "data": "sample",
        "plan": {
            "hypotheses": {"sweep": "hears <far> & wide", "gate": "chooses"},
            "baselines": BASELINES,
            "equal": EQUAL,
            "measure": "share of right answers",
            "seeds": 3,
            "matters": 0.02,
            "alpha": 0.05,
            "trials": 2,
            "seconds": "what the yardstick takes",
        },
        "registered": "0123456789abcdef",
        "counts": {equal: {name: [35_338, 2_147_040] for name in BLOCKS} for equal in EQUAL},
        "accuracies": {equal: {name: [0.4, 0.5, 0.6] for name in BLOCKS} for equal in EQUAL},
        "step_ms": {equal: dict.fromkeys(BLOCKS, 12.5) for equal in EQUAL[:2]},
        "lengths": dict.fromkeys(BLOCKS, 400),
        "comparisons": comparisons,
        "ablations": [
            {
                "without": "gate, a sum",
                "whole": "gate",
                "mean": -0.01,
                "half": 0.005,
                "p": 0.01,
                "verdict": "behind",
            }
        ],
        "scaling": {name: {"width": [0.4, 0.5], "data": [0.3, 0.5]} for name in BLOCKS},
        "scaled": {"width": [0.5, 1], "data": [1000, 4000]},
        "search": {name: [[0.005, 0.05, 0.41], [0.01, 0.1, 0.45]] for name in BLOCKS},
        "best": {name: {"rate": 0.01, "decay": 0.1} for name in BLOCKS},
        "trainings": 200,
    }


def page_of(report, studies, path):
    report.write_page(studies, path / "report.html")
    return BeautifulSoup((path / "report.html").read_text("utf-8"), "html.parser")


def test_a_sentence_says_what_each_candidate_has_found(report):
    assert report.headline(study(told="no difference that matters")) == (
        "The sweep: of 9 comparisons 1 won, 8 without a difference that matters. "
        "The gate: of 9 comparisons 9 without a difference that matters."
    )
    assert "The gate: of 9 comparisons 9 open." in report.headline(study())


def test_the_page_has_the_plan_the_tables_and_its_pictures_inside(report, tmp_path):
    page = page_of(report, [study()], tmp_path)
    assert "0123456789abcdef" in page.text
    assert "hears <far> & wide" in page.text  # escaped, not read as HTML
    tables = {table.caption.text: table for table in page.find_all("table")}
    rows = tables["All planned comparisons, in PyTorch"].tbody.find_all("tr")
    assert len(rows) == 18
    assert [td.text for td in rows[2].find_all("td")] == ["+3.0", "± 1.0", "0.500", "ahead"]
    assert rows[2].th.text == "equal weights: sweep − mixer"
    found = tables["Test accuracy, mean over seeds, in PyTorch"]
    assert [th.text for th in found.thead.find_all("th")] == ["", *BLOCKS]
    assert "50.0 %" in found.text and "35,338" in found.text and "12.5 ms" in found.text
    pictures = page.find_all("img")
    assert len(pictures) == 2
    for picture in pictures:
        head, _, data = picture["src"].partition(",")
        assert head == "data:image/png;base64" and base64.b64decode(data).startswith(PNG)
        assert len(picture["alt"]) > 40
    assert not page.find_all(["script", "link", "iframe"])


def test_a_second_study_is_a_replication(report, tmp_path):
    page = page_of(report, [study(), study("tensorflow", "behind")], tmp_path)
    assert "in PyTorch and in TensorFlow/Keras" in page.text
    assert "1 of 18 verdicts agree; 0 contradict each other." in page.text


def test_the_study_is_read_from_a_notebook(report, tmp_path):
    output = {"output_type": "display_data", "data": {"application/json": study()}}
    cells = [
        {"id": "imports", "cell_type": "code", "outputs": []},
        {"id": "collect-study", "cell_type": "code", "outputs": [output]},
    ]
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(json.dumps({"cells": cells}), "utf-8")
    assert report.stored_study(notebook) == study()
    notebook.write_text(json.dumps({"cells": cells[:1]}), "utf-8")
    assert report.stored_study(notebook) is None


def test_the_program_writes_both_files(report, tmp_path, capsys):
    (tmp_path / "study.json").write_text(json.dumps(study()), "utf-8")
    report.main([str(tmp_path / "study.json"), "--folder", str(tmp_path)])
    assert (tmp_path / "result.png").read_bytes().startswith(PNG)
    assert (tmp_path / "report.html").is_file()
    assert "report.html" in capsys.readouterr().out


def test_what_the_notebooks_store_makes_a_page(report, tmp_path):
    notebooks = [FOLDER / f"custom_architecture_{name}.ipynb" for name in FRAMEWORKS]
    studies = [report.stored_study(notebook) for notebook in notebooks]
    assert all(studies), "no study is stored: run the notebooks"
    assert len({one["registered"] for one in studies}) == 1  # one plan for both
    page = page_of(report, studies, tmp_path)
    assert len(page.find_all("img")) == 3


def test_order_is_that_of_the_plan_though_a_notebook_sorts_keys(report, tmp_path):
    stored = json.loads(json.dumps(study(), sort_keys=True))
    assert report.headline(stored) == report.headline(study())
    pages = [page_of(report, [one], tmp_path).text for one in (stored, study())]
    assert pages[0] == pages[1]
