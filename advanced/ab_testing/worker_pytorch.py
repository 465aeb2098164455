"""A worker that computes with PyTorch.

python worker_pytorch.py weights.npz --port 8000
"""

from __future__ import annotations

import numpy as np
import torch
from serving import Compute, serve
from torch import nn


def load(file: str) -> Compute:
    """Return a function of pictures that answers with probabilities."""
    torch.set_num_threads(1)  # small batches; the other core is the proxy's
    with np.load(file) as found:
        arrays = dict(found)
    layers: list[nn.Module] = [nn.Flatten()]
    for name in ("first", "second"):
        kernel = torch.from_numpy(arrays[f"{name}_kernel"])  # (inputs, units)
        layer = nn.Linear(*kernel.shape)
        with torch.no_grad():
            layer.weight.copy_(kernel.T)  # PyTorch's is (units, inputs)
            layer.bias.copy_(torch.from_numpy(arrays[f"{name}_bias"]))
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers[:-1], nn.Softmax(dim=1))
    model.eval()

    @torch.inference_mode()
    def compute(pictures: np.ndarray) -> np.ndarray:
        inputs = torch.from_numpy(pictures.astype(np.float32) / 255)
        return np.asarray(model(inputs).numpy())

    return compute


if __name__ == "__main__":
    serve("PyTorch", load)
