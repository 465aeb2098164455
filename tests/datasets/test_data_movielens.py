"""MovieLens: read as it is published, and a sample whose tastes can be found again."""

import hashlib
import io
import os
import stat
import zipfile

import numpy as np
import pytest

from sidebyside import datasets
from sidebyside.datasets import UnsafeArchiveError
from sidebyside.datasets._movielens import MOVIELENS
from sidebyside.datasets.registry import Entry, read_registry
from sidebyside.datasets.store import Store
from sidebyside.samples import tastes

FILES = {"set/one": b"1" * 5000, "set/two": b"2" * 7000}


def md5(content):
    return "md5:" + hashlib.md5(content).hexdigest()


@pytest.fixture(scope="module")
def data():
    return datasets.movielens()


def test_shapes_and_types(data):
    count = len(data.ratings)
    assert data.size == "sample"
    assert (data.user_count, data.film_count) == (300, 200)
    for array in (data.users, data.films, data.timestamps, data.train, data.test):
        assert array.dtype == np.int64
    assert data.ratings.dtype == data.genres.dtype == np.float32
    assert data.users.shape == data.films.shape == data.timestamps.shape == (count,)
    assert data.genres.shape == (200, 19)
    assert len(data.titles) == len(set(data.titles)) == 200
    assert len(data.genre_names) == 19
    assert (data.users.min(), data.films.min()) == (0, 0)
    assert np.unique(data.users).size == 300
    assert set(data.ratings) == {1, 2, 3, 4, 5}


def test_nobody_rates_a_film_twice(data):
    assert len(np.unique(data.users * 200 + data.films)) == len(data.ratings)
    assert np.bincount(data.users).min() >= 20


def test_train_and_test_are_the_published_split(data):
    assert np.array_equal(np.sort(np.r_[data.train, data.test]), np.arange(len(data.ratings)))
    assert data.test[0] == 0
    assert len(data.test) == len(data.ratings) // 5


def test_latin_1_is_read(data):
    assert sum("Café" in title for title in data.titles) == 25


def test_genres_say_something_of_the_character(data):
    made = tastes.make(seed=100)
    action, drama = (data.genre_names.index(name) for name in ("Action", "Drama"))
    assert (made.characters[data.genres[:, action] == 1, 0] > 0).all()
    assert (made.characters[data.genres[:, drama] == 1, 0] < 0).all()
    assert data.genres.sum(axis=1).min() >= 1


def test_registry_has_the_published_hashes():
    registry = read_registry()
    assert registry["ml-100k.zip"].hash == "md5:0e33842e24a9c977be4e0107933c0723"
    assert len(Store().members("ml-100k")) == 3


# ---- what the sample is made for ----


def biases(data, rows):
    """Return global mean, users' and films' biases: alternating ridge regression on `rows`."""
    users, films, ratings = data.users[rows], data.films[rows], data.ratings[rows]
    mean = ratings.mean()
    user_bias, film_bias = np.zeros(data.user_count), np.zeros(data.film_count)
    for _ in range(20):
        for bias, own, other in (
            (user_bias, users, film_bias[films]),
            (film_bias, films, user_bias[users]),
        ):
            sums = np.bincount(own, ratings - mean - other, minlength=len(bias))
            bias[:] = sums / (np.bincount(own, minlength=len(bias)) + 3)
    return mean, user_bias, film_bias


def factors(data, rows, rest, size, strength=2.0):
    """Return users' and films' factors of what the biases leave: alternating least squares."""
    users, films = data.users[rows], data.films[rows]
    random = np.random.default_rng(0)
    user_factors = np.zeros((data.user_count, size))
    film_factors = random.normal(0, 0.3, (data.film_count, size))
    for _ in range(15):
        for ours, own, theirs, other in (
            (user_factors, users, film_factors, films),
            (film_factors, films, user_factors, users),
        ):
            for row in range(len(ours)):
                mine = own == row
                x = theirs[other[mine]]
                ours[row] = np.linalg.solve(x.T @ x + strength * np.eye(size), x.T @ rest[mine])
    return user_factors, film_factors


