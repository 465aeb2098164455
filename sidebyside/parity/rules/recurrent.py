"""Recurrent layers: one level and, if they are bidirectional, both directions; and single cells."""

from collections.abc import Iterator

import numpy as np

from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.base import Pair, Rule, Setting, taken


def rnn(pair: Pair) -> list[Mapping]:
    """Vanilla RNN and LSTM, whose gates are in the same order in both libraries."""
    mappings = []
    for cell, end in _cells(pair):
        mappings += pair.map(cell.kernel, f"weight_ih{end}", lambda w: taken(w, pair.reads, 1).T)
        mappings += pair.map(cell.recurrent_kernel, f"weight_hh{end}", np.transpose)
        mappings += pair.map(
            cell.bias,
            f"bias_ih{end} bias_hh{end}",
            np.add,
            lambda ih, hh: ih,
            lambda bias: (bias, np.zeros_like(bias)),
        )
    return mappings


def gru(pair: Pair) -> list[Mapping]:
    """The gates r, z, n -> z, r, n; both biases are kept."""
    mappings = []
    for cell, end in _cells(pair):
        if not cell.reset_after:
            pair.fail("PyTorch resets after the matrix product. Set `reset_after=True` in Keras.")
        mappings += pair.map(
            cell.kernel, f"weight_ih{end}", lambda w: _swapped(taken(w, pair.reads, 1)).T
        )
        mappings += pair.map(cell.recurrent_kernel, f"weight_hh{end}", lambda w: _swapped(w).T)
        mappings += pair.map(
            cell.bias,
            f"bias_ih{end} bias_hh{end}",
            lambda ih, hh: np.stack([_swapped(ih), _swapped(hh)]),
        )
    return mappings


def _swapped(array: Array) -> Array:
    reset, update, new = np.split(array, 3)
    return np.concatenate([update, reset, new])


def _cells(pair: Pair) -> list[tuple[kl.Layer, str]]:
    """Return the Keras cell of each direction, and how PyTorch's names for it end."""
    layer, end = pair.theirs.layer, pair.ours.part
    if isinstance(layer, kl.Bidirectional):
        return [(layer.forward_layer.cell, end), (layer.backward_layer.cell, f"{end}_reverse")]
    return [(getattr(layer, "cell", layer), end)]


def settings(pair: Pair) -> Iterator[Setting]:
    """What is applied to the state and to the gates."""
    ours = pair.ours.layer
    state = getattr(ours, "nonlinearity", "tanh")
    entry = {"RNN": "simple-rnn", "GRU": "gru"}.get(type(ours).__name__.removesuffix("Cell"))
    for cell, _ in _cells(pair):
        activation = keras.activations.serialize(cell.activation)
        yield Setting("nonlinearity", state, "activation", activation, entry or "lstm")
        if hasattr(cell, "recurrent_activation"):
            gates = keras.activations.serialize(cell.recurrent_activation)
            yield Setting(
                "the gates' activation", "sigmoid", "recurrent_activation", gates, entry or "lstm",
                "Set `recurrent_activation='sigmoid'` in Keras.",
            )  # fmt: skip


def _rules() -> Iterator[Rule]:
    for layer, cell, theirs, their_cell, mappings in (
        (nn.RNN, nn.RNNCell, kl.SimpleRNN, kl.SimpleRNNCell, rnn),
        (nn.LSTM, nn.LSTMCell, kl.LSTM, kl.LSTMCell, rnn),
        (nn.GRU, nn.GRUCell, kl.GRU, kl.GRUCell, gru),
    ):
        yield Rule((layer, cell), (theirs, their_cell), mappings, settings, reorders=True)


RULES = tuple(_rules())
