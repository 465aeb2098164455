"""Where the two libraries differ by design, and what takes each difference out of the way."""

import contextlib
import math
from collections.abc import Iterator
from typing import Any

from sidebyside.parity.libraries import keras, kl, nn, torch

# (object, attribute, the value that it has for a while)
Change = tuple[Any, str, Any]


@contextlib.contextmanager
def changed(changes: list[Change]) -> Iterator[None]:
    """Set attributes for a while."""
    before = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in changes]
    try:
        for owner, attribute, value in changes:
            setattr(owner, attribute, value)
        yield
    finally:
        for owner, attribute, value in before:
            setattr(owner, attribute, value)


def torch_dropout_off(model: nn.Module) -> Iterator[Change]:
    """Yield what switches dropout off in PyTorch."""
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            yield module, "p", 0.0
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention):
            yield module, "dropout", 0.0


def keras_dropout_off(model: keras.Model) -> Iterator[Change]:
    """Yield what switches dropout off in Keras."""
    for layer in model._flatten_layers():
        if isinstance(layer, kl.Dropout | kl.AlphaDropout | kl.GaussianDropout):
            yield layer, "rate", 0.0
        elif isinstance(layer, kl.GaussianNoise):
            yield layer, "stddev", 0.0
        elif isinstance(layer, kl.SimpleRNNCell | kl.LSTMCell | kl.GRUCell):
            yield layer, "dropout", 0.0
            yield layer, "recurrent_dropout", 0.0


def single_bias(module: nn.RNNBase | nn.RNNCellBase) -> Iterator[Change]:
    """Move PyTorch's second bias into the first, and yield what freezes it."""
    for name, second in module.named_parameters():
        if name.startswith("bias_hh"):
            with torch.no_grad():
                getattr(module, name.replace("hh", "ih")).add_(second)
                second.zero_()
            yield second, "requires_grad", False


def biased_variance(module: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
    """After PyTorch's BatchNorm: let its running variance be the biased one, as in Keras."""
    if module.training and module.momentum:
        channels = inputs[0].detach().transpose(0, 1).flatten(1)  # (channels, numbers in each)
        correction = module.momentum * channels.var(1) / channels.shape[1]
        module.running_var = module.running_var - correction  # the backward pass keeps the old one


def torch_epsilon(optimizer: keras.optimizers.Optimizer) -> list[Change]:
    """Return what makes Keras's Adam do PyTorch's next step (eager: it is read each time)."""
    if not isinstance(optimizer, keras.optimizers.Adam):
        return []
    step = int(optimizer.iterations) + 1
    epsilon = optimizer.epsilon * math.sqrt(1 - optimizer.beta_2**step)
    return [(optimizer, "epsilon", epsilon)]
