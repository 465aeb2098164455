"""A setting that both models show, and that differs, is an error that names it."""

import pytest
from small_models import assert_ported, bn, called, numbers, sequential

from sidebyside.parity import PortingError, port_weights
from sidebyside.parity.libraries import keras, kl, nn

IMAGES = numbers(2, 6, 6, 4)


def conv(**options):
    return lambda: sequential((6, 6, 4), kl.Conv2D(4, 3, name="conv", **options))


DIFFERENT = {
    "groups": (
        lambda: nn.GroupNorm(2, 4),
        lambda: sequential((6, 6, 4), kl.GroupNormalization(4, epsilon=1e-5)),
        r"num_groups is 2 and groups is 4.*Set `groups=2`",
    ),
    "groups, no weights": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4, affine=False)),
        lambda: sequential(
            (6, 6, 4),
            kl.Conv2D(4, 1),
            kl.GroupNormalization(1, epsilon=1e-5, center=False, scale=False),
        ),
        r"`1` \(GroupNorm\).*num_groups is 2 and groups is 1",
    ),
    "instance norm as one group": (
        lambda: nn.InstanceNorm2d(4, affine=True),
        lambda: sequential((6, 6, 4), kl.GroupNormalization(1, epsilon=1e-5)),
        r"one group for each channel.*groups is 1.*Set `groups=-1`",
    ),
    "instance norm with running statistics": (
        lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
        lambda: sequential((6, 6, 4), kl.GroupNormalization(-1, epsilon=1e-5)),
        r"`track_running_stats=True`.*Set `track_running_stats=False` in PyTorch",
    ),
    "layer norm over several axes": (
        lambda: nn.LayerNorm((6, 4)),
        lambda: sequential((6, 4), kl.LayerNormalization(epsilon=1e-5)),
        r"does not fit|number of axes",
    ),
    "layer norm over several axes, no weights": (
        lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm((6, 4), elementwise_affine=False)),
        lambda: sequential(
            (6, 4), kl.Dense(4), kl.LayerNormalization(epsilon=1e-5, center=False, scale=False)
        ),
        r"number of axes of normalized_shape is 2 and that of axis is 1",
    ),
    "epsilon, no weights": (
        lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4, elementwise_affine=False)),
        lambda: sequential((4,), kl.Dense(4), kl.LayerNormalization(center=False, scale=False)),
        r"`1` \(LayerNorm\).*eps is 1e-05 and epsilon is 0.001.*Set `epsilon=1e-05`",
    ),
    "epsilon of RMSNorm": (
        lambda: nn.RMSNorm(4),
        lambda: sequential((4,), kl.RMSNormalization()),
        r"eps is 1.19209e-07 and epsilon is 1e-06",
    ),
    "axis of a norm": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)),
        lambda: sequential((6, 6, 4), kl.Conv2D(4, 3), bn(axis=1)),
        r"the axis of the channels is -1 and axis is -3.*Set `axis=-1`",
    ),
    "nonlinearity": (
        lambda: nn.RNN(4, 3, nonlinearity="relu"),
        lambda: sequential((6, 4), kl.SimpleRNN(3)),
        r"nonlinearity is 'relu' and activation is 'tanh'.*Set `activation='relu'`",
    ),
    "activation of an LSTM": (
        lambda: nn.LSTM(4, 3),
        lambda: sequential((6, 4), kl.LSTM(3, activation="relu")),
        r"activation is 'relu'",
    ),
    "gates of a GRU": (
        lambda: nn.GRU(4, 3, bidirectional=True),
        lambda: sequential(
            (6, 4), kl.Bidirectional(kl.GRU(3, recurrent_activation="hard_sigmoid"))
        ),
        r"recurrent_activation is 'hard_sigmoid'.*recurrent_activation='sigmoid'",
    ),
    "stride": (
        lambda: nn.Conv2d(4, 4, 3, 2),
        conv(),
        r"stride is \(2, 2\) and strides is \(1, 1\)",
    ),
    "dilation": (
        lambda: nn.Conv2d(4, 4, 3, dilation=2),
        conv(),
        r"dilation is \(2, 2\).*dilation_rate is \(1, 1\)",
    ),
    "max_norm": (
        lambda: nn.Embedding(20, 3, max_norm=1.0),
        lambda: keras.Sequential([keras.Input((6,), dtype="int32"), kl.Embedding(20, 3)]),
        r"max_norm is 1 .*Leave `max_norm=` out",
    ),
    "activation": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU()),
        lambda: sequential((4,), kl.Dense(3, activation="tanh")),
        r"activation after it is 'relu' and the one there is 'tanh'.*'relu' in Keras",
    ),
    "activation in Keras only": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)),
        lambda: sequential((4,), kl.Dense(3, activation="relu"), kl.Dense(2)),
        r"activation after it is 'linear' and the one there is 'relu'",
    ),
    "activation in PyTorch only": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.GELU("tanh"), nn.Linear(3, 2)),
        lambda: sequential((4,), kl.Dense(3), kl.Dense(2)),
        r"'gelu\(approximate=True\)' and the one there is 'linear'",
    ),
    "slope": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU()),
        lambda: sequential((4,), kl.Dense(3), kl.LeakyReLU()),
        r"'leaky_relu\(0.01\)' and .* is 'leaky_relu\(0.3\)'",
    ),
    "slope by name": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(0.3)),
        lambda: sequential((4,), kl.Dense(3, activation="leaky_relu")),
        r"'leaky_relu\(0.3\)' and the one there is 'leaky_relu\(0.2\)'",
    ),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_setting_that_differs_is_named(case):
    make_torch, make_keras, message = DIFFERENT[case]
    with pytest.raises(PortingError, match=message):
        port_weights(make_torch(), make_keras())


