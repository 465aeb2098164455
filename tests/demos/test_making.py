"""Training for a demo, in a process of its own: progress, what is kept, what can go wrong."""

import re

import psutil
import pytest
from small_project import DEMO, keep_weights, write_project

from sidebyside.demos import durations, maker
from sidebyside.demos.answering import load_demo
from sidebyside.demos.kept import unpack
from sidebyside.demos.making import chosen_size, demo_files, make
from sidebyside.errors import DataError, DemoError
from sidebyside.files import write_json
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.execution import StepFailed
from sidebyside.lessons.pairs import find_pair
from sidebyside.measure.figures import last_report


def test_the_cells_up_to_the_training_are_executed(small):
    told = []
    about = make(small, "pytorch", "sample", lambda *words: told.append(words))
    assert [step for _, _, step in told] == [
        "imports", "settings", "load-data", "define-model", "train"
    ]  # fmt: skip
    assert [share for _, share, _ in told] == sorted(share for _, share, _ in told)
    assert about["topic"] == "beginner/small"
    assert (about["title"], about["data"], about["framework"]) == ("Small", "sample", "pytorch")
    assert about["seconds"] > 0
    kept = unpack(demo_files(small, "sample").weights["pytorch"])
    assert kept.arrays["model/0"].tolist() == [0.5, 0.3, 0.2]
    assert kept.facts == {"class_names": ["red", "green", "blue"]}


@pytest.mark.parametrize(
    ("error", "kind"), [("ValueError('no')", StepFailed), ("DataError('offline')", DataError)]
)
def test_a_cell_that_fails_is_told_and_nothing_is_kept(tmp_path, error, kind):
    pair = write_project(
        tmp_path, load_data=f"from sidebyside.errors import DataError\nraise {error}"
    )
    with pytest.raises(kind, match="'load-data' failed" if kind is StepFailed else "offline"):
        make(pair, "pytorch", "sample")
    assert not demo_files(pair, "sample").weights["pytorch"].parent.exists()


def test_a_process_that_dies_is_told(tmp_path):
    with pytest.raises(StepFailed) as raised:
        make(write_project(tmp_path, train="import os\nos._exit(7)"), "pytorch", "sample")
    assert "exit code 7" in raised.value.error


def test_a_process_that_is_no_longer_wanted_is_ended(tmp_path):
    pair = write_project(tmp_path, train="import time\ntime.sleep(1000)")

    def interrupt(_, __, step):
        if step == "train":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(pair, "pytorch", "sample", interrupt)
    children = psutil.Process().children(recursive=True)
    assert not [child for child in children if "sidebyside.demos.maker" in child.cmdline()]


def test_a_step_that_is_missing_is_told(tmp_path):
    pair = write_project(tmp_path, DEMO.replace("counted =", "train_until = 'learn'; counted ="))
    with pytest.raises(DemoError, match="no code cell 'learn' to train by"):
        make(pair, "pytorch", "sample")


def test_optimiser_steps_are_counted(tmp_path):
    pytest.importorskip("torch")
    train = """
import time
import torch
weight = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([weight], lr=0.1)
for _ in range(epochs * steps_per_epoch):
    weight.sum().backward()
    optimizer.step()
    time.sleep(0.1)
model = make_model()
"""
    demo = DEMO.replace('counted = ""', 'counted = "train"')
    told = []
    make(write_project(tmp_path, demo, train=train), "pytorch", "sample",
         lambda *words: told.append(words))  # fmt: skip
    counted = [share for _, share, step in told if re.fullmatch(r"\d+ of 10 steps", step)]
    assert counted == sorted(counted)
    assert maker.BEFORE < counted[0] < counted[-1] <= maker.AFTER


def test_the_bar_never_goes_back():
    steps = ["imports", "define-model", "train", "measure", "show"]
    assert maker.shares(steps, "train") == pytest.approx([0, 0.05, 0.1, 0.95, 0.975])
    assert maker.shares(steps, "") == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize("demo", ["", DEMO.replace("class Small(Demo)", "class Small")])
def test_a_file_without_a_demo_is_told(tmp_path, demo):
    with pytest.raises(DemoError, match=r"one class that is derived from Demo"):
        load_demo(write_project(tmp_path, demo).folder / "demo.py")


def test_a_project_without_a_demo_is_told(tmp_path):
    with pytest.raises(DemoError, match=r"has no demo: there is no .*demo\.py"):
        load_demo(tmp_path / "demo.py")


def test_the_original_data_are_chosen_unless_only_the_sample_is_there(small):
    assert chosen_size(small) == "full"
    keep_weights(demo_files(small, "sample"))
    assert chosen_size(small) == "sample"
    keep_weights(demo_files(small, "full"))
    assert chosen_size(small) == "full"


def test_how_long_it_takes_is_kept_and_told(small, tmp_path):
    record, both = tmp_path / "demos.json", ["pytorch", "tensorflow"]
    assert "not been measured" in durations.in_words(small, "sample", both, record)
    keep_weights(demo_files(small, "sample"))
    durations.keep(small, record)
    assert durations.in_words(small, "sample", both, record).startswith("That took 3 seconds")
    write_json(record, {"beginner/small": {"full": {"pytorch": 500, "tensorflow": 400}}})
    assert durations.in_words(small, "full", both, record).startswith("That took 15 minutes")


def test_a_demo_of_two_trainings_tells_the_time_of_both(tmp_path):
    pair = find_pair("advanced/diffusion")
    for framework in FRAMEWORKS:
        report = last_report(pair.read(framework))
        both = report["train_seconds"] + report["flow_train_seconds"]
        assert durations.seconds(pair, "full", framework, tmp_path / "none.json") == both
