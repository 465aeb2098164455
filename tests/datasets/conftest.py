"""Data sets on a web server of this machine, in the original's files and archives."""

import hashlib
import io
import tarfile

import pytest

from sidebyside.datasets import DATA_SETS, store
from sidebyside.datasets.registry import Entry, contents_hash, read_registry


@pytest.fixture(scope="session")
def originals(shared_server):
    """Return a registry of originals that a server has: their files hold what the sample's do."""
    served, address = shared_server
    registry = read_registry()
    for data_set in DATA_SETS.values():
        made = data_set.sample()
        files = {f"{data_set.folder}/{file}": content for file, content in made.items()}
        for name, content in files.items():
            registry[name] = entry(registry[name], content)
        downloads = files
        if data_set.archive:
            packed = {f"{data_set.inside}{name}": content for name, content in files.items()}
            downloads = {data_set.archive: pack(packed)}
        for name, content in downloads.items():
            (served / name).parent.mkdir(parents=True, exist_ok=True)
            (served / name).write_bytes(content)
            registry[name] = entry(registry[name], content, f"{address}/{name}")
    return registry


@pytest.fixture
def published(originals, tmp_path, monkeypatch):
    """Return an empty data folder, whose registry leads to the server; the data are full."""
    registry = dict(originals)
    monkeypatch.setattr(store, "read_registry", lambda: registry)
    monkeypatch.setenv("SIDEBYSIDE_DATA", "full")
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def entry(old, content, url=None):
    if isinstance(content, bytes):
        return Entry(old.name, "md5:" + hashlib.md5(content).hexdigest(), url)
    return Entry(old.name, f"folder:{contents_hash(content)}", pattern=old.pattern)


def pack(files):
    """Return a tar archive of files, and of folders of files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            inside = {name: content}
            if not isinstance(content, bytes):
                inside = {f"{name}/{file}": data for file, data in content.items()}
            for member, data in inside.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return archive.getvalue()
