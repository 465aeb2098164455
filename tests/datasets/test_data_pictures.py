"""Pictures and SqueezeNet: files in the originals' formats, written here, read by libraries."""

import io

import h5py
import numpy as np
import pytest
from PIL import Image

from sidebyside import datasets
from sidebyside.datasets import DamagedDataError
from sidebyside.datasets._pictures import PICTURES
from sidebyside.datasets._squeezenet import (
    FILE,
    SQUEEZENET,
    keras_weights_bytes,
    read_keras_weights,
)


def opened(content):
    with Image.open(io.BytesIO(content)) as picture:
        return picture.format, np.array(picture.convert("RGB"))


def test_both_formats_are_in_the_sample():
    kinds = {name: opened(content)[0] for name, content in PICTURES.sample().items()}
    assert all(kind == {"jpg": "JPEG", "png": "PNG"}[name[-3:]] for name, kind in kinds.items())
    assert set(kinds.values()) == {"JPEG", "PNG"}


def test_photographs_are_smooth_and_paintings_are_not():
    data = datasets.pictures()
    assert list(data.photographs) == [
        "china", "flower", "astronaut", "chelsea", "coffee", "rocket",
    ]  # fmt: skip
    assert list(data.paintings) == ["wave", "wreck"]

    def roughness(pixels):
        return np.abs(np.diff(pixels.astype(int), axis=0)).mean()

    calm = max(map(roughness, data.photographs.values()))
    assert calm < min(map(roughness, data.paintings.values())) / 2
    for pixels in (*data.photographs.values(), *data.paintings.values()):
        assert pixels.shape == (96, 128, 3)
        assert pixels.dtype == np.uint8


ARRAYS = {
    "conv1/kernel": np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4),
    "conv1/bias": np.arange(4, dtype=np.float32),
    "fire2/squeeze1x1/kernel": np.ones((1, 1, 4, 2), np.float32),
    "fire2/squeeze1x1/bias": np.zeros(2, np.float32),
}


def test_what_is_written_is_read_again(tmp_path):
    (tmp_path / "file.h5").write_bytes(keras_weights_bytes(ARRAYS))
    arrays = read_keras_weights(tmp_path / "file.h5")
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == np.float32


def test_layers_without_weights_are_passed_over(tmp_path):
    """As in the original, which names its activations and poolings, too."""
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.attrs["layer_names"] = [b"input", b"conv1"]
        file.create_group("input").attrs["weight_names"] = np.zeros(0, "S1")
        group = file.create_group("conv1")
        group.attrs["weight_names"] = [b"conv1_3/kernel:0"]
        group["conv1_3/kernel:0"] = ARRAYS["conv1/kernel"]
    assert list(read_keras_weights(tmp_path / "file.h5")) == ["conv1/kernel"]


@pytest.mark.parametrize(
    "content", [b"", b"text", keras_weights_bytes(ARRAYS)[:900]], ids=["empty", "text", "truncated"]
)
def test_what_is_no_file_of_weights_is_refused(tmp_path, content):
    (tmp_path / "file.h5").write_bytes(content)
    with pytest.raises(DamagedDataError, match=r"file\.h5 is not a file of weights"):
        read_keras_weights(tmp_path / "file.h5")


def test_a_file_without_layers_is_refused(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file["numbers"] = np.ones(3)
    with pytest.raises(DamagedDataError, match=r"file\.h5 is not a file of weights"):
        read_keras_weights(tmp_path / "file.h5")


def test_the_sample_has_the_parts_of_the_large_one():
    arrays = datasets.squeezenet().arrays
    assert arrays["conv1/kernel"].shape == (3, 3, 3, 16)
    assert arrays["fire2/squeeze1x1/kernel"].shape == (1, 1, 16, 8)
    assert arrays["fire5/expand3x3/kernel"].shape == (3, 3, 12, 24)
    assert not any(array.any() for name, array in arrays.items() if name.endswith("bias"))
    kernel = arrays["fire5/expand3x3/kernel"]
    assert 0.95 < kernel.std() / np.sqrt(2 / (9 * 12)) < 1.05  # He's


def test_the_samples_weights_are_read_by_keras(tmp_path):
    """The format is Keras's own: a model of its layers takes the file."""
    keras = pytest.importorskip("keras")
    (tmp_path / "file.weights.h5").write_bytes(SQUEEZENET.sample()[FILE])
    with h5py.File(tmp_path / "file.weights.h5") as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        assert names[0] == "conv1"
        kernel, bias = (
            np.array(file["conv1"][name]) for name in file["conv1"].attrs["weight_names"]
        )
    layer = keras.layers.Conv2D(16, 3)
    layer.build((None, 8, 8, 3))
    layer.set_weights([kernel, bias])
    np.testing.assert_array_equal(np.array(layer.kernel), kernel)
