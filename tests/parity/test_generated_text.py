"""Text generation: with the same weights and the same draws, both frameworks write the same text.

Executed are the notebooks' own cells, on the sample. The models are trained for a few steps, so
that one character is likelier than another.
"""

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
    "define-encode",
    "encode",
    "define-batches",
    "define-block",
    "define-model",
    "define-loss",
    "define-schedule",
    "define-optimizer",
    "define-copy",
    "define-choose",
    "define-reader",
    "define-generate",
    "define-transformer-block",
    "define-transformer",
    "define-cached-reader",
)
COUNT = 500  # characters
WAYS = ({}, {"temperature": 0.7}, {"top_k": 5}, {"top_p": 0.8, "temperature": 1.2})
MODELS = {"make_model": "make_reader", "make_transformer": "make_cached_reader"}


@pytest.fixture(scope="module")
def spaces():
    """Return the names that the cells of each notebook define."""
    return execute(find_pair("text_generation"), STEPS)


def learn(space, model, steps=60):
    """Train a PyTorch model a little, on rows in any order."""
    optimizer = space["make_optimizer"](model, rate=0.005)
    rows = space["draw_batches"](space["train_ids"], 0, space["context"], in_order=False)
    for batch in torch.from_numpy(rows[np.arange(steps) % len(rows)]):
        loss = space["loss_fn"](model(batch[:, :-1]), batch[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.fixture(scope="module", params=MODELS)
def models(request, spaces):
    """Return how a model of each framework is made a reader, and the models, equal."""
    torch.manual_seed(0)
    ours, theirs = (spaces[framework][request.param]() for framework in FRAMEWORKS)
    learn(spaces["pytorch"], ours)
    port_weights(ours, theirs)
    return MODELS[request.param], ours, theirs


def write(space, make, model, seed=0, **how):
    read = space[make](model)
    ids = space["generate"](read, space["encode"]("\n\n"), COUNT, seed=seed, **how)
    return space["decode"](ids)


def clear_seed(space, make, model, **how):
    """Return a seed no draw of which is so near to a border that rounding decides."""
    choose = space["choose"]
    for seed in range(20):
        nearest = []

        def watched(shares, draw, nearest=nearest):
            nearest.append(np.abs(np.cumsum(shares) - draw).min())
            return choose(shares, draw)

        space["choose"] = watched
        try:
            write(space, make, model, seed, **how)
        finally:
            space["choose"] = choose
        if min(nearest) > 1e-5:
            return seed
    raise AssertionError("in twenty texts a draw fell on a border: is the rounding so large?")


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_the_same_text_is_written(spaces, models, how):
    make, ours, theirs = models
    seed = clear_seed(spaces["pytorch"], make, ours, **how)
    written = write(spaces["pytorch"], make, ours, seed, **how)
    assert len(written) == COUNT
    assert len(set(written)) > 5
    assert write(spaces["tensorflow"], make, theirs, seed, **how) == written


def test_other_draws_write_another_text(spaces, models):
    make, ours, theirs = models
    written = write(spaces["pytorch"], make, ours)
    assert write(spaces["tensorflow"], make, theirs, seed=1) != written


def test_the_cache_changes_nothing_in_either(spaces):
    """A text longer than the context, with and without the cache."""
    for framework in FRAMEWORKS:
        space = spaces[framework]
        model = space["make_transformer"]()
        texts = []
        for cached in (True, False):
            read = space["make_cached_reader"](model, cached)
            ids = space["generate"](read, space["encode"]("So"), 2 * space["context"])
            texts.append(space["decode"](ids))
        assert texts[0] == texts[1]
