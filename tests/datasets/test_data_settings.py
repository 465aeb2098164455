"""Where the data folder is, whatever the working directory and the installation."""

from pathlib import Path

import platformdirs
import pytest

from sidebyside.checkout import ROOT
from sidebyside.datasets import DataError, data_folder
from sidebyside.datasets import data_settings as settings


def test_a_relative_folder_is_from_where_the_command_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", "my data")
    folder = data_folder()
    assert folder == Path.cwd() / "my data"
    assert folder.is_absolute()


def test_a_home_folder_is_resolved(monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", "~/data")
    assert data_folder() == Path.home() / "data"


def test_a_home_folder_that_does_not_exist_is_a_sentence(monkeypatch):
    def expanduser(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", expanduser)  # of a user whom no machine has
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", "~nobody/data")
    with pytest.raises(DataError, match="'~nobody/data', and there is no such home folder"):
        data_folder()


def test_a_checkout_has_its_own_folder(monkeypatch):
    monkeypatch.delenv("SIDEBYSIDE_DATA_DIR", raising=False)
    assert data_folder() == ROOT / "data"


@pytest.mark.parametrize("given", [None, ""], ids=["unset", "empty"])
def test_without_a_checkout_it_is_the_cache_folder(monkeypatch, given):
    monkeypatch.delenv("SIDEBYSIDE_DATA_DIR", raising=False)
    if given is not None:
        monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", given)
    monkeypatch.setattr(settings, "is_checkout", lambda: False)
    folder = data_folder()
    assert folder == platformdirs.user_cache_path("sidebyside")
    assert not folder.is_relative_to(ROOT)
