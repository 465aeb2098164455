"""Small models that are trained side by side: their losses, optimisers and batches."""

import numpy as np
from small_models import sequential

from sidebyside.parity.libraries import keras, kl, nn, torch


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
