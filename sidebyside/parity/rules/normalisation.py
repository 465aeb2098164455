"""Normalisation, and PReLU, whose weights are one number for each feature, too."""

from collections.abc import Iterator

import numpy as np

from sidebyside.parity.libraries import kl, nn, torch
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.base import Pair, Rule, Setting

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
INSTANCE_NORMS = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)


def batch_norm(pair: Pair) -> list[Mapping]:
    """All vectors with one number for each channel."""
    layer = pair.theirs.layer
    return [
        *affine(pair),
        *pair.map(layer.moving_mean, "running_mean", pair.vector),
        *pair.map(layer.moving_variance, "running_var", pair.vector),
    ]


def affine(pair: Pair) -> list[Mapping]:
    """Scale and shift."""
    layer = pair.theirs.layer
    return [
        *pair.map(layer.gamma, "weight", pair.vector),
        *pair.map(layer.beta, "bias", pair.vector),
    ]


def layer_norm(pair: Pair) -> list[Mapping]:
    """A vector, or (C, H, W) -> (H, W, C)."""
    layer = pair.theirs.layer
    return [
        *pair.map(layer.gamma, "weight", lambda w: _over_axes(pair, w, layer.gamma.shape)),
        *pair.map(layer.beta, "bias", lambda b: _over_axes(pair, b, layer.beta.shape)),
    ]


def rms_norm(pair: Pair) -> list[Mapping]:
    """Scale alone."""
    scale = pair.theirs.layer.scale
    return pair.map(scale, "weight", lambda w: _over_axes(pair, w, scale.shape))


def _over_axes(pair: Pair, array: Array, shape: tuple[int, ...]) -> Array:
    if pair.reads is not None and pair.reads.size == array.size:
        return array.ravel()[pair.reads].reshape(shape)
    return array if array.shape == tuple(shape) else np.moveaxis(array, 0, -1)


def instance_norm(pair: Pair) -> list[Mapping]:
    """GroupNormalization with one group for each channel."""
    if "running_mean" in pair.ours.keys:
        pair.fail(
            "`track_running_stats=True` normalises with running statistics in inference, which "
            "GroupNormalization does not keep. Set `track_running_stats=False` in PyTorch."
        )
    return affine(pair)


def prelu(pair: Pair) -> list[Mapping]:
    """A vector -> alpha, which has the shape of the inputs but for its shared axes, which are 1."""
    alpha = pair.theirs.layer.alpha

    def slopes(weight: Array) -> Array:
        if weight.size != alpha.shape.num_elements():
            raise ValueError
        return pair.vector(weight).reshape(alpha.shape)

    return pair.map(alpha, "weight", slopes)


def epsilon(pair: Pair) -> Iterator[Setting]:
    """What is added to the variance."""
    ours = pair.ours.layer.eps
    if ours is None:  # nn.RMSNorm's default
        ours = torch.finfo(torch.float32).eps
    entry = {nn.RMSNorm: "rms-norm", nn.GroupNorm: "group-norm", nn.LayerNorm: "layer-norm"}
    key = entry.get(type(pair.ours.layer), "batch-norm-training")
    yield Setting("eps", float(ours), "epsilon", float(pair.theirs.layer.epsilon), key)


def _groups(pair: Pair) -> Iterator[Setting]:
    ours, theirs = pair.ours.layer, pair.theirs.layer
    yield from epsilon(pair)
    if isinstance(ours, nn.GroupNorm):
        yield Setting("num_groups", ours.num_groups, "groups", _resolved(theirs), "group-norm")
    elif theirs.groups != -1 and _resolved(theirs) != ours.num_features:
        yield Setting(
            "one group for each channel, that",
            ours.num_features,
            "groups",
            theirs.groups,
            "instance-norm",
            "Set `groups=-1` in Keras.",
        )


def _resolved(layer: kl.GroupNormalization) -> int:
    if layer.groups != -1:
        return layer.groups
    return layer.gamma.shape[0] if layer.scale else layer.input_spec.axes[layer.axis]


def _layer_norm_settings(pair: Pair) -> Iterator[Setting]:
    ours, theirs = pair.ours.layer, pair.theirs.layer
    yield from epsilon(pair)
    axes = theirs.axis if isinstance(theirs.axis, list | tuple) else [theirs.axis]
    yield Setting(
        "the number of axes of normalized_shape",
        len(ours.normalized_shape),
        "that of axis",
        len(axes),
        "layer-norm-all-axes",
        "Give `axis=` as many axes as `normalized_shape=` has.",
    )


def _prelu_settings(pair: Pair) -> Iterator[Setting]:
    ours, theirs = pair.ours.layer, pair.theirs.layer
    yield Setting(
        "num_parameters",
        ours.num_parameters,
        "the number of slopes",
        int(np.prod(theirs.alpha.shape)),
        "prelu",
        "Set `num_parameters=` in PyTorch and `shared_axes=` in Keras to the same sharing.",
    )


RULES = (
    Rule(BATCH_NORMS, (kl.BatchNormalization,), batch_norm, epsilon, channels=True, reorders=True),
    Rule((nn.LayerNorm,), (kl.LayerNormalization,), layer_norm, _layer_norm_settings,
         reorders=True),
    Rule((nn.GroupNorm,), (kl.GroupNormalization,), affine, _groups, channels=True),
    Rule(INSTANCE_NORMS, (kl.GroupNormalization,), instance_norm, _groups, channels=True),
    Rule((nn.RMSNorm,), (kl.RMSNormalization,), rms_norm, epsilon, reorders=True),
    Rule((nn.PReLU,), (kl.PReLU,), prelu, _prelu_settings, channels=True, reorders=True),
)  # fmt: skip
