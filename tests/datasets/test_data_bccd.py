"""BCCD: faults that are found and named, and a sample of drawn cells in the original's files."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from sidebyside.datasets import DamagedDataError, MissingDataError, _bccd
from sidebyside.datasets._bccd import ANNOTATIONS, BCCD, LISTS, PATTERNS, PICTURES
from sidebyside.datasets.registry import Entry, contents_hash, read_registry
from sidebyside.datasets.store import Store


@pytest.fixture(scope="module")
def folders():
    return BCCD.sample()


@pytest.fixture
def lay(tmp_path, monkeypatch, folders):
    """Return a function that lays an archive beside an empty data folder, and loads it."""
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")

    def load(archive, url=None):
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        if archive:
            (folder / BCCD.archive).write_bytes(archive)
        entries = {BCCD.archive: Entry(BCCD.archive, "zip:members", url)}
        for name, pattern in PATTERNS.items():
            entry = Entry(f"BCCD/{name}", f"folder:{contents_hash(folders[name])}", None, pattern)
            entries[entry.name] = entry
        return BCCD.load(Store(folder, entries))

    return load


def pack(folders, compression=zipfile.ZIP_STORED):
    """Return a zip archive as GitHub makes it, with what the repository has beside the data."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression) as file:
        file.writestr(f"{BCCD.inside}README.md", "read me")
        for folder, contents in folders.items():
            for name, content in contents.items():
                file.writestr(f"{BCCD.inside}BCCD/{folder}/{name}", content)
    return archive.getvalue()


def test_an_archive_is_taken_however_it_was_packed(lay, folders):
    first = lay(pack(folders))
    again = lay(pack(folders, zipfile.ZIP_DEFLATED))  # other bytes, the same members
    np.testing.assert_array_equal(first.images, again.images)
    assert first.size == "full"


def test_a_member_with_other_bytes_is_refused(lay, folders):
    changed = {name: dict(contents) for name, contents in folders.items()}
    changed[ANNOTATIONS]["BloodImage_00004.xml"] += b"\n"
    with pytest.raises(DamagedDataError, match="wrong hash"):
        lay(pack(changed))


def test_half_an_archive_is_not_taken(lay, folders):
    with pytest.raises(MissingDataError, match="no address"):
        lay(pack(folders)[:-1000])


def test_the_registry_has_the_patterns_that_the_loader_reads():
    registry = read_registry()
    for name, pattern in PATTERNS.items():
        for folder in (f"BCCD/{name}", f"sample/BCCD/{name}"):
            assert registry[folder].pattern == pattern
    assert registry[BCCD.archive].url.endswith(f"{_bccd.COMMIT}.zip")


def test_the_sample_has_the_originals_files(folders):
    pictures, texts, lists = folders[PICTURES], folders[ANNOTATIONS], folders[LISTS]
    assert {name[:-4] for name in pictures} == {name[:-4] for name in texts}
    assert set(lists) == {"train.txt", "val.txt", "test.txt", "trainval.txt"}
    with Image.open(io.BytesIO(pictures["BloodImage_00000.jpg"])) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (128, 96))


def test_the_sample_is_loaded_with_its_split(monkeypatch, tmp_path):
    data = sample(monkeypatch, tmp_path)
    rows = [data.train_rows, data.val_rows, data.test_rows]
    assert [len(part) for part in rows] == [48, 16, 24]
    assert sorted(np.concatenate(rows)) == list(range(88))
    assert data.images.shape == (88, 96, 128, 3)
    assert data.images.dtype == np.uint8
    for boxes, labels in zip(data.boxes, data.labels, strict=True):
        assert boxes.shape == (len(labels), 4)
        assert boxes.dtype == np.float32
        assert boxes.min() >= 0
        assert (boxes <= [128, 96, 128, 96]).all()
    assert set(np.concatenate(data.labels)) == {0, 1, 2}


def test_the_faults_are_found_and_named(monkeypatch, tmp_path):
    data = sample(monkeypatch, tmp_path)
    assert data.without_area == ("BloodImage_00001",)
    assert data.drawn_twice == ("BloodImage_00002",)
    assert data.in_two_splits == (("BloodImage_00003", "BloodImage_00087"),)


def test_a_box_is_around_what_was_drawn(monkeypatch, tmp_path):
    """Inside of a white cell's box the middle is darker than the picture's ground."""
    data = sample(monkeypatch, tmp_path)
    checked = 0
    for image, boxes, labels in zip(data.images, data.boxes, data.labels, strict=True):
        ground = np.median(image[..., 1])
        for left, top, right, bottom in boxes[labels == 1].astype(int):
            middle = image[(top + bottom) // 2, (left + right) // 2, 1]
            assert middle < ground - 50
            checked += 1
    assert checked > 30


def sample(monkeypatch, tmp_path):
    monkeypatch.setenv("SIDEBYSIDE_DATA", "sample")
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path))
    return BCCD.load()
