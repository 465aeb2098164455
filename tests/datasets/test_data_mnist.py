"""MNIST: four files, each fetched and mended by itself, and the sample in the same format."""

import gzip
import hashlib

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from sidebyside import datasets
from sidebyside.datasets import DamagedDataError, MissingDataError, _mnist
from sidebyside.datasets._mnist import MNIST
from sidebyside.datasets.registry import Entry, read_registry
from sidebyside.datasets.store import Store

TEST_IMAGES = "MNIST/raw/t10k-images-idx3-ubyte.gz"


@pytest.fixture(scope="module")
def files():
    """Return the sample's files under the names of the original's."""
    return {f"{MNIST.folder}/{name}": content for name, content in MNIST.sample().items()}


@pytest.fixture
def server(server, files):
    """Return the shared server's folder, with the files in it, and its address."""
    folder, address = server
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder, address


@pytest.fixture
def full(server, files, tmp_path, monkeypatch):
    """Return a folder, and a function that loads MNIST from it, and into it from an address."""

    def load(address=server[1]):
        registry = {
            name: Entry(name, "md5:" + hashlib.md5(content).hexdigest(), f"{address}/{name}")
            for name, content in files.items()
        }
        return MNIST.load(Store(tmp_path / "data", registry))

    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    return tmp_path / "data", load


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_missing_files_are_fetched_each_by_itself(full, files):
    folder, load = full
    assert load().train_images.shape == (2000, 28, 28)
    assert contents(folder) == files


@pytest.mark.parametrize("damage", [lambda b: b[:1000], lambda b: b[:-1] + b"x", lambda b: b""],
                         ids=["truncated", "corrupt", "empty"])  # fmt: skip
def test_damaged_file_is_named_and_mended(full, files, damage, capsys):
    folder, load = full
    load()
    stamps = {name: (folder / name).stat().st_mtime_ns for name in files if name != TEST_IMAGES}
    broken = folder / TEST_IMAGES
    broken.write_bytes(damage(broken.read_bytes()))
    capsys.readouterr()
    load()
    assert capsys.readouterr().err.count(f"{broken} is damaged") == 1
    assert contents(folder) == files
    assert {name: (folder / name).stat().st_mtime_ns for name in stamps} == stamps


def test_wrong_download_is_refused_and_not_kept(full, server, files):
    folder, load = full
    (server[0] / TEST_IMAGES).write_bytes(files[TEST_IMAGES][:-1])
    with pytest.raises(DamagedDataError, match=f"is not {TEST_IMAGES} as registered"):
        load()
    assert TEST_IMAGES not in contents(folder)
    assert all(files[name] == content for name, content in contents(folder).items())


def test_offline_error_names_the_one_file_that_is_missing(full):
    folder, load = full
    load()
    (folder / TEST_IMAGES).unlink()
    with pytest.raises(MissingDataError) as error:
        load("http://127.0.0.1:9")
    for part in ("Could not download", f"Needed in {folder}: {TEST_IMAGES}.", "=sample"):
        assert part in str(error.value)
    assert "train-images" not in str(error.value)


def test_registry_has_the_hashes_that_torchvision_has():
    torchvision = pytest.importorskip("torchvision")
    registry = read_registry()
    names = Store().members("MNIST/raw")
    given = {name.rpartition("/")[2]: registry[name].hash.removeprefix("md5:") for name in names}
    assert given == dict(torchvision.datasets.MNIST.resources)
    assert registry[names[0]].url.startswith(torchvision.datasets.MNIST.mirrors[0])


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 200_000])
def test_the_gzip_files_are_gzip_files(size):
    content = bytes(range(256)) * (size // 256 + 1)
    assert gzip.decompress(_mnist._gzip(content[:size])) == content[:size]


def test_sample_has_ten_classes_of_equal_size():
    data = datasets.mnist()
    assert (data.size, data.class_names) == ("sample", tuple("0123456789"))
    assert data.train_images.shape == (2000, 28, 28)
    assert data.test_images.shape == (500, 28, 28)
    assert (data.train_images.dtype, data.train_labels.dtype) == (np.uint8, np.int64)
    assert (data.train_images.min(), data.train_images.max()) == (0, 255)
    assert data.train_images.flags.writeable
    assert np.bincount(data.train_labels).tolist() == [200] * 10
    assert np.bincount(data.test_labels).tolist() == [50] * 10


def test_a_hidden_layer_is_worth_having_on_the_sample():
    data = datasets.mnist()
    train = data.train_images.reshape(2000, -1) / 255
    test = data.test_images.reshape(500, -1) / 255
    linear = LogisticRegression(C=0.1, max_iter=200).fit(train, data.train_labels)
    network = MLPClassifier((128,), batch_size=128, max_iter=30, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        network.fit(train, data.train_labels)
    assert linear.score(test, data.test_labels) < 0.91
    assert network.score(test, data.test_labels) > 0.92
