"""What belongs together in the project's own files does."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sidebyside.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.txt").read_text("utf-8")
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [
    Requirement(text)
    for text in PROJECT["dependencies"] + [text for extra in EXTRAS.values() for text in extra]
]


def locked():
    """Return the lock's pins, name -> versions (one a range of Pythons)."""
    pins = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_lock_has_what_pyproject_asks_for(requirement):
    versions = locked()[canonicalize_name(requirement.name)]
    assert [v for v in versions if not requirement.specifier.contains(v)] == []


def test_lock_has_nothing_that_pyproject_no_longer_asks_for():
    blocks = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    asked = {canonicalize_name(b.split("==")[0]) for b in blocks if "via sidebyside" in b
             or re.search(r"#   sidebyside \(", b)}  # fmt: skip
    assert asked == {canonicalize_name(requirement.name) for requirement in DIRECT}


def test_lock_pins_and_hashes_everything_and_names_no_host():
    blocks = re.split(r"^(?=\S)", LOCK, flags=re.MULTILINE)
    pins = [block for block in blocks if block.strip() and not block.startswith("#")]
    assert len(pins) > 100
    for block in pins:
        assert re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", block), block
        assert "--hash=sha256:" in block
    assert "://" not in LOCK
    assert "--index" not in LOCK and "--find-links" not in LOCK


@pytest.mark.parametrize("name", ["torch", "torchvision", "tensorflow"])
def test_lock_has_the_frameworks_of_the_day(name):
    least = {"torch": (2, 15), "torchvision": (0, 29), "tensorflow": (2, 21)}
    version = locked()[name][0]
    assert tuple(int(part) for part in version.split(".")[:2]) >= least[name]


def test_conda_installs_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python = next(x for x in environment["dependencies"] if str(x).startswith("python"))
    assert python == "python" + PROJECT["requires-python"]
    pip = next(x["pip"] for x in environment["dependencies"] if isinstance(x, dict))
    assert pip == ["-r requirements.txt"]


def test_lower_bounds_are_what_colab_has():
    text = (ROOT / "tests" / "colab-constraints.txt").read_text("utf-8")
    colab = dict(re.findall(r"^(\w+)==([\d.]+)\.\*", text, re.MULTILINE))
    for name in ("torch", "torchvision", "tensorflow", "keras", "numpy", "matplotlib"):
        requirement = next(r for r in DIRECT if r.name == name)
        assert str(requirement.specifier) == f">={colab[name]}"


@pytest.mark.parametrize("name", ["ci", "nightly", "pages"])
def test_workflow_fits_the_published_schema(name):
    file = ROOT / ".github" / "workflows" / f"{name}.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    command += ["vendor.github-workflows", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_schema_check_can_fail(tmp_path):
    file = tmp_path / "wrong.yml"
    file.write_text("on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    step: []\n")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    command += ["vendor.github-workflows", str(file)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("run", "sidebyside run beginner/image_classification --data sample"),
        ("test", "-m pytest\n"),
        ("test-colab", "-m pytest beginner/image_classification/"),
        ("benchmark", "sidebyside benchmark beginner/image_classification\n"),
        ("lab", "sidebyside open beginner/image_classification"),
        ("site", "-m sidebyside.site build/site"),
        ("serve", "-m http.server --bind 127.0.0.1 --directory build/site"),
        ("lock", "uv pip compile"),
        ("clean", "rm -rf build"),
    ],
)
def test_make_has_the_target(target, command):
    make = ["make", "--dry-run", "--always-make", target]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    assert command in done.stdout
    assert done.stderr == ""


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


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(words):
    command = [sys.executable, "-m", "ruff", *words, "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


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
