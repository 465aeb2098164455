"""With the same weights, the two models of each pair are the same model.

Executed are each notebook's own cells: what STEPS names, and what its file in `lessons/` adds.
Differences are measured on the sample, in float32, on one thread. With --save-parity they are
stored, for the site to show.
"""

import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.extras import missing_program
from sidebyside.measure import parity_record
from sidebyside.parity import comparing as parity

STEPS = (
    "imports",
    "settings",
    "load-data",
    "define-first-weights",
    "define-block",
    "define-model",
    "define-loss",
    "define-schedule",
    "define-optimizer",
)
LESSONS = Path(__file__).with_name("lessons")
PAIRS = [pair for pair in pairs.find_pairs() if not pair.facts.without_model]


def inputs_of(pair):
    """Return what the pair's own file in `lessons/` defines, by its names.

    `batches(lesson, count)` takes the names that the PyTorch cells define and returns batches of
    inputs and targets. `BUILDERS` are the functions that make a model, where there are more than
    make_model ("make_model:NAME" if it takes a name); `STEPS` the cells that they need besides
    those of all lessons.
    """
    file = LESSONS / f"{pair.topic}.py"
    if not file.is_file():
        pytest.fail(
            f"{pair.topic} has a model and no batches to compare it on: write "
            f"tests/parity/lessons/{pair.topic}.py with a function batches(lesson, count). If it "
            "has no model, its notebooks say why: "
            'metadata.sidebyside = {"without_model": "the reason"}.'
        )
    return {"BUILDERS": ("make_model",), "STEPS": ()} | runpy.run_path(str(file))


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: pair.topic)
def lesson(request):
    """Return a pair, and for each framework the names that its cells define."""
    if sentence := missing_program(request.param):
        pytest.skip(sentence)
    spaces = {}
    steps = {*STEPS, *inputs_of(request.param)["STEPS"]}
    for framework in FRAMEWORKS:
        spaces[framework] = {}
        for cell in request.param.read(framework).cells:
            if cell.id in steps and cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), spaces[framework])
    return request.param, spaces["pytorch"], spaces["tensorflow"]


def optimizer_and_schedule(space):
    """Return PyTorch's factory: the optimiser, with its scheduler if the lesson has one."""
    if "make_schedule" not in space:
        return space["make_optimizer"]

    def make(model):
        optimizer = space["make_optimizer"](model)
        return optimizer, space["make_schedule"](optimizer)

    return make


def built(side, builder):
    """Return a model: by a function, or by "FUNCTION:NAME", a function that takes a name."""
    function, _, name = builder.partition(":")
    return side[function](*([name] if name else []))


def compare(lesson, builder="make_model", **changes):
    pair, torch_side, keras_side = lesson
    parity.torch.manual_seed(0)
    keras_side = keras_side | changes
    return parity.compare(
        built(torch_side, builder),
        built(keras_side, builder),
        inputs_of(pair)["batches"](torch_side, 4),
        torch_side["loss_fn"],
        keras_side["loss_fn"],
        optimizer_and_schedule(torch_side),
        keras_side["make_optimizer"],
        steps=20,
    )


def test_a_pair_without_batches_is_told_what_to_write(tmp_path):
    pair = pairs.Pair(tmp_path / "beginner" / "new", "new", tmp_path)
    with pytest.raises(pytest.fail.Exception, match=r"write tests/parity/lessons/beginner/new\.py"):
        inputs_of(pair)


def test_every_file_of_batches_is_a_pairs():
    files = {file.relative_to(LESSONS).with_suffix("").as_posix() for file in LESSONS.rglob("*.py")}
    assert files <= {pair.topic for pair in PAIRS}


def test_the_models_are_the_same(lesson, capsys, request):
    results = []
    for builder in inputs_of(lesson[0])["BUILDERS"]:
        result = compare(lesson, builder)
        results.append(result)
        with capsys.disabled():
            print(f"\n{lesson[0].topic}, {builder}\n{result.summary()}")
        assert result.ok, f"{builder}\n{result.summary()}"
    measured = parity_record.largest([result.as_dict() for result in results])
    if request.config.getoption("--save-parity"):
        versions = {"PyTorch": parity.torch, "TensorFlow": parity.tf, "Keras": parity.keras}
        names = {name: library.__version__ for name, library in versions.items()}
        parity_record.save(lesson[0], measured, steps=20, versions=names)
    stored = parity_record.parity(lesson[0])
    assert stored, "not on record: run tests/parity/test_parity.py -n 0 --save-parity"
    for name, difference in stored.differences.items():
        # within a factor of 100: other processors add up in another order. Below 1e-8 all is noise
        ours, theirs = max(measured[name]["largest"], 1e-8), max(difference, 1e-8)
        assert abs(math.log10(ours / theirs)) <= 2, f"{name}: {ours:.1e}, on record {theirs:.1e}"
        assert measured[name]["tolerance"] == stored.tolerances[name]


# that the comparison finds a mistake is shown with one pair; the others are for the night
ONE_OF_ITS_KIND = [
    pytest.param(pair, marks=[] if pair.name == "first_network" else pytest.mark.nightly)
    for pair in PAIRS
]


@pytest.mark.parametrize("lesson", ONE_OF_ITS_KIND, indirect=True, ids=lambda pair: pair.topic)
def test_a_wrong_decay_is_found(lesson):
    keras_side = lesson[2]

    def with_default_decay(model):
        optimizer = keras_side["make_optimizer"](model)
        optimizer.weight_decay = 0.004
        return optimizer

    result = compare(lesson, make_optimizer=with_default_decay)
    assert not result.ok
    assert not result.weights.ok
    assert result.gradients.ok


def test_first_weights_are_drawn_alike(lesson):
    """The same spread, and the same bound if drawn evenly, wherever there are 1,000 weights."""
    import keras

    _, torch_side, keras_side = lesson
    parity.torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    torch_model, keras_model = torch_side["make_model"](), keras_side["make_model"]()
    drawn = {id(w): np.array(w) for w in keras_model.weights}  # before they are replaced
    compared = 0
    for mapping in parity.port_weights(torch_model, keras_model):
        ours, theirs = np.array(mapping.variable), drawn[id(mapping.variable)]
        if ours.size < 1000:
            continue
        compared += 1
        assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.06), mapping.name
        even = [np.abs(w).max() < 1.8 * np.std(w) for w in (ours, theirs)]  # its bound: 1.73
        assert even[0] == even[1], mapping.name
        if all(even):
            largest = np.abs(theirs).max()
            assert np.abs(ours).max() == pytest.approx(largest, rel=0.06), mapping.name
    assert compared


def test_the_learning_rates_are_the_same_at_every_step(lesson):
    _, torch_side, keras_side = lesson
    if "make_schedule" not in torch_side:
        pytest.skip("the lesson has no schedule")
    total = torch_side["epochs"] * torch_side["steps_per_epoch"]
    model = parity.nn.Linear(1, 1)
    optimizer, scheduler = optimizer_and_schedule(torch_side)(model)
    ours = []
    for _ in range(total):
        ours.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
        if len(ours) == total - 1:  # the scheduler refuses a step past its end
            ours.append(scheduler.get_last_lr()[0])
            break
    keras_optimizer = keras_side["make_optimizer"](keras_side["make_model"]())
    schedule = keras_optimizer._learning_rate
    theirs = [float(schedule(step)) for step in range(total)]
    np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-9)
