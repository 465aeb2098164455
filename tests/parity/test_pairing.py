"""Which layer is whose counterpart: never by a guess."""

import pytest
from small_models import assert_ported, called, numbers, randomised, unchanged, words

from sidebyside.parity import PortingError, port_weights
from sidebyside.parity.libraries import keras, kl, nn, torch

VECTORS = numbers(8, 6)


def functional(shape, build, dtype="float32"):
    inputs = keras.Input(shape, dtype=dtype)
    return keras.Model(inputs, build(inputs))


# ---- functional models, whose layers Keras sorts by depth ----


class Heads(nn.Module):
    """The encoder of a variational autoencoder: two heads of one shape."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(6, 5)
        self.fc_mu = nn.Linear(5, 3)
        self.fc_logvar = nn.Linear(5, 3)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        return self.fc_mu(x), self.fc_logvar(x)


def keras_heads(x, names=("first", "second"), swapped=False):
    x = kl.Dense(5, activation="relu")(x)
    layers = [kl.Dense(3, name=name) for name in names]
    heads = [layer(x) for layer in layers]
    return tuple(heads[::-1] if swapped else heads)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 4))
        self.critic = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 4))

    def forward(self, x):
        return {"policy": self.actor(x), "value": self.critic(x)}


def keras_actor_critic(x):
    critic, actor = (keras.Sequential([kl.Dense(4, activation="tanh"), kl.Dense(4)]) for _ in "ab")
    return {"policy": actor(x), "value": critic(x)}


class QueryKey(nn.Module):
    """Attention written out, with a layer each for query, key and value."""

    def __init__(self):
        super().__init__()
        self.key, self.query, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.out = nn.Linear(8, 8)

    def forward(self, x):
        scores = self.query(x) @ self.key(x).transpose(1, 2) / 8**0.5
        return self.out(scores.softmax(-1) @ self.value(x))


def keras_query_key(x):
    q, k, v = (kl.Dense(8, name=name)(x) for name in ("a", "b", "c"))
    return kl.Dense(8)(kl.Attention(use_scale=False)([q * (8**-0.5), v, k]))


class Towers(nn.Module):
    def __init__(self):
        super().__init__()
        self.user = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
        self.item = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))

    def forward(self, x):
        return self.user(x) - self.item(x.flip(1))


def keras_towers(x):
    def tower(x):
        return kl.Dense(6)(kl.Dense(6, activation="relu")(x))

    return kl.Subtract()([tower(x), tower(keras.ops.flip(x, 1))])


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        self.pool = nn.Conv2d(4, 4, 1)
        self.plain = nn.Conv2d(4, 4, 1)
        self.last = nn.Conv2d(12, 2, 1)

    def forward(self, x):
        pooled = nn.functional.max_pool2d(x, 3, 1, 1)
        return self.last(torch.cat([self.plain(x), self.wide(x), self.pool(pooled)], 1))


def keras_inception(x):
    pooled = kl.MaxPooling2D(3, 1, padding="same")(x)
    wide = kl.Conv2D(4, 3, padding="same")(kl.Conv2D(4, 1, activation="relu")(x))
    parts = [kl.Conv2D(4, 1)(x), wide, kl.Conv2D(4, 1)(pooled)]
    return kl.Conv2D(2, 1)(kl.Concatenate()(parts))


class Highway(nn.Module):
    def __init__(self):
        super().__init__()
        self.gates = nn.ModuleList(nn.Linear(6, 6) for _ in range(3))
        self.maps = nn.ModuleList(nn.Linear(6, 6) for _ in range(3))

    def forward(self, x):
        for gate, change in zip(self.gates, self.maps, strict=True):
            open_ = torch.sigmoid(gate(x))
            x = open_ * torch.relu(change(x)) + (1 - open_) * x
        return x


def keras_highway(x):
    for _ in range(3):
        change = kl.Dense(6, activation="relu")(x)
        gate = kl.Dense(6, activation="sigmoid")(x)
        x = gate * change + (1 - gate) * x
    return x


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride > 1:
            conv = nn.Conv2d(channels, out, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(Block(4, 4, 1), Block(4, 8, 2), Block(8, 8, 1))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).mean((2, 3)))


def keras_resnet(x):
    def conv(x, channels, size, stride=1):
        x = kl.ZeroPadding2D(1)(x) if size == 3 else x
        return kl.Conv2D(channels, size, stride, use_bias=False)(x)

    def bn(x):
        return kl.BatchNormalization(epsilon=1e-5)(x)

    x = conv(x, 4, 3)
    for channels, stride in ((4, 1), (8, 2), (8, 1)):
        shortcut = bn(conv(x, channels, 1, stride)) if stride > 1 else x
        y = bn(conv(kl.ReLU()(bn(conv(x, channels, 3, stride))), channels, 3))
        x = kl.ReLU()(y + shortcut)
    return kl.Dense(5)(kl.GlobalAveragePooling2D()(x))


FUNCTIONAL = {
    "two heads": (Heads, (6,), keras_heads, VECTORS),
    "two heads, swapped": (Heads, (6,), lambda x: keras_heads(x, swapped=True), VECTORS),
    "actor and critic": (ActorCritic, (6,), keras_actor_critic, VECTORS),
    "query and key": (QueryKey, (5, 8), keras_query_key, numbers(4, 5, 8)),
    "two towers": (Towers, (6,), keras_towers, VECTORS),
    "inception": (Inception, (8, 8, 4), keras_inception, numbers(2, 8, 8, 4)),
    "highway": (Highway, (6,), keras_highway, VECTORS),
    "ResNet": (ResNet, (8, 8, 3), keras_resnet, numbers(2, 8, 8, 3)),
}


@pytest.mark.parametrize("case", FUNCTIONAL)
def test_functional_model_is_ported_without_help(case):
    make_torch, shape, build, x = FUNCTIONAL[case]
    assert_ported(make_torch(), functional(shape, build), x)


class SequenceToSequence(nn.Module):
    """Both embeddings are defined first, and have one shape."""

    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(20, 4), nn.Embedding(20, 4)
        self.encoder = nn.GRU(4, 4, batch_first=True)
        self.decoder = nn.GRU(4, 4, batch_first=True)
        self.head = nn.Linear(4, 20)

    def forward(self, source, target):
        state = self.encoder(self.source(source))[1]
        return self.head(self.decoder(self.target(target), state)[0])


def test_sequence_to_sequence():
    source, target = (keras.Input((6,), dtype="int32") for _ in "ab")
    rows = [kl.Embedding(20, 4)(x) for x in (source, target)]
    state = kl.GRU(4)(rows[0])
    hidden = kl.GRU(4, return_sequences=True)(rows[1], initial_state=state)
    keras_model = keras.Model((source, target), kl.Dense(20)(hidden))
    assert_ported(SequenceToSequence(), keras_model, (words(), words()[::-1].copy()))


def test_a_layer_whose_scale_starts_at_zero_is_told_apart():
    """The weights as they are would not show which of two branches is which."""
    torch_model, keras_model = ResNet(), functional((8, 8, 3), keras_resnet)
    for block in torch_model.blocks:
        nn.init.zeros_(block.bn2.weight)
    before = {name: tensor.clone() for name, tensor in torch_model.state_dict().items()}
    mappings = port_weights(torch_model, keras_model)
    for name, tensor in torch_model.state_dict().items():
        assert torch.equal(tensor, before[name])
    zeros = [m.torch_names[0] for m in mappings if not m.variable.numpy().any()]
    assert sum(name.endswith("bn2.weight") for name in zeros) == 3


# ---- names, and pairs that the reader gives ----


class Unrunnable(Heads):
    """A model that no made-up batch goes through."""

    def forward(self, x, extra):
        return super().forward(x)


def sources(mappings):
    """Keras's layer of each kernel, and PyTorch's name for it."""
    return {
        m.name.split("/")[-2]: m.torch_names[0].rpartition(".")[0]
        for m in mappings
        if m.name.endswith("kernel")
    }


def test_names_that_match_are_used():
    keras_model = functional((6,), lambda x: keras_heads(x, ("fc_logvar", "fc_mu")))
    found = sources(port_weights(Unrunnable(), keras_model))
    assert found["fc_mu"] == "fc_mu" and found["fc_logvar"] == "fc_logvar"


@pytest.mark.parametrize("names", [("logvar", "mu"), ("heads_fc_logvar", "heads_fc_mu")])
def test_names_may_be_shorter_or_longer(names):
    keras_model = functional((6,), lambda x: keras_heads(x, names))
    torch_model = Unrunnable()
    if names[0] == "logvar":
        torch_model.mu, torch_model.logvar = torch_model.fc_mu, torch_model.fc_logvar
    found = sources(port_weights(torch_model, keras_model))
    assert found[names[1]] == "fc_mu"


class KerasNamed(keras.Model):
    """The names are those of attributes; Keras's own are made up."""

    def __init__(self):
        super().__init__()
        self.fc_logvar, self.fc_mu = kl.Dense(3), kl.Dense(3)
        self.hidden = kl.Dense(5, activation="relu")

    def call(self, x):
        x = self.hidden(x)
        return self.fc_mu(x), self.fc_logvar(x)


