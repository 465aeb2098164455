"""What belongs together in the project's own files does."""

import re
import shutil
import subprocess

import pytest

from sidebyside.checkout import ROOT


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("run", "sidebyside run beginner/image_classification --data sample"),
        ("test", "-m pytest\n"),
        ("test-colab", " beginner/image_classification/image_classification_pytorch.ipynb"),
        ("benchmark", "sidebyside benchmark beginner/image_classification\n"),
        ("lab", "sidebyside open beginner/image_classification"),
        ("site", "-m sidebyside.site build/site"),
        ("serve", "-m http.server --bind 127.0.0.1 --directory build/site"),
        ("lock", "uv pip compile"),
        ("cpu", " --torch-backend cpu --no-verify-hashes -c requirements.txt -e "),
        ("lint", ".venv/bin/mypy"),
        ("wheel", "hatchling build"),
        ("hooks", "pre-commit install"),
        ("clean", "rm -rf build"),
    ],
)
def test_make_has_the_target(target, command):
    make = ["make", "--dry-run", "--always-make", target]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    assert command in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_names_every_target():
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert [name for name, said in lines if said] == targets


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("stamp", ["installed", "all", "site"])
def test_an_installation_that_was_cut_off_is_done_again(stamp, tmp_path):
    make = ["make", "--dry-run", "--file", str(ROOT / "Makefile"), f".venv/{stamp}"]
    for name in ("pyproject.toml", "requirements.txt", "requirements/x", ".venv/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("install", "all", "site"):
        (tmp_path / "requirements" / f"{name}.txt").touch()

    def commands():
        done = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    *_, install, stamped = commands()
    assert stamped == f"touch .venv/{stamp}"
    assert install.startswith("touch .venv/begun && .venv/bin/uv pip install ")
    assert install.endswith(" && rm .venv/begun")
    assert "--require-hashes" in install
    assert "--reinstall" not in install
    (tmp_path / ".venv" / "begun").touch()
    assert "--reinstall" in commands()[-2]


def broken_links(page):
    """Return the relative links and pictures of a Markdown page that lead nowhere."""
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    targets = [link.partition("#")[0] for link in found if "://" not in link]
    return [target for target in targets if not (page.parent / target).exists()]


def tracked_pages():
    """Return the Markdown pages of the repository, but for the site's: tests/site/test_site.py."""
    command = ["git", "ls-files", "*.md", ":!docs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_links_of_every_page_lead_somewhere():
    pages = tracked_pages()
    assert ROOT / "beginner" / "image_classification" / "README.md" in pages
    assert {page: links for page in pages if (links := broken_links(page))} == {}


def test_a_link_from_the_root_is_broken_on_a_page_below_it(tmp_path):
    page = tmp_path / "below" / "README.md"
    page.parent.mkdir()
    (page.parent / "there.md").touch()
    page.write_text("[a](there.md#part) [b](below/there.md) ![c](no.png) [d](https://x.org/e)")
    assert broken_links(page) == ["below/there.md", "no.png"]


def test_no_file_names_a_machine_or_an_index_host():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.splitlines()  # fmt: skip
    hosts = "|".join(("p" + "ypi.org", "pythonh" + "osted.org", "npm" + "js.org"))
    for name in listed:
        path = ROOT / name
        if path.suffix == ".png" or not path.is_file():
            continue
        text = path.read_text("utf-8")
        assert not re.search(hosts, text), name
        if not name.startswith("tests/"):
            assert not re.search(r"/(?:root|home)/[a-z]", text), name


def test_no_text_waits_for_its_words():
    command = ["git", "grep", "-nwE", "PLACEHOLDER|TODO|FIXME|[A-Z]+-(ANSWER|NOTE|TEMP)"]
    done = subprocess.run([*command, "--", "*.md", "*.ipynb", "*.toml"], cwd=ROOT,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode in (0, 1), done.stderr  # 1: nothing was found
    assert [line for line in done.stdout.splitlines() if '"image/png"' not in line] == []
