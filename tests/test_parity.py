"""With the same weights, the two models of each pair are the same model.

Executed are each notebook's own cells: what PARITY_STEPS names, no more. Differences are measured
on the sample, in float32, on one thread.
"""

import numpy as np
import pytest

from sidebyside import pairs, parity

PARITY_STEPS = (
    "imports",
    "settings",
    "load-data",
    "define-block",
    "define-model",
    "define-loss",
    "define-schedule",
    "define-optimizer",
)
# pairs that have no model, each with the reason
WITHOUT_MODEL = {}
PAIRS = [pair for pair in pairs.find_pairs() if pair.topic not in WITHOUT_MODEL]


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: pair.topic)
def lesson(request):
    """Return a pair, and for each framework the names that its cells define."""
    spaces = {}
    for framework in pairs.FRAMEWORKS:
        spaces[framework] = {}
        cells = {cell.id: cell for cell in request.param.read(framework).cells}
        for step in PARITY_STEPS:
            if step in cells and cells[step].cell_type == "code":
                exec(compile(cells[step].source, step, "exec"), spaces[framework])
    return request.param, spaces["pytorch"], spaces["tensorflow"]


def images(lesson, count):
    """Return batches of pictures near 0 with spread 1, (128, 32, 32, 3), and labels."""
    data = lesson["data"]
    pixels = (data.train_images[: 128 * count].astype(np.float32) / 255 - 0.5) / 0.25
    labels = data.train_labels[: 128 * count]
    return list(zip(pixels.reshape(count, 128, 32, 32, 3), labels.reshape(count, 128), strict=True))


BATCHES = {"beginner/image_classification": images}


def optimizer_and_schedule(space):
    """Return PyTorch's factory: the optimiser, with its scheduler if the lesson has one."""
    if "make_schedule" not in space:
        return space["make_optimizer"]

    def make(model):
        optimizer = space["make_optimizer"](model)
        return optimizer, space["make_schedule"](optimizer)

    return make


def compare(lesson, **changes):
    pair, torch_side, keras_side = lesson
    parity.torch.manual_seed(0)
    keras_side = keras_side | changes
    return parity.compare(
        torch_side["make_model"](),
        keras_side["make_model"](),
        BATCHES[pair.topic](torch_side, 4),
        torch_side["loss_fn"],
        keras_side["loss_fn"],
        optimizer_and_schedule(torch_side),
        keras_side["make_optimizer"],
        steps=20,
    )


def test_the_models_are_the_same(lesson, capsys):
    result = compare(lesson)
    with capsys.disabled():
        print(f"\n{lesson[0].topic}\n{result.summary()}")
    assert result.ok, result.summary()


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
    """The same spread in every layer with at least 1,000 weights, and the same largest value."""
    _, torch_side, keras_side = lesson
    torch_model, keras_model = torch_side["make_model"](), keras_side["make_model"]()
    drawn = {id(w): np.array(w) for w in keras_model.weights}  # before they are replaced
    compared = 0
    for mapping in parity.port_weights(torch_model, keras_model):
        ours, theirs = np.array(mapping.variable), drawn[id(mapping.variable)]
        if ours.size < 1000:
            continue
        compared += 1
        assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.06), mapping.name
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.06), mapping.name
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
