"""IMDB: folders of many files, checked as a whole; and a sample in which negation decides."""

import io
import re
import tarfile

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import nn

from sidebyside import datasets
from sidebyside.datasets import DamagedDataError, MissingDataError, UnsafeArchiveError
from sidebyside.datasets._imdb import IMDB, REVIEWS
from sidebyside.datasets.registry import Entry, contents_hash, file_hash, read_registry
from sidebyside.datasets.store import Store

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
    """Return a store whose archive is in its folder."""
    return lay(pack(FOLDERS), tmp_path / "data", monkeypatch)


def lay(archive, folder, monkeypatch):
    folder.mkdir()
    (folder / IMDB.archive).write_bytes(archive)
    checksum = "md5:" + file_hash(folder / IMDB.archive, "md5")
    entries = [Entry(IMDB.archive, checksum, "http://127.0.0.1:9/imdb.tar.gz")]
    entries += [
        Entry(name, f"folder:{contents_hash(FOLDERS[name])}", pattern=REVIEWS) for name in NAMES
    ]
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    return Store(folder, {entry.name: entry for entry in entries})


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".gz"
    }


def test_only_the_labelled_reviews_are_unpacked(here):
    data = IMDB.load(here)
    assert len(data.train_texts) == len(data.test_texts) == 60
    assert (data.train_texts[0], data.train_labels[0]) == ("aclImdb/train/neg 0", 0)
    assert (data.test_texts[-1], data.test_labels[-1]) == ("aclImdb/test/pos 9", 1)
    assert data.train_labels.dtype == np.int64
    assert set(contents(here.folder)) == {
        f"{folder}/{name}" for folder, files in FOLDERS.items() for name in files
    }


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_damaged_folder_is_named_and_replaced(here, damage, capsys):
    first = IMDB.load(here)
    whole, broken = here.folder / NAMES[0], here.folder / NAMES[1]
    before = whole.stat().st_mtime_ns
    if damage == "changed":
        (broken / "3_9.txt").write_bytes(b"else")
    else:
        (broken / "3_9.txt").unlink()
    assert here.state(NAMES[1]) == "damaged"
    assert IMDB.load(here).train_texts == first.train_texts
    assert f"{broken} is damaged" in capsys.readouterr().err
    assert whole.stat().st_mtime_ns == before  # what was whole is left alone
    assert len(contents(here.folder)) == 120  # and nothing is left beside it


def test_what_is_not_a_review_is_no_damage_and_stays(here):
    """Notes, what a file manager leaves, folders: neither read, nor deleted by a mending."""
    first = IMDB.load(here)
    folder = here.folder / NAMES[1]
    mine = {"notes.txt": b"of mine", ".DS_Store": b"\0", "2_9.txt~": b"old", "mine/0_1.txt": b"x"}
    (folder / "mine").mkdir()
    for name, content in mine.items():
        (folder / name).write_bytes(content)
    assert here.state(NAMES[1]) == "verified"
    assert IMDB.load(here).train_texts == first.train_texts
    (folder / "3_9.txt").unlink()
    assert here.state(NAMES[1]) == "damaged"
    assert IMDB.load(here).train_texts == first.train_texts
    assert contents(folder) == FOLDERS[NAMES[1]] | mine


def test_a_file_that_looks_like_a_review_moves_aside(here, capsys):
    first = IMDB.load(here)
    folder = here.folder / NAMES[1]
    for text, kept in ((b"one more", "pos.extra"), (b"another", "pos.extra-2")):
        (folder / "99_9.txt").write_bytes(text)
        assert here.state(NAMES[1]) == "damaged"
        assert IMDB.load(here).train_texts == first.train_texts
        assert contents(folder) == FOLDERS[NAMES[1]]
        assert contents(folder.with_name(kept)) == {"99_9.txt": text}
        said = f"moved from {folder} to {folder.with_name(kept)}: 99_9.txt."
        assert said in capsys.readouterr().err


def test_the_loader_reads_what_the_registry_describes():
    registry = read_registry()
    for size in ("full", "sample"):
        names = IMDB.names(size, Store())
        assert len(names) == 4
        assert {registry[name].pattern for name in names} == {REVIEWS}


def test_offline_error_names_the_folders(here):
    (here.folder / IMDB.archive).unlink()
    with pytest.raises(MissingDataError) as error:
        IMDB.load(here)
    for part in ("Could not download", "aclImdb/test/pos", str(here.folder), "=sample"):
        assert part in str(error.value)


def test_laid_out_folder_is_read_and_never_written(here):
    IMDB.load(here)
    (here.folder / IMDB.archive).unlink()
    stamps = {path: path.stat().st_mtime_ns for path in here.folder.rglob("*")}
    assert len(IMDB.load(here).train_texts) == 60
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
        IMDB.load(here)
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
def test_archive_with_other_reviews_is_an_error(tmp_path, monkeypatch, change, message):
    folders = FOLDERS | {NAMES[3]: change(FOLDERS[NAMES[3]])}
    here = lay(pack(folders), tmp_path / "data", monkeypatch)
    with pytest.raises(DamagedDataError, match=message):
        IMDB.load(here)
    assert not (here.folder / NAMES[3]).exists()


def test_hash_of_a_folder_tells_names_and_contents_apart():
    hashes = {contents_hash(files) for files in (
        {}, {"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}, {"a": b"", "b": b"1"},
    )}  # fmt: skip
    assert len(hashes) == 6


def test_registry_has_the_official_hash():
    registry = read_registry()
    assert registry["aclImdb_v1.tar.gz"].hash == "md5:7c2ac02c03563afcf9b574c7e56c153a"
    assert sorted(Store().members("aclImdb")) == sorted(NAMES)


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
