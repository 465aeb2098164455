"""The other way, and from the weights alone: state dicts and files."""

import numpy as np
import pytest
import safetensors.torch
from small_models import assert_same, bn, called, nn, numbers, randomised, sequential, words
from test_more_layers import LAYERS as MORE_LAYERS
from test_more_layers import Attention, Cells, KerasTied, KerasViT, Tied, ViT
from test_order_of_features import KerasNet, generator, keras_generator
from test_pairing import ResNet, functional, keras_resnet
from test_parity_layers import LAYERS, torch_layout

from sidebyside.parity import PortingError, port_weights, read_weights
from sidebyside.parity.libraries import keras, kl, torch

IMAGES, SEQUENCE = numbers(2, 6, 6, 3), numbers(3, 6, 8)


def with_random_weights(keras_model):
    rng = np.random.default_rng(3)
    for variable in keras_model.weights:
        low = 0.5 if "variance" in variable.path else -0.5
        variable.assign(rng.uniform(low, low + 1, variable.shape))
    return keras_model


# ---- from Keras to PyTorch ----


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_the_other_way(kind):
    make_torch, make_keras, x = LAYERS[kind]
    torch_model, keras_model = make_torch().eval(), make_keras()
    for layer in keras_model.layers:
        if not isinstance(layer, kl.Normalization):
            with_random_weights(layer)
    before = keras_model.get_weights()
    port_weights(keras_model, torch_model)
    with torch.no_grad():
        ours = torch_model(torch.tensor(torch_layout(x, torch_model))).numpy()
    ours = np.moveaxis(ours, 1, -1) if ours.ndim == 4 or kind == "conv1d" else ours
    np.testing.assert_allclose(ours, keras_model(x, training=False), rtol=1e-4, atol=1e-5)
    for a, b in zip(before, keras_model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


BACK = [
    "prelu, a slope for each channel", "separable conv2d", "depthwise conv1d", "rms norm",
    "layer norm over channels, height and width", "weight norm", "old weight norm",
    "einsum dense",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("case", BACK)
def test_more_layers_there_and_back(case):
    make_torch, make_keras, _ = MORE_LAYERS[case]
    first, keras_model, second = randomised(make_torch()), make_keras(), make_torch().eval()
    port_weights(first, keras_model)
    wanted = keras_model.get_weights()
    port_weights(keras_model, second)
    port_weights(second, keras_model)
    for a, b in zip(wanted, keras_model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("make_torch", "make_keras", "x"),
    [
        (ResNet, lambda: functional((8, 8, 3), keras_resnet), numbers(2, 8, 8, 3)),
        (generator, keras_generator, numbers(5, 4)),
        (lambda: Cells(nn.GRUCell), lambda: sequential((6, 8), kl.GRU(5), kl.Dense(2)), SEQUENCE),
        (ViT, lambda: called(KerasViT(), IMAGES), IMAGES),
        (Tied, lambda: called(KerasTied(), words()), words()),
        (
            Attention,
            lambda: functional((6, 8), lambda x: kl.MultiHeadAttention(2, 4)(x, x)),
            SEQUENCE,
        ),
    ],
    ids=["ResNet", "generator", "cells", "ViT", "tied", "attention"],
)
def test_whole_models_the_other_way(make_torch, make_keras, x):
    torch_model, keras_model = make_torch().eval(), with_random_weights(make_keras())
    port_weights(keras_model, torch_model)
    assert_same(torch_model, keras_model, x)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("case", ["spectral norm", "old spectral norm"])
def test_a_normalised_weight_cannot_be_given_any_value(case):
    make_torch, make_keras, _ = MORE_LAYERS[case]
    with pytest.raises(PortingError, match="normalised by spectral normalisation"):
        port_weights(make_keras(), make_torch())


def test_an_lstm_has_its_bias_in_the_first_of_two():
    torch_model, keras_model = nn.LSTM(8, 5), with_random_weights(sequential((6, 8), kl.LSTM(5)))
    port_weights(keras_model, torch_model)
    bias = keras_model.layers[0].cell.bias
    np.testing.assert_array_equal(torch_model.bias_ih_l0.detach(), bias)
    assert not torch_model.bias_hh_l0.any()


def test_what_is_refused_says_what_to_do_in_pytorch():
    torch_model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = {name: tensor.clone() for name, tensor in torch_model.state_dict().items()}
    keras_model = sequential((4,), kl.Dense(3), kl.BatchNormalization())
    with pytest.raises(PortingError, match=r"Set `eps=0.001` in PyTorch"):
        port_weights(keras_model, torch_model)
    for name, tensor in torch_model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_an_example_is_compared_the_other_way_too():
    torch_model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(), nn.Linear(3, 2))
    before = {name: tensor.clone() for name, tensor in torch_model.state_dict().items()}
    keras_model = sequential((4,), kl.Dense(3, activation="relu"), kl.Dense(2))
    with pytest.raises(PortingError, match="outputs for the example differ"):
        port_weights(with_random_weights(keras_model), torch_model, example=numbers(5, 4))
    for name, tensor in torch_model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_one_parameter_cannot_have_two_values():
    keras_model = sequential(
        (6,), kl.Embedding(20, 8), kl.Dense(8, activation="tanh"), kl.Dense(20, use_bias=False),
        dtype="int32",
    )  # fmt: skip
    torch_model = Tied()
    before = torch_model.wte.weight.clone()
    with pytest.raises(PortingError, match=r"`wte.weight` and `head.weight` are one parameter"):
        port_weights(with_random_weights(keras_model), torch_model)
    assert torch.equal(torch_model.wte.weight, before)


def test_arguments_that_are_no_two_sides():
    with pytest.raises(TypeError, match="not Linear and Linear"):
        port_weights(nn.Linear(1, 1), nn.Linear(1, 1))
    with pytest.raises(TypeError, match="not Dense and Dense"):
        port_weights(kl.Dense(1), kl.Dense(1))
    with pytest.raises(TypeError, match="A file cannot be ported to"):
        port_weights(sequential((2,), kl.Dense(1)), "weights.pt")


# ---- from the weights alone ----


def net():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 8),
        nn.Linear(8, 8), nn.Linear(8, 2),
    )  # fmt: skip


