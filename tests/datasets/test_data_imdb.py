"""IMDB: folders of many files, checked as a whole; and a sample in which negation decides."""

import io
import re
import tarfile
import time

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import nn

from sidebyside import datasets
from sidebyside.datasets import _imdb, store
from sidebyside.datasets.store import (
    DamagedDataError,
    Entry,
    MissingDataError,
    Store,
    UnsafeArchiveError,
    contents_hash,
)

NAMES = [f"aclImdb/{split}/{kind}" for split in ("train", "test") for kind in ("neg", "pos")]
FOLDERS = {
    name: {f"{number}_{stars}.txt": f"{name} {number}".encode() for number in range(30)}
    for name, stars in zip(NAMES, (2, 9, 1, 10), strict=True)
}


def pack(folders, *more):
    """Return a tar.gz archive of `folders`, with what the original has beside them."""
    archive = io.BytesIO()
    files = {
        f"{folder}/{name}": content
        for folder, contents in folders.items()
        for name, content in contents.items()
    }
    files |= {"aclImdb/README": b"read me", "aclImdb/train/unsup/0_0.txt": b"no label"}
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info in more:
            tar.addfile(info)
    return archive.getvalue()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a store whose archive is in its folder; `imdb` reads from it."""
    return lay(pack(FOLDERS), tmp_path / "data", monkeypatch)


def lay(archive, folder, monkeypatch):
    folder.mkdir()
    (folder / _imdb.ARCHIVE).write_bytes(archive)
    checksum = "md5:" + store.file_hash(folder / _imdb.ARCHIVE, "md5")
    entries = [Entry(_imdb.ARCHIVE, checksum, "http://127.0.0.1:9/imdb.tar.gz")]
    entries += [Entry(name, f"folder:{contents_hash(FOLDERS[name])}") for name in NAMES]
    here = Store(folder, {entry.name: entry for entry in entries})
    monkeypatch.setattr(_imdb, "Store", lambda: here)
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    return here


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".gz"
    }


def test_only_the_labelled_reviews_are_unpacked(here):
    data = datasets.imdb()
    assert len(data.train_texts) == len(data.test_texts) == 60
    assert (data.train_texts[0], data.train_labels[0]) == ("aclImdb/train/neg 0", 0)
    assert (data.test_texts[-1], data.test_labels[-1]) == ("aclImdb/test/pos 9", 1)
    assert data.train_labels.dtype == np.int64
    assert set(contents(here.folder)) == {
        f"{folder}/{name}" for folder, files in FOLDERS.items() for name in files
    }


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_damaged_folder_is_named_and_replaced(here, damage, capsys):
    first = datasets.imdb()
    whole, broken = here.folder / NAMES[0], here.folder / NAMES[1]
    before = whole.stat().st_mtime_ns
    if damage == "changed":
        (broken / "3_9.txt").write_bytes(b"else")
    elif damage == "missing":
        (broken / "3_9.txt").unlink()
    else:
        (broken / "99_9.txt").write_bytes(b"one more")
    assert here.state(NAMES[1]) == "damaged"
    assert datasets.imdb().train_texts == first.train_texts
    assert f"{broken} is damaged" in capsys.readouterr().err
    assert whole.stat().st_mtime_ns == before  # what was whole is left alone
    assert len(contents(here.folder)) == 120  # and nothing is left beside it


def test_offline_error_names_the_folders(here):
    (here.folder / _imdb.ARCHIVE).unlink()
    with pytest.raises(MissingDataError) as error:
        datasets.imdb()
    for part in ("Could not download", "aclImdb/test/pos", str(here.folder), "=sample"):
        assert part in str(error.value)


def test_laid_out_folder_is_read_and_never_written(here):
    datasets.imdb()
    (here.folder / _imdb.ARCHIVE).unlink()
    stamps = {path: path.stat().st_mtime_ns for path in here.folder.rglob("*")}
    assert len(datasets.imdb().train_texts) == 60
    assert {path: path.stat().st_mtime_ns for path in here.folder.rglob("*")} == stamps


def outside(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        outside("aclImdb/train/neg/../../../../outside"),
        outside("/tmp/sidebyside-outside"),
        outside("aclImdb/train/pos/link", tarfile.SYMTYPE, "../../../../outside"),
    ],
    ids=["dots", "absolute", "symbolic link"],
)
def test_member_outside_the_folder_is_refused(tmp_path, monkeypatch, member):
    here = lay(pack(FOLDERS, member), tmp_path / "data", monkeypatch)
    with pytest.raises(UnsafeArchiveError, match="would land outside"):
        datasets.imdb()
    assert contents(here.folder) == {}
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: {}, "does not hold aclImdb/test/pos"),
        (lambda files: files | {"0_10.txt": b"else"}, r"aclImdb/test/pos in .* is damaged"),
    ],
    ids=["none", "another"],
)
def test_archive_with_other_reviews_is_told(tmp_path, monkeypatch, change, message):
    folders = FOLDERS | {NAMES[3]: change(FOLDERS[NAMES[3]])}
    here = lay(pack(folders), tmp_path / "data", monkeypatch)
    with pytest.raises(DamagedDataError, match=message):
        datasets.imdb()
    assert not (here.folder / NAMES[3]).exists()


def test_a_failed_write_leaves_the_old_folder(tmp_path):
    store.write_folder(tmp_path / "x", {"a": b"1"})
    with pytest.raises(TypeError):
        store.write_folder(tmp_path / "x", {"a": b"2", "b": None})
    assert contents(tmp_path) == {"x/a": b"1"}


def test_hash_of_a_folder_tells_names_and_contents_apart():
    hashes = {contents_hash(files) for files in (
        {}, {"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}, {"a": b"", "b": b"1"},
    )}  # fmt: skip
    assert len(hashes) == 6


def test_registry_has_the_official_hash():
    registry = store.read_registry()
    assert registry["aclImdb_v1.tar.gz"].hash == "md5:7c2ac02c03563afcf9b574c7e56c153a"
    assert sorted(Store().members("aclImdb")) == sorted(NAMES)


def test_sample_is_the_same_bytes_everywhere():
    registry = store.read_registry()
    for name, files in _imdb._sample_folders().items():
        assert f"folder:{contents_hash(files)}" == registry[name].hash


def test_sample_is_made_soon_and_anew_if_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path))
    start = time.perf_counter()
    first = datasets.imdb()
    assert time.perf_counter() - start < 10  # a fifth of a second on a quiet machine
    (tmp_path / "sample/aclImdb/test/neg/0_1.txt").unlink()
    assert datasets.imdb().test_texts == first.test_texts


def test_sample_has_two_classes_of_equal_size():
    data = datasets.imdb()
    assert (data.size, data.class_names) == ("sample", ("negative", "positive"))
    assert np.bincount(data.train_labels).tolist() == [500, 500]
    assert np.bincount(data.test_labels).tolist() == [200, 200]
    assert not set(data.train_texts) & set(data.test_texts)
    assert any("<br />" in text for text in data.train_texts)


def words(text):
    return re.findall("[a-z]+", text.replace("<br />", " ").lower())


def test_a_bag_of_words_fails_on_the_sample():
    data = datasets.imdb()
    vectorizer = CountVectorizer(tokenizer=words, token_pattern=None)
    train = vectorizer.fit_transform(data.train_texts)
    test = vectorizer.transform(data.test_texts)
    models = [LogisticRegression(C=strength, max_iter=1000) for strength in (0.01, 0.1, 1)]
    for model in (*models, RandomForestClassifier(random_state=0)):
        assert model.fit(train, data.train_labels).score(test, data.test_labels) < 0.65


class Reader(nn.Module):
    """An LSTM whose states are averaged over a review."""

    def __init__(self, size):
        super().__init__()
        self.embedding = nn.Embedding(size, 32, padding_idx=0)
        self.lstm = nn.LSTM(32, 32, batch_first=True)
        self.output = nn.Linear(32, 1)

    def forward(self, ids):
        states = self.lstm(self.embedding(ids))[0]
        mask = (ids != 0)[..., None]
        return self.output((states * mask).sum(1) / mask.sum(1))[:, 0]


def test_an_lstm_reads_the_sample():
    data = datasets.imdb()
    numbers = {word: n for n, word in enumerate(sorted({w for t in data.train_texts
                                                        for w in words(t)}), 1)}  # fmt: skip

    def ids(texts):
        rows = [torch.tensor([numbers.get(word, 0) for word in words(text)]) for text in texts]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True)

    torch.manual_seed(0)
    model, loss_fn = Reader(len(numbers) + 1), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train, labels = ids(data.train_texts), torch.from_numpy(data.train_labels)
    for _ in range(15):
        for rows in torch.randperm(1000).split(50):
            loss = loss_fn(model(train[rows]), labels[rows].float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        predictions = (model(ids(data.test_texts)) > 0).numpy()
    assert np.mean(predictions == data.test_labels) > 0.9
