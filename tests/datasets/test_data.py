"""Data sets: made from a seed, or fetched, checked, mended, and never half there."""

import hashlib
import http.server
import io
import tarfile

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sidebyside import datasets
from sidebyside.datasets import DamagedDataError, DataError, MissingDataError, UnsafeArchiveError
from sidebyside.datasets._cifar10 import CIFAR10
from sidebyside.datasets.registry import Entry, read_registry
from sidebyside.datasets.store import Store
from sidebyside.samples import shapes

FILES = {"set/one": b"1" * 5000, "set/two": b"2" * 7000}


def md5(content):
    return "md5:" + hashlib.md5(content).hexdigest()


def pack(members):
    """Return a tar.gz archive of `members`, name -> content or a ready TarInfo."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def here(tmp_path, server):
    """Return a store whose archive the server has."""
    folder, address = server
    return publish(pack(FILES), folder, address, tmp_path / "data")


def publish(archive, folder, address, data):
    (folder / "set.tar.gz").write_bytes(archive)
    entries = [Entry("set.tar.gz", md5(archive), f"{address}/set.tar.gz")]
    entries += [Entry(name, md5(content)) for name, content in FILES.items()]
    return Store(data, {entry.name: entry for entry in entries})


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".gz"
    }


def test_missing_files_are_fetched(here):
    paths = here.ensure(FILES, "set.tar.gz")
    assert [path.read_bytes() for path in paths] == list(FILES.values())
    assert contents(here.folder) == FILES  # and nothing half-written beside them


@pytest.mark.parametrize("damage", [lambda b: b[:1000], lambda b: b[:-1] + b"x", lambda b: b""],
                         ids=["truncated", "corrupt", "empty"])  # fmt: skip
def test_damaged_file_is_named_and_mended(here, damage, capsys):
    here.ensure(FILES, "set.tar.gz")
    whole, broken = here.folder / "set/two", here.folder / "set/one"
    before = whole.stat().st_mtime_ns
    broken.write_bytes(damage(broken.read_bytes()))
    assert here.state("set/one") == "damaged"
    here.ensure(FILES, "set.tar.gz")
    assert f"{broken} is damaged" in capsys.readouterr().err
    assert contents(here.folder) == FILES
    assert whole.stat().st_mtime_ns == before  # what was whole is left alone


def test_truncated_archive_is_named_and_fetched_again(here, capsys):
    here.folder.mkdir()
    archive = here.folder / "set.tar.gz"
    archive.write_bytes(pack(FILES)[:100])
    here.ensure(FILES, "set.tar.gz")
    assert f"{archive} is damaged" in capsys.readouterr().err
    assert contents(here.folder) == FILES


def test_a_server_that_packs_what_it_sends_is_asked_not_to(here, monkeypatch):
    """Else requests unpacks it, and the archive is not the one that was published."""

    def get(handler):
        content = (here.folder.parent / "server" / "set.tar.gz").read_bytes()
        handler.send_response(200)
        if "gzip" in handler.headers["Accept-Encoding"]:
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "do_GET", get)
    here.ensure(FILES, "set.tar.gz")
    assert contents(here.folder) == FILES


def test_wrong_download_is_refused_and_not_kept(here, server):
    (server[0] / "set.tar.gz").write_bytes(pack(FILES)[:-100])
    with pytest.raises(DamagedDataError, match=r"is not set\.tar\.gz as registered"):
        here.ensure(FILES, "set.tar.gz")
    assert list(here.folder.rglob("*")) == []


def test_offline_error_says_what_to_do(here):
    entry = here.registry["set.tar.gz"]
    here.registry["set.tar.gz"] = Entry(entry.name, entry.hash, "http://127.0.0.1:9/set.tar.gz")
    with pytest.raises(MissingDataError) as error:
        here.ensure(FILES, "set.tar.gz")
    for part in ("Could not download", "set/one, set/two", str(here.folder), "=sample"):
        assert part in str(error.value)
    assert list(here.folder.rglob("*")) == []


def test_offline_with_one_file_damaged_names_it(here, capsys):
    here.ensure(FILES, "set.tar.gz")
    (here.folder / "set.tar.gz").unlink()
    (here.folder / "set/one").write_bytes(b"x")
    entry = here.registry["set.tar.gz"]
    here.registry["set.tar.gz"] = Entry(entry.name, entry.hash, "http://127.0.0.1:9/set.tar.gz")
    with pytest.raises(MissingDataError, match="set/one"):
        here.ensure(FILES, "set.tar.gz")
    assert "set/one is damaged" in capsys.readouterr().err
    assert (here.folder / "set/two").read_bytes() == FILES["set/two"]


def link(name, target, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "members",
    [
        {"../outside": b"x"},
        {"/tmp/sidebyside-outside": b"x"},
        {"set/link": link("set/link", "../../outside", tarfile.SYMTYPE)},
        {"set/hard": link("set/hard", "../outside", tarfile.LNKTYPE)},
    ],
    ids=["dots", "absolute", "symbolic link", "hard link"],
)
def test_member_outside_the_folder_is_refused(server, tmp_path, members):
    here = publish(pack(FILES | members), *server, tmp_path / "data")
    with pytest.raises(UnsafeArchiveError, match="would land outside"):
        here.ensure(FILES, "set.tar.gz")
    assert contents(here.folder) == {}
    assert not (tmp_path / "outside").exists()


def test_archive_without_the_file_is_an_error(server, tmp_path):
    here = publish(pack({"set/one": FILES["set/one"]}), *server, tmp_path / "data")
    with pytest.raises(DamagedDataError, match="does not hold set/two"):
        here.ensure(FILES, "set.tar.gz")


def test_archive_with_another_file_of_that_name_is_an_error(server, tmp_path):
    here = publish(pack(FILES | {"set/two": b"else"}), *server, tmp_path / "data")
    with pytest.raises(DamagedDataError, match=r"set/two in .* is damaged"):
        here.ensure(FILES, "set.tar.gz")
    assert "set/two" not in contents(here.folder)


def test_given_folder_is_read_and_never_written(tmp_path, monkeypatch):
    """Files laid out by hand are taken as a download of our own would be."""
    made = {f"{CIFAR10.folder}/{name}": content for name, content in CIFAR10.sample().items()}
    for name, content in made.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    registry = {name: Entry(name, md5(content)) for name, content in made.items()}
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path))
    assert CIFAR10.load(Store(registry=registry)).train_images.shape == (2000, 32, 32, 3)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps


def test_registry_has_the_official_hashes():
    registry = read_registry()
    assert registry["cifar-10-python.tar.gz"].hash == "md5:c58f30108f718f92721af3b95e74349a"
    assert len(Store().members("cifar-10-batches-py")) == 7


def test_folder_that_cannot_be_written_to_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path / "file" / "data"))
    with pytest.raises(DataError, match="cannot be written to"):
        datasets.cifar10()


def test_wrong_data_size_is_an_error(monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA", "ful")
    with pytest.raises(DataError, match="'ful', which is not a data size"):
        datasets.cifar10()


def test_sample_has_ten_classes_of_equal_size():
    data = datasets.cifar10()
    assert (data.size, data.class_names) == ("sample", shapes.NAMES)
    assert data.train_images.shape == (2000, 32, 32, 3)
    assert data.test_images.shape == (500, 32, 32, 3)
    assert data.train_images.dtype == np.uint8
    assert np.bincount(data.train_labels).tolist() == [200] * 10
    assert np.bincount(data.test_labels).tolist() == [50] * 10


def test_a_linear_model_does_not_come_near():
    """What the network reaches on the same sample, 70 %, is shown in test_colab.py."""
    data = datasets.cifar10()
    train = data.train_images.reshape(2000, -1) / 255 - 0.5
    test = data.test_images.reshape(500, -1) / 255 - 0.5
    scores = []
    for strength in (1e-4, 1e-2):
        model = LogisticRegression(C=strength, max_iter=200)
        scores.append(model.fit(train, data.train_labels).score(test, data.test_labels))
    assert max(scores) < 0.35
