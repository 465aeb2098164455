"""One small program in both libraries, and twelve mistakes that people make when porting it."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sidebyside.parity import channels_first, port_weights
from sidebyside.parity.libraries import keras, kl, nn, torch


class TorchNet(nn.Module):
    """Two convolutions, attention over channels, two dense layers; images (batch, 3, 8, 8)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.gate = nn.Linear(8, 8)
        self.fc1 = nn.Linear(8 * 2 * 2, 24)
        self.drop = nn.Dropout(0.3)
        self.fc2 = nn.Linear(24, 5)

    def forward(self, x):
        x = torch.relu(self.norm1(self.conv1(x)))
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)  # (batch, 8, 2, 2)
        x = x * torch.softmax(self.gate(x.mean((2, 3))), -1)[:, :, None, None]
        return self.fc2(self.drop(torch.relu(self.fc1(x.flatten(1)))))


class KerasNet(keras.Model):
    """The same; each argument is a mistake."""

    def __init__(
        self,
        epsilon=1e-5,
        momentum=0.9,
        same=False,
        axis=-1,
        use_bias=True,
        rate=0.3,
        softmax=False,
        always_training=False,
    ):
        super().__init__()
        self.pad = None if same else kl.ZeroPadding2D(1)
        self.conv1 = kl.Conv2D(8, 3, strides=2, padding="same" if same else "valid")
        self.norm1 = kl.BatchNormalization(momentum=momentum, epsilon=epsilon)
        self.conv2 = kl.Conv2D(8, 3, padding="same", use_bias=use_bias)
        self.pool = kl.MaxPooling2D()
        self.gate = kl.Dense(8)
        self.axis = axis
        self.flatten = kl.Flatten()
        self.fc1 = kl.Dense(24, activation="relu")
        self.drop = kl.Dropout(rate)
        self.fc2 = kl.Dense(5, activation="softmax" if softmax else None)
        self.always_training = always_training

    def call(self, x, training=False):
        if self.pad is not None:
            x = self.pad(x)
        training = training or self.always_training
        x = keras.ops.relu(self.norm1(self.conv1(x), training=training))
        x = self.pool(keras.ops.relu(self.conv2(x)))
        weights = keras.ops.softmax(self.gate(keras.ops.mean(x, (1, 2))), self.axis)
        x = x * weights[:, None, None, :]
        return self.fc2(self.drop(self.fc1(self.flatten(x)), training=training))


def batch(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(16, 8, 8, 3)).astype("float32"), rng.integers(0, 5, 16)


def keras_loss(from_logits=True):
    def loss(outputs, targets):
        return keras.ops.mean(
            keras.losses.sparse_categorical_crossentropy(targets, outputs, from_logits=from_logits)
        )

    return loss


@dataclass
class Programs:
    """Both programs as `find_difference` takes them."""

    torch_model: nn.Module
    keras_model: keras.Model
    batch: tuple
    options: dict[str, Any] = field(default_factory=dict)

    def with_options(self, **options):
        return replace(self, options=self.options | options)


def programs(port=True, **mistake):
    """Both programs, right but for the mistakes; if `port`, with the same first weights."""
    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    ours, theirs = TorchNet(), KerasNet(**mistake)
    theirs(batch()[0])
    with torch.no_grad():  # statistics as after training
        ours.norm1.running_mean.uniform_(-0.5, 0.5)
        ours.norm1.running_var.uniform_(0.2, 1.0)
    if port:
        right = KerasNet()
        right(batch()[0])
        port_weights(ours, right, example=batch()[0])
        values = right.get_weights()
        if len(values) == len(theirs.weights):
            theirs.set_weights(values)
    return Programs(
        ours, theirs, batch(),
        dict(
            torch_loss=nn.functional.cross_entropy,
            keras_loss=keras_loss(),
            torch_make_optimizer=lambda model: torch.optim.AdamW(
                model.parameters(), lr=1e-3, weight_decay=0.01
            ),
            keras_make_optimizer=lambda model: keras.optimizers.AdamW(
                1e-3, weight_decay=0.01, epsilon=1e-8
            ),
        ),
    )  # fmt: skip


def wrong_order_of_channels():
    """The weights copied by hand, each layer by its shape."""
    both = programs()
    both.keras_model.fc1.kernel.assign(both.torch_model.fc1.weight.detach().numpy().T)
    return both


def forgotten_eval():
    both = programs()

    def predict(x):
        with torch.no_grad():
            return both.torch_model.train()(x)

    return both.with_options(
        torch_predict=predict, keras_predict=lambda x: both.keras_model(x, training=False)
    )


def other_order():
    both = programs()
    inputs, targets = both.batch
    order = np.random.default_rng(1).permutation(len(inputs))
    return both.with_options(torch_batch=(channels_first(inputs[order]), targets[order]))


def default_decay():
    def adamw(model):
        return keras.optimizers.AdamW(1e-3, epsilon=1e-8)  # weight_decay=0.004

    return programs().with_options(keras_make_optimizer=adamw)


# name: the programs, the place, the dictionary's entry, words of the reason, whether it is proved
MISTAKES = {
    "epsilon": (lambda: programs(epsilon=1e-3), "activations", "batch-norm-training",
                "epsilon is 0.001", True),
    "momentum": (lambda: programs(momentum=0.99), "running statistics", "batch-norm-training",
                 "Set `momentum=0.9`", False),
    "padding": (lambda: programs(same=True), "activations", "conv2d-padding-1-stride-2",
                "ZeroPadding2D", True),
    "axis": (lambda: programs(axis=0), "activations", "softmax-axis",
             "softmax over dim=-1, and Keras over axis=0", True),
    "logits": (lambda: programs().with_options(keras_loss=keras_loss(False)), "loss",
               "cross-entropy", "from_logits=True", True),
    "decay": (default_decay, "optimiser steps", "adamw", "weight_decay is 0.004", True),
    "order of channels": (wrong_order_of_channels, "first weights", "dense-after-flatten",
                          "channels first", True),
    "biases": (lambda: programs(port=False, use_bias=False), "layers", "dense-no-bias",
               "use_bias", False),
    "dropout": (lambda: programs(rate=0.5), "training mode", "dropout",
                "0.3 in PyTorch, 0.5 in Keras", False),
    "initialiser": (lambda: programs(port=False), "first weights", "conv-start",
                    "GlorotUniform", False),
    "eval mode": (forgotten_eval, "predictions", "train-eval-mode", "model.eval()", False),
    "data order": (other_order, "data", "shuffle-together", "the same samples in another order",
                   False),
}  # fmt: skip