class Loose(nn.Module):
    """A slope in a layer that is in no Sequential, called twice."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.act = nn.Linear(4, 3), nn.Linear(3, 2), nn.LeakyReLU(0.1)

    def forward(self, x):
        return self.act(self.two(self.act(self.one(x))))


def test_a_slope_wherever_it_is():
    def make(slope):
        leaky = [kl.LeakyReLU(negative_slope=slope) for _ in "ab"]
        return sequential((4,), kl.Dense(3), leaky[0], kl.Dense(2), leaky[1])

    with pytest.raises(PortingError, match=r"`act` \(LeakyReLU\).*leaky_relu\(0.3\)"):
        port_weights(Loose(), make(0.3))
    assert_ported(Loose(), make(0.1), numbers(5, 4))


SAME = {
    "groups, no weights": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4, affine=False)),
        lambda: sequential(
            (6, 6, 4),
            kl.Conv2D(4, 1),
            kl.GroupNormalization(2, epsilon=1e-5, center=False, scale=False),
        ),
        IMAGES,
    ),
    "instance norm, no weights": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.InstanceNorm2d(4)),
        lambda: sequential(
            (6, 6, 4),
            kl.Conv2D(4, 1),
            kl.GroupNormalization(-1, epsilon=1e-5, center=False, scale=False),
        ),
        IMAGES,
    ),
    "instance norm as so many groups": (
        lambda: nn.InstanceNorm2d(4, affine=True),
        lambda: sequential((6, 6, 4), kl.GroupNormalization(4, epsilon=1e-5)),
        IMAGES,
    ),
    "rnn with relu": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(0.2), nn.Linear(3, 3), nn.GELU()),
        lambda: sequential((4,), kl.Dense(3, "leaky_relu"), kl.Dense(3), kl.Activation("gelu")),
        numbers(5, 4),
    ),
    "relu6 and elu": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU6(), nn.Linear(3, 3), nn.ELU(0.5)),
        lambda: sequential((4,), kl.Dense(3, "relu6"), kl.Dense(3), kl.ELU(0.5)),
        numbers(5, 4),
    ),
    "norm before the activation": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2)),
        lambda: sequential((4,), kl.Dense(3), bn(), kl.ReLU(), kl.Dense(2)),
        numbers(5, 4),
    ),
    "pooling before the activation in PyTorch alone": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 3), nn.MaxPool2d(2), nn.ReLU()),
        lambda: sequential((6, 6, 4), kl.Conv2D(4, 3, activation="relu"), kl.MaxPooling2D()),
        IMAGES,
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_settings_that_are_the_same(case):
    make_torch, make_keras, x = SAME[case]
    assert_ported(make_torch(), make_keras(), x)


class TwoNorms(nn.Module):
    def __init__(self):
        super().__init__()
        self.fine = nn.LayerNorm(4, eps=1e-6)
        self.coarse = nn.LayerNorm(4, eps=1e-1)

    def forward(self, x):
        return self.fine(x) - self.coarse(x)


class KerasTwoNorms(keras.Model):
    def __init__(self):
        super().__init__()
        self.one = kl.LayerNormalization(epsilon=1e-1)
        self.two = kl.LayerNormalization(epsilon=1e-6)

    def call(self, x):
        return self.two(x) - self.one(x)


def test_settings_tell_layers_of_one_shape_apart():
    x = numbers(5, 4)
    keras_model = called(KerasTwoNorms(), x)
    mappings = assert_ported(TwoNorms(), keras_model, x)
    gamma = next(m for m in mappings if m.variable is keras_model.one.gamma)
    assert gamma.torch_names == ("coarse.weight",)
