"""The lesson on pretrained transformers: its tokens and encoders are the same in both libraries."""

import numpy as np
import pytest

from sidebyside.datasets import _minilm, imdb
from sidebyside.datasets.packaged import is_installed
from sidebyside.lessons import pairs

pytest.importorskip("torch._dynamo")  # before TensorFlow, or torch's optimisers end the process
pytest.importorskip("transformers")
pytest.importorskip("keras_hub")

CELLS = {"imports", "settings", "set-seed", "define-clean", "list-files", "read-header"}
CELLS |= {"load-tokenizer", "define-words", "define-cut", "define-by-hand", "define-attend"}
CELLS |= {"define-encode-by-hand", "load-encoder", "define-predict", "define-hidden-words"}
ENCODERS = [
    pytest.param(False, id="tiny"),
    pytest.param(
        True,
        id="published",
        marks=pytest.mark.skipif(
            not is_installed(_minilm.PACKAGE), reason=f"{_minilm.PACKAGE} is not installed"
        ),
    ),
]


@pytest.fixture(scope="module", params=ENCODERS)
def sides(request):
    """Return what the two notebooks' cells define, with the tiny or the published encoder."""
    [pair] = [pair for pair in pairs.find_pairs() if pair.name == "pretrained_transformers"]
    patch = pytest.MonkeyPatch()
    patch.setenv("SIDEBYSIDE_DATA", "sample")
    patch.setattr(_minilm, "is_installed", lambda package: request.param)
    spaces = []
    for framework in ("pytorch", "tensorflow"):
        cells = {cell.id: cell.source for cell in pair.read(framework).cells}
        space = {"data": imdb(), "rows": range(4), "test_rows": range(4), "cells": cells}
        for name, source in cells.items():
            if name in CELLS:
                exec(compile(source, name, "exec"), space)
        assert space["published"].pretrained == request.param
        spaces.append(space)
    patch.undo()
    return spaces


def test_a_thousand_reviews_have_the_same_tokens(sides):
    ours, theirs = sides
    texts = [ours["clean"](text) for text in imdb().train_texts[: 1000 - len(ODD)]]
    texts += [ours["clean"](text) for text in ODD]
    assert len(texts) == 1000
    assert ours["tokenize"](texts) == theirs["tokenize"](texts)


ODD = (
    "Clichés, a FIANCÉE and Œuvre; Faßbinder's 8½ films",
    "no\x96budget, ten\x85 it\u00b4s, soft\u00adhyphen, zero\u200bwidth",
    "10/10<br /><br />“Great” – truly… £5, 日本の映画",
    "I´m ¾ of the way ºº ²³ ﬁne ﬂight",
    "x" * 120,
    "private \uf0b7 use, unassigned \u0378",
    "İstanbul ǅ ΑΣ naïve co\u0301operate",
)


def test_without_cleaning_they_have_not(sides):
    ours, theirs = sides
    assert ours["tokenize"](ODD[:3]) != theirs["tokenize"](ODD[:3])


def test_the_states_are_the_same(sides):
    ours, theirs = sides
    ids = [ours["cut"](ids) for ids in ours["tokenize"](map(ours["clean"], ODD))]
    ids += [ours["cut"](ids) for ids in ours["tokenize"](imdb().train_texts[:4])]
    ids = ours["padded"](ids)
    first = ours["states_of"](ours["load_encoder"](), ids)
    second = theirs["states_of"](theirs["load_encoder"](), ids)
    by_hand, _ = ours["encode_by_hand"](ids)
    assert np.abs(first - second)[ids != 0].max() < 1e-4
    assert np.abs(first - by_hand)[ids != 0].max() < 1e-4


def test_the_tiny_encoder_learns_to_guess_hidden_words(sides):
    for space in sides:
        if space["published"].pretrained:
            pytest.skip("the published encoder has learnt already")
        space["encoder"] = space["load_encoder"]()
        exec(compile(space["cells"]["pretrain"], "pretrain", "exec"), space)
    ours, theirs = sides
    whole, holed, hidden = next(ours["hide_words"](np.random.default_rng(7), rounds=1))
    tables = (
        ours["encoder"].get_input_embeddings().weight.detach().numpy(),
        theirs["encoder"].token_embedding.embeddings.numpy(),
    )
    for space, table in zip(sides, tables, strict=True):
        guesses = (space["states_of"](space["encoder"], holed)[hidden] @ table.T).argmax(axis=1)
        most_frequent = np.bincount(whole[hidden]).max() / hidden.sum()
        assert np.mean(guesses == whole[hidden]) > most_frequent + 0.3


def test_keras_hub_asks_for_no_revision(monkeypatch):
    """A preset of the hub is fetched by its name alone: the newest commit."""
    import huggingface_hub
    import keras_hub

    asked = []

    def download(**arguments):
        asked.append(arguments)
        raise huggingface_hub.utils.EntryNotFoundError("none", response=None)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(Exception, match=r".+"):
        keras_hub.models.BertBackbone.from_preset("hf://someone/something")
    assert asked
    assert not any("revision" in arguments for arguments in asked)


def test_the_stored_digests_are_the_same():
    [pair] = [pair for pair in pairs.find_pairs() if pair.name == "pretrained_transformers"]
    digests = set()
    for framework in ("pytorch", "tensorflow"):
        [cell] = [cell for cell in pair.read(framework).cells if cell.id == "compare-tokens"]
        digests.add("".join(output.text for output in cell.outputs).split()[-1])
    assert len(digests) == 1
