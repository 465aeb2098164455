"""Two models are trained side by side, and mistakes are found."""

import json

import numpy as np
import pytest
from small_models import bn, called, numbers, randomised, sequential, words
from trained_models import (
    Block,
    Classifier,
    KerasBlock,
    adam,
    adamw,
    cnn,
    cross_entropy,
    image_batches,
    keras_adam,
    keras_adamw,
    keras_classifier,
    keras_cnn,
    keras_cross_entropy,
    keras_sgd,
    lstm,
    sgd,
    word_batches,
)

from sidebyside.parity import PortingError, by_design, compare, port_weights, results
from sidebyside.parity import comparing as parity
from sidebyside.parity.libraries import keras, kl, nn, tf, torch


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
    def ported(source, keras_model, request):
        mappings = port_weights(source.model, keras_model)
        kernel = mappings[5].variable
        value = kernel.numpy()
        value[3, 1] += 1e-3
        kernel.assign(value)
        return mappings

    monkeypatch.setattr(parity, "port", ported)
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


# ---- what it looks at beside the numbers ----


def compared(torch_model, keras_model, batches, **options):
    return compare(
        torch_model,
        keras_model,
        batches,
        cross_entropy,
        keras_cross_entropy,
        sgd,
        keras_sgd,
        **{"steps": 1} | options,
    )


def mlp(*after):
    return nn.Sequential(nn.Linear(6, 5), *after, nn.Linear(5, 3))


def keras_mlp(*after, **options):
    return sequential((6,), kl.Dense(5, **options), *after, kl.Dense(3))


def vector_batches():
    return [(numbers(8, 6), np.arange(8) % 3)]


@pytest.mark.parametrize(
    ("ours", "theirs", "where"),
    [
        ([nn.Dropout(0.5)], [], "Dropout: 0.5 in PyTorch, none in Keras"),
        ([], [kl.Dropout(0.5)], "Dropout: none in PyTorch, 0.5 in Keras"),
        ([nn.Dropout(0.5)], [kl.Dropout(0.4)], "Dropout: 0.5 in PyTorch, 0.4 in Keras"),
        ([nn.Dropout(0.5)], [kl.GaussianNoise(0.5)], "Dropout: 0.5 in PyTorch, none in Keras"),
        ([nn.AlphaDropout(0.5)], [kl.Dropout(0.5)], "AlphaDropout: 0.5 in PyTorch, none in Keras"),
    ],
)
def test_rates_of_dropout_are_compared(ours, theirs, where):
    result = compared(mlp(*ours), keras_mlp(*theirs), vector_batches())
    assert failures(result) == {"dropout"} and result.dropout.where == where


def test_dropout_of_one_layer_that_is_called_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.drop = nn.Linear(6, 5), nn.Linear(5, 3), nn.Dropout(0.3)

        def forward(self, x):
            return self.drop(self.two(self.drop(self.one(x))))

    two = sequential((6,), kl.Dense(5), kl.Dropout(0.3), kl.Dense(3), kl.Dropout(0.3))
    assert compared(Twice(), two, vector_batches()).ok
    one = keras_mlp(kl.Dropout(0.3))
    assert failures(compared(Twice(), one, vector_batches())) == {"dropout"}


def test_rates_of_attention_and_recurrent_layers():
    torch_model = Classifier(nn.LSTM, num_layers=2, dropout=0.2)
    keras_model = keras_classifier(lstm(), kl.Dropout(0.2), lstm(recurrent_dropout=0.1))
    result = compared(torch_model, keras_model, word_batches())
    assert failures(result) == {"dropout"}
    assert result.dropout.where.startswith("dropout of a recurrent layer's state: none in PyTorch")
    keras_block = called(KerasBlock(), words())
    keras_block.attention._dropout = 0.4
    assert failures(compared(Block(), keras_block, word_batches())) == {"dropout"}


def test_dropout_of_whole_channels_is_another_dropout():
    def make(dropout):
        return sequential((6, 6, 3), kl.Conv2D(4, 3), dropout, kl.Flatten(), kl.Dense(3))

    torch_model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Dropout2d(0.5), nn.Flatten(), nn.Linear(64, 3)
    )
    assert compared(torch_model, make(kl.SpatialDropout2D(0.5)), image_batches()).ok
    assert failures(compared(torch_model, make(kl.Dropout(0.5)), image_batches())) == {"dropout"}


@pytest.mark.parametrize("kind", ["kernel_regularizer", "activity_regularizer"])
def test_losses_that_keras_adds_are_compared(kind):
    result = compared(mlp(), keras_mlp(**{kind: "l2"}), vector_batches())
    assert {"loss", "gradients"} <= failures(result)


def test_a_penalty_on_both_sides():
    torch_model = mlp()

    def with_penalty(outputs, targets):
        return cross_entropy(outputs, targets) + 0.01 * (torch_model[0].weight ** 2).sum()

    result = compare(
        torch_model,
        keras_mlp(kernel_regularizer=keras.regularizers.L2(0.01)),
        vector_batches(),
        with_penalty,
        keras_cross_entropy,
        sgd,
        keras_sgd,
        steps=3,
    )
    assert result.ok, result.summary()


def test_equal_infinities_are_equal():
    ours, theirs = np.array([np.inf, -np.inf, 2.0]), np.array([np.inf, -np.inf, 3.0])
    assert results.difference([("a", ours, theirs)], 1.0).largest == 0.5
    assert not results.difference([("a", ours, -ours)], 1.0).ok


