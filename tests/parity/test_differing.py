"""`find_difference` finds twelve mistakes and many others, and nothing where there is none."""

import numpy as np
import pytest
from seeded_mistakes import MISTAKES, programs
from small_models import bn, called, numbers, sequential
from trained_models import (
    Block,
    Classifier,
    KerasBlock,
    adam,
    cnn,
    cross_entropy,
    keras_adam,
    keras_classifier,
    keras_cnn,
    keras_cross_entropy,
    keras_sgd,
    lstm,
    sgd,
    word_batches,
)

from sidebyside.parity import OpenPairingError, channels_first, find_difference, port_weights
from sidebyside.parity.libraries import keras, kl, nn, torch
from sidebyside.parity.model_sides import KerasSide
from sidebyside.parity.places.findings import PLACES

LOSSES = {"torch_loss": cross_entropy, "keras_loss": keras_cross_entropy}
ROWS = numbers(16, 6), np.arange(16) % 3
IMAGES = numbers(8, 6, 6, 3), np.arange(8) % 3


def walked(both, **options):
    return find_difference(
        both.torch_model, both.keras_model, both.batch, **(both.options | options)
    )


def test_two_programs_that_are_the_same():
    walk = walked(programs())
    assert walk.ok, walk.summary()
    assert set(walk.seen) == set(PLACES) - {"data", "predictions"}
    assert "APART" not in walk.summary()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name):
    make, place, entry, words, proved = MISTAKES[name]
    walk = walked(make())
    assert walk.finding is not None, walk.summary()
    assert (walk.finding.place, walk.finding.entry) == (place, entry), walk.summary()
    assert words in walk.finding.reason
    assert walk.finding.proved == proved
    assert list(walk.seen) == [p for p in PLACES[: PLACES.index(place)] if p not in walk.left_out]
    assert "APART" in walk.summary()


@pytest.mark.parametrize("name", MISTAKES)
def test_both_models_are_as_they_were(name):
    both = MISTAKES[name][0]()
    ours = {key: value.clone() for key, value in both.torch_model.state_dict().items()}
    theirs = both.keras_model.get_weights()
    training = both.torch_model.training
    walked(both)
    assert all(torch.equal(ours[k], v) for k, v in both.torch_model.state_dict().items())
    assert all(map(np.array_equal, theirs, both.keras_model.get_weights()))
    assert both.torch_model.training == training or name == "eval mode"


RECURRENT = {
    "lstm": (lambda: Classifier(nn.LSTM), lambda: keras_classifier(lstm()), sgd, keras_sgd),
    "two levels, both ways": (
        lambda: Classifier(nn.LSTM, num_layers=2, bidirectional=True, dropout=0.2),
        lambda: keras_classifier(
            kl.Bidirectional(lstm()), kl.Dropout(0.2), kl.Bidirectional(lstm())
        ),
        adam, keras_adam,
    ),
    "gru": (
        lambda: Classifier(nn.GRU), lambda: keras_classifier(kl.GRU(5, return_sequences=True)),
        adam, keras_adam,
    ),
    "attention": (
        Block, lambda: called(KerasBlock(), word_batches()[0][0]), adam, keras_adam,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECURRENT)
def test_other_models_that_are_the_same(name):
    make_torch, make_keras, optimizer, keras_optimizer = RECURRENT[name]
    torch.manual_seed(0)
    walk = find_difference(
        make_torch(), make_keras(), word_batches()[0], **LOSSES,
        torch_make_optimizer=optimizer, keras_make_optimizer=keras_optimizer,
        skip=("first weights",),
    )  # fmt: skip
    assert walk.ok, walk.summary()
    fresh = find_difference(make_torch(), make_keras(), word_batches()[0])
    assert (fresh.finding.place, fresh.finding.entry) == ("first weights", "embedding-start")


def dense(activation=None, *, last=None, **options):
    return sequential(
        (6,), kl.Dense(8, activation=activation), kl.Dense(3, activation=last, **options)
    )


def gelu(approximate="none"):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.GELU(approximate), nn.Linear(8, 3))


class AlwaysDropout(nn.Module):
    """Drops out in evaluation mode, too."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(nn.functional.dropout(torch.relu(self.first(x)), 0.5))


class AlwaysTraining(keras.Model):
    """Normalises by the batch in inference, too."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = kl.Dense(8), bn(), kl.Dense(3)

    def call(self, x, training=False):
        return self.last(keras.ops.relu(self.norm(self.first(x), training=True)))


