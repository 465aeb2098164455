"""Channels come first in PyTorch and last in Keras: what reads flattened maps is put in order."""

import numpy as np
import pytest
from small_models import assert_ported, called, numbers, randomised, sequential, unchanged

from sidebyside.parity import PortingError, port_weights
from sidebyside.parity.alignment import SAME, SCRAMBLED, align, likely_order, moved
from sidebyside.parity.libraries import keras, kl, nn, torch

IMAGES = numbers(3, 6, 6, 3)
SEQUENCE = numbers(3, 6, 8)
VECTORS = numbers(5, 4)


def functional(shape, build):
    inputs = keras.Input(shape)
    return keras.Model(inputs, build(inputs))


class Net(nn.Module):
    """Layers by name, and a function that calls them."""

    def __init__(self, run, **layers):
        super().__init__()
        self.run = run
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.run(self, x)


class KerasNet(keras.Model):
    def __init__(self, run, **layers):
        super().__init__()
        self.run = run
        for name, layer in layers.items():
            setattr(self, name, layer)

    def call(self, x):
        return self.run(self, x)


def conv_and_dense(flatten):
    return Net(
        lambda net, x: net.fc(flatten(torch.relu(net.conv(x)))),
        conv=nn.Conv2d(3, 4, 3),
        fc=nn.Linear(64, 7),
    )


def generator(after=lambda x: x):
    """Dense -> maps -> transposed convolution, as in a GAN, with a norm in between."""
    return Net(
        lambda net, x: net.up(after(torch.relu(net.norm(net.fc(x))).view(-1, 5, 3, 2))),
        fc=nn.Linear(4, 30, bias=False),
        norm=nn.BatchNorm1d(30),
        up=nn.ConvTranspose2d(5, 3, 2, stride=2),
    )


def keras_generator(*after):
    return sequential(
        (4,),
        kl.Dense(30, use_bias=False),
        kl.BatchNormalization(epsilon=1e-5),
        kl.ReLU(),
        kl.Reshape((3, 2, 5)),
        *after,
        kl.Conv2DTranspose(3, 2, strides=2),
    )


def concatenated():
    return Net(
        lambda net, x: net.fc(torch.cat([net.conv(x).flatten(1), net.small(x.mean((2, 3)))], 1)),
        conv=nn.Conv2d(3, 4, 3),
        small=nn.Linear(3, 5),
        fc=nn.Linear(69, 2),
    )


def keras_concatenated(x):
    maps = kl.Flatten()(kl.Conv2D(4, 3)(x))
    small = kl.Dense(5)(kl.GlobalAveragePooling2D()(x))
    return kl.Dense(2)(kl.Concatenate()([maps, small]))


def text_in_images():
    """Feature maps -> LSTM over their columns, as in text recognition."""
    return Net(
        lambda net, x: net.head(net.rnn(net.conv(x).permute(0, 3, 1, 2).flatten(2))[0]),
        conv=nn.Conv2d(3, 4, 3),
        rnn=nn.LSTM(16, 5, batch_first=True),
        head=nn.Linear(5, 2),
    )


def keras_text_in_images(x):
    x = kl.Permute((2, 1, 3))(kl.Conv2D(4, 3)(x))
    return kl.Dense(2)(kl.LSTM(5, return_sequences=True)(kl.Reshape((4, 16))(x)))


def super_resolution():
    return Net(
        lambda net, x: net.last(net.shuffle(net.conv(x))),
        conv=nn.Conv2d(3, 20, 3),
        shuffle=nn.PixelShuffle(2),
        last=nn.Conv2d(5, 3, 1),
    )


