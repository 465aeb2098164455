"""Layers that are ported in parts, folded in, shared, or bare parameters."""

import numpy as np
import pytest
from small_models import (
    assert_ported,
    assert_same,
    bn,
    called,
    numbers,
    randomised,
    sequential,
    words,
)

from sidebyside.parity import PortingError, port_weights
from sidebyside.parity.libraries import keras, kl, nn, torch

IMAGES, SEQUENCE, VECTORS = numbers(2, 6, 6, 4), numbers(3, 6, 8), numbers(5, 4)
VOLUMES = numbers(2, 4, 4, 4, 3)


def first(x):
    return np.moveaxis(x, -1, 1)


def functional(shape, build, dtype="float32"):
    inputs = keras.Input(shape, dtype=dtype)
    return keras.Model(inputs, build(inputs))


LAYERS = {
    "prelu, one slope": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.PReLU()),
        lambda: sequential((4,), kl.Dense(3), kl.PReLU(shared_axes=[1])),
        VECTORS,
    ),
    "prelu, a slope for each feature": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.PReLU(3), nn.Linear(3, 2)),
        lambda: sequential((4,), kl.Dense(3), kl.PReLU(), kl.Dense(2)),
        VECTORS,
    ),
    "prelu, a slope for each channel": (
        lambda: nn.Sequential(nn.Conv2d(4, 3, 3), nn.PReLU(3)),
        lambda: sequential((6, 6, 4), kl.Conv2D(3, 3), kl.PReLU(shared_axes=[1, 2])),
        IMAGES,
    ),
    "conv3d and batch norm 3d": (
        lambda: nn.Sequential(nn.Conv3d(3, 4, 2), nn.BatchNorm3d(4)),
        lambda: sequential((4, 4, 4, 3), kl.Conv3D(4, 2), bn()),
        VOLUMES,
    ),
    "transposed conv3d": (
        lambda: nn.ConvTranspose3d(3, 2, 2, 2),
        lambda: sequential((4, 4, 4, 3), kl.Conv3DTranspose(2, 2, 2)),
        VOLUMES,
    ),
    "transposed conv1d": (
        lambda: nn.ConvTranspose1d(8, 3, 2, 2),
        lambda: sequential((6, 8), kl.Conv1DTranspose(3, 2, 2)),
        SEQUENCE,
    ),
    "batch norm of several processes": (
        lambda: nn.Sequential(nn.Conv2d(4, 3, 3), nn.SyncBatchNorm(3)),
        lambda: sequential((6, 6, 4), kl.Conv2D(3, 3), bn()),
        IMAGES,
    ),
    "rms norm": (
        lambda: nn.RMSNorm(8, eps=1e-6),
        lambda: sequential((6, 8), kl.RMSNormalization()),
        SEQUENCE,
    ),
    "separable conv2d": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 8, 3, groups=4, bias=False), nn.Conv2d(8, 5, 1), nn.ReLU()
        ),
        lambda: sequential(
            (6, 6, 4), kl.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu")
        ),
        IMAGES,
    ),
    "separable conv1d": (
        lambda: nn.Sequential(nn.Conv1d(8, 8, 3, groups=8, bias=False), nn.Conv1d(8, 5, 1)),
        lambda: sequential((6, 8), kl.SeparableConv1D(5, 3)),
        SEQUENCE,
    ),
    "depthwise conv1d": (
        lambda: nn.Conv1d(8, 16, 3, groups=8),
        lambda: sequential((6, 8), kl.DepthwiseConv1D(3, depth_multiplier=2)),
        SEQUENCE,
    ),
    "two separable convs of one shape": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 4, 3, groups=4, bias=False), nn.Conv2d(4, 4, 1), nn.ReLU(),
            nn.Conv2d(4, 4, 3, groups=4, bias=False), nn.Conv2d(4, 4, 1),
        ),
        lambda: sequential(
            (6, 6, 4), kl.SeparableConv2D(4, 3, activation="relu"), kl.SeparableConv2D(4, 3)
        ),
        IMAGES,
    ),
    "embedding bag": (
        lambda: nn.EmbeddingBag(20, 3, mode="mean"),
        lambda: sequential(
            (6,), kl.Embedding(20, 3), kl.GlobalAveragePooling1D(), dtype="int32"
        ),
        words(),
    ),
    "einsum dense": (
        lambda: nn.Linear(8, 6),
        lambda: sequential((6, 8), kl.EinsumDense("abc,cd->abd", (None, 6), bias_axes="d")),
        SEQUENCE,
    ),
    "layer norm over channels, height and width": (
        lambda: nn.LayerNorm((4, 6, 6)),
        lambda: sequential((6, 6, 4), kl.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5)),
        IMAGES,
    ),
    "weight norm": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))),
        lambda: sequential((4,), kl.Dense(3)),
        VECTORS,
    ),
    "spectral norm": (
        lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 3, 3))),
        lambda: sequential((6, 6, 4), kl.Conv2D(3, 3)),
        IMAGES,
    ),
    "old weight norm": (
        lambda: nn.Sequential(nn.utils.weight_norm(nn.Linear(4, 3))),
        lambda: sequential((4,), kl.Dense(3)),
        VECTORS,
    ),
    "old spectral norm": (
        lambda: nn.Sequential(nn.utils.spectral_norm(nn.Linear(4, 3))),
        lambda: sequential((4,), kl.Dense(3)),
        VECTORS,
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("case", LAYERS)
def test_layer_gives_the_same_outputs(case):
    make_torch, make_keras, x = LAYERS[case]
    torch_model, keras_model = randomised(make_torch()), make_keras()
    port_weights(torch_model, keras_model)
    with torch.no_grad():
        spatial = any(p.dim() > 2 for p in torch_model.parameters()) or x.ndim == 4
        ours = torch_model(torch.tensor(first(x).copy() if spatial else x)).numpy()
    theirs = keras_model(x, training=False).numpy()
    if spatial:
        ours = np.moveaxis(ours, 1, -1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


# ---- cells ----


class Cells(nn.Module):
    """A loop that is written out."""

    def __init__(self, kind):
        super().__init__()
        self.cell, self.head = kind(8, 5), nn.Linear(5, 2)

    def forward(self, x):
        state = None
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return self.head(state[0] if isinstance(state, tuple) else state)


CELLS = {
    "rnn": (nn.RNNCell, kl.SimpleRNN, kl.SimpleRNNCell),
    "lstm": (nn.LSTMCell, kl.LSTM, kl.LSTMCell),
    "gru": (nn.GRUCell, kl.GRU, kl.GRUCell),
}


@pytest.mark.parametrize("case", CELLS)
def test_cells(case):
    ours, layer, cell = CELLS[case]
    assert_ported(Cells(ours), sequential((6, 8), layer(5), kl.Dense(2)), SEQUENCE)
    assert_ported(Cells(ours), sequential((6, 8), kl.RNN(cell(5)), kl.Dense(2)), SEQUENCE)


def test_a_layer_whose_keras_side_is_a_cell():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(8, 5, batch_first=True)

        def forward(self, x):
            return self.rnn(x)[0][:, -1]

    assert_ported(Last(), sequential((6, 8), kl.RNN(kl.LSTMCell(5))), SEQUENCE)


# ---- attention ----


class Separate(nn.Module):
    """Query, key and value in a layer each, as in many published models."""

    def __init__(self, size=8, heads=2, memory=8):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(n, size) for n in (size, memory, memory))
        self.proj = nn.Linear(size, size)

    def forward(self, x, memory=None):
        memory = x if memory is None else memory
        q, k, v = (
            layer(y).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer, y in ((self.q, x), (self.k, memory), (self.v, memory))
        )
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


def test_query_key_and_value_layers_into_attention():
    keras_model = functional((6, 8), lambda x: kl.MultiHeadAttention(2, 4)(x, x))
    assert_ported(Separate(), keras_model, SEQUENCE)


def test_two_attentions_of_one_shape():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.b, self.a = Separate(), Separate()

        def forward(self, x):
            return self.b(x + self.a(x))

    def build(x):
        y = x + kl.MultiHeadAttention(2, 4)(x, x)
        return kl.MultiHeadAttention(2, 4)(y, y)

    assert_ported(Two(), functional((6, 8), build), SEQUENCE)


class Attention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, **options)

    def forward(self, x, memory=None):
        memory = x if memory is None else memory
        return self.attention(x, memory, memory, need_weights=False)[0]


