"""Weights are ported layer by layer: one test for each kind of layer, and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_models import bn, called, numbers, randomised, sequential, words

from sidebyside.parity import PortingError, layouts, port_weights
from sidebyside.parity.libraries import keras, kl, nn, torch

ROOT = Path(__file__).parents[2]


# ---- one layer of each kind ----


class LastStep(nn.Module):
    """A recurrent layer's outputs without its state."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class SelfAttention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, **options)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class KerasSelfAttention(keras.Model):
    def __init__(self, heads=2, **options):
        super().__init__()
        self.attention = kl.MultiHeadAttention(heads, 8 // heads, **options)

    def call(self, x):
        return self.attention(x, x)


class Heads(nn.Module):
    """Two layers that both read the flattened maps, as in a variational autoencoder."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.flatten = nn.Flatten()
        self.mean = nn.Linear(64, 5)
        self.scale = nn.Linear(64, 5)
        self.last = nn.Linear(5, 5)

    def forward(self, x):
        x = self.flatten(self.conv(x))
        return self.last(self.mean(x) * self.scale(x))


class KerasHeads(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = kl.Conv2D(4, 3)
        self.flatten = kl.Flatten()
        self.mean = kl.Dense(5)
        self.scale = kl.Dense(5)
        self.last = kl.Dense(5)

    def call(self, x):
        x = self.flatten(self.conv(x))
        return self.last(self.mean(x) * self.scale(x))


IMAGES, SEQUENCE, VECTORS = numbers(4, 6, 6, 3), numbers(4, 6, 8), numbers(8, 5)

LAYERS = {
    "linear": (
        lambda: nn.Linear(5, 3),
        lambda: sequential((5,), kl.Dense(3)),
        VECTORS,
    ),
    "linear after flatten": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 7)),
        lambda: sequential(
            (6, 6, 3), kl.Conv2D(4, 3, activation="relu"), kl.Flatten(), kl.Dense(7)
        ),
        IMAGES,
    ),
    "flatten, dropout, two linear of one size": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Dropout(), nn.Linear(64, 64), nn.Linear(64, 2)
        ),
        lambda: sequential(
            (6, 6, 3), kl.Conv2D(4, 3), kl.Flatten(), kl.Dropout(0.5), kl.Dense(64), kl.Dense(2)
        ),
        IMAGES,
    ),
    "flatten, batch norm, linear": (
        lambda: nn.Sequential(nn.Flatten(), nn.BatchNorm1d(108), nn.Linear(108, 2)),
        lambda: sequential((6, 6, 3), kl.Flatten(), bn(), kl.Dense(2)),
        IMAGES,
    ),
    "flatten for two heads": (Heads, lambda: called(KerasHeads(), IMAGES), IMAGES),
    "conv1d": (
        lambda: nn.Conv1d(8, 4, 3, dilation=2),
        lambda: sequential((6, 8), kl.Conv1D(4, 3, dilation_rate=2)),
        SEQUENCE,
    ),
    "conv2d": (
        lambda: nn.Conv2d(3, 4, (3, 2)),
        lambda: sequential((6, 6, 3), kl.Conv2D(4, (3, 2))),
        IMAGES,
    ),
    "conv2d, stride 2, no bias": (
        lambda: nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False),
        lambda: sequential(
            (6, 6, 3), kl.ZeroPadding2D(1), kl.Conv2D(4, 3, strides=2, use_bias=False)
        ),
        IMAGES,
    ),
    "conv2d in groups": (
        lambda: nn.Conv2d(3, 6, 3, groups=3),
        lambda: sequential((6, 6, 3), kl.Conv2D(6, 3, groups=3)),
        IMAGES,
    ),
    "depthwise conv2d": (
        lambda: nn.Conv2d(3, 6, 3, groups=3),
        lambda: sequential((6, 6, 3), kl.DepthwiseConv2D(3, depth_multiplier=2)),
        IMAGES,
    ),
    "transposed conv2d": (
        lambda: nn.ConvTranspose2d(3, 4, 2, stride=2),
        lambda: sequential((6, 6, 3), kl.Conv2DTranspose(4, 2, strides=2)),
        IMAGES,
    ),
    "batch norm 1d": (lambda: nn.BatchNorm1d(5), lambda: sequential((5,), bn()), VECTORS),
    "batch norm 2d": (lambda: nn.BatchNorm2d(3), lambda: sequential((6, 6, 3), bn()), IMAGES),
    "batch norm, not affine": (
        lambda: nn.BatchNorm2d(3, affine=False),
        lambda: sequential((6, 6, 3), bn(scale=False, center=False)),
        IMAGES,
    ),
    "layer norm": (
        lambda: nn.LayerNorm(8),
        lambda: sequential((6, 8), kl.LayerNormalization(epsilon=1e-5)),
        SEQUENCE,
    ),
    "group norm": (
        lambda: nn.GroupNorm(2, 4),
        lambda: sequential((6, 6, 4), kl.GroupNormalization(2, epsilon=1e-5)),
        numbers(4, 6, 6, 4),
    ),
    "instance norm": (
        lambda: nn.InstanceNorm2d(3, affine=True),
        lambda: sequential((6, 6, 3), kl.GroupNormalization(-1, epsilon=1e-5)),
        IMAGES,
    ),
    "embedding": (
        lambda: nn.Embedding(20, 3),
        lambda: sequential((6,), kl.Embedding(20, 3), dtype="int32"),
        words(),
    ),
    "rnn": (
        lambda: LastStep(nn.RNN(8, 5, batch_first=True)),
        lambda: sequential((6, 8), kl.SimpleRNN(5, return_sequences=True)),
        SEQUENCE,
    ),
    "lstm": (
        lambda: LastStep(nn.LSTM(8, 5, batch_first=True)),
        lambda: sequential((6, 8), kl.LSTM(5, return_sequences=True)),
        SEQUENCE,
    ),
    "lstm, two layers, no bias": (
        lambda: LastStep(nn.LSTM(8, 5, num_layers=2, bias=False, batch_first=True)),
        lambda: sequential(
            (6, 8),
            kl.LSTM(5, return_sequences=True, use_bias=False),
            kl.LSTM(5, return_sequences=True, use_bias=False),
        ),
        SEQUENCE,
    ),
    "lstm, two layers, bidirectional": (
        lambda: LastStep(nn.LSTM(8, 5, num_layers=2, bidirectional=True, batch_first=True)),
        lambda: sequential(
            (6, 8),
            kl.Bidirectional(kl.LSTM(5, return_sequences=True)),
            kl.Bidirectional(kl.LSTM(5, return_sequences=True)),
        ),
        SEQUENCE,
    ),
    "gru": (
        lambda: LastStep(nn.GRU(8, 5, batch_first=True)),
        lambda: sequential((6, 8), kl.GRU(5, return_sequences=True)),
        SEQUENCE,
    ),
    "gru, bidirectional": (
        lambda: LastStep(nn.GRU(8, 5, bidirectional=True, batch_first=True)),
        lambda: sequential((6, 8), kl.Bidirectional(kl.GRU(5, return_sequences=True))),
        SEQUENCE,
    ),
    "attention": (SelfAttention, lambda: called(KerasSelfAttention(), SEQUENCE), SEQUENCE),
    "attention, no bias": (
        lambda: SelfAttention(bias=False),
        lambda: called(KerasSelfAttention(use_bias=False), SEQUENCE),
        SEQUENCE,
    ),
    "preprocessing on the Keras side only": (
        lambda: nn.Linear(5, 3),
        lambda: sequential((5,), kl.Normalization(mean=0.0, variance=1.0), kl.Dense(3)),
        VECTORS,
    ),
}


def torch_layout(x, model):
    if x.ndim == 3 and isinstance(model, nn.Conv1d):
        return np.moveaxis(x, -1, 1)
    return layouts.channels_first(x)


@pytest.mark.parametrize("kind", LAYERS)
def test_ported_layer_gives_the_same_outputs(kind):
    make_torch, make_keras, x = LAYERS[kind]
    torch_model, keras_model = randomised(make_torch()).eval(), make_keras()
    mappings = port_weights(torch_model, keras_model)
    with torch.no_grad():
        ours = torch_model(torch.tensor(torch_layout(x, torch_model))).numpy()
    ours = np.moveaxis(ours, 1, -1) if ours.ndim == 4 or kind == "conv1d" else ours
    theirs = keras_model(x, training=False).numpy()
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)
    assert np.abs(ours).max() > 0.1
    copied = {id(mapping.variable) for mapping in mappings}
    assert copied == {
        id(weight)
        for layer in keras_model.layers
        if not isinstance(layer, kl.Normalization)
        for weight in layer.weights
    }


def test_mappings_say_where_each_variable_comes_from():
    torch_model = nn.Sequential(nn.LSTM(8, 5), nn.BatchNorm1d(5))
    keras_model = sequential((6, 8), kl.LSTM(5), bn())
    kernel, _, bias, *_, variance = port_weights(torch_model, keras_model)
    assert kernel.name.endswith("kernel") and kernel.torch_names == ("0.weight_ih_l0",)
    assert bias.torch_names == ("0.bias_ih_l0", "0.bias_hh_l0")
    one = np.ones(20, "float32")
    assert bias.weights(one, one).max() == 2 and bias.gradients(one, one).max() == 1
    assert variance.torch_names == ("1.running_var",) and not variance.trainable


# ---- models that cannot be ported ----


class OwnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.linear = nn.Linear(5, 3)


class OwnWeight(kl.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(3,), name="scale")

    def call(self, x):
        return x * self.scale


def partly_unbuilt():
    model = KerasSelfAttention()
    model.built = True
    return model


BAD = {
    "unknown in PyTorch": (
        lambda: nn.ModuleDict({"both": nn.Sequential(nn.Bilinear(5, 5, 3))}),
        lambda: sequential((5,), kl.Dense(3)),
        r"`both\.0` \(Bilinear\) in PyTorch.*Supported are Linear, Conv1d.*MultiheadAttention",
    ),
    "own parameter in PyTorch": (
        lambda: nn.Sequential(OwnParameter()),
        lambda: sequential((5,), kl.Dense(3)),
        r"`0` \(OwnParameter\) in PyTorch has weights of its own",
    ),
    "own weight in Keras": (
        lambda: nn.Linear(5, 3),
        lambda: sequential((5,), kl.Dense(3), OwnWeight(name="mine")),
        r"`mine` \(OwnWeight\) in Keras.*Supported are Dense",
    ),
    "one more in PyTorch": (
        lambda: nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)),
        lambda: sequential((5,), kl.Dense(4)),
        r"`2` \(Linear\) in PyTorch has no counterpart. PyTorch has 2 .* Keras 1.*Add .* in Keras",
    ),
    "one more in Keras": (
        lambda: nn.Linear(5, 4),
        lambda: sequential((5,), kl.Dense(4), kl.Dense(3, name="extra")),
        r"`extra` \(Dense\) in Keras has no counterpart.*in PyTorch, or remove it",
    ),
    "one more LSTM level": (
        lambda: nn.LSTM(8, 5, num_layers=2),
        lambda: sequential((6, 8), kl.LSTM(5)),
        r"\(LSTM\) in PyTorch has no counterpart",
    ),
    "other kind": (
        lambda: nn.Linear(5, 4),
        lambda: sequential((6, 6, 3), kl.Conv2D(4, 3, name="conv")),
        r"\(Linear\) in PyTorch and `conv` \(Conv2D\) in Keras: the two kinds do not fit",
    ),
    "one direction only": (
        lambda: nn.LSTM(8, 5, bidirectional=True),
        lambda: sequential((6, 8), kl.LSTM(5)),
        "the two kinds do not fit",
    ),
    "other shape": (
        lambda: nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3)),
        lambda: sequential((5,), kl.Dense(4), kl.Dense(2, name="last")),
        r"`1` \(Linear\).*`last` \(Dense\).*`1\.weight` of shape \(3, 4\).*of shape \(4, 2\)",
    ),
    "other number of heads": (
        SelfAttention,
        lambda: called(KerasSelfAttention(heads=4), SEQUENCE),
        r"`attention` \(MultiheadAttention\).*does not fit",
    ),
    "bias in PyTorch only": (
        lambda: nn.Linear(5, 3),
        lambda: sequential((5,), kl.Dense(3, use_bias=False)),
        r"only PyTorch has `bias`.*`use_bias=` in Keras",
    ),
    "bias in Keras only": (
        lambda: nn.LSTM(8, 5, bias=False),
        lambda: sequential((6, 8), kl.LSTM(5)),
        r"only Keras has `bias`.*`bias=` in PyTorch",
    ),
    "no running statistics": (
        lambda: nn.BatchNorm1d(5, track_running_stats=False),
        lambda: sequential((5,), bn()),
        r"only Keras has `moving_mean`.*`track_running_stats=`",
    ),
    "other epsilon": (
        lambda: nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3)),
        lambda: sequential((5,), kl.Dense(3), kl.BatchNormalization(name="norm")),
        r"`1` \(BatchNorm1d\).*`norm`.*eps is 1e-05 and epsilon is 0.001.*Set `epsilon=1e-05`",
    ),
    "other kind of gru": (
        lambda: nn.GRU(8, 5),
        lambda: sequential((6, 8), kl.GRU(5, reset_after=False)),
        r"Set `reset_after=True` in Keras",
    ),
    "projected LSTM": (
        lambda: nn.LSTM(8, 5, proj_size=4),
        lambda: sequential((6, 8), kl.LSTM(5)),
        r"`weight_hh_l0` of shape \(20, 4\) does not fit",
    ),
    "an option that adds weights": (
        lambda: SelfAttention(add_bias_kv=True),
        lambda: called(KerasSelfAttention(), SEQUENCE),
        r"`attention.bias_k` in PyTorch is added by an option",
    ),
    "lazy in PyTorch": (
        lambda: nn.LazyLinear(3),
        lambda: sequential((5,), kl.Dense(3)),
        r"`weight` in PyTorch has no shape yet",
    ),
    "not built in Keras": (
        lambda: nn.Linear(5, 3),
        lambda: keras.Sequential([kl.Dense(3)]),
        r"The model `sequential.* has not been built.*call the model once",
    ),
    "a layer not built in Keras": (
        SelfAttention,
        partly_unbuilt,
        r"\(MultiHeadAttention\) in Keras has not been built",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_models_that_cannot_be_ported(case):
    make_torch, make_keras, message = BAD[case]
    torch_model, keras_model = make_torch(), make_keras()
    before = keras_model.get_weights()
    with pytest.raises(PortingError, match=message):
        port_weights(torch_model, keras_model)
    for a, b in zip(before, keras_model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_tensorflow_before_pytorch_is_refused():
    code = (
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow'); "
        "import sidebyside.parity"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "ImportError: TensorFlow was imported before PyTorch" in run.stderr
