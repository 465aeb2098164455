"""Figures: what is known of them, how they are written, where they come from."""

import json
import re

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from sidebyside.frameworks import FRAMEWORKS, LIBRARIES
from sidebyside.lessons.checks import problems
from sidebyside.lessons.execution import save_all
from sidebyside.lessons.pairs import Pair, find_pairs
from sidebyside.measure.benchmark_plot import COLORS
from sidebyside.measure.figures import (
    COST,
    KEPT,
    NAMED,
    QUALITY,
    QUANTITIES,
    Figure,
    all_figures,
    figures,
    last_report,
    quality,
    quantities,
    unknown_figures,
)
from sidebyside.measure.tables import pair_table, results_table
from sidebyside.view.page import ASSETS

PAIRS = find_pairs()
REPORT = {
    "framework": "pytorch", "data": "full", "test_accuracy": 0.8512, "train_seconds": 522.4,
    "peak_memory_mb": 1341, "parameters": 386242, "python": "3.11.7", "torch": "2.15.0",
    "cpu": "A processor, 2 cores", "threads": 2, "system": "Linux", "date": "2026-11-23",
}  # fmt: skip


def notebook(**more):
    output = new_output("display_data", data={"application/json": REPORT | more})
    return new_notebook(cells=[new_code_cell("x = 1", id="report", outputs=[output])])


def stored(root, **more):
    pair = Pair(root / "beginner" / "small", "small", root)
    save_all({framework: notebook(**more) for framework in FRAMEWORKS}, pair, pair.folder)
    return pair


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("test_accuracy", 0.85249, "85.2%"),
        ("test_rmse", 0.48121, "0.481"),
        ("train_seconds", 0.0833, "0.08"),
        ("train_seconds", 24.94, "24.9"),
        ("train_seconds", 1522.3, "1,522"),
        ("peak_memory_mb", 1341, "1,341"),
        ("parameters", 386242, "386,242"),
    ],
)
def test_a_figure_is_written_by_its_quantity_and_keeps_its_number(key, value, text):
    figure = Figure(QUANTITIES[key], value)
    assert figure.text == figure.short == text
    assert figure.range == ""
    assert figure.value == value
    assert figure.labelled == f"{QUANTITIES[key].label} {text}"


def test_a_range_follows_the_value():
    figure = Figure(QUANTITIES["seconds_per_epoch"], 0.1049, low=0.1, high=0.12)
    assert (figure.short, figure.range) == ("0.10", "0.10–0.12")
    assert figure.text == "0.10 (0.10–0.12)"


def test_a_notebooks_figures_come_in_the_order_of_tables():
    own = figures(notebook(epochs=3))
    assert list(own) == ["test_accuracy", "epochs", "train_seconds", "peak_memory_mb",
                         "parameters", "lines", "tokens"]  # fmt: skip
    assert own["test_accuracy"].value == 0.8512
    assert own["lines"].value == 1
    assert [one.labelled for one in quality(own)] == ["test accuracy 85.1%"]
    assert [one.key for one in quantities([own, {}])] == list(own)


def test_several_seeds_are_a_mean_with_its_range(tmp_path):
    spread = {"test_accuracy_min": 0.83, "test_accuracy_max": 0.87}
    pair = stored(tmp_path, **spread)
    assert all_figures(pair, "pytorch")["test_accuracy"].text == "85.1% (83.0%–87.0%)"
    assert unknown_figures(REPORT | spread) == []
    assert "| test accuracy | 85.1% (83.0%–87.0%) |" in pair_table(pair)
    sentence = "A result with a range is the mean over several seeds"
    assert sentence in results_table([pair], tmp_path)
    assert sentence not in results_table([stored(tmp_path)], tmp_path)


def test_a_benchmark_takes_the_place_of_what_one_run_has_measured(tmp_path):
    pair = stored(tmp_path)
    measured = {"median": 1200, "min": 1199, "max": 1210}
    summary = {name: {"peak_memory_mb": measured} for name in FRAMEWORKS}
    (pair.folder / "benchmark.json").write_text(json.dumps({"summary": summary}), "utf-8")
    own = all_figures(pair, "tensorflow")
    assert own["peak_memory_mb"].text == "1,200 (1,199–1,210)"
    assert own["train_seconds"].text == "522"


def test_a_benchmark_with_other_threads_than_the_run_says_so(tmp_path):
    pair = stored(tmp_path, threads=1)
    benchmark = {
        "data": "full", "threads": 2, "date": "2026-11-23", "machine": {"cpu": REPORT["cpu"]},
        "versions": {name: {} for name in FRAMEWORKS}, "summary": {name: {} for name in FRAMEWORKS},
        "rounds": [],
    }  # fmt: skip
    (pair.folder / "benchmark.json").write_text(json.dumps(benchmark), "utf-8")
    assert "on A processor, 2 cores, with 1 thread (Small, benchmark: 2 threads)," in pair_table(
        pair
    )
    elsewhere = stored(tmp_path, threads=4, cpu="Another")  # both differ: the topic stands for both
    both = [stored(tmp_path / "other"), stored(tmp_path / "third"), elsewhere]
    benchmark["machine"]["cpu"] = "Another"
    (pair.folder / "benchmark.json").write_text(json.dumps(benchmark), "utf-8")
    assert "(Small: Another), with 2 threads (Small: 4 threads)" in results_table(both, tmp_path)


def test_a_figure_that_no_table_knows_is_found():
    (sentence,) = unknown_figures(REPORT | {"hops": 3})
    assert sentence.startswith("no table knows the figure 'hops'")
    assert "sidebyside/measure/figures.py" in sentence
    assert len(unknown_figures(REPORT | {"test_accuracy_min": 1, "hops_max": 1})) == 2


def test_the_check_of_a_pair_says_so(tmp_path):
    def told(pair):
        return [text for text in problems(pair, "https://github.com/a/b") if "no table" in text]

    assert told(stored(tmp_path)) == []
    assert told(stored(tmp_path, hops=3)) == [
        f"step 'report': {text}" for text in unknown_figures({"hops": 3})
    ]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.topic)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_stored_figure_is_known(pair, framework):
    report = last_report(pair.read(framework))
    assert report
    assert unknown_figures(report) == []


def test_what_is_kept_is_reported_somewhere_and_not_shown():
    reports = [last_report(pair.read("pytorch")) or {} for pair in PAIRS]
    reported = {key for report in reports for key in report}
    assert set(KEPT) <= reported
    assert not set(KEPT) & set(QUANTITIES)
    assert all(len(reason) > 20 for reason in KEPT.values())


def test_names_of_libraries_stand_in_one_place():
    assert {key: NAMED[key] for key in NAMED if key != "python"}.items() <= LIBRARIES.items()
    assert {*QUALITY, *COST} <= set(QUANTITIES.values())


def test_the_plots_of_benchmarks_have_the_sites_colours():
    style = (ASSETS / "sidebyside.css").read_text("utf-8")
    for framework, color in COLORS.items():
        assert re.search(rf"--sbs-{framework}: light-dark\({color},", style)
    kept = [pair.folder / "benchmark.png" for pair in PAIRS]
    for picture in [file for file in kept if file.is_file()]:
        drawn = {color[:3] for _, color in Image.open(picture).convert("RGB").getcolors(1 << 20)}
        for color in COLORS.values():
            assert tuple(bytes.fromhex(color[1:])) in drawn, picture