def depth_to_space(x, size=2):
    _, height, width, channels = x.shape
    x = keras.ops.reshape(x, (-1, height, width, size, size, channels // size**2))
    x = keras.ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return keras.ops.reshape(x, (-1, height * size, width * size, channels // size**2))


FLATTENED = {
    "Flatten": (conv_and_dense(nn.Flatten()), lambda x: kl.Flatten()(x)),
    "Reshape((-1,))": (
        conv_and_dense(lambda x: x.view(len(x), -1)),
        lambda x: kl.Reshape((-1,))(x),
    ),
    "ops.reshape": (conv_and_dense(nn.Flatten()), lambda x: keras.ops.reshape(x, (-1, 64))),
    "permuted before it is flattened": (
        conv_and_dense(lambda x: x.permute(0, 2, 3, 1).flatten(1)),
        lambda x: kl.Flatten()(x),
    ),
    "permuted in Keras": (
        conv_and_dense(nn.Flatten()),
        lambda x: kl.Flatten()(kl.Permute((3, 1, 2))(x)),
    ),
    "height and width swapped": (
        conv_and_dense(lambda x: x.transpose(2, 3).flatten(1)),
        lambda x: kl.Flatten()(x),
    ),
}


@pytest.mark.parametrize("case", FLATTENED)
def test_maps_flattened_in_any_way(case):
    torch_model, flatten = FLATTENED[case]
    keras_model = functional(
        (6, 6, 3), lambda x: kl.Dense(7)(flatten(kl.Conv2D(4, 3, activation="relu")(x)))
    )
    assert_ported(torch_model, keras_model, IMAGES)


def test_flatten_that_is_defined_after_the_dense():
    keras_model = KerasNet(
        lambda net, x: net.fc(net.flatten(net.conv(x))),
        conv=kl.Conv2D(4, 3, activation="relu"),
        fc=kl.Dense(7),
        flatten=kl.Flatten(),
    )
    assert_ported(conv_and_dense(nn.Flatten()), called(keras_model, IMAGES), IMAGES)


def test_sequence_of_channels_flattened():
    torch_model = nn.Sequential(nn.Conv1d(8, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(20, 3))
    keras_model = sequential((6, 8), kl.Conv1D(5, 3, activation="relu"), kl.Flatten(), kl.Dense(3))
    assert_ported(torch_model, keras_model, SEQUENCE, lambda x: np.moveaxis(x, -1, 1))


@pytest.mark.parametrize("upsampled", [False, True])
def test_dense_that_makes_maps(upsampled):
    after = [kl.UpSampling2D(2)] if upsampled else []
    torch_model = generator(nn.Upsample(scale_factor=2) if upsampled else nn.Identity())
    assert_ported(torch_model, keras_generator(*after), VECTORS)


def test_dense_whose_maps_are_the_output():
    torch_model = Net(lambda net, x: torch.tanh(net.fc(x)).view(-1, 3, 4, 4), fc=nn.Linear(4, 48))
    keras_model = sequential((4,), kl.Dense(48, activation="tanh"), kl.Reshape((4, 4, 3)))
    assert_ported(torch_model, keras_model, VECTORS)


def test_maps_beside_other_features():
    assert_ported(concatenated(), functional((6, 6, 3), keras_concatenated), IMAGES)


def test_maps_read_by_a_recurrent_layer():
    assert_ported(text_in_images(), functional((6, 6, 3), keras_text_in_images), IMAGES)


@pytest.mark.parametrize("last", [True, False])
def test_pixel_shuffle(last):
    def build(x):
        x = depth_to_space(kl.Conv2D(20, 3)(x))
        return kl.Conv2D(3, 1)(x) if last else x

    torch_model = super_resolution()
    if not last:
        torch_model.last = nn.Identity()
    assert_ported(torch_model, functional((6, 6, 3), build), IMAGES)


def test_pixel_unshuffle():
    def build(x):
        x = keras.ops.reshape(x, (-1, 3, 2, 3, 2, 3))
        x = keras.ops.reshape(keras.ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 3, 3, 12))
        return kl.Conv2D(4, 1)(kl.Conv2D(4, 1)(x))

    torch_model = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 1), nn.Conv2d(4, 4, 1))
    assert_ported(torch_model, functional((6, 6, 3), build), IMAGES)


def test_norm_over_all_axes_of_maps():
    """Channels, height and width are of one size, so that the shapes say nothing."""
    torch_model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LayerNorm((4, 4, 4)))
    keras_model = sequential(
        (6, 6, 3), kl.Conv2D(4, 3), kl.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5)
    )
    assert_ported(torch_model, keras_model, IMAGES)


def test_a_convolutional_autoencoder():
    torch_model = Net(
        lambda net, x: net.up(net.out(net.code(net.down(x).flatten(1))).view(-1, 4, 3, 3)),
        down=nn.Conv2d(3, 4, 2, 2),
        code=nn.Linear(36, 6),
        out=nn.Linear(6, 36),
        up=nn.ConvTranspose2d(4, 3, 2, 2),
    )
    keras_model = sequential(
        (6, 6, 3), kl.Conv2D(4, 2, 2), kl.Flatten(), kl.Dense(6), kl.Dense(36),
        kl.Reshape((3, 3, 4)), kl.Conv2DTranspose(3, 2, 2),
    )  # fmt: skip
    assert_ported(torch_model, keras_model, IMAGES)