def keras_net():
    return sequential(
        (6, 6, 3), kl.Conv2D(4, 3), bn(), kl.ReLU(), kl.Flatten(), kl.Dense(8), kl.Dense(8),
        kl.Dense(2),
    )  # fmt: skip


def test_a_state_dict():
    torch_model, keras_model = randomised(net()), keras_net()
    mappings = port_weights(torch_model.state_dict(), keras_model, flattened={"4": (4, 4, 4)})
    assert len(mappings) == len(keras_model.weights)
    assert_same(torch_model, keras_model, IMAGES)


def test_flattened_maps_must_be_told():
    with pytest.raises(
        PortingError, match=r"`4` \(in a file\).*only PyTorch's weights.*flattened={'4': \(4, 4, 4"
    ):
        port_weights(net().state_dict(), keras_net())


def test_into_a_state_dict():
    """Its tensors are changed in place."""
    torch_model, keras_model = net().eval(), with_random_weights(keras_net())
    port_weights(keras_model, torch_model.state_dict(), flattened={"4": (4, 4, 4)})
    assert_same(torch_model, keras_model, IMAGES)


@pytest.mark.parametrize("name", ["net.safetensors", "net.pt", "checkpoint.pt"])
def test_a_file(name, tmp_path):
    torch_model, keras_model, path = randomised(net()), keras_net(), tmp_path / name
    if name.endswith("safetensors"):
        safetensors.torch.save_file(torch_model.state_dict(), path)
    else:
        content = torch_model.state_dict()
        torch.save({"epoch": 3, "state_dict": content} if "check" in name else content, path)
    port_weights(path, keras_model, flattened={"4": (4, 4, 4)})
    assert_same(torch_model, keras_model, IMAGES)
    assert set(read_weights(path)) == set(torch_model.state_dict())


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 6)
        self.rnn = nn.LSTM(6, 5, 2, batch_first=True, bidirectional=True)
        self.attention = nn.MultiheadAttention(10, 2, batch_first=True)
        self.norm = nn.LayerNorm(10)
        self.head = nn.utils.parametrizations.weight_norm(nn.Linear(10, 3))

    def forward(self, x):
        x = self.rnn(self.words(x))[0]
        x = self.norm(x + self.attention(x, x, x, need_weights=False)[0])
        return self.head(x.mean(1))


def keras_text(x):
    x = kl.Embedding(20, 6)(x)
    for _ in range(2):
        x = kl.Bidirectional(kl.LSTM(5, return_sequences=True))(x)
    x = kl.LayerNormalization(epsilon=1e-5)(x + kl.MultiHeadAttention(2, 5)(x, x))
    return kl.Dense(3)(kl.GlobalAveragePooling1D()(x))


