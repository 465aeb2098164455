"""Text generation: the same weights and the same draws write the same text in both frameworks."""

import numpy as np
import pytest

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.parity import comparing as parity

STEPS = (
    "imports",
    "settings",
    "more-settings",
    "set-seed",
    "load-data",
    "define-segments",
    "define-block",
    "define-model",
    "define-loss",
    "define-schedule",
    "define-optimizer",
    "define-train-step",
    "define-sampling",
    "define-reader",
    "define-generate",
    "define-mask",
    "define-transformer-block",
    "define-transformer",
)
CHARACTERS = 500
RULES = {"as it is": {}, "nucleus": {"temperature": 0.8, "top_p": 0.9}, "top-k": {"top_k": 5}}


@pytest.fixture(scope="module")
def sides():
    """Return what the cells of both notebooks define, by their names."""
    pytest.importorskip("tokenizers")  # which the notebooks import
    pair = pairs.find_pair("text_generation")
    spaces = []
    for framework in FRAMEWORKS:
        space = {}
        for cell in pair.read(framework).cells:
            if cell.id in STEPS and cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), space)
        spaces.append(space)
    return spaces


@pytest.fixture(scope="module", params=["make_model", "make_transformer"])
def models(request, sides):
    """Return a model that PyTorch has trained a little, and Keras's with its weights."""
    torch_side, keras_side = sides
    model = torch_side[request.param]()
    train_step = torch_side["make_train_step"](model, torch_side["make_optimizer"](model))
    pieces = torch_side["segments"](torch_side["train_ids"], 16, 32, 0)
    for inputs, targets in zip(*map(parity.torch.tensor, pieces), strict=True):
        train_step(inputs, targets, None)
    twin = keras_side[request.param]()
    parity.port_weights(model, twin)
    return model, twin


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_the_same_draws_write_the_same_text(sides, models, rules):
    draws = np.random.default_rng(14).random(CHARACTERS)
    texts = []
    for side, model in zip(sides, models, strict=True):
        limit = None if "LSTM" in type(model).__name__ else side["context"]
        prompt = [side["char_ids"][character] for character in "CELIA:\n"]
        read = side["make_reader"](model)
        ids = list(side["generate"](read, prompt, draws, limit, **rules))
        texts.append("".join(side["vocabulary"][number] for number in ids))
    ours, theirs = texts
    assert len(ours) == CHARACTERS
    assert len(set(ours)) > 15  # it is a text, not one character again and again
    assert ours == theirs


def test_other_draws_write_another_text(sides, models):
    side, model = sides[0], models[0]
    read = side["make_reader"](model)
    texts = [
        list(side["generate"](read, [0], np.random.default_rng(seed).random(50), side["context"]))
        for seed in (1, 2)
    ]
    assert texts[0] != texts[1]