def test_names_of_attributes_are_used():
    keras_model = called(KerasNamed(), VECTORS)
    mappings = port_weights(Unrunnable(), keras_model)
    kernel = next(m for m in mappings if m.variable is keras_model.fc_mu.kernel)
    assert kernel.torch_names == ("fc_mu.weight",)


def test_one_name_alone_proves_nothing():
    """A name that two layers happen to share, where the others do not match."""
    keras_model = functional((6,), lambda x: keras_heads(x, ("fc_logvar", "fc_var")))
    with pytest.raises(PortingError, match=r"open which of PyTorch's `fc_mu` and `fc_logvar`"):
        port_weights(Unrunnable(), keras_model)


@pytest.mark.parametrize(
    "pairs",
    [{"fc_mu": "second"}, {"second": "fc_mu"}, {"fc_mu": "second", "fc_logvar": "first"}],
    ids=str,
)
def test_pairs_that_are_given(pairs):
    keras_model = functional((6,), keras_heads)
    found = sources(port_weights(Unrunnable(), keras_model, pairs=pairs))
    assert found["second"] == "fc_mu" and found["first"] == "fc_logvar"


class UnrunnableActorCritic(ActorCritic):
    def forward(self, x, extra):
        return super().forward(x)


def test_pairs_of_containers():
    def build(x):
        layers = [[kl.Dense(4, activation="tanh"), kl.Dense(4)] for _ in "ab"]
        one, two = (keras.Sequential(ls, name=n) for ls, n in zip(layers, "pq", strict=True))
        return {"policy": two(x), "value": one(x)}

    keras_model = functional((6,), build)
    mappings = port_weights(UnrunnableActorCritic(), keras_model, pairs={"actor": "q"})
    actor = [m.torch_names[0] for m in mappings if "q/" in m.name]
    assert actor == ["actor.0.weight", "actor.0.bias", "actor.2.weight", "actor.2.bias"]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"fc_muu": "second"}, r"no layer `fc_muu` in the PyTorch model. Near it: fc_mu"),
        ({"fc_mu": "secnd"}, r"no layer `secnd` in the Keras model. Near it: second"),
        ({"hidden": "second"}, r"`pairs` is not possible: .*`hidden.weight` of shape \(5, 6\)"),
    ],
    ids=str,
)
def test_pairs_that_cannot_be(pairs, message):
    keras_model = functional((6,), keras_heads)
    with pytest.raises(PortingError, match=message):
        port_weights(Heads(), keras_model, pairs=pairs)