def test_attention_into_query_key_and_value_layers():
    def heads(x):
        return keras.ops.transpose(keras.ops.reshape(x, (-1, 6, 2, 4)), (0, 2, 1, 3))

    def build(x):
        v, k, q = (heads(kl.Dense(8)(x)) for _ in range(3))
        scores = keras.ops.softmax(q @ keras.ops.transpose(k, (0, 1, 3, 2)) / 2.0)
        y = keras.ops.transpose(scores @ v, (0, 2, 1, 3))
        return kl.Dense(8)(keras.ops.reshape(y, (-1, 6, 8)))

    assert_ported(Attention(), functional((6, 8), build), SEQUENCE)


def test_attention_whose_memory_has_another_size():
    x, memory = keras.Input((6, 8)), keras.Input((5, 4))
    keras_model = keras.Model((x, memory), kl.MultiHeadAttention(2, 4)(x, memory))
    inputs = SEQUENCE, numbers(3, 5, 4, seed=1)
    assert_ported(Attention(kdim=4, vdim=4), keras_model, inputs)


@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_encoder_layers(norm_first):
    layer = nn.TransformerEncoderLayer(
        8, 2, 16, activation="gelu", batch_first=True, norm_first=norm_first
    )
    torch_model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def norm():
        return kl.LayerNormalization(epsilon=1e-5)

    def build(x):
        for _ in range(2):
            y = norm()(x) if norm_first else x
            x = x + kl.MultiHeadAttention(2, 4)(y, y)
            x = x if norm_first else norm()(x)
            y = norm()(x) if norm_first else x
            x = x + kl.Dense(8)(kl.Dense(16, activation="gelu")(y))
            x = x if norm_first else norm()(x)
        return x

    assert_ported(torch_model, functional((6, 8), build), SEQUENCE)


