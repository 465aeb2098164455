"""`sidebyside data`: one row per data set, and advice that works."""

import re
from dataclasses import replace

import pytest
from rich.filesize import decimal
from typer.testing import CliRunner

from sidebyside.cli.main import app
from sidebyside.datasets import DATA_SETS, DataError, store


def data(*words):
    return CliRunner().invoke(app, ["data", *words])


def rows(output):
    """Return the table's rows by their first word: what stands in each column."""
    cells = [re.split(r"  +", line.strip()) for line in output.splitlines() if line.strip()]
    return {row[0]: row[1:] for row in cells}


def squeezed(text):
    """Return the text without the places where a line may be broken."""
    return "".join(text.split())


def test_one_row_for_each_data_set(published):
    done = data()
    assert done.exit_code == 0
    table = rows(done.output)
    assert set(DATA_SETS) <= set(table)
    assert len(table) == len(DATA_SETS) + 3  # title, head, line
    for name, data_set in DATA_SETS.items():
        size = decimal(data_set.download)
        terms = [data_set.licence, data_set.source]
        assert table[name] == [size, "missing", "missing", *terms]


def test_states_of_a_row(published, monkeypatch):
    for name in ("cifar10", "imdb", "mnist"):
        DATA_SETS[name].load()
    monkeypatch.setenv("SIDEBYSIDE_DATA", "sample")
    DATA_SETS["movielens"].load()
    (published / "cifar-10-batches-py/test_batch").write_bytes(b"half")
    (published / "MNIST/raw/t10k-images-idx3-ubyte.gz").unlink()
    for path in (published / "aclImdb").rglob("*.txt"):
        path.unlink()
    for path in sorted((published / "aclImdb").rglob("*"), reverse=True):
        path.rmdir()
    table = rows(data().output)
    names = ("cifar10", "imdb", "mnist", "movielens")
    assert [table[name][1:3] for name in names] == [
        ["damaged", "missing"],
        ["not unpacked", "missing"],
        ["incomplete", "missing"],
        ["missing", "verified"],
    ]


def test_files_on_request(published):
    DATA_SETS["movielens"].load()
    (published / "ml-100k/u.item").unlink()
    table = rows(data("--files").output)
    assert table["ml-100k.zip"][0] == "verified"
    assert table["ml-100k.zip"][1].startswith("http://127.0.0.1")
    assert table["ml-100k/u.data"] == ["verified", "ml-100k.zip"]
    assert table["ml-100k/u.item"] == ["missing", "ml-100k.zip"]
    assert table["sample/ml-100k/u.data"] == ["missing", "made on this machine"]


def test_a_name_in_square_brackets_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", "data[/b]")
    done = data()
    assert done.exit_code == 0, done.exception
    assert squeezed(f"Data in {tmp_path / 'data[/b]'}") in squeezed(done.output)


def test_fetch_says_where_the_data_are_in_any_folder(published, tmp_path, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA_DIR", str(tmp_path / "[red]data[/b]"))
    done = data("fetch", "mnist")
    assert done.exit_code == 0, done.exception
    assert f"MNIST is in {tmp_path / '[red]data[/b]'}, whole and verified." in done.output


def test_check_is_content_with_what_is_whole(published):
    DATA_SETS["mnist"].load()
    assert data("check").exit_code == 0
    assert data("check", "mnist", "imdb").exit_code == 0


def test_the_advice_of_check_works(published, capfd):
    for name in ("cifar10", "mnist"):
        DATA_SETS[name].load()
    broken = [published / "cifar-10-batches-py/test_batch",
              published / "MNIST/raw/t10k-images-idx3-ubyte.gz"]  # fmt: skip
    for path in broken:
        path.write_bytes(b"half")
    done = data("check")
    assert done.exit_code == 1
    for path in broken:
        assert f"Damaged: {path.relative_to(published).as_posix()}." in done.stderr
    for words in re.findall(r"'sidebyside data ([^']+)'", done.stderr):
        assert data(*words.split()).exit_code == 0
    assert data("check").exit_code == 0


def test_check_of_some_leaves_out_the_others(published):
    DATA_SETS["mnist"].load()
    (published / "MNIST/raw/t10k-images-idx3-ubyte.gz").write_bytes(b"half")
    assert data("check", "cifar10").exit_code == 0
    assert data("check", "mnist").exit_code == 1


def test_a_damaged_archive_may_go_if_its_files_are_whole(published):
    DATA_SETS["movielens"].load()
    (published / "ml-100k.zip").write_bytes(b"half")
    done = data("check")
    assert done.exit_code == 1
    assert "Damaged: ml-100k.zip. It is no longer needed: delete it." in done.stderr


def test_a_damaged_sample_mends_itself(published, monkeypatch):
    monkeypatch.setenv("SIDEBYSIDE_DATA", "sample")
    DATA_SETS["movielens"].load()
    (published / "sample/ml-100k/u.data").write_bytes(b"half")
    done = data("check")
    assert done.exit_code == 1
    assert "Damaged: sample/ml-100k/u.data. It is of the sample" in done.stderr
    DATA_SETS["movielens"].load()
    assert data("check").exit_code == 0


@pytest.mark.parametrize("words", [["cifar10", "mnist"], ["all"]], ids=" ".join)
def test_fetch_takes_several_names_or_all(published, words, capfd):
    names = list(DATA_SETS) if words == ["all"] else words
    done = data("fetch", *words)
    assert done.exit_code == 0, done.exception
    table = rows(data().output)
    assert {name for name in DATA_SETS if table[name][1] == "verified"} == set(names)
    for name in names:
        title = DATA_SETS[name].title
        assert f"{title} is in {published}, whole and verified." in done.output
    again = data("fetch", *words)
    assert again.output.count("already") == len(names)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Say what to fetch: cifar10, "),
        (["cifar100"], "There is no data set 'cifar100'. There are: cifar10, "),
        (["mnist", "[/b]"], "There is no data set '[/b]'."),
    ],
    ids=["none", "unknown", "one unknown"],
)
def test_fetch_knows_its_names(published, words, message):
    done = data("fetch", *words)
    assert done.exit_code == 1
    assert message in done.stderr
    assert not published.exists()  # nothing was fetched


def test_fetch_without_a_network_ends_with_the_loaders_sentence(published):
    registry = store.read_registry()
    registry["ml-100k.zip"] = replace(registry["ml-100k.zip"], url="http://127.0.0.1:9/x")
    done = data("fetch", "movielens")
    assert isinstance(done.exception, DataError)  # a sentence, from `main`
    assert "Could not download" in str(done.exception)