def rmse(errors):
    return float(np.sqrt(np.mean(errors**2)))


@pytest.fixture(scope="module")
def fitted(data):
    """Return test RMSE of biases and of factors on top of them, and the films' factors."""
    mean, user_bias, film_bias = biases(data, data.train)
    rest = data.ratings - mean - user_bias[data.users] - film_bias[data.films]
    user_factors, film_factors = factors(data, data.train, rest[data.train], tastes.FACTORS)
    users, films = data.users[data.test], data.films[data.test]
    agreement = np.sum(user_factors[users] * film_factors[films], axis=1)
    return rmse(rest[data.test]), rmse(rest[data.test] - agreement), film_factors


def test_factors_beat_averages(data, fitted):
    with_biases, with_factors, _ = fitted
    mean_only = rmse(data.ratings[data.test] - data.ratings[data.train].mean())
    assert with_biases < mean_only - 0.05
    assert with_factors < 0.75 * with_biases


def test_the_characters_can_be_found_again(fitted):
    """All that the four numbers say is in the factors: a linear map of these gives them back."""
    characters = tastes.make(seed=100).characters
    x = np.c_[fitted[2], np.ones(len(characters))]
    found = x @ np.linalg.lstsq(x, characters, rcond=None)[0]
    left = ((characters - found) ** 2).sum(0) / ((characters - characters.mean(0)) ** 2).sum(0)
    assert (left < 0.25).all()


def test_a_time_ordered_split_has_people_that_are_new(data):
    order = np.argsort(data.timestamps, kind="stable")
    past, future = np.split(order, [len(order) * 4 // 5])
    new = ~np.isin(data.users[future], data.users[past])
    assert 0.3 < new.mean() < 0.9
    assert np.isin(data.users[data.test], data.users[data.train]).mean() > 0.99


# ---- archives and folders ----


def zipped(members):
    """Return a zip archive of `members`, name or ZipInfo -> content."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("set/", b"")  # a folder's own entry, as most archives have
        for name, content in members.items():
            pack.writestr(name, content)
    return archive.getvalue()


def here(folder, members):
    """Return a store whose archive lies in its folder already."""
    folder.mkdir()
    (folder / "set.zip").write_bytes(content := zipped(members))
    entries = [Entry("set.zip", md5(content))]
    entries += [Entry(name, md5(content)) for name, content in FILES.items()]
    return Store(folder, {entry.name: entry for entry in entries})


def test_files_come_out_of_a_zip_archive(tmp_path):
    paths = here(tmp_path / "data", FILES).ensure(FILES, "set.zip")
    assert [path.read_bytes() for path in paths] == list(FILES.values())
    assert sorted(os.listdir(tmp_path / "data/set")) == ["one", "two"]


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "members",
    [
        {"../outside": b"x"},
        {"/tmp/sidebyside-outside": b"x"},
        {link("set/link"): b"../../outside"},
    ],
    ids=["dots", "absolute", "symbolic link"],
)
def test_zip_member_outside_the_folder_is_refused(tmp_path, members):
    folder = tmp_path / "data"
    with pytest.raises(UnsafeArchiveError, match="would land outside"):
        here(folder, FILES | members).ensure(FILES, "set.zip")
    assert os.listdir(folder) == ["set.zip"]
    assert not (tmp_path / "outside").exists()


def test_given_folder_is_read_and_never_written(tmp_path, monkeypatch):
    registry = {}
    for file, content in MOVIELENS.sample().items():
        path = tmp_path / (name := f"{MOVIELENS.folder}/{file}")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)
        registry[name] = Entry(name, md5(content))
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path))
    assert MOVIELENS.load(Store(registry=registry)).size == "full"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps
