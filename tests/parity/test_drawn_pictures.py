"""Diffusion: with the same weights and the same noise, both frameworks draw the same pictures.

Executed are the notebooks' own cells, on the sample. The models are trained for a few steps, so
that what they guess depends on all of their inputs.
"""

import itertools
from collections import deque

import numpy as np
import pytest
from own_cells import execute

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import find_pair
from sidebyside.parity import port_weights
from sidebyside.parity.libraries import torch  # before TensorFlow, which the cells import

STEPS = (
    "imports",
    "settings",
    "set-seed",
    "load-data",
    "define-noise-levels",
    "define-mix",
    "define-examples",
    "define-samplers",
    "define-rates",
    "define-first-weights",
    "define-block",
    "define-model",
    "define-batches",
    "define-loss",
    "define-optimizer",
    "define-tensors",
    "define-predict",
    "define-guess",
)
DIGITS = np.arange(10)
WAYS = {  # the network, the sampler, its steps
    "Ho, 1,000 steps": ("diffusion", "diffuse_back", 1000, {"eta": 1.0}),
    "DDIM, 50 steps": ("diffusion", "diffuse_back", 50, {}),
    "flow, 50 steps": ("flow", "flow_back", 50, {}),
}


@pytest.fixture(scope="module")
def spaces():
    """Return the names that the cells of each notebook define; networks where PyTorch's are."""
    found = execute(find_pair("advanced/diffusion"), STEPS)
    found["pytorch"]["device"] = torch.device("cpu")
    return found


def learn(space, model, make_example, steps=60):
    """Train a PyTorch model a little."""
    optimizer = space["make_optimizer"](model)
    for noisy, times, labels, wanted in itertools.islice(
        space["draw_batches"](make_example), steps
    ):
        outputs = model(*space["to_inputs"](noisy, times, labels))
        loss = space["loss_fn"](outputs, space["to_pictures"](wanted))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.fixture(scope="module")
def models(spaces):
    """Return for each kind a model of each framework, with the same weights."""
    found = {}
    for kind in ("diffusion", "flow"):
        torch.manual_seed(0)
        ours, theirs = (spaces[framework]["make_model"]() for framework in FRAMEWORKS)
        learn(spaces["pytorch"], ours, spaces["pytorch"][f"{kind}_example"])
        port_weights(ours, theirs)
        found[kind] = {"pytorch": ours, "tensorflow": theirs}
    return found


@pytest.fixture
def draw(spaces, models):
    """Return a function that draws a digit of each class."""

    def pictures(framework, way, seed=0, strength=1.0):
        kind, sampler, steps, how = WAYS[way]
        if how:
            how = how | {"seed": seed}  # of what is drawn on the way
        space, side = spaces[framework], spaces[framework]["side"]
        guess = space["make_guess"](models[kind][framework], DIGITS, strength)
        x = np.random.default_rng(seed).standard_normal((len(DIGITS), side, side, 1))
        return deque(space[sampler](guess, x, steps, **how), maxlen=1)[0][0]

    return pictures


@pytest.mark.parametrize(
    ("way", "strength"),
    [*((way, 1.0) for way in WAYS), ("DDIM, 50 steps", 2.0), ("flow, 50 steps", 2.0)],
)
def test_the_same_pictures_are_drawn(draw, way, strength):
    ours, theirs = (draw(framework, way, strength=strength) for framework in FRAMEWORKS)
    assert ours.std() > 0.2  # not one plain grey
    np.testing.assert_allclose(theirs, ours, atol=1e-3)


@pytest.mark.parametrize("way", WAYS)
def test_other_noise_draws_other_pictures(draw, way):
    assert np.abs(draw("tensorflow", way, seed=1) - draw("pytorch", way)).max() > 0.1


def test_both_notebooks_train_on_the_same_batches(spaces):
    for kind in ("diffusion_example", "flow_example"):
        streams = [spaces[f]["draw_batches"](spaces[f][kind]) for f in FRAMEWORKS]
        for _ in range(3):
            for ours, theirs in zip(*(next(stream) for stream in streams), strict=True):
                np.testing.assert_array_equal(ours, theirs)
