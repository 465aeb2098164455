"""Convolutions: PyTorch has the kernel's spatial axes last, Keras first."""

from collections.abc import Iterator

import numpy as np

from sidebyside.parity.libraries import kl, nn
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.base import Pair, Rule, Setting, taken

Sizes = int | tuple[int, ...]


def convolution(pair: Pair) -> list[Mapping]:
    """(out, in, *k) -> (*k, in, out)."""
    layer = pair.theirs.layer
    if pair.reads is not None and layer.groups != 1:
        pair.fail("the channels arrive in another order, which a convolution in groups cannot mend")

    def kernel(weight: Array) -> Array:
        weight = taken(taken(weight, pair.reads, 1), pair.writes, 0)
        return np.moveaxis(weight, (0, 1), (-1, -2))

    return [*pair.map(layer.kernel, "weight", kernel), *_bias(pair, layer.bias)]


def transposed(pair: Pair) -> list[Mapping]:
    """(in, out, *k) -> (*k, out, in)."""
    layer = pair.theirs.layer

    def kernel(weight: Array) -> Array:
        weight = taken(taken(weight, pair.reads, 0), pair.writes, 1)
        return np.moveaxis(weight, (0, 1), (-1, -2))

    return [*pair.map(layer.kernel, "weight", kernel), *_bias(pair, layer.bias)]


def depthwise(pair: Pair) -> list[Mapping]:
    """(in * m, 1, *k) -> (*k, in, m)."""
    layer = pair.theirs.layer
    return [*pair.map(layer.kernel, "weight", _depthwise_kernel(layer)), *_bias(pair, layer.bias)]


def separable_depthwise(pair: Pair) -> list[Mapping]:
    """The first half of a SeparableConv, which has no bias."""
    layer = pair.theirs.layer
    if "bias" in pair.ours.keys:
        pair.fail(
            "the first half of a SeparableConv has no bias. Leave it out in PyTorch (`bias=False`),"
            " or write DepthwiseConv2D and Conv2D in Keras."
        )
    return pair.map(layer.depthwise_kernel, "weight", _depthwise_kernel(layer))


def separable_pointwise(pair: Pair) -> list[Mapping]:
    """The second half of a SeparableConv: a convolution with kernel size 1."""
    layer = pair.theirs.layer

    def kernel(weight: Array) -> Array:
        return np.moveaxis(taken(weight, pair.writes, 0), (0, 1), (-1, -2))

    return [*pair.map(layer.pointwise_kernel, "weight", kernel), *_bias(pair, layer.bias)]


def _bias(pair: Pair, variable: object) -> list[Mapping]:
    return pair.map(variable, "bias", lambda b: taken(b, pair.writes, 0))


def _depthwise_kernel(layer: kl.Layer):
    def kernel(weight: Array) -> Array:
        if weight.shape[1] != 1:  # not one filter for each channel
            raise ValueError
        moved = np.moveaxis(weight, (0, 1), (-1, -2))  # (*k, 1, in * m)
        return moved.reshape(*moved.shape[:-2], -1, layer.depth_multiplier)

    return kernel


def settings(pair: Pair) -> Iterator[Setting]:
    """Stride and dilation; what padding does, depends on the layers around."""
    ours, theirs = pair.ours.layer, pair.theirs.layer
    rank = len(ours.kernel_size)
    stride, dilation = _each(theirs.strides, rank), _each(theirs.dilation_rate, rank)
    yield Setting("stride", ours.stride, "strides", stride, "conv2d-stride")
    yield Setting("dilation", ours.dilation, "dilation_rate", dilation, "conv2d-dilation")


def _pointwise_settings(pair: Pair) -> Iterator[Setting]:
    ours = pair.ours.layer
    one = (1,) * len(ours.kernel_size)
    yield Setting("stride", ours.stride, "strides", one, "separable-conv", "Its second half has 1.")


def _each(sizes: Sizes, rank: int) -> tuple[int, ...]:
    return (sizes,) * rank if isinstance(sizes, int) else tuple(sizes)


def _rules() -> Iterator[Rule]:
    kinds = (
        (nn.Conv1d, kl.Conv1D, kl.DepthwiseConv1D, kl.SeparableConv1D),
        (nn.Conv2d, kl.Conv2D, kl.DepthwiseConv2D, kl.SeparableConv2D),
    )
    features = {"reorders": True, "free": True}
    for ours, plain, by_channel, separable in kinds:
        yield Rule((ours,), (plain,), convolution, settings, channels=True, **features)
        yield Rule((ours,), (by_channel,), depthwise, settings, channels=True)
        yield Rule((ours,), (separable,), separable_depthwise, settings, channels=True,
                   keras_part="depthwise")  # fmt: skip
        yield Rule((ours,), (separable,), separable_pointwise, _pointwise_settings, channels=True,
                   free=True, keras_part="pointwise")  # fmt: skip
    yield Rule((nn.Conv3d,), (kl.Conv3D,), convolution, settings, channels=True, **features)
    for ours, theirs in (
        (nn.ConvTranspose1d, kl.Conv1DTranspose),
        (nn.ConvTranspose2d, kl.Conv2DTranspose),
        (nn.ConvTranspose3d, kl.Conv3DTranspose),
    ):
        yield Rule((ours,), (theirs,), transposed, settings, channels=True, **features)


RULES = tuple(_rules())
