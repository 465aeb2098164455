"""FastestDet: weights in PyTorch's format since 1.6, read and written without PyTorch."""

import io
import zipfile

import numpy as np
import pytest

from sidebyside import datasets
from sidebyside.datasets import DamagedDataError
from sidebyside.datasets.state_dicts import read_state_dict, zipped_state_dict_bytes

ARRAYS = {
    "weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
    "count": np.array(5, dtype=np.int64),
}


def assert_same(arrays, expected):
    assert list(arrays) == list(expected)
    for name, array in expected.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_what_is_written_is_read_again(tmp_path):
    (tmp_path / "file.pth").write_bytes(zipped_state_dict_bytes(ARRAYS))
    assert_same(read_state_dict(tmp_path / "file.pth"), ARRAYS)


def test_pytorch_reads_what_is_written():
    torch = pytest.importorskip("torch")
    state = torch.load(io.BytesIO(zipped_state_dict_bytes(ARRAYS)), weights_only=True)
    assert_same({name: tensor.numpy() for name, tensor in state.items()}, ARRAYS)


def test_what_pytorch_writes_is_read(tmp_path):
    """A view of a part of a storage, transposed, too."""
    torch = pytest.importorskip("torch")
    whole = torch.arange(12.0).reshape(3, 4)
    state = {"whole": whole, "part": whole[1:].T, "count": torch.tensor(7)}
    torch.save(state, tmp_path / "file.pth")
    expected = {name: tensor.numpy() for name, tensor in state.items()}
    assert_same(read_state_dict(tmp_path / "file.pth"), expected)


def changed(**members):
    """Return an archive of weights in which some members are others."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(zipped_state_dict_bytes(ARRAYS))) as old,
        zipfile.ZipFile(file, "w") as new,
    ):
        for name in old.namelist():
            content = members.get(name.partition("/")[2].partition(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PK and no archive",
        zipped_state_dict_bytes(ARRAYS)[:200],
        changed(data=b"cos\nsystem\n(S'true'\ntR."),
        changed(data=None),
        changed(byteorder=b"big"),
    ],
    ids=["no archive", "truncated", "a call", "no pickle", "another order"],
)
def test_what_is_no_state_dict_is_refused(tmp_path, content):
    (tmp_path / "file.pth").write_bytes(content)
    with pytest.raises(DamagedDataError, match=r"file\.pth is not a file of weights"):
        read_state_dict(tmp_path / "file.pth")


def test_the_sample_has_the_parts_of_the_large_one():
    data = datasets.fastestdet()
    assert data.arrays["backbone.first_conv.0.weight"].shape == (8, 3, 3, 3)
    assert data.arrays["backbone.stage2.0.branch_proj.2.weight"].shape == (8, 8, 1, 1)
    assert data.arrays["detect_head.cls_layers.conv5x5.3.weight"].shape == (80, 48, 1, 1)
    assert len(data.class_names) == len(set(data.class_names)) == 80
    kernel = data.arrays["SPP.output.0.weight"]
    assert 0.95 < kernel.std() / np.sqrt(2 / kernel.shape[1]) < 1.05  # He's
