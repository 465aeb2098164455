"""Random weights for a while: what a model computes then shows how it is built.

Weights as they are may hide it: a scale that starts at zero switches a whole branch off, and two
biases that start at zero cannot be told apart.
"""

import contextlib
from collections.abc import Iterator

from sidebyside.parity.libraries import keras, nn, torch

_STATISTICS = ("running_mean", "running_var")


@contextlib.contextmanager
def random_weights(model: nn.Module, seed: int) -> Iterator[None]:
    """Give every parameter and running statistic of a PyTorch model other numbers for a while.

    They are as large as before, so that nothing grows out of bounds. Shifts are positive, so that
    few units of a ReLU are off for a whole batch.
    """
    tensors = dict(model.named_parameters())
    tensors |= {
        name: buffer
        for name, buffer in model.named_buffers()
        if name.rpartition(".")[2] in _STATISTICS
    }
    before = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    generator = torch.Generator().manual_seed(seed)
    try:
        with torch.no_grad():
            for name, tensor in tensors.items():
                if tensor.is_floating_point():
                    tensor.copy_(_random(name.rpartition(".")[2], tensor, generator))
        yield
    finally:
        with torch.no_grad():
            for name, tensor in tensors.items():
                tensor.copy_(before[name])


def _random(name: str, tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    shape = tuple(tensor.shape)
    if name == "running_var":
        return torch.rand(shape, generator=generator) + 0.5
    if name == "running_mean":
        return torch.randn(shape, generator=generator) * 0.1
    if tensor.dim() < 2:
        spread = torch.rand(shape, generator=generator)
        return spread * 0.5 + (0.2 if "bias" in name else 0.5)
    size = float(tensor.detach().float().square().mean().sqrt())
    if not 1e-3 < size < 1e3:
        size = (tensor.numel() / tensor.shape[0]) ** -0.5
    return torch.randn(shape, generator=generator) * size


@contextlib.contextmanager
def kept(model: keras.Model) -> Iterator[None]:
    """Put a Keras model's variables back afterwards."""
    before = [(variable, variable.numpy()) for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)