def test_a_scale_on_one_side_does_not_hide_the_order():
    """Rescaling is part of the Keras model, and of PyTorch's data pipeline."""
    torch_model = randomised(nn.Sequential(nn.Flatten(), nn.Linear(108, 5)))
    keras_model = sequential((6, 6, 3), kl.Rescaling(0.1, 1.0), kl.Flatten(), kl.Dense(5))
    port_weights(torch_model, keras_model)
    with torch.no_grad():
        ours = torch_model(torch.tensor(np.moveaxis(IMAGES * 0.1 + 1, -1, 1).copy()))
    np.testing.assert_allclose(ours, keras_model(IMAGES), atol=1e-5)


# ---- refused, or given by the reader ----


class Unrunnable(nn.Module):
    """A model that no made-up batch goes through."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(64, 7)

    def forward(self, x, extra):
        return self.fc(torch.relu(self.conv(x)).flatten(1))


def keras_conv_and_dense():
    return sequential((6, 6, 3), kl.Conv2D(4, 3, activation="relu"), kl.Flatten(), kl.Dense(7))


def test_an_order_that_cannot_be_seen_is_refused():
    keras_model = keras_conv_and_dense()
    check = unchanged(keras_model)
    with pytest.raises(
        PortingError, match=r"`fc` \(Linear\).*not certain.*example=.*flattened={'fc': \(4, 4, 4"
    ):
        port_weights(Unrunnable(), keras_model)
    check()


def test_an_order_that_is_given():
    torch_model, keras_model = randomised(Unrunnable()), keras_conv_and_dense()
    port_weights(torch_model, keras_model, flattened={"fc": (4, 4, 4)})
    with torch.no_grad():
        ours = torch_model(torch.tensor(np.moveaxis(IMAGES, -1, 1).copy()), None)
    np.testing.assert_allclose(ours, keras_model(IMAGES), atol=1e-5)
    port_weights(torch_model, keras_model, flattened={"fc": (64,)})
    same = torch_model.fc.weight.detach().numpy().T
    np.testing.assert_array_equal(keras_model.layers[-1].kernel, same)


def test_an_example_that_shows_nothing_is_refused():
    """All features are alike, so that their order cannot be seen."""
    torch_model, keras_model = conv_and_dense(nn.Flatten()), keras_conv_and_dense()
    with pytest.raises(PortingError, match=r"order of their features is open"):
        port_weights(torch_model, keras_model, example=np.full((2, 6, 6, 3), np.nan, "float32"))


# ---- how orders are found ----


def test_orders_are_told_apart_by_values():
    ours = numbers(3, 24)
    assert align(ours, ours, 1e-3, True).order is None
    order = moved(24, ((4, 6), (1, 0)))
    maps = np.arange(24).reshape(4, 6)
    np.testing.assert_array_equal(order, maps.T.ravel())
    np.testing.assert_array_equal(align(ours, ours[:, order], 1e-3, True).order, order)
    free = np.random.default_rng(1).permutation(24)
    np.testing.assert_array_equal(align(ours, ours[:, free], 1e-3, True).order, free)
    scrambled = np.random.default_rng(1).permutation(ours.ravel()).reshape(3, 24)
    assert align(ours, scrambled, 1e-3, True).verdict == SCRAMBLED
    assert align(ours, ours[:, order], 1e-3, reorders=False).verdict == SCRAMBLED


def test_features_that_are_alike_leave_the_order_open():
    zeros = np.zeros((3, 24), "float32")
    found = align(zeros, zeros, 1e-3, True)
    assert found.verdict == SAME and not found.certain
    again = align(
        numbers(3, 24), numbers(3, 24)[:, moved(24, ((4, 6), (1, 0)))], 1e-3, True, found.moves
    )
    assert again.certain and again.moves == (((4, 6), (1, 0)),)
    two_alike = numbers(3, 24)
    two_alike[:, 5] = two_alike[:, 7]
    free = np.random.default_rng(1).permutation(24)
    assert align(two_alike, two_alike[:, free], 1e-3, True).verdict != SAME


def test_the_likely_order_must_be_clear():
    ours = numbers(4, 24)
    order = moved(24, ((3, 8), (1, 0)))
    clear, found = likely_order(np.maximum(ours, 0), ours[:, order])
    assert clear and np.array_equal(found, order)
    assert not likely_order(ours, numbers(4, 24, seed=5))[0]
