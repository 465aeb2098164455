"""What every data set has: a description, a loader, a sample, and its rows in the texts."""

import dataclasses
import hashlib
import inspect
import time

import pytest

from sidebyside import datasets
from sidebyside.checkout import ROOT
from sidebyside.datasets import DATA_SETS, LOADERS, DataSet
from sidebyside.datasets.registry import Entry, read_registry
from sidebyside.datasets.store import Store

every = pytest.mark.parametrize("data_set", DATA_SETS.values(), ids=DATA_SETS)


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@every
def test_its_loader_is_a_function_with_a_docstring(data_set):
    loader = getattr(datasets, data_set.name)
    assert data_set.name in datasets.__all__
    assert LOADERS[data_set.name] == data_set.load
    assert "Raises" in inspect.getdoc(loader)
    assert f"Source: {data_set.source}" in inspect.getdoc(loader)
    loaded = loader()
    assert dataclasses.is_dataclass(loaded)
    assert loaded.size == "sample"
    assert type(loaded).__name__ in datasets.__all__


@every
def test_texts_have_its_size_and_its_source(data_set):
    megabytes = data_set.download / 1e6
    size = f"{megabytes:.0f} MB" if megabytes >= 1 else f"{1000 * megabytes:.0f} kB"
    assert "downloading" in inspect.getdoc(getattr(datasets, data_set.name))
    assert f"({size})" in inspect.getdoc(getattr(datasets, data_set.name))
    rows = (ROOT / "data" / "README.md").read_text("utf-8").splitlines()
    [row] = [row for row in rows if row.startswith(f"| {data_set.title} ")]
    assert f"; {size}" in row
    assert f"]({data_set.source})" in row
    below = rows[rows.index(row) + 1]
    assert below.startswith(f"| its sample (`sample/{data_set.folder}`)")


@every
def test_registry_has_all_its_files(data_set):
    registry = read_registry()
    full, sample = (data_set.names(size, Store()) for size in ("full", "sample"))
    assert sample == [f"sample/{name}" for name in full]
    downloads = [data_set.archive] if data_set.archive else full
    assert all(registry[name].url.startswith(("http", "package:")) for name in downloads)


@every
def test_sample_is_the_same_bytes_everywhere(data_set):
    start = time.process_time()
    made = data_set.sample()
    assert time.process_time() - start < 10  # less than two seconds on a quiet machine
    registry = read_registry()
    names = data_set.names("sample", Store())
    assert sorted(names) == sorted(f"sample/{data_set.folder}/{file}" for file in made)
    for file, content in made.items():
        assert registry[f"sample/{data_set.folder}/{file}"].describes(content)


@every
def test_damaged_sample_is_made_again(data_set, tmp_path):
    data_set.load(Store(tmp_path))
    first = files(tmp_path)
    path = next(iter(first))
    path.write_bytes(b"half")
    data_set.load(Store(tmp_path))
    assert files(tmp_path) == first


@every
def test_whole_sample_is_not_written_to(data_set, tmp_path):
    data_set.load(Store(tmp_path))
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    data_set.load(Store(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps


@every
def test_original_is_fetched_and_read_as_the_sample_is(data_set, published):
    loaded = data_set.load()
    assert loaded.size == "full"
    assert set(data_set.ensure("full", Store())) == set(data_set.sample())
    assert not list(published.rglob("*.part"))


# ---- a small one, for what the four do not need ----

WEIGHTS = {"weights/mine.bin": b"1", "weights/other.bin": b"2"}


def weights(**more):
    return DataSet(
        name="mine",
        title="Mine",
        folder="weights",
        download=1,
        licence="none",
        source="https://example.org",
        read=lambda files, size: {name: path.read_bytes() for name, path in files.items()},
        sample=lambda: {"mine.bin": b"sample"},
        **more,
    )


def registered(content, name, url=None):
    return Entry(name, "sha256:" + hashlib.sha256(content).hexdigest(), url)


def test_several_data_sets_can_share_a_folder(server, tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    served, address = server
    (served / "mine.bin").write_bytes(WEIGHTS["weights/mine.bin"])
    entries = [registered(WEIGHTS[name], name, f"{address}/mine.bin") for name in WEIGHTS]
    entries.append(registered(b"sample", "sample/weights/mine.bin"))
    store = Store(tmp_path / "data", {entry.name: entry for entry in entries})
    mine = weights(files=("mine.bin",))
    assert mine.load(store) == {"mine.bin": b"1"}
    assert not (tmp_path / "data/weights/other.bin").exists()
    monkeypatch.setenv("SIDEBYSIDE_DATA", "sample")
    assert mine.load(store) == {"mine.bin": b"sample"}


def test_an_archive_may_have_a_folder_around_everything(tmp_path, monkeypatch):
    import zipfile

    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    archive = tmp_path / "project.whl"  # a zip archive, though its name does not say so
    with zipfile.ZipFile(archive, "w") as pack:
        for name, content in WEIGHTS.items():
            pack.writestr(f"project-1.0/{name}", content)
    entries = [registered(archive.read_bytes(), archive.name)]
    entries += [registered(content, name) for name, content in WEIGHTS.items()]
    store = Store(tmp_path, {entry.name: entry for entry in entries})
    mine = weights(archive="project.whl", inside="project-1.0/")
    assert mine.load(store) == {"mine.bin": b"1", "other.bin": b"2"}
    assert (tmp_path / "weights/mine.bin").read_bytes() == b"1"