def normed(norm):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), norm, nn.ReLU(), nn.Linear(8, 3))


def frozen():
    model = dense("gelu")
    model.layers[0].trainable = False
    return model


# models, then place, entry, and words of the reason
OTHERS = {
    "relu for gelu": (
        gelu, lambda: dense("relu"), "activations", "gelu", "PyTorch applies gelu, and Keras relu",
    ),
    "the other gelu": (
        lambda: gelu("tanh"), lambda: dense("gelu"), "activations", "gelu",
        "gelu(approximate), and Keras gelu",
    ),
    "another slope": (
        lambda: nn.Sequential(nn.Linear(6, 8), nn.LeakyReLU(), nn.Linear(8, 3)),
        lambda: dense("leaky_relu"), "activations", "leaky-relu", "leaky_relu(0.2)",
    ),
    "softmax at the end": (
        gelu, lambda: dense("gelu", last="softmax"), "activations", "cross-entropy",
        "Keras's model ends in softmax",
    ),
    "dropout in evaluation": (
        AlwaysDropout, lambda: dense("relu"), "activations", "dropout-by-function", "two results",
    ),
    "training in inference": (
        lambda: normed(nn.BatchNorm1d(8)), lambda: called(AlwaysTraining(), ROWS[0]),
        "activations", "train-eval-mode", "look for `training=True`",
    ),
    "epsilon of a layer norm": (
        lambda: normed(nn.LayerNorm(8)),
        lambda: sequential((6,), kl.Dense(8), kl.LayerNormalization(), kl.ReLU(), kl.Dense(3)),
        "activations", "layer-norm", "epsilon is 0.001",
    ),
    "epsilon that does not show": (
        lambda: normed(nn.LayerNorm(8)),
        lambda: sequential(
            (6,), kl.Dense(8), kl.LayerNormalization(epsilon=1.1e-5), kl.ReLU(), kl.Dense(3)
        ),
        "settings", "layer-norm", "This batch does not show it",
    ),
    "penalty": (
        gelu, lambda: dense("gelu", kernel_regularizer="l2"), "loss", "regularisation-losses",
        "`kernel_regularizer=`",
    ),
    "frozen": (gelu, frozen, "training mode", "freeze", "Only PyTorch trains it"),
    "sizes": (
        gelu, lambda: sequential((6,), kl.Dense(9), kl.Dense(3)), "layers", "", "does not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_another_mistake_is_found(name):
    make_torch, make_keras, place, entry, words = OTHERS[name]
    walk = find_difference(make_torch(), make_keras(), ROWS, **LOSSES, skip=("first weights",))
    assert (walk.finding.place, walk.finding.entry) == (place, entry), walk.summary()
    assert words in walk.finding.reason


def convolution(**options):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, **options), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
    )


@pytest.mark.parametrize(
    ("model", "pool", "entry", "words"),
    [
        (convolution(padding=1, padding_mode="reflect"), kl.MaxPooling2D, "conv2d-padding-mode",
         "padding_mode='reflect'"),
        (convolution(padding=2, dilation=2), kl.MaxPooling2D, "conv2d-dilation",
         "dilation is (2, 2)"),
        (convolution(padding=1), kl.AveragePooling2D, "", "`2` (MaxPool2d)"),
    ],
)  # fmt: skip
def test_convolutions(model, pool, entry, words):
    theirs = sequential(
        (6, 6, 3), kl.Conv2D(4, 3, padding="same", activation="relu"), pool(2), kl.Flatten(),
        kl.Dense(3),
    )  # fmt: skip
    walk = find_difference(model, theirs, IMAGES, **LOSSES, skip=("first weights",))
    assert (walk.finding.place, walk.finding.entry) == ("activations", entry), walk.summary()
    assert words in walk.finding.reason


MEAN, SPREAD = np.array([0.4, 0.5, 0.6], "f"), np.array([0.2, 0.3, 0.25], "f")


@pytest.mark.parametrize(
    ("inputs", "targets", "words"),
    [
        (IMAGES[0][..., ::-1], IMAGES[1], "RGB and BGR"),
        (IMAGES[0] * 255, IMAGES[1], "0.003922 times"),
        ((IMAGES[0] - MEAN) / SPREAD, IMAGES[1], "0.25 times PyTorch's plus 0.5"),
        (IMAGES[0].transpose(0, 2, 1, 3), IMAGES[1], "axes are exchanged"),
        (np.roll(IMAGES[0], 1, 0), np.roll(IMAGES[1], 1), "the same samples in another order"),
        (np.concatenate([IMAGES[0][:4], numbers(4, 6, 6, 3, seed=1)]), IMAGES[1], "Only 4 of 8"),
        (numbers(8, 6, 6, 3, seed=1), IMAGES[1], "in no order that would explain it"),
        (IMAGES[0], np.roll(IMAGES[1], 1), "not shuffled together"),
        (IMAGES[0], IMAGES[1] + 1, "plus -1"),
    ],
)
def test_data(inputs, targets, words):
    walk = find_difference(
        cnn(), keras_cnn(), IMAGES, torch_batch=(channels_first(inputs), targets)
    )
    assert walk.finding.place == "data"
    assert words in walk.finding.reason


