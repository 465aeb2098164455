"""What the parity tests share: small numbers, and a look at whether two models agree."""

import numpy as np

from sidebyside.parity import channels_first, port_weights
from sidebyside.parity.arrays import keras_leaves
from sidebyside.parity.arrays import torch_leaves as leaves
from sidebyside.parity.libraries import keras, kl, nn, torch
from sidebyside.parity.tracing import call_torch


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def words(batch=8, length=6, limit=20):
    return np.random.default_rng(0).integers(0, limit, (batch, length))


def randomised(model):
    """The model in evaluation mode, its parameters and statistics away from their first values."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                variance = name.endswith("running_var")
                tensor.uniform_(0.5, 1.5) if variance else tensor.normal_(0, 0.3)
    return model.eval()


def sequential(shape, *layers, dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def bn(**options):
    return kl.BatchNormalization(momentum=0.9, epsilon=1e-5, **options)


def called(model, *inputs):
    """The Keras model, built by a call."""
    model(*inputs)
    return model


def torch_tensors(inputs, torch_inputs=channels_first):
    return keras.tree.map_structure(
        lambda a: torch.tensor(np.ascontiguousarray(a)), torch_inputs(inputs)
    )


def outputs(torch_model, keras_model, inputs, torch_inputs=channels_first):
    """What both models give, as lists of arrays, PyTorch's with the channels last."""
    with torch.no_grad():
        ours = leaves(call_torch(torch_model, torch_tensors(inputs, torch_inputs)))
    theirs = keras_leaves(keras_model(inputs, training=False))
    moved = [np.moveaxis(t.numpy(), 1, -1) if t.ndim == 4 else t.numpy() for t in ours]
    return moved, theirs


def assert_same(torch_model, keras_model, inputs, torch_inputs=channels_first):
    ours, theirs = outputs(torch_model, keras_model, inputs, torch_inputs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert np.abs(a).max() > 1e-3
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def assert_ported(torch_model, keras_model, inputs, torch_inputs=channels_first, **options):
    """Port, without a look at the inputs, and compare the outputs for them."""
    randomised(torch_model)
    mappings = port_weights(torch_model, keras_model, **options)
    assert_same(torch_model, keras_model, inputs, torch_inputs)
    return mappings


def unchanged(keras_model):
    """A function that checks that Keras's weights are what they are now."""
    before = keras_model.get_weights()

    def check():
        for a, b in zip(before, keras_model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    return check


__all__ = [
    "assert_ported", "assert_same", "bn", "called", "nn", "numbers", "outputs", "randomised",
    "sequential", "torch_tensors", "unchanged", "words",
]  # fmt: skip
