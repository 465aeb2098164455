"""MiniLM-L6: out of a package or from the hub, and its tiny stand-in, which both libraries read."""

import hashlib
import json

import numpy as np
import pytest

from sidebyside.datasets import MissingDataError, _minilm, minilm
from sidebyside.datasets._minilm import MINILM
from sidebyside.datasets.registry import Entry, read_registry
from sidebyside.datasets.store import Store
from sidebyside.samples import small_encoder

NAME = "weights/all-MiniLM-L6-v2/config.json"
CONTENT = small_encoder.files(seed=6)["config.json"]


def store(tmp_path, address, instead):
    entry = Entry(NAME, "sha256:" + hashlib.sha256(CONTENT).hexdigest(), address, instead=instead)
    return Store(tmp_path / "data", {NAME: entry})


def test_without_the_package_it_is_downloaded(server, tmp_path):
    folder, address = server
    (folder / "config.json").write_bytes(CONTENT)
    here = store(tmp_path, "package:no-such-carrier/config.json", f"{address}/config.json")
    assert here.fetch(NAME).read_bytes() == CONTENT


def test_with_the_package_nothing_is_downloaded(tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "carrier-1.0.dist-info").mkdir(parents=True)
    about = "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
    (site / "carrier-1.0.dist-info" / "METADATA").write_text(about, "utf-8")
    (site / "config.json").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(site)
    here = store(tmp_path, "package:carrier/config.json", "http://127.0.0.1:9/config.json")
    assert here.fetch(NAME).read_bytes() == CONTENT


def test_without_the_package_and_a_network_the_address_is_named(tmp_path):
    here = store(tmp_path, "package:no-such-carrier/config.json", "http://127.0.0.1:9/config.json")
    with pytest.raises(MissingDataError, match=r"Could not download http://127\.0\.0\.1:9/config"):
        here.fetch(NAME)


def test_both_addresses_are_in_the_registry():
    entries = [entry for name, entry in read_registry().items() if name.startswith(MINILM.folder)]
    assert len(entries) == 9
    for entry in entries:
        assert entry.url.startswith(f"package:{_minilm.PACKAGE}/")
        assert f"{_minilm.REPOSITORY}/resolve/{_minilm.REVISION}/" in entry.instead


def test_the_sample_without_the_package_is_a_tiny_encoder(monkeypatch):
    monkeypatch.setattr(_minilm, "is_installed", lambda package: False)
    loaded = minilm()
    assert (loaded.size, loaded.pretrained) == ("sample", False)
    config = json.loads((loaded.folder / "config.json").read_text("utf-8"))
    pieces = (loaded.folder / "vocab.txt").read_text("utf-8").splitlines()
    assert len(pieces) == len(set(pieces)) == config["vocab_size"]
    assert [pieces.index(token) for token in small_encoder.SPECIAL] == [0, 100, 101, 102, 103]


def test_what_is_written_is_read_by_safetensors(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    arrays = small_encoder.draw(seed=1)
    loaded = numpy.load(small_encoder.safetensors_bytes(arrays))
    assert set(loaded) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_the_weights_have_berts_spread():
    table = small_encoder.draw(seed=1)["embeddings.word_embeddings.weight"]
    assert 0.019 < table.std() < 0.021
