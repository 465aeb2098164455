"""Change one thing, and see whether both give the same: what makes a likely reason a proved one."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sidebyside.parity.arrays import from_torch
from sidebyside.parity.by_design import changed
from sidebyside.parity.libraries import kl, nn, torch
from sidebyside.parity.places.both_programs import TOLERANCE, Programs, alike, told
from sidebyside.parity.places.layer_calls import fused, layouts, rerun
from sidebyside.parity.rules import Pair, Setting

Reason = tuple[str, str, bool]  # sentences, entry, whether it was proved
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_PADDINGS = ("zeros", "reflect", "replicate", "circular")
F = nn.functional


def _softmax(axis: int) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda x: F.softmax(x, axis)


def activations(rank: int) -> dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]]:
    """Return functions that models apply between layers, each with its dictionary entry."""
    plain = "activation-of-a-layer"
    found: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]] = {
        "nothing": (lambda x: x, plain),
        "relu": (F.relu, plain),
        "relu6": (F.relu6, "relu6"),
        "gelu": (F.gelu, "gelu"),
        "gelu(approximate)": (lambda x: F.gelu(x, approximate="tanh"), "gelu-tanh"),
        "silu": (F.silu, "silu"),
        "elu": (F.elu, "elu"),
        "selu": (F.selu, "selu"),
        "tanh": (torch.tanh, plain),
        "sigmoid": (torch.sigmoid, plain),
        "softplus": (F.softplus, "softplus"),
        "mish": (F.mish, "mish"),
        "leaky_relu(0.01)": (F.leaky_relu, "leaky-relu"),
        "leaky_relu(0.2)": (lambda x: F.leaky_relu(x, 0.2), "leaky-relu"),
        "leaky_relu(0.3)": (lambda x: F.leaky_relu(x, 0.3), "leaky-relu"),
        "log_softmax over the last axis": (lambda x: F.log_softmax(x, -1), "log-softmax"),
    }
    for axis in range(rank):
        name = "the last axis" if axis == rank - 1 else f"axis {axis}"
        found[f"softmax over {name}"] = (_softmax(axis), "softmax-axis")
    return found


def applied(start: np.ndarray, given: np.ndarray, tolerance: float = TOLERANCE) -> str:
    """Return which activation makes one array of another; empty if it is none of them."""
    if start.shape != given.shape:
        return ""
    x = torch.tensor(np.ascontiguousarray(start))
    for name, (function, _) in activations(start.ndim).items():
        if alike(from_torch(function(x)), given, tolerance):
            return name
    return ""


def of_layer(both: Programs, pair: Pair, inputs: np.ndarray | None, theirs: np.ndarray) -> Reason:
    """Return why two layers that read the same give other numbers.

    Parameters
    ----------
    both
        The programs.
    pair
        The two layers.
    inputs
        What PyTorch's layer read.
    theirs
        What Keras's layer gave.
    """
    settings = both.differing(pair)
    layer = pair.ours.layer
    if inputs is not None and layer is not None and not pair.ours.part:
        for sentence, entry, outputs in _trials(pair, inputs, settings):
            if any(alike(fused(pair.theirs.layer, o), theirs) for o in layouts(outputs)):
                return sentence, entry, True
    if settings:
        return told(settings[0]), settings[0].entry, False
    return (
        "Both have the same weights and read the same, and no setting that both show differs: "
        "compare what the two layers do in their documentation.", "", False,
    )  # fmt: skip


def _trials(
    pair: Pair, inputs: np.ndarray, settings: list[Setting]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield what PyTorch's layer gives with one thing changed, and the sentence on that thing."""
    layer, other = pair.ours.layer, pair.theirs.layer
    assert layer is not None
    for setting in settings:
        if hasattr(layer, setting.ours):
            with changed([(layer, setting.ours, _as(getattr(layer, setting.ours), setting.other))]):
                if (outputs := _tried(layer, inputs)) is not None:
                    yield told(setting), setting.entry, outputs
    if isinstance(layer, nn.modules.batchnorm._BatchNorm):
        yield (
            "Keras's layer normalises by the batch's own statistics, as in training, though the "
            "model is called with `training=False`: look for `training=True` in its `call`.",
            "train-eval-mode", rerun(layer, inputs, training=True),
        )  # fmt: skip
    if isinstance(layer, _CONVOLUTIONS):
        yield from _paddings(layer, other, inputs)


def _as(value: Any, other: object) -> object:
    """Return Keras's value in the form of PyTorch's."""
    if isinstance(value, tuple) and not isinstance(other, tuple):
        return (other,) * len(value)
    return other


def _tried(layer: nn.Module, inputs: np.ndarray) -> np.ndarray | None:
    try:
        return rerun(layer, inputs)
    except (RuntimeError, ValueError):  # the layer cannot be like that
        return None


def _paddings(
    layer: Any, other: kl.Layer, inputs: np.ndarray
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield what a convolution gives that pads in another way."""
    for mode in _PADDINGS:
        if mode != layer.padding_mode:
            ours = layer.padding_mode
            with changed([(layer, "padding_mode", mode)]):
                if (outputs := _tried(layer, inputs)) is not None:
                    yield (
                        f"PyTorch pads with padding_mode={ours!r}, and what Keras's layer reads is "
                        f"padded as with {mode!r}.", "conv2d-padding-mode", outputs,
                    )  # fmt: skip
    if getattr(other, "padding", "") != "same" or isinstance(layer.padding, str):
        return
    ours, around = layer.padding, _same(layer, inputs.shape[2:])
    padded = np.pad(inputs, [(0, 0), (0, 0), *around])
    with changed([(layer, "padding", (0,) * len(around)), (layer, "padding_mode", "zeros")]):
        if (outputs := _tried(layer, padded)) is not None:
            yield (
                f"PyTorch's padding={ours} pads both ends alike, and Keras's padding='same' with "
                f"stride {layer.stride[0]} pads {around[0][0]} before and {around[0][1]} after, so "
                "the windows lie elsewhere. Put `ZeroPadding2D` before a convolution with "
                "padding='valid'.", "conv2d-padding-1-stride-2", outputs,
            )  # fmt: skip


def _same(layer: Any, sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return what TensorFlow's padding="same" adds before and after each axis."""
    around = []
    for size, kernel, stride, dilation in zip(
        sizes, layer.kernel_size, layer.stride, layer.dilation, strict=True
    ):
        total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
        around.append((total // 2, total - total // 2))
    return around
