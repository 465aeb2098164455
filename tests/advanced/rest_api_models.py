"""Write two tiny models, as the notebooks export theirs: FRAMEWORK FOLDER.

In a process of its own, because a test process has the other framework, too. Each is one layer,
with the same weights in both frameworks: what they answer to pictures is in FOLDER/expected.npz.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

LABELS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
COUNT = 64  # pictures
# a request should fail because of what it is, and not because of the machine
PATIENT = {"rate": 100_000, "burst": 100_000, "answer_seconds": 60}


def draw(version):
    rng = np.random.default_rng(version)
    return rng.normal(0, 0.03, (32 * 32 * 3, 10)).astype("float32")


def pictures():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (COUNT, 32, 32, 3)).astype("uint8")


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def expected(version):
    rows = pictures().reshape(COUNT, -1).astype("float64") / 255
    return softmax(rows @ draw(version).astype("float64"))


def export_pytorch(place, weights):
    import torch
    from torch import nn

    class Served(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.Parameter(torch.from_numpy(weights))

        def forward(self, pictures):
            return (pictures.flatten(1).float() / 255 @ self.weights).softmax(dim=1)

    example = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    shapes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(Served().eval(), (example,), dynamic_shapes=shapes)
    torch.export.save(program, place / "model.pt2")


def export_tensorflow(place, weights):
    import keras
    from keras import layers

    head = layers.Dense(10, activation="softmax", use_bias=False)
    pictures = keras.Input((32, 32, 3), dtype="uint8")
    outputs = head(layers.Flatten()(layers.Rescaling(1 / 255)(pictures)))
    head.set_weights([weights])
    keras.Model(pictures, outputs).export(str(place), verbose=False)


def main(framework, folder):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    export = {"pytorch": export_pytorch, "tensorflow": export_tensorflow}[framework]
    for version in (1, 2):
        place = folder / "cifar" / str(version)
        place.mkdir(parents=True)
        export(place, draw(version))
    (folder / "cifar" / "labels.json").write_text(json.dumps(LABELS), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