# ---- refused where it is open ----


def test_open_without_an_example_is_refused():
    keras_model = functional((6,), keras_heads)
    check = unchanged(keras_model)
    with pytest.raises(
        PortingError,
        match=r"open which of PyTorch's `fc_mu` and `fc_logvar` belongs to Keras's `first` and "
        r"`second`.*pairs={'fc_mu': 'first'}.*example=",
    ):
        port_weights(Unrunnable(), keras_model)
    check()


class OneHead(Heads):
    """The second head is for training alone."""

    def forward(self, x):
        mu, self.kept = super().forward(x)
        return mu


class TwoUnused(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.one, self.two = nn.Linear(6, 5), nn.Linear(5, 3), nn.Linear(5, 3)

    def forward(self, x):
        x = self.hidden(x)
        self.kept = self.one(x), self.two(x)
        return x


class KerasTwoUnused(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.left, self.right = kl.Dense(5), kl.Dense(3), kl.Dense(3)

    def call(self, x):
        x = self.hidden(x)
        self.left(x), self.right(x)
        return x


def test_layers_that_do_not_reach_the_outputs_are_refused():
    keras_model = called(KerasTwoUnused(), VECTORS)
    check = unchanged(keras_model)
    with pytest.raises(PortingError, match=r"`one` and `two`.*does not decide it"):
        port_weights(TwoUnused(), keras_model)
    check()


def test_two_assignments_that_explain_the_example_equally_are_refused():
    """The models differ after the heads, so that the outputs cannot decide."""

    class Summed(Heads):
        def forward(self, x):
            mu, logvar = super().forward(x)
            return mu * 2 + logvar

    def build(x):
        mu, logvar = keras_heads(x)
        return mu * 3 - logvar

    with pytest.raises(PortingError, match=r"`fc_mu` and `fc_logvar`.*does not decide it"):
        port_weights(Summed(), functional((6,), build))


def test_layers_of_one_shape_in_two_chains_keep_their_order():
    """Also where the models differ in something that holds no weights."""
    torch_model = nn.Sequential(nn.Linear(6, 6), nn.Dropout(), nn.Linear(6, 6), nn.Linear(6, 6))
    layers = [kl.Dense(6, activation="relu"), kl.Dense(6), kl.Dense(6)]
    keras_model = keras.Sequential([keras.Input((6,)), *layers])
    mappings = port_weights(torch_model, keras_model)
    assert [m.torch_names[0] for m in mappings if "kernel" in m.name] == [
        "0.weight", "2.weight", "3.weight",
    ]  # fmt: skip


def test_one_difference_does_not_hide_what_comes_after_it():
    """The first activation is missing in Keras; the layers after it are still told apart."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.b, self.a = (nn.Linear(6, 6) for _ in range(3))

        def forward(self, x):
            return self.c(torch.relu(self.b(torch.relu(self.a(x)))))

    def build(x):
        for name, activation in (("x", None), ("y", "relu"), ("z", None)):
            x = kl.Dense(6, activation, name=name)(x)
        return x

    found = sources(port_weights(Net(), functional((6,), build)))
    assert found == {"x": "a", "y": "b", "z": "c"}


# ---- the example that the reader gives ----


def test_an_example_decides():
    class TwoInputs(Heads):
        def forward(self, x, scale):
            mu, logvar = super().forward(x * scale)
            return mu, logvar

    class Keras(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = kl.Dense(5, activation="relu")
            self.two, self.one = kl.Dense(3), kl.Dense(3)

        def call(self, inputs):
            x = self.hidden(inputs[0] * inputs[1])
            return self.one(x), self.two(x)

    batch = VECTORS, numbers(8, 1, seed=1)
    keras_model = called(Keras(), batch)
    assert_ported(TwoInputs(), keras_model, batch, example=batch)


def test_outputs_for_an_example_are_compared():
    torch_model = nn.Sequential(nn.Linear(6, 5), nn.Dropout(), nn.Linear(5, 3))
    layers = [kl.Dense(5, activation="relu"), kl.Dense(3)]
    keras_model = keras.Sequential([keras.Input((6,)), *layers])
    check = unchanged(keras_model)
    with pytest.raises(PortingError, match=r"outputs .*differ by .*find_difference"):
        port_weights(torch_model, keras_model, example=VECTORS)
    check()


def test_an_example_that_cannot_be_run():
    keras_model = functional((6,), keras_heads)
    with pytest.raises(PortingError, match=r"PyTorch's model cannot be called with .*torch_inputs"):
        port_weights(Heads(), keras_model, example=numbers(8, 7))


# ---- messages ----


def test_a_module_that_is_registered_twice_counts_once():
    shared = nn.Linear(6, 6)
    torch_model = nn.ModuleDict({"one": nn.Sequential(shared), "two": nn.Sequential(shared)})
    keras_model = keras.Sequential([keras.Input((6,)), kl.Dense(6), kl.Dense(6)])
    with pytest.raises(
        PortingError, match=r"not all of them have.*`two.0` in PyTorch is the same layer as `one.0`"
    ):
        port_weights(torch_model, keras_model)


def test_a_layer_that_is_called_twice_in_both():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.shared, self.head = nn.Linear(6, 6), nn.Linear(6, 6)

        def forward(self, x):
            return self.head(torch.relu(self.shared(torch.relu(self.shared(x)))))

    def build(x):
        shared = kl.Dense(6, "relu")
        return kl.Dense(6)(shared(shared(x)))

    assert_ported(Net(), functional((6,), build), VECTORS)


def test_too_many_layers_of_one_shape():
    torch_model = nn.Sequential(*(nn.Linear(6, 6) for _ in range(3)))
    keras_model = keras.Sequential(
        [keras.Input((6,)), kl.Dense(6, name="a"), kl.Dense(6, name="b")]
    )
    with pytest.raises(
        PortingError, match=r"`0`, `1` and `2` in PyTorch fit `a` and `b` in Keras and nothing else"
    ):
        port_weights(torch_model, keras_model)


def test_equal_shapes_that_do_not_fit_say_why():
    """The message was: (3, 8) does not fit (3, 8)."""
    with pytest.raises(PortingError, match=r"\(3, 8\) does not fit .*'s layout it is \(8, 3\)"):
        port_weights(nn.Linear(8, 3), keras.Sequential([keras.Input((3,)), kl.Dense(8)]))


def test_the_models_are_left_as_they_were():
    torch_model, keras_model = randomised(Heads()), functional((6,), keras_heads)
    torch_model.train()
    torch_model.hidden.eval()
    before = {name: tensor.clone() for name, tensor in torch_model.state_dict().items()}
    port_weights(torch_model, keras_model)
    assert torch_model.training and not torch_model.hidden.training
    for name, tensor in torch_model.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all("call" not in vars(layer) for layer in keras_model.layers)
    assert not any(module._forward_hooks for module in torch_model.modules())
