"""One picture at a time: what does the order of the channels change?"""

import copy
import sys

import torch
from measure import add_a_round
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(3, 64, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(64, 128, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(128, 256, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveMaxPool2d(1),
    nn.Flatten(),
    nn.Linear(256, 10),
).eval()
last = torch.channels_last
model_last = copy.deepcopy(model).to(memory_format=last)
picture = torch.rand(1, 3, 64, 64)


@torch.inference_mode()
def before():
    return model(picture)


@torch.inference_mode()
def after():
    return model_last(picture.to(memory_format=last))


torch.testing.assert_close(before(), after())  # the same answers
version = f"PyTorch {torch.__version__}"
add_a_round(sys.argv[1], version, before=before, after=after)
