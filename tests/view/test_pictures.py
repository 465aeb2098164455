"""Which pictures a text may show."""

import contextlib

import pytest

from sidebyside.view.pictures import Picture, named

DATA = b"\x89PNG, as good as"


@pytest.fixture
def folder(tmp_path):
    """Return a lesson's folder in a repository, with pictures and what is none around it."""
    lesson = tmp_path / "repository" / "beginner" / "lesson"
    (lesson / "more").mkdir(parents=True)
    for name in ("here.png", "more/there.JPG", "a b.png", "../beside.svg", "notes.txt", "png"):
        (lesson / name).write_bytes(DATA)
    (tmp_path / "secret.png").write_bytes(b"secret")
    return lesson


def find(target, folder):
    return named(target, folder, folder.parents[1])


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("here.png", "image/png"),
        ("./more/there.JPG", "image/jpeg"),
        ("a%20b.png", "image/png"),
        ("../beside.svg", "image/svg+xml"),
        ("../../beginner/lesson/here.png", "image/png"),
    ],
)
def test_a_picture_of_the_repository_is_found(folder, target, kind):
    assert find(target, folder) == Picture(DATA, kind)


@pytest.mark.parametrize(
    "target",
    [
        "../../../secret.png",
        "%2e%2e/%2e%2e/%2e%2e/secret.png",
        "/etc/passwd",
        "C:/secret.png",
        r"C:\secret.png",
        r"\\host\share\secret.png",
        "//host/secret.png",
        "file:///etc/passwd",
        "https://example.org/x.png",
        "missing.png",
        "notes.txt",
        "png",
        ".",
        "",
        "here.png%00",
        "x" * 5000 + ".png",
    ],
)
def test_nothing_else_is(folder, target):
    assert find(target, folder) is None


def test_the_full_address_of_a_file_outside_is_none(folder):
    assert find(str(folder.parents[2] / "secret.png"), folder) is None


def test_links_are_followed_before_it_is_decided(folder):
    try:
        (folder / "inside.png").symlink_to(folder / "here.png")
        (folder / "outside.png").symlink_to(folder.parents[2] / "secret.png")
        (folder / "up").symlink_to(folder.parents[2], target_is_directory=True)
        (folder / "disguised.png").symlink_to(folder / "notes.txt")
    except OSError:
        pytest.skip("This system does not let this user make links.")
    assert find("inside.png", folder) == Picture(DATA, "image/png")
    assert find("outside.png", folder) is None
    assert find("up/secret.png", folder) is None
    assert find("disguised.png", folder) is None


def test_the_repository_may_be_reached_by_a_link(folder, tmp_path):
    with contextlib.suppress(OSError):
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "repository", target_is_directory=True)
        assert named("here.png", link / "beginner" / "lesson", link) == Picture(DATA, "image/png")


def test_names_and_addresses():
    picture = Picture(DATA, "image/jpeg")
    assert picture.name == Picture(DATA, "image/jpeg").name != Picture(b"", "image/jpeg").name
    assert picture.name.endswith((".jpg", ".jpeg"))
    assert picture.inline.startswith("data:image/jpeg;base64,")
