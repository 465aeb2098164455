"""Weights are ported layer by layer, models are compared, and mistakes are found."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch._dynamo
from torch import nn

# isort: split

import keras
import tensorflow as tf
from keras import layers as kl

from sidebyside.parity import PortingError, by_design, compare, layouts, port_weights, results
from sidebyside.parity import comparing as parity

ROOT = Path(__file__).parents[2]


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def words(batch=8, length=6):
    return np.random.default_rng(0).integers(0, 20, (batch, length))


def randomised(model):
    """The model with every parameter and statistic away from its initial value."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5) if name.endswith("running_var") else tensor.normal_(
                    0, 0.3
                )
    return model


def sequential(shape, *layers, dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


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


def called(model, x):
    model(x)
    return model


def bn(**options):
    return kl.BatchNormalization(momentum=0.9, epsilon=1e-5, **options)


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


# ---- whole models ----


class Classifier(nn.Module):
    """Embedding, recurrent layers, mean over time, linear."""

    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.recurrent = kind(6, 5, batch_first=True, **options)
        self.head = nn.Linear(10 if options.get("bidirectional") else 5, 3)

    def forward(self, x):
        return self.head(self.recurrent(self.embedding(x))[0].mean(1))


def keras_classifier(*recurrent):
    """The same as a functional model."""
    x = inputs = keras.Input((6,), dtype="int32")
    for layer in (kl.Embedding(20, 6), *recurrent, kl.GlobalAveragePooling1D(), kl.Dense(3)):
        x = layer(x)
    return keras.Model(inputs, x)


def lstm(**options):
    return kl.LSTM(5, return_sequences=True, **options)


class Block(nn.Module):
    """Attention and a feed-forward network, each with a shortcut and a norm."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.2, batch_first=True)
        self.norm_1 = nn.LayerNorm(8)
        self.feed = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 8))
        self.norm_2 = nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.embedding(x)
        x = self.norm_1(x + self.attention(x, x, x, need_weights=False)[0])
        return self.head(self.norm_2(x + self.feed(x)).mean(1))


class KerasBlock(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding = kl.Embedding(20, 8)
        self.attention = kl.MultiHeadAttention(2, 4, dropout=0.2)
        self.norm_1 = kl.LayerNormalization(epsilon=1e-5)
        self.feed = keras.Sequential(
            [kl.Dense(16, activation="relu"), kl.Dropout(0.2), kl.Dense(8)]
        )
        self.norm_2 = kl.LayerNormalization(epsilon=1e-5)
        self.head = kl.Dense(3)

    def call(self, x):
        x = self.embedding(x)
        x = self.norm_1(x + self.attention(x, x))
        return self.head(keras.ops.mean(self.norm_2(x + self.feed(x)), axis=1))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(72, 16),
        nn.ReLU(),
        nn.Linear(16, 3),
    )


def keras_cnn(momentum=0.9, padding=True):
    first = [kl.ZeroPadding2D(1), kl.Conv2D(8, 3, strides=2, use_bias=False)]
    return sequential(
        (6, 6, 3),
        *(first if padding else [kl.Conv2D(8, 3, strides=2, padding="same", use_bias=False)]),
        kl.BatchNormalization(momentum=momentum, epsilon=1e-5),
        kl.ReLU(),
        kl.Flatten(),
        kl.Dropout(0.3),
        kl.Dense(16, activation="relu"),
        kl.Dense(3),
    )


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def keras_sgd(model):
    return keras.optimizers.SGD(0.05, momentum=0.9)


def adam(model):
    return torch.optim.Adam(model.parameters(), lr=1e-3)


def keras_adam(model):
    return keras.optimizers.Adam(1e-3, epsilon=1e-8)


def adamw(model):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    return optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)


def keras_adamw(model, weight_decay=0.01, beta_2=0.999, epsilon=1e-8, rate=0.9):
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 1, rate)
    return keras.optimizers.AdamW(schedule, weight_decay, beta_2=beta_2, epsilon=epsilon)


cross_entropy = nn.functional.cross_entropy


def keras_cross_entropy(outputs, targets):
    losses = keras.losses.sparse_categorical_crossentropy(targets, outputs, from_logits=True)
    return keras.ops.mean(losses)


def image_batches():
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(16, 6, 6, 3)), rng.integers(0, 3, 16)) for _ in range(2)]


def word_batches():
    rng = np.random.default_rng(0)
    return [(rng.integers(0, 20, (8, 6)), rng.integers(0, 3, 8)) for _ in range(2)]


def compare_cnn(keras_optimizer=keras_adamw, keras_loss=keras_cross_entropy, steps=10, **options):
    torch.manual_seed(0)
    return compare(
        cnn(),
        keras_cnn(**options),
        image_batches(),
        cross_entropy,
        keras_loss,
        adamw,
        keras_optimizer,
        steps=steps,
    )


MODELS = {
    "cnn, adamw": (cnn, keras_cnn, image_batches, adamw, keras_adamw),
    "lstm, sgd": (
        lambda: Classifier(nn.LSTM),
        lambda: keras_classifier(lstm()),
        word_batches,
        sgd,
        keras_sgd,
    ),
    "lstm, adam": (
        lambda: Classifier(nn.LSTM, num_layers=2, bidirectional=True, dropout=0.2),
        lambda: keras_classifier(
            kl.Bidirectional(lstm()), kl.Dropout(0.2), kl.Bidirectional(lstm())
        ),
        word_batches,
        adam,
        keras_adam,
    ),
    "gru, adam": (
        lambda: Classifier(nn.GRU),
        lambda: keras_classifier(kl.GRU(5, return_sequences=True)),
        word_batches,
        adam,
        keras_adam,
    ),
    "attention, adamw": (
        Block,
        lambda: called(KerasBlock(), words()),
        word_batches,
        adamw,
        keras_adamw,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_agree(name):
    make_torch, make_keras, batches, torch_optimizer, keras_optimizer = MODELS[name]
    torch.manual_seed(0)
    result = compare(
        make_torch(),
        make_keras(),
        batches(),
        cross_entropy,
        keras_cross_entropy,
        torch_optimizer,
        keras_optimizer,
    )
    print(f"\n{name}\n{result.summary()}")
    assert result.ok, result.summary()
    assert "FAIL" not in result.summary()


def test_stock_optimisers_differ_by_design():
    """What comparing takes out of the way is there, and is what makes the difference."""
    make_torch, make_keras, batches, *optimizers = MODELS["gru, adam"]
    torch.manual_seed(0)
    result = compare(
        make_torch(), make_keras(), batches(), cross_entropy, keras_cross_entropy, *optimizers
    )
    assert result.free_weights.largest < 1e-4 < 1e-3 < result.stock_weights.largest


@pytest.mark.parametrize("clipped", [True, False])
def test_gradients_clipped_by_a_hook(clipped):
    def clipping_sgd(model):
        def clip(*_):
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)

        optimizer = sgd(model)
        if clipped:
            optimizer.register_step_pre_hook(clip)
        return optimizer

    result = compare(
        cnn(),
        keras_cnn(),
        image_batches(),
        cross_entropy,
        keras_cross_entropy,
        clipping_sgd,
        lambda model: keras.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=0.1),
        steps=3,
    )
    assert result.weights.ok == clipped, result.summary()


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Conv2d(3, 4, 2, stride=2)
        self.decoder = nn.ConvTranspose2d(4, 3, 2, stride=2)

    def forward(self, x):
        code = torch.tanh(self.encoder(x))
        return {"image": self.decoder(code), "code": code}


def test_images_as_targets_and_several_outputs():
    x = keras.Input((6, 6, 3))
    code = kl.Conv2D(4, 2, strides=2, activation="tanh")(x)
    image = kl.Conv2DTranspose(3, 2, strides=2)(code)
    batches = [(x, x) for x, _ in image_batches()]
    result = compare(
        Autoencoder(),
        keras.Model(x, {"image": image, "code": code}),
        batches,
        lambda outputs, targets: ((outputs["image"] - targets) ** 2).mean(),
        lambda outputs, targets: keras.ops.mean((outputs["image"] - targets) ** 2),
        sgd,
        keras_sgd,
        steps=3,
    )
    assert result.ok, result.summary()


class Recommender(nn.Module):
    def __init__(self):
        super().__init__()
        self.users = nn.Embedding(20, 4)
        self.items = nn.Embedding(20, 4)

    def forward(self, user, item):
        return (self.users(user) * self.items(item)).sum(1)


def test_two_inputs():
    user, item = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    rows = kl.Embedding(20, 4)(user), kl.Embedding(20, 4)(item)
    keras_model = keras.Model(
        (user, item), kl.Lambda(lambda r: keras.ops.sum(r[0] * r[1], 1))(rows)
    )
    ids = words(32, 2)
    result = compare(
        Recommender(),
        keras_model,
        [((ids[:, 0], ids[:, 1]), numbers(32))],
        lambda outputs, targets: ((outputs - targets) ** 2).mean(),
        lambda outputs, targets: keras.ops.mean((outputs - targets) ** 2),
        adam,
        keras_adam,
    )
    assert result.ok, result.summary()


# ---- mistakes are found ----


def failures(result):
    assert not result.ok
    return {name for name, entry in result.as_dict().items() if name != "ok" and not entry["ok"]}


def test_one_wrong_weight_is_found(monkeypatch):
    def ported(torch_model, keras_model):
        mappings = port_weights(torch_model, keras_model)
        kernel = mappings[5].variable
        value = kernel.numpy()
        value[3, 1] += 1e-3
        kernel.assign(value)
        return mappings

    monkeypatch.setattr(parity, "port_weights", ported)
    result = compare_cnn()
    assert {"outputs", "gradients", "weights"} <= failures(result)
    assert any(
        line.startswith("FAIL") and "weights" in line and "dense" in line
        for line in result.summary().splitlines()
    )


@pytest.mark.parametrize(
    "mistake",
    [{"weight_decay": 0.004}, {"beta_2": 0.99}, {"epsilon": 1e-7}, {"rate": 0.95}],
    ids=str,
)
def test_wrong_hyperparameter_is_found(mistake):
    """Keras's default weight decay and epsilon are among them."""
    result = compare_cnn(lambda model: keras_adamw(model, **mistake))
    assert "weights" in failures(result) <= {"weights", "statistics"}
    assert "FAIL   weights" in result.summary()


def test_wrong_batch_norm_momentum_is_found():
    assert failures(compare_cnn(momentum=0.99)) == {"statistics"}


def test_wrong_loss_is_found():
    result = compare_cnn(keras_loss=lambda outputs, y: 2 * keras_cross_entropy(outputs, y))
    assert failures(result) == {"loss", "gradients"}


def test_wrong_padding_is_found():
    """Stride 2 with padding "same" pads on the right only, where PyTorch pads on both sides."""
    assert {"outputs", "training_outputs", "gradients"} <= failures(compare_cnn(padding=False))


def test_not_a_number_is_not_agreement():
    nan = np.array([1.0, np.nan])
    assert not results.difference([("a", nan, nan), ("b", nan[:1], nan[:1])], 1.0).ok


def test_outputs_of_different_shapes():
    with pytest.raises(ValueError, match=r"\(16, 3\).*\(16, 1, 3\).*torch_outputs="):
        compare(
            cnn(),
            keras.Sequential([keras_cnn(), kl.Reshape((1, 3))]),
            image_batches(),
            cross_entropy,
            keras_cross_entropy,
            sgd,
            keras_sgd,
        )


def test_frozen_on_one_side_only():
    torch_model = cnn()
    torch_model[5].requires_grad_(False)
    with pytest.raises(PortingError, match=r"`5\.weight`.*dense.*only Keras trains it"):
        compare(
            torch_model,
            keras_cnn(),
            image_batches(),
            cross_entropy,
            keras_cross_entropy,
            sgd,
            keras_sgd,
        )


def test_frozen_on_both_sides_and_parts_in_evaluation_mode():
    torch_model, keras_model = cnn(), keras_cnn()
    torch_model[:2].requires_grad_(False).eval()
    for layer in keras_model.layers[:3]:
        layer.trainable = False
    result = compare(
        torch_model,
        keras_model,
        image_batches(),
        cross_entropy,
        keras_cross_entropy,
        sgd,
        keras_sgd,
        steps=3,
    )
    assert result.ok, result.summary()


# ---- nothing is left behind ----


def test_models_come_back_as_they_were():
    torch_model = randomised(Classifier(nn.LSTM, num_layers=2, dropout=0.2)).eval()
    keras_model = keras_classifier(lstm(dropout=0.1), kl.Dropout(0.2), lstm())
    before = {name: t.clone() for name, t in torch_model.state_dict().items()}
    made = []

    def remembered(model):
        made.append(keras_adam(model))
        return made[-1]

    compare(
        torch_model,
        keras_model,
        word_batches(),
        cross_entropy,
        keras_cross_entropy,
        adam,
        remembered,
        steps=2,
    )
    for name, tensor in torch_model.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all(p.requires_grad and p.grad is None for p in torch_model.parameters())
    assert not torch_model.training and torch_model.recurrent.dropout == 0.2
    assert [la.rate for la in keras_model.layers if isinstance(la, kl.Dropout)] == [0.2]
    assert keras_model.layers[2].cell.dropout == 0.1
    assert {optimizer.epsilon for optimizer in made} == {1e-8}
    ported = keras_model.get_weights()
    port_weights(torch_model, keras_model)
    for a, b in zip(ported, keras_model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_result_as_json():
    result = json.loads(json.dumps(compare_cnn(steps=1).as_dict()))
    assert result["ok"] is True
    assert set(result["weights"]) == {"largest", "where", "tolerance", "ok"}
    assert result["stock_weights"]["tolerance"] is None


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


# ---- claims about the two libraries ----


def steps(gradient, epsilon):
    """Three steps of Keras's Adam from one, with or without the epsilon of `compare`."""
    variable = keras.Variable(np.ones((3, 1), "float32"))
    optimizer = keras.optimizers.Adam(0.1, epsilon=1e-3)
    for _ in range(3):
        changes = by_design.torch_epsilon(optimizer) if epsilon else []
        with by_design.changed(changes):
            optimizer.apply_gradients([(gradient, variable)])
    return variable.numpy()


def test_epsilon_is_added_in_another_place():
    gradient = np.array([[0.01], [1.0], [-3.0]], "float32")
    parameter = torch.ones(3, 1, requires_grad=True)
    optimizer = torch.optim.Adam([parameter], lr=0.1, eps=1e-3)
    for _ in range(3):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
    ours = parameter.detach().numpy()
    np.testing.assert_allclose(ours, steps(tf.constant(gradient), epsilon=True), atol=1e-5)
    assert np.abs(ours - steps(tf.constant(gradient), epsilon=False)).max() > 1e-2


def test_keras_adam_squares_the_parts_of_a_row_looked_up_twice():
    """A release of Keras that adds them up first makes one paragraph of `compare` obsolete."""
    twice = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 0]), tf.constant([3, 1]))
    apart, together = steps(twice, False), steps(tf.convert_to_tensor(twice), False)
    assert abs(apart - together).max() > 0.05


def test_tensorflow_before_pytorch_is_refused():
    code = (
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow'); "
        "import sidebyside.parity"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "ImportError: TensorFlow was imported before PyTorch" in run.stderr