def test_the_same_data_read_apart():
    one_hot = np.eye(3)[IMAGES[1]]
    walk = find_difference(
        cnn(), keras_cnn(), IMAGES, torch_batch=(channels_first(IMAGES[0]), one_hot),
        skip=("first weights",),
    )  # fmt: skip
    assert walk.ok, walk.summary()
    assert walk.seen["data"] == "the same numbers"


def keras_optimizer(kind, *args, **options):
    return lambda model: getattr(keras.optimizers, kind)(*args, **options)


@pytest.mark.parametrize(
    ("ours", "theirs", "entry", "words"),
    [
        (adam, keras_optimizer("Adam", 1e-3), "adam-epsilon", "epsilon is 1e-07"),
        (adam, keras_optimizer("Adam", 1e-2, epsilon=1e-8), "adam", "learning_rate is 0.01"),
        (adam, keras_optimizer("Adam", 1e-3, beta_2=0.99, epsilon=1e-8), "adam", "beta_2 is 0.99"),
        (sgd, keras_optimizer("SGD", 0.05), "sgd-momentum", "momentum is 0 in Keras"),
        (sgd, keras_optimizer("SGD", 0.05, momentum=0.9, nesterov=True), "sgd-nesterov",
         "nesterov is True"),
        (sgd, keras_adam, "sgd", "PyTorch's optimiser is SGD, Keras's Adam"),
        (sgd, keras_optimizer("SGD", 0.05, momentum=0.9, clipnorm=0.01), "sgd", "clipping"),
    ],
)  # fmt: skip
def test_optimisers(ours, theirs, entry, words):
    walk = find_difference(
        gelu(), dense("gelu"), ROWS, **LOSSES, torch_make_optimizer=ours,
        keras_make_optimizer=theirs, skip=("first weights",),
    )  # fmt: skip
    assert (walk.finding.place, walk.finding.entry) == ("optimiser steps", entry), walk.summary()
    assert words in walk.finding.reason


def test_a_softmax_before_pytorchs_loss():
    """Keras's loss, which takes logits, is not blamed."""

    def twice(outputs, targets):
        return cross_entropy(outputs.softmax(1), targets)

    walk = find_difference(
        gelu(), dense("gelu"), ROWS, torch_loss=twice, keras_loss=keras_cross_entropy,
        skip=("first weights",),
    )  # fmt: skip
    assert (walk.finding.place, walk.finding.entry) == ("loss", "cross-entropy")
    assert walk.finding.proved
    assert "PyTorch's loss takes logits" in walk.finding.reason


class Padded(nn.Module):
    """Pads by a function, and has dropout further on."""

    def __init__(self, *amounts, mode="constant", stride=1):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 3, stride=stride), nn.Linear(4, 3)
        self.drop = nn.Dropout(0.1)
        self.amounts, self.mode = amounts, mode

    def forward(self, x):
        x = torch.relu(self.first(nn.functional.pad(x, self.amounts, self.mode)))
        return self.last(self.drop(x.mean((2, 3))))


@pytest.mark.parametrize(
    ("make", "strides", "entry", "said"),
    [
        (lambda: Padded(0, 2, 0, 2), 1, "pad", "by (0, 2, 0, 2), and Keras's as by (1, 1, 1, 1)"),
        (
            lambda: Padded(1, 1, 1, 1, stride=2),
            2,
            "conv2d-padding-1-stride-2",
            "as by (0, 1, 0, 1)",
        ),
        (lambda: Padded(1, 1, 1, 1, mode="reflect"), 1, "pad-reflect", "mode='reflect'"),
    ],
)
def test_a_padding_by_a_function(make, strides, entry, said):
    theirs = sequential(
        (6, 6, 3), kl.Conv2D(4, 3, strides, padding="same", activation="relu"),
        kl.GlobalAveragePooling2D(), kl.Dropout(0.1), kl.Dense(3),
    )  # fmt: skip
    walk = find_difference(make(), theirs, IMAGES, **LOSSES, skip=("first weights",))
    assert (walk.finding.place, walk.finding.entry) == ("activations", entry)
    assert walk.finding.proved
    assert said in walk.finding.reason
    assert "Dropout" not in walk.finding.reason  # not put down to what comes later


