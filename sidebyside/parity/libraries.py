"""Both libraries, PyTorch first: every module of this folder imports them from here.

Both carry a copy of LLVM, and the process dies with "LLVM ERROR: Option ... registered more than
once" if PyTorch's (loaded by `torch._dynamo`, which every optimiser imports when it is made)
arrives after TensorFlow's.
"""

import sys

if "tensorflow" in sys.modules and "torch._dynamo" not in sys.modules:
    raise ImportError(
        "TensorFlow was imported before PyTorch, and PyTorch's optimisers would now end the "
        "process. Import torch and torch._dynamo, or sidebyside.parity, before TensorFlow."
    )

import torch
import torch._dynamo
from torch import nn

# isort: split

import keras
import tensorflow as tf
from keras import layers as kl

__all__ = ["keras", "kl", "nn", "tf", "torch"]
