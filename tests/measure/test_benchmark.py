"""The benchmark: what is timed, in which order, what is kept."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from typer.testing import CliRunner

from sidebyside.datasets import DataError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.execution import StepFailed, save_all
from sidebyside.lessons.pairs import Pair
from sidebyside.measure import benchmark, timing
from sidebyside.measure.benchmark import BenchmarkError

# An epoch is five steps, each of which sleeps; after it, an evaluation sleeps for much longer.
SETTINGS = "steps_per_epoch, epochs, nap, evaluation = 5, 1000, 0.004, 0.2"
CELLS = {
    "pytorch": {
        "imports": "import time\nimport torch\nimport matplotlib.pyplot as plt",
        "settings": SETTINGS,
        "magic": "%env SIDEBYSIDE_DATA\nassert get_ipython() is not None",
        "draw": "plt.plot([1, 2])\nplt.show()\nassert plt.get_backend().lower() == 'agg'",
        "rehearse": """\
model = torch.nn.Linear(4, 1)
trial = torch.optim.SGD(torch.nn.Linear(4, 1).parameters(), lr=0.1)
for _ in range(100):  # another optimiser, before the training
    trial.step()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)""",
        "train": """\
for epoch in range(epochs):
    for step in range(steps_per_epoch):
        time.sleep(nap)
        loss = model(torch.ones(8, 4)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        trial.step()  # is not the one that is followed
    time.sleep(evaluation)""",
        "after": "raise RuntimeError('what follows is not run')",
    },
    "tensorflow": {
        "imports": "import time\nimport keras\nimport tensorflow as tf",
        "settings": SETTINGS,
        "magic": "%env SIDEBYSIDE_DATA",
        "draw": "x = 1",
        "rehearse": """\
class Sleeper(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        time.sleep(nap)

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(evaluation)


model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", loss="mse", jit_compile=False)
x, y = tf.ones((40, 4)), tf.ones((40, 1))
model.fit(x, y, batch_size=8, epochs=1, verbose=0)""",
        "train": """\
model.fit(x, y, batch_size=8, epochs=epochs, verbose=0, callbacks=[Sleeper()])""",
        "after": "raise RuntimeError('what follows is not run')",
    },
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a pair of small notebooks that train."""
    root = tmp_path_factory.mktemp("repository")
    return written(Pair(root / "beginner" / "small", "small", root), CELLS)


@pytest.fixture
def made(tmp_path):
    """Return a function that writes a pair of the given cells, or of the small one's."""

    def write(cells=CELLS):
        return written(Pair(tmp_path / "beginner" / "made", "made", tmp_path), cells)

    return write


def written(pair, cells):
    notebooks = {
        framework: new_notebook(cells=[new_code_cell(source, id=name)
                                       for name, source in cells[framework].items()])
        for framework in FRAMEWORKS
    }  # fmt: skip
    save_all(notebooks, pair, pair.folder)
    return pair


def one_side(imports):
    """Return cells of which those of PyTorch do nothing but `imports` before they train."""
    return {**CELLS, "pytorch": {"imports": imports, "train": "pass"}}


def need(*modules):
    """Raise the error that an import would, without the import."""
    for name in modules:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def command(pair, monkeypatch, *words):
    from sidebyside.cli.main import app

    monkeypatch.setattr(pairs, "find_pair", lambda topic: pair)
    monkeypatch.setattr(benchmark.psutil, "cpu_percent", lambda interval: 0.0)
    return CliRunner().invoke(app, ["benchmark", "made", *words])


def figures(framework, seconds, **more):
    """Return what a process tells that took so many seconds an epoch."""
    memory = {"pytorch": 900, "tensorflow": 1100}[framework]
    told = {
        "import_seconds": 2.0, "memory_after_imports_mb": 500, "seconds_before_training": 3.0,
        "seconds_per_step": seconds / 5, "measured_steps": 50, "steps_per_epoch": 5,
        "seconds_per_epoch": seconds, "peak_memory_mb": memory, "cores_used_by_others": 0.0,
        "python": "3.11.7", "numpy": "2.4.6", "cpu": "A processor, 2 cores", "threads": 1,
        "system": "Linux", "date": "2026-11-24", "spans": [[71, 50, seconds * 10]],
    }  # fmt: skip
    return told | more


@pytest.fixture
def pretend(monkeypatch):
    """Return a function that lets processes tell given times instead of running."""

    def measure_as(pytorch, tensorflow, **more):
        times = {"pytorch": [9.0, *pytorch], "tensorflow": [9.0, *tensorflow]}  # first: not counted
        monkeypatch.setattr(
            benchmark, "_measure",
            lambda pair, framework, *_: figures(framework, times[framework].pop(0), **more),
        )  # fmt: skip

    return measure_as


# --- the real thing


@pytest.fixture(scope="module")
def real(small):
    """Run the command for real on the small pair; return what it printed and what it wrote."""
    need("torch", "tensorflow")
    words = ["benchmark", "small", "--rounds", "1", "--seconds", "0.1", "--threads", "1"]
    program = (
        "from pathlib import Path; from sidebyside.cli.main import main; "
        "from sidebyside.lessons import pairs; "
        f"pair = pairs.Pair(Path({str(small.folder)!r}), 'small', Path({str(small.root)!r})); "
        "pairs.find_pair = lambda topic: pair; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words, "--data", "sample"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = small.root / "build" / "benchmarks" / "beginner" / "small"
    return done.stdout, folder, json.loads((folder / "benchmark.json").read_text("utf-8"))


def test_processes_take_turns_after_one_of_each_that_does_not_count(real):
    printed, _, result = real
    lines = [line.split()[:2] for line in printed.splitlines() if "warm" in line or "1/1" in line]
    assert lines == [["warm", "PyTorch"], ["warm", "TensorFlow/Keras"],
                     ["1/1", "PyTorch"], ["1/1", "TensorFlow/Keras"]]  # fmt: skip
    order = [(one["framework"], one["round"]) for one in result["rounds"]]
    assert order == [("pytorch", 1), ("tensorflow", 1)]


@pytest.mark.parametrize("place", [0, 1])
def test_steps_are_timed_and_evaluation_is_not(real, place):
    one = real[2]["rounds"][place]
    assert one["steps_per_epoch"] == 5
    # A step sleeps for 0.004 s. If the evaluations counted, it would have 0.04 s more.
    assert 0.004 <= one["seconds_per_step"] < 0.03
    assert one["seconds_per_epoch"] == pytest.approx(5 * one["seconds_per_step"], rel=1e-3)


def test_both_are_measured_over_the_same_steps_for_the_time_that_was_asked(real):
    rounds = real[2]["rounds"]
    assert rounds[0]["measured_steps"] == rounds[1]["measured_steps"]
    times = [one["measured_steps"] * one["seconds_per_step"] for one in rounds]
    assert max(times) >= 0.0999


@pytest.mark.parametrize(("place", "least"), [(0, 0.3), (1, 1.0)])
def test_imports_and_memory_are_those_of_the_framework(real, place, least):
    one = real[2]["rounds"][place]
    assert least < one["import_seconds"] < one["seconds_before_training"]
    assert 150 < one["memory_after_imports_mb"] <= one["peak_memory_mb"] < 5000


def test_file_says_what_was_measured_with_what(real):
    result = real[2]
    assert (result["topic"], result["step"], result["data"]) == (
        "beginner/small",
        "train",
        "sample",
    )
    assert (result["threads"], result["seconds_measured"]) == (1, 0.1)
    assert "cores" in result["machine"]["cpu"]
    assert result["machine"]["memory_gb"] >= 1
    assert set(result["versions"]["pytorch"]) >= {"python", "torch"}
    assert set(result["versions"]["tensorflow"]) >= {"python", "tensorflow", "keras"}
    assert "tensorflow" not in result["versions"]["pytorch"]


def test_picture_is_small_and_the_folder_has_nothing_else(real):
    folder = real[1]
    assert sorted(path.name for path in folder.iterdir()) == ["benchmark.json", "benchmark.png"]
    assert (folder / "benchmark.png").stat().st_size < 60_000
    width, height = Image.open(folder / "benchmark.png").size
    assert (width, height) == (800, 290)


def test_keras_is_followed_in_fit_and_in_loops():
    need("tensorflow")
    program = """
import keras
import tensorflow as tf
from sidebyside.measure.timing import KerasFollower

class Clock:
    def __init__(self): self.ticks = []
    def tick(self, count): self.ticks.append(count)

def follow(train):
    clock = Clock(); follower.optimizer = None; follower.start(clock); train(); print(clock.ticks)

follower = KerasFollower()
x, y = tf.ones((24, 4)), tf.ones((24, 1))
def model():
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    made.compile("sgd", loss="mse", jit_compile=False, steps_per_execution=4)
    return made

fitted = model()
fit = lambda: fitted.fit(x, y, batch_size=4, verbose=0, validation_data=(x, y))
follow(fit)  # is traced meanwhile
follow(fit)  # has been traced before

looped, optimizer, other = model(), keras.optimizers.SGD(), keras.optimizers.SGD()
def step():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(looped(x) ** 2)
    variables = looped.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    other.apply(gradients, variables)
compiled = tf.function(step)
follow(lambda: [compiled() for _ in range(3)])
follow(lambda: [step() for _ in range(3)])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[4, 2]", "[4, 2]", "[1, 1, 1]", "[1, 1, 1]"]


def test_training_without_an_optimiser_cannot_be_followed(made):
    cells = {"imports": "import torch", "settings": "steps_per_epoch = 5", "train": "x = 1"}
    pair = made({**CELLS, "pytorch": cells})
    with pytest.raises(BenchmarkError, match="PyTorch: the step 'train' cannot be measured: no "):
        benchmark.run(pair, "sample", 1, 0, 1)


# --- the cells of a notebook


class Shell:
    """Stands for IPython: keeps what it is asked to run."""

    def __init__(self, **names):
        self.user_ns, self.ran = names, []

    def run_cell(self, source, store_history):
        self.ran.append(source)
        return SimpleNamespace(error_before_exec=None, error_in_exec=None)


def code_cells(*names):
    return [{"id": name, "source": name, "metadata": {}} for name in names]


@pytest.fixture
def shell(monkeypatch):
    made = Shell(steps_per_epoch=5)
    monkeypatch.setattr(timing, "make_shell", lambda: made)
    monkeypatch.setitem(timing.FOLLOWERS, "pytorch", timing.Follower)
    return made


def test_cells_are_run_once_and_in_order_up_to_the_one_that_trains(shell):
    cells = code_cells("setup", "imports", "define-model", "train", "after")
    with pytest.raises(timing.NotMeasurable, match="no optimiser step was seen"):
        timing.measure(cells, "pytorch", "train", 1.0)
    assert shell.ran == ["setup", "imports", "define-model", "train"]


def test_nothing_is_run_where_the_step_is_missing(shell):
    with pytest.raises(timing.NotMeasurable, match="no code cell of that name"):
        timing.measure(code_cells("imports", "define-model"), "pytorch", "train", 1.0)
    with pytest.raises(timing.NotMeasurable, match="no code cell before it is called 'imports'"):
        timing.measure(code_cells("define-model", "train"), "pytorch", "train", 1.0)
    assert shell.ran == []


def test_the_program_that_measures_is_where_it_is_looked_for(small, monkeypatch):
    started = []

    def run(command, **_):
        started.append(command)
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(benchmark.subprocess, "run", run)
    with pytest.raises(BenchmarkError, match="exit code 1"):
        benchmark.run(small, "sample", 1, 0, 1)
    program = Path(started[0][2])
    assert program.is_file()
    assert program.name == "timing.py"


# --- the clock


@pytest.fixture
def clock(monkeypatch):
    """Return a function that makes a clock, and one that lets time pass and ticks."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def make(steps_per_epoch, budget):
        made = timing.StepClock(steps_per_epoch, budget)

        def pass_by(seconds, count=1):
            now[0] += seconds
            made.tick(count)

        return made, pass_by

    return make


def test_first_steps_and_the_first_of_each_epoch_are_left_out(clock):
    made, pass_by = clock(10, 1e9)
    for number in range(40):
        pass_by(100.0 if number < 20 or number % 10 == 0 else 1.0 + number / 100)
    assert made.figures()["measured_steps"] == 18
    counted = [1.0 + n / 100 for n in range(20, 40) if n % 10]
    assert made.measured_seconds == pytest.approx(sum(counted))
    assert made.figures()["seconds_per_epoch"] == pytest.approx(10 * sum(counted) / 18)


def test_several_steps_in_one_go(clock):
    made, pass_by = clock(16, 1e9)
    for number in range(12):  # 48 steps: three epochs of four goes
        pass_by(100.0 if number in (0, 1, 2, 3, 4, 8) else 8.0, count=4)
    assert made.figures()["measured_steps"] == 24
    assert made.figures()["seconds_per_step"] == 2.0
    assert made.spans[0] == (24, 4, 8.0)


def test_training_is_stopped_when_the_budget_is_used_up(clock):
    made, pass_by = clock(1000, 2.5)
    for _ in range(22):
        pass_by(1.0)
    with pytest.raises(timing.Enough):
        pass_by(1.0)
    assert made.stopped
    assert made.figures()["measured_steps"] == 3


def test_a_training_that_is_too_short_is_told(clock):
    made, pass_by = clock(10, 1e9)
    with pytest.raises(timing.NotMeasurable, match="no optimiser step was seen"):
        made.figures()
    for _ in range(20):
        pass_by(1.0)
    with pytest.raises(timing.NotMeasurable, match="none of its 20 optimiser steps counts"):
        made.figures()


def test_a_wrong_number_of_steps_is_told(clock):
    made, pass_by = clock(15, 1e9)
    for _ in range(40):
        pass_by(1.0)
    with pytest.raises(timing.NotMeasurable, match="its 40 optimiser steps are not a whole number"):
        made.figures()


def test_work_of_others_is_all_work_but_ones_own(monkeypatch):
    times = [(100.0, 50.0, 20.0), (110.0, 65.0, 28.0)]  # seconds, all work, own work
    monkeypatch.setattr(timing.OtherWork, "_times", staticmethod(lambda: times.pop(0)))
    assert timing.OtherWork().cores() == 0.7


def test_work_of_others_is_seen():
    spin = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        others = timing.OtherWork()
        timing.time.sleep(1)
        assert others.cores() > 0.3
    finally:
        spin.kill()
        spin.wait()


# --- the rounds and what is made of them


def test_rounds_alternate_and_are_summarised_by_medians(small, pretend):
    pretend([1.0, 5.0, 2.0], [4.0, 3.0, 8.0])
    calls = []
    result = benchmark.run(small, "full", 3, 1, 1, lambda *call: calls.append(call))
    ended = [call[:2] for call in calls if call[2]]
    assert ended == [(framework, number) for number in range(4) for framework in FRAMEWORKS]
    order = [(one["framework"], one["round"]) for one in result["rounds"]]
    assert order == [(framework, number) for number in (1, 2, 3) for framework in FRAMEWORKS]
    assert result["summary"]["pytorch"]["seconds_per_epoch"] == {"median": 2, "min": 1, "max": 5}
    assert result["summary"]["tensorflow"]["seconds_per_epoch"] == {
        "median": 4, "min": 3, "max": 8,
    }  # fmt: skip
    assert (result["slower"], result["slower_to_faster"]) == ("tensorflow", 2.0)
    assert benchmark.verdict(result) == (
        "TensorFlow/Keras needs 2.00 times as long for an epoch's training steps as PyTorch, "
        "with 1 thread."
    )


def test_steps_that_not_all_have_measured_are_left_out():
    slow = {"steps_per_epoch": 10, "spans": [(22, 1, 2.0), (23, 1, 4.0)], "kept": "yes"}
    fast = {"steps_per_epoch": 10, "spans": [(22, 1, 1.0), (23, 1, 2.0), (24, 1, 90.0)]}
    in_one_go = {"steps_per_epoch": 10, "spans": [(28, 4, 6.0), (34, 4, 90.0)]}
    cut = benchmark.over_the_same_steps([slow, fast, in_one_go])
    assert [one["measured_steps"] for one in cut] == [2, 2, 4]
    assert [one["seconds_per_step"] for one in cut] == [3.0, 1.5, 1.5]
    assert [one["seconds_per_epoch"] for one in cut] == [30.0, 15.0, 15.0]
    assert cut[0]["kept"] == "yes"


def test_notebooks_whose_epochs_differ_are_not_compared(small, monkeypatch):
    monkeypatch.setattr(
        benchmark, "_measure",
        lambda pair, framework, *_: figures(framework, 1.0, steps_per_epoch=len(framework)),
    )  # fmt: skip
    with pytest.raises(BenchmarkError, match="not the same number of steps: 7 and 10"):
        benchmark.run(small, "full", 1, 1, 1)


def test_other_work_meanwhile_is_told(small, pretend):
    pretend([1.0], [1.0], cores_used_by_others=0.94)
    result = benchmark.run(small, "full", 1, 1, 1)
    assert benchmark.disturbed(result) == (
        "Other programs computed meanwhile: 0.9 cores in PyTorch's round 1, "
        "0.9 cores in TensorFlow/Keras's round 1."
    )
    pretend([1.0], [1.0])
    assert benchmark.disturbed(benchmark.run(small, "full", 1, 1, 1)) == ""


@pytest.mark.parametrize(("percent", "told"), [(50.0, True), (0.0, False)])
def test_a_busy_machine_is_told_before(monkeypatch, percent, told):
    monkeypatch.setattr(benchmark.psutil, "cpu_percent", lambda interval: percent)
    monkeypatch.setattr(benchmark.psutil, "cpu_count", lambda: 2)
    assert ("Other programs keep 1.0 of 2 cores busy" in benchmark.busy()) == told


def test_saved_is_kept_with_the_pair(made, pretend, monkeypatch):
    pair = made()
    pretend([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5)
    monkeypatch.setattr("sidebyside.measure.tables.pages_with_results", dict)
    done = command(pair, monkeypatch, "--save")
    assert done.exit_code == 0, done.output
    result = json.loads((pair.folder / "benchmark.json").read_text("utf-8"))
    assert len(result["rounds"]) == 10
    assert (pair.folder / "benchmark.png").is_file()
    assert not (pair.root / "build").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--rounds", "3"], "A benchmark that is saved has at least 5 rounds, not 3"),
        (["--data", "sample"], "A benchmark that is saved is of the original data"),
    ],
)
def test_a_look_is_not_saved(made, pretend, monkeypatch, words, sentence):
    pair = made()
    pretend([1.0] * 5, [1.0] * 5)
    before = sorted(pair.root.rglob("*"))
    done = command(pair, monkeypatch, "--save", *words)
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert sorted(pair.root.rglob("*")) == before


def test_nothing_is_half_written(small, pretend, tmp_path, monkeypatch):
    pretend([1.0], [1.0])
    result = benchmark.run(small, "full", 1, 1, 1)
    benchmark.save(result, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(benchmark, path):
        Path(path).write_bytes(b"half a picture")
        raise OSError("the disk is full")

    monkeypatch.setattr(benchmark, "draw", fail)
    with pytest.raises(OSError, match="the disk is full"):
        benchmark.save({**result, "topic": "another"}, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


# --- what can go wrong in a process


def test_a_failing_cell_is_told_and_nothing_written(made, monkeypatch):
    pair = made(one_side("x = 1\nx / 0"))
    before = sorted(pair.root.rglob("*"))
    done = command(pair, monkeypatch, "--rounds", "1")
    assert done.exit_code == 1
    assert "PyTorch: the step 'imports' failed. Nothing was written." in done.stderr
    assert "x / 0" in done.stderr
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert sorted(pair.root.rglob("*")) == before


def test_missing_data_are_told_by_the_data_sets_own_sentence(made):
    source = "import sidebyside\nraise sidebyside.datasets.MissingDataError('Put it there.')"
    with pytest.raises(DataError, match=r"^Put it there\.$"):
        benchmark.run(made(one_side(source)), "full", 1, 1, 1)


def test_a_missing_framework_is_told_with_what_to_install(made):
    source = "raise ModuleNotFoundError(\"No module named 'torch'\")"
    with pytest.raises(StepFailed) as failure:
        benchmark.run(made(one_side(source)), "full", 1, 1, 1)
    assert "pip install -e .[pytorch]" in failure.value.hint


def test_a_dead_process_is_told_with_its_last_words(made):
    source = "import os\nos.write(2, b'out of luck')\nos._exit(3)"
    with pytest.raises(BenchmarkError, match="exit code 3") as failure:
        benchmark.run(made(one_side(source)), "full", 1, 1, 1)
    assert "out of luck" in str(failure.value)


def test_a_topic_that_does_not_train_is_told(made):
    cells = {name: {"imports": "import time"} for name in FRAMEWORKS}
    with pytest.raises(BenchmarkError, match=r"no code cell in both .* 'train' or 'train-model'"):
        benchmark.training_step(made(cells))


def test_a_missing_notebook_is_told(made):
    pair = made()
    pair.path("tensorflow").unlink()
    with pytest.raises(BenchmarkError, match="has no TensorFlow/Keras notebook yet"):
        benchmark.training_step(pair)