def test_a_state_dict_of_many_kinds():
    torch_model, keras_model = randomised(Text()), functional((6,), keras_text, "int32")
    port_weights(torch_model.state_dict(), keras_model)
    assert_same(torch_model, keras_model, words())
    torch_model.head = nn.Linear(10, 3)
    port_weights(with_random_weights(keras_model), torch_model.state_dict())
    assert_same(torch_model.eval(), keras_model, words())


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("case", ["weight norm", "old weight norm", "spectral norm",
                                  "old spectral norm"])  # fmt: skip
def test_computed_weights_are_folded_in(case):
    make_torch, make_keras, x = MORE_LAYERS[case]
    torch_model, keras_model = randomised(make_torch()), make_keras()
    torch_model(torch.tensor(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x))
    port_weights(torch_model.state_dict(), keras_model)
    assert_same(torch_model, keras_model, x)
    with pytest.raises(PortingError, match="is computed from other weights"):
        port_weights(keras_model, torch_model.state_dict())


def test_what_weights_alone_do_not_show_is_refused():
    """Two heads of one shape: nothing can be run."""

    def heads(x):
        return kl.Dense(3)(x), kl.Dense(3)(x)

    weights = {f"{name}.{key}": torch.zeros(shape) for name in ("mu", "logvar")
               for key, shape in (("weight", (3, 5)), ("bias", (3,)))}  # fmt: skip
    keras_model = functional((5,), heads)
    with pytest.raises(PortingError, match=r"open which of PyTorch's `mu` and `logvar`"):
        port_weights(weights, keras_model)
    name = keras_model.layers[1].name
    mappings = port_weights(weights, keras_model, pairs={"mu": name})
    assert mappings[0].torch_names == ("mu.weight",)


def test_an_example_needs_the_model():
    with pytest.raises(PortingError, match="An example needs PyTorch's model"):
        port_weights(net().state_dict(), keras_net(), example=IMAGES)


def test_maps_that_a_dense_makes_must_be_told():
    torch_model, keras_model = randomised(generator()), keras_generator()
    with pytest.raises(PortingError, match=r"`up` \(in a file\).*unflattened="):
        port_weights(torch_model.state_dict(), keras_model)
    shape = (5, 3, 2)
    port_weights(
        torch_model.state_dict(),
        keras_model,
        unflattened={"fc": shape},
        flattened={"norm": shape},
    )
    assert_same(torch_model, keras_model, numbers(5, 4))


def test_a_graph_shows_where_the_order_is_the_same():
    """Pooled maps, a model inside of the model, sequences, a layer called in parts of the graph."""
    backbone = functional((6, 6, 3), lambda x: kl.ReLU()(bn()(kl.Conv2D(4, 3)(x))))

    def build(x):
        x = keras.ops.relu(backbone(x))
        return kl.Dense(5)(kl.Dropout(0.1)(kl.GlobalAveragePooling2D()(x)))

    torch_model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 5),
    )  # fmt: skip
    keras_model = functional((6, 6, 3), build)
    port_weights(randomised(torch_model).state_dict(), keras_model)
    assert_same(torch_model, keras_model, IMAGES)


def test_a_model_without_a_graph_must_be_told():
    keras_model = called(
        KerasNet(lambda m, x: m.fc(m.flat(m.conv(x))), conv=kl.Conv2D(4, 3), flat=kl.Flatten(),
                 fc=kl.Dense(7)), IMAGES,
    )  # fmt: skip
    weights = nn.ModuleDict({"conv": nn.Conv2d(3, 4, 3), "fc": nn.Linear(64, 7)}).state_dict()
    with pytest.raises(PortingError, match=r"`fc` .*flattened={'fc': \(C, H, W\)}"):
        port_weights(weights, keras_model)
    port_weights(weights, keras_model, flattened={"fc": (4, 4, 4)})


# ---- files that are none ----


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.pt", None, "There is no file"),
        ("text.pt", b"hello", "cannot be read as weights of PyTorch"),
        ("text.safetensors", b"hello", "is not a safetensors file"),
    ],
)
def test_files_that_cannot_be_read(name, content, message, tmp_path):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PortingError, match=message):
        read_weights(path)


def test_a_file_with_a_whole_model_is_not_unpickled(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(PortingError, match=r"holds a whole model.*store `model.state_dict"):
        read_weights(tmp_path / "model.pt")
    torch.save(torch.zeros(3), tmp_path / "tensor.pt")
    with pytest.raises(PortingError, match="holds no weights by name"):
        read_weights(tmp_path / "tensor.pt")
    with pytest.raises(PortingError, match="There are no weights"):
        port_weights({"epoch": 3}, sequential((2,), kl.Dense(1)))
