"""Style transfer: the two frameworks change a picture in the same way, step by step.

Executed are the notebooks' own cells, on the sample, with the features as they come out of the
file. The lesson trains them on the sample, each framework for itself; then they differ.
"""

import json

import numpy as np
import pytest

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import find_pair
from sidebyside.measure.figures import last_report
from sidebyside.parity.libraries import torch  # before TensorFlow, which the cells import

STEPS = (
    "imports",
    "settings",
    "set-seed",
    "load-data",
    "make-pictures",
    "define-tensors",
    "define-first-weights",
    "define-fire",
    "define-features",
    "load-features",
    "define-content-loss",
    "define-gram",
    "define-style-loss",
    "define-roughness",
    "define-losses",
    "show-start",
    "define-step",
    "define-optimise",
)
COUNT = 20
PAIR = find_pair("style_transfer")


@pytest.fixture(scope="module")
def spaces():
    """Return the names that the cells of each notebook define."""
    found = {}
    torch.manual_seed(0)
    for framework in FRAMEWORKS:
        found[framework] = {}
        cells = {cell.id: cell.source for cell in PAIR.read(framework).cells}
        for step in STEPS:
            if step == "load-features":
                found[framework]["full"] = True  # the sample's features are not trained
            exec(compile(cells[step], step, "exec"), found[framework])
    return found


def curve(space, **choices):
    """Return the losses of the first steps, (steps, 3), and the picture after them."""
    picture, losses, _ = space["optimise"](
        space["content"], space["wanted"], space["grams"], COUNT, **choices
    )
    return losses, picture


@pytest.mark.parametrize("chosen", [(0, 1), (0, 1, 2, 3, 4)], ids=["two blocks", "all blocks"])
def test_the_first_twenty_losses_are_the_same(spaces, chosen):
    (ours, our_picture), (theirs, their_picture) = (
        curve(spaces[framework], chosen=chosen) for framework in FRAMEWORKS
    )
    weights = [spaces["pytorch"][f"{name}_weight"] for name in ("content", "style", "smooth")]
    np.testing.assert_allclose(theirs @ weights, ours @ weights, rtol=1e-3)
    np.testing.assert_allclose(theirs, ours, rtol=5e-3, atol=1e-6)  # each of the three
    assert np.abs(their_picture - our_picture).mean() < 1e-3


def test_another_weight_is_found(spaces):
    ours, _ = curve(spaces["pytorch"])
    theirs, _ = curve(spaces["tensorflow"], style_weight=1.5e5)
    weights = [spaces["pytorch"][f"{name}_weight"] for name in ("content", "style", "smooth")]
    apart = np.abs(theirs @ weights / (ours @ weights) - 1)
    assert apart.max() > 1e-3


def stored_losses(framework):
    """Return what the notebook has stored of its first losses; None if not of a full run."""
    notebook = PAIR.read(framework)
    if (last_report(notebook) or {}).get("data") != "full":
        return None
    [cell] = [cell for cell in notebook.cells if cell.id == "first-losses"]
    text = "".join(output.text for output in cell.outputs)
    return np.array(json.loads(f"[{','.join(text.split())}]"))


def test_the_stored_losses_are_the_same():
    ours, theirs = (stored_losses(framework) for framework in FRAMEWORKS)
    if ours is None or theirs is None:
        pytest.skip("the stored outputs are not those of full runs")
    assert len(ours) == COUNT
    np.testing.assert_allclose(theirs, ours, rtol=1e-3)
