"""SqueezeNet 1.1 (Iandola and others 2016), learnt on ImageNet: weights of a published network."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.errors import DamagedDataError
from sidebyside.samples import small_squeezenet

FILE = "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
KINDS = ("kernel", "bias")


@dataclass(frozen=True)
class SqueezeNet:
    """The weights of SqueezeNet 1.1 without its classifier, or its sample, as arrays.

    Attributes
    ----------
    arrays
        By layer and kind, ``conv1/kernel``, ``fire2/squeeze1x1/bias``: float32, kernels in Keras's
        layout (height, width, in, out), 722,496 numbers in all. The network wants pictures in the
        order blue, green, red, from 0 to 255, less (103.939, 116.779, 123.68). The sample has
        fewer modules and channels, and has learnt nothing.
    size
        ``full`` or ``sample``.
    """

    arrays: dict[str, np.ndarray]
    size: str


def squeezenet() -> SqueezeNet:
    """Load SqueezeNet's weights from the data folder, downloading them (3 MB) on first use.

    Reading them needs h5py, which Keras brings. With ``SIDEBYSIDE_DATA=sample``, the first weights
    of a small network with the same parts, made on this machine and stored in the same file
    format.

    Raises
    ------
    DataError
        If the weights cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/rcmalli/keras-squeezenet
    """
    return SQUEEZENET.load()


def _read(files: Files, size: str) -> SqueezeNet:
    return SqueezeNet(read_keras_weights(files[FILE]), size)


def read_keras_weights(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a Keras 1 or 2 file of weights, by layer and kind, in its order.

    Raises
    ------
    DamagedDataError
        If it is no such file.
    """
    import h5py

    arrays = {}
    try:
        with h5py.File(path) as file:
            for layer in map(_text, file.attrs["layer_names"]):
                for name in map(_text, file[layer].attrs["weight_names"]):
                    kind = name.rpartition("/")[2].removesuffix(":0")
                    arrays[f"{layer}/{kind}"] = np.array(file[layer][name])
    except (OSError, KeyError, ValueError) as error:
        raise DamagedDataError(f"{path} is not a file of weights as it should be: {error}.") from (
            error
        )
    return arrays


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def keras_weights_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Return arrays as a Keras 2 file of weights: the same bytes on every machine."""
    import h5py

    layers = list(dict.fromkeys(name.rpartition("/")[0] for name in arrays))
    content = io.BytesIO()
    with h5py.File(content, "w", libver=("earliest", "v108")) as file:
        file.attrs["layer_names"] = np.array(layers, "S")
        for layer in layers:
            group = file.create_group(layer)
            names = {f"{layer}_1/{kind}:0": arrays[f"{layer}/{kind}"] for kind in KINDS}
            group.attrs["weight_names"] = np.array(list(names), "S")
            for name, array in names.items():
                group.create_dataset(name, data=array.astype("<f4"), track_times=False)
    return content.getvalue()


def _sample_files() -> dict[str, bytes]:
    return {FILE: keras_weights_bytes(small_squeezenet.draw(seed=11))}


SQUEEZENET = DataSet(
    name="squeezenet",
    title="SqueezeNet 1.1",
    folder="weights",
    files=(FILE,),
    download=3_032_184,
    licence="MIT",
    source="https://github.com/rcmalli/keras-squeezenet",
    read=_read,
    sample=_sample_files,
)
