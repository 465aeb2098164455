"""Embedding and EmbeddingBag; Keras looks the rows up, and adds or averages in a layer after it."""

from collections.abc import Iterator

from sidebyside.parity.libraries import kl, nn
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.rules.base import Pair, Rule, Setting, taken


def embedding(pair: Pair) -> list[Mapping]:
    """(rows, size) in both."""
    return pair.map(
        pair.theirs.layer.embeddings, "weight", lambda rows: taken(rows, pair.writes, 1)
    )


def settings(pair: Pair) -> Iterator[Setting]:
    """PyTorch can shorten the rows that it looks up."""
    yield Setting(
        "max_norm",
        pair.ours.layer.max_norm,
        "the length of a row",
        None,
        "embedding",
        "Leave `max_norm=` out in PyTorch: Keras's Embedding has no such argument.",
    )


RULES = (Rule((nn.Embedding, nn.EmbeddingBag), (kl.Embedding,), embedding, settings, free=True),)