def test_infinite_outputs():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(6, 3)

        def forward(self, x):
            y = self.linear(x)
            return y, y.masked_fill(torch.tensor([True, False, False]), -torch.inf), y > 0, None

    class KerasMasked(keras.Model):
        def __init__(self):
            super().__init__()
            self.linear = kl.Dense(3)

        def call(self, x):
            y = self.linear(x)
            return y, keras.ops.where([True, False, False], -np.inf, y), y > 0, None

    keras_model = KerasMasked()
    keras_model(numbers(2, 6))
    result = compare(
        Masked(),
        keras_model,
        vector_batches(),
        lambda outputs, targets: cross_entropy(outputs[0], targets),
        lambda outputs, targets: keras_cross_entropy(outputs[0], targets),
        sgd,
        keras_sgd,
        steps=2,
    )
    assert result.ok, result.summary()


@pytest.mark.parametrize(
    ("torch_model", "keras_model", "batch", "message"),
    [
        (
            lambda: nn.Sequential(nn.Conv1d(6, 3, 2), nn.AdaptiveAvgPool1d(1), nn.Flatten()),
            lambda: sequential((4, 6), kl.Conv1D(3, 2), kl.GlobalAveragePooling1D()),
            numbers(8, 4, 6),
            r"\(8, 4, 6\) of float32: .*torch_inputs=.*np.moveaxis",
        ),
        (
            lambda: nn.Sequential(nn.Conv2d(3, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            lambda: sequential((4, 4, 3), kl.Conv2D(3, 2), kl.GlobalAveragePooling2D()),
            np.zeros((8, 4, 4, 3), "uint8"),
            r"\(8, 4, 4, 3\) of uint8: .*torch_inputs=.*astype",
        ),
    ],
    ids=["sequences of channels", "images of whole numbers"],
)
def test_inputs_that_pytorch_does_not_take(torch_model, keras_model, batch, message):
    with pytest.raises(PortingError, match=message):
        compared(torch_model(), keras_model(), [(batch, np.arange(8) % 3)])


def test_bfloat16():
    torch_model = mlp().bfloat16()
    keras_model = sequential(
        (6,), kl.Dense(5, dtype="bfloat16"), kl.Dense(3, dtype="bfloat16"), dtype="bfloat16"
    )
    coarse = results.Tolerances(1e-1, 1e-1, 1e-1, 1e-1, 1e-1)
    result = compared(torch_model, keras_model, vector_batches(), tolerances=coarse)
    assert result.ok, result.summary()


def test_weights_that_pytorch_computes_cannot_be_trained_alike():
    torch_model = mlp()
    nn.utils.parametrizations.weight_norm(torch_model[0])
    with pytest.raises(PortingError, match=r"`0.weight` .* computed .*remove_parametrizations"):
        compared(torch_model, keras_mlp(), vector_batches())


def test_weights_that_only_pytorch_shares_cannot_be_trained_alike():
    torch_model = nn.Sequential(
        nn.Embedding(20, 8), nn.Flatten(), nn.Linear(48, 8), nn.Linear(8, 20, bias=False)
    )
    torch_model[3].weight = torch_model[0].weight
    keras_model = sequential(
        (6,), kl.Embedding(20, 8), kl.Flatten(), kl.Dense(8), kl.Dense(20, use_bias=False),
        dtype="int32",
    )  # fmt: skip
    with pytest.raises(PortingError, match=r"`0.weight` and `3.weight` are one parameter"):
        compared(torch_model, keras_model, word_batches())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(nn.BatchNorm3d, bn), (nn.PReLU, lambda: kl.PReLU(shared_axes=[1, 2, 3]))],
    ids=["norm", "prelu"],
)
def test_volumes(ours, theirs):
    torch.manual_seed(0)
    torch_model = nn.Sequential(nn.Conv3d(1, 2, 2), ours(2), nn.Flatten(), nn.Linear(16, 3))
    keras_model = sequential((3, 3, 3, 1), kl.Conv3D(2, 2), theirs(), kl.Flatten(), kl.Dense(3))
    result = compared(
        torch_model,
        keras_model,
        [(numbers(8, 3, 3, 3, 1), np.arange(8) % 3)],
        torch_inputs=lambda x: np.moveaxis(x, -1, 1),
        steps=5,
    )
    assert result.ok, result.summary()


class TwoInputsTwoHeads(nn.Module):
    """A model that no made-up batch goes through, and whose heads have one shape."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x, mask):
        return self.one(x) - mask * self.two(x)


class KerasTwoInputsTwoHeads(keras.Model):
    def __init__(self):
        super().__init__()
        self.minus, self.plus = kl.Dense(3), kl.Dense(3)

    def call(self, inputs):
        return self.plus(inputs[0]) - inputs[1] * self.minus(inputs[0])


def test_the_first_batch_decides_what_is_open():
    inputs = numbers(8, 4), numbers(8, 1, seed=1)
    keras_model = called(KerasTwoInputsTwoHeads(), inputs)
    assert compared(TwoInputsTwoHeads(), keras_model, [(inputs, np.arange(8) % 3)]).ok
    with pytest.raises(PortingError, match="open"):
        port_weights(TwoInputsTwoHeads(), keras_model)
    swapped = {"one": "minus", "two": "plus"}
    result = compared(TwoInputsTwoHeads(), keras_model, [(inputs, np.arange(8) % 3)], pairs=swapped)
    assert "outputs" in failures(result)
