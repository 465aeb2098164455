"""Prove that a PyTorch model and a Keras 3 model (TensorFlow backend) are the same model.

`port_weights` copies the weights of a PyTorch model into a Keras one, layer by layer. `compare`
then puts both through the same batches and measures how far apart they are: outputs, loss, every
gradient, every weight after a number of optimiser steps.

    result = compare(
        torch_model, keras_model, batches, torch_loss, keras_loss,
        torch_make_optimizer, keras_make_optimizer,
    )
    print(result.summary())
    assert result.ok

Where two programs train apart, `find_difference` walks through both, from the data to the running
statistics, and stops at the first place where they part, with the likely reason.

    print(find_difference(torch_model, keras_model, batch).summary())

The table of all layouts is in the docstring of `port_weights`; what a comparison takes out of the
way, because the libraries differ there by design, is in that of `compare`. This is a library: it
knows no lesson and no checkout.
"""

from sidebyside.errors import OpenPairingError, PortingError
from sidebyside.parity.comparing import compare
from sidebyside.parity.differing import find_difference
from sidebyside.parity.layouts import channels_first, channels_last
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.places.findings import Finding, Walked
from sidebyside.parity.porting import port_weights
from sidebyside.parity.results import Difference, ParityResult, Tolerances
from sidebyside.parity.torch_sources import read_weights

__all__ = [
    "Difference",
    "Finding",
    "Mapping",
    "OpenPairingError",
    "ParityResult",
    "PortingError",
    "Tolerances",
    "Walked",
    "channels_first",
    "channels_last",
    "compare",
    "find_difference",
    "port_weights",
    "read_weights",
]