def test_what_no_other_padding_explains_is_not_proved():
    theirs = sequential(
        (6, 6, 3), kl.Rescaling(2.0), kl.Conv2D(4, 3, padding="same", activation="relu"),
        kl.GlobalAveragePooling2D(), kl.Dropout(0.1), kl.Dense(3),
    )  # fmt: skip
    walk = find_difference(Padded(0, 2, 0, 2), theirs, IMAGES, **LOSSES, skip=("first weights",))
    assert (walk.finding.place, walk.finding.proved) == ("activations", False)


def test_a_sum_for_a_mean():
    def total(outputs, targets):
        return 16 * keras_cross_entropy(outputs, targets)

    walk = find_difference(
        gelu(), dense("gelu"), ROWS, torch_loss=cross_entropy, keras_loss=total,
        skip=("first weights",),
    )  # fmt: skip
    assert (walk.finding.place, walk.finding.entry) == ("loss", "reduction-sum")
    assert walk.finding.proved


def test_a_tie_is_no_difference(monkeypatch):
    """One sample's ReLU takes the other side: it is there in one half of the batch only."""
    ours, theirs = gelu(), dense("gelu")
    whole, seen = ROWS[0], []
    plain = KerasSide.training

    def tied(self, batch):
        found = plain(self, batch)
        seen.append(len(batch.inputs))
        odd = np.isclose(batch.inputs.numpy()[:, 0], whole[3, 0]).any()  # where sample 3 is
        gradients = [g if g is None or not odd else g + 0.01 for g in found.gradients]
        return found._replace(gradients=gradients)

    monkeypatch.setattr(KerasSide, "training", tied)
    walk = find_difference(ours, theirs, ROWS, **LOSSES, skip=("first weights",))
    assert walk.ok, walk.summary()
    assert "but for a tie in one sample" in walk.seen["gradients"]
    assert seen == [16, 8]  # the batch, and the half without the tie


def test_a_wrong_gradient_is_found_in_every_part():
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return 2 * gradient

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(6, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.last(Doubled.apply(nn.functional.gelu(self.first(x))))

    walk = find_difference(Net(), dense("gelu"), ROWS, **LOSSES, skip=("first weights",))
    assert walk.finding.place == "gradients", walk.summary()
    assert "first" in walk.finding.where


def test_what_was_not_ported():
    ours, theirs = cnn(), keras_cnn()
    port_weights(ours, theirs, example=IMAGES[0])
    theirs.layers[2].moving_variance.assign(np.arange(8) + 1.0)
    walk = find_difference(ours, theirs, IMAGES)
    assert walk.finding.place == "first weights"
    assert "running_var" in walk.finding.where
    assert "weights were copied: this one was not" in walk.finding.reason


def test_gates_in_another_order():
    ours, theirs = Classifier(nn.GRU), keras_classifier(kl.GRU(5, return_sequences=True))
    port_weights(ours, theirs, example=word_batches()[0][0])
    (gru,) = (layer for layer in theirs.layers if isinstance(layer, kl.GRU))
    kernel, *others = gru.get_weights()
    gru.set_weights([np.roll(kernel, 5, 1), *others])
    finding = find_difference(ours, theirs, word_batches()[0]).finding
    assert (finding.place, finding.entry) == ("first weights", "gru")


def test_what_is_left_out_is_said():
    walk = find_difference(gelu(), dense("gelu"), ROWS, skip=("first weights",))
    assert walk.left_out["first weights"] == "skipped"
    assert walk.left_out["loss"] == "no losses and targets were given"


def test_a_place_that_is_not_there():
    with pytest.raises(ValueError, match="There is no place 'weights' to skip"):
        find_difference(gelu(), dense("gelu"), ROWS, skip=("weights",))


def test_an_open_pairing_is_no_difference():
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, x):
            return self.a(x) + 2 * self.b(x)

    inputs = keras.Input((6,))
    outputs = kl.Dense(3, name="x")(inputs) + 3 * kl.Dense(3, name="y")(inputs)
    theirs = keras.Model(inputs, outputs)
    with pytest.raises(OpenPairingError, match="pairs="):
        find_difference(Heads(), theirs, ROWS)