# ---- parameters of a container ----


class ViT(nn.Module):
    """A class token, positions and a scale that are bare parameters."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 3, 3)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 8))
        self.pos_embed = nn.Parameter(torch.zeros(1, 5, 8))
        self.gamma = nn.Parameter(torch.ones(8))
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(x[:, 0] + self.gamma * x.mean(1))


class KerasViT(keras.Model):
    def __init__(self):
        super().__init__()
        self.patches, self.head = kl.Conv2D(8, 3, 3), kl.Dense(2)

    def build(self, shape):
        self.scale = self.add_weight(shape=(1, 1, 8), name="scale")
        self.positions = self.add_weight(shape=(1, 5, 8), name="positions")
        self.token = self.add_weight(shape=(1, 1, 8), name="token")

    def call(self, x):
        x = keras.ops.reshape(self.patches(x), (-1, 4, 8))
        token = keras.ops.repeat(self.token, keras.ops.shape(x)[0], 0)
        x = keras.ops.concatenate([token, x], 1) + self.positions
        return self.head(x[:, 0] + self.scale[0, 0] * keras.ops.mean(x, 1))


def test_bare_parameters():
    """Token and scale have one shape but for axes of length 1: the example tells them apart."""
    images = numbers(2, 6, 6, 3)
    keras_model = called(KerasViT(), images)
    mappings = assert_ported(ViT(), keras_model, images)
    source = {m.name.rpartition("/")[2]: m.torch_names for m in mappings}
    assert source["token"] == ("cls_token",) and source["scale"] == ("gamma",)
    assert source["positions"] == ("pos_embed",)


class Square(nn.Module):
    """A matrix whose shape does not say how it is laid out."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.zeros(4, 4))

    def forward(self, x):
        return x @ self.matrix.T


class KerasSquare(kl.Layer):
    def build(self, shape):
        self.matrix = self.add_weight(shape=(4, 4), name="matrix")

    def call(self, x):
        return x @ self.matrix


class KerasSquareTransposed(KerasSquare):
    def call(self, x):
        return x @ keras.ops.transpose(self.matrix)


def test_a_square_parameter_is_proved_or_refused():
    assert_ported(Square(), sequential((4,), KerasSquareTransposed()), VECTORS)
    torch_model, keras_model = randomised(Square()), sequential((4,), KerasSquare(name="own"))
    with pytest.raises(PortingError, match=r"which way round.*pairs={'matrix': 'own/matrix'}"):
        port_weights(torch_model, keras_model)
    port_weights(torch_model, keras_model, pairs={"matrix": "own/matrix"})
    np.testing.assert_array_equal(keras_model.layers[0].matrix, torch_model.matrix.detach())


def test_a_buffer_fills_a_weight_that_is_not_trained():
    class Positions(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 2)
            self.register_buffer("table", torch.zeros(4))
            self.register_buffer("unused", torch.zeros(3))

        def forward(self, x):
            return self.head(x + self.table)

    class Added(kl.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(4,), name="table", trainable=False)

        def call(self, x):
            return x + self.table

    assert_ported(Positions(), sequential((4,), Added(), kl.Dense(2)), VECTORS)


# ---- shared weights ----


class Tied(nn.Module):
    """The output layer has the embedding's weights."""

    def __init__(self):
        super().__init__()
        self.wte, self.hidden = nn.Embedding(20, 8), nn.Linear(8, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, x):
        return self.head(torch.tanh(self.hidden(self.wte(x))))


class KerasTied(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding, self.hidden = kl.Embedding(20, 8), kl.Dense(8, activation="tanh")

    def call(self, x):
        x = self.hidden(self.embedding(x))
        return x @ keras.ops.transpose(self.embedding.embeddings)


def test_tied_embeddings():
    assert_ported(Tied(), called(KerasTied(), words()), words())


def test_tied_in_pytorch_only():
    def build(x):
        x = kl.Dense(8, activation="tanh")(kl.Embedding(20, 8)(x))
        return kl.Dense(20, use_bias=False)(x)

    assert_ported(Tied(), functional((6,), build, dtype="int32"), words())


# ---- what crashed ----


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype):
    torch_model = randomised(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))).to(dtype)
    keras_model = sequential((4,), kl.Dense(3), kl.Dense(2))
    port_weights(torch_model, keras_model)
    np.testing.assert_array_equal(
        keras_model.layers[0].kernel, torch_model[0].weight.detach().float().numpy().T
    )


def test_bfloat16_in_both():
    torch_model = nn.Sequential(nn.Conv2d(4, 3, 3), nn.Flatten(), nn.Linear(48, 3)).bfloat16()
    keras_model = sequential(
        (6, 6, 4),
        kl.Conv2D(3, 3, dtype="bfloat16"),
        kl.Flatten(dtype="bfloat16"),
        kl.Dense(3, dtype="bfloat16"),
    )
    mappings = port_weights(randomised(torch_model), keras_model)
    assert len(mappings) == 4
    with torch.no_grad():
        ours = torch_model(torch.tensor(first(IMAGES).copy()).bfloat16()).float()
    np.testing.assert_allclose(ours, np.array(keras_model(IMAGES), float), rtol=0.1, atol=0.1)


def test_outputs_that_are_none():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return self.b(torch.relu(self.a(x))), None

    class KerasNet(keras.Model):
        def __init__(self):
            super().__init__()
            self.second, self.first = kl.Dense(4), kl.Dense(4, activation="relu")

        def call(self, x):
            return self.second(self.first(x)), None

    torch_model, keras_model = Net(), KerasNet()
    keras_model(VECTORS)
    port_weights(randomised(torch_model), keras_model)
    assert_same(torch_model, keras_model, VECTORS)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_an_attribute_that_a_new_version_of_keras_would_change():
    """Whether the test for names that Keras made up sees them."""
    from sidebyside.parity.unit_names import named
    from sidebyside.parity.units import KerasUnit

    for make in (kl.Dense, kl.Conv2D, kl.LSTM, kl.MultiHeadAttention, kl.PReLU, kl.GRUCell,
                 kl.Conv2DTranspose, kl.RMSNormalization, kl.SeparableConv1D):  # fmt: skip
        arguments = {kl.MultiHeadAttention: (2, 4), kl.PReLU: (), kl.RMSNormalization: ()}
        sizes = (2,) if make in (kl.Dense, kl.LSTM, kl.GRUCell) else (2, 3)
        layer = make(*arguments.get(make, sizes))
        assert not named(KerasUnit(layer.name, layer, ())), layer.name
