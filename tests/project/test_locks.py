"""The locks have what pyproject.toml asks for, with hashes, and agree with each other."""

import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sidebyside.checkout import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
ALL = "requirements/all.txt"
# which extras a lock has; those for people have the base dependencies, too
LOCKS = {
    ALL: list(EXTRAS),
    "requirements.txt": ["pytorch", "tensorflow", "lessons"],
    "requirements/site.txt": ["site"],
    "requirements/install.txt": None,  # only what installs the rest
}
# what cannot share an environment with the others: a dependency group each
ALONE = {f"requirements/{name}.txt": name for name in ("serving", "triton", "kfp", "tfx")}
OF_A_FRAMEWORK = ("tfx",)  # it has a TensorFlow of its own; the others are lent one
OTHERS = [name for name in LOCKS if name != ALL]


@dataclass(frozen=True)
class Pin:
    """A package in a lock. Its marker is left out: it says who needs the package."""

    name: str
    version: str
    hashes: frozenset[str]
    needed_by: frozenset[str]


def read_lock(text):
    """Return the pins of a lock."""
    blocks = re.split(r"^(?=[\w.-]+(?:\[[\w,-]+\])?==)", text, flags=re.MULTILINE)[1:]
    return [
        Pin(
            canonicalize_name(re.match(r"[\w.-]+", block)[0]),
            re.search(r"==([^\s;]+)", block)[1],
            frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", block)),
            frozenset(re.findall(r"#(?: via)? +([\w.-]+)(?: \(|$)", block, re.MULTILINE)),
        )
        for block in blocks
    ]


PINS = {name: read_lock((ROOT / name).read_text("utf-8")) for name in [*LOCKS, *ALONE]}


def direct(extras):
    """Return what pyproject.toml asks for by name; an extra that names others is opened."""
    texts = list(PYPROJECT["dependency-groups"]["install"])
    if extras is not None:
        texts += PROJECT["dependencies"] + [text for name in extras for text in EXTRAS[name]]
    own = [Requirement(text) for text in texts]
    opened = [r for r in own if r.name == PROJECT["name"]]
    asked = {str(r): r for r in own if r.name != PROJECT["name"]}
    for requirement in opened:
        asked |= {str(r): r for r in direct(sorted(requirement.extras))}
    return list(asked.values())


def misfits(asked, pins):
    """Return what is asked for and missing, or locked in another version."""
    versions = {}
    for pin in pins:
        versions.setdefault(pin.name, []).append(pin.version)
    return [
        f"{requirement}: {version}"
        for requirement in asked
        for version in versions.get(canonicalize_name(requirement.name), ["missing"])
        if version == "missing" or not requirement.specifier.contains(version)
    ]


def disagreements(pins, others):
    """Return the pins that `others` do not have, version and hashes alike."""
    known = {(pin.name, pin.version): pin.hashes for pin in others}
    return [pin for pin in pins if known.get((pin.name, pin.version)) != pin.hashes]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_what_pyproject_asks_for_and_nothing_else(lock):
    asked = direct(LOCKS[lock])
    assert misfits(asked, PINS[lock]) == []
    named = {pin.name for pin in PINS[lock] if PROJECT["name"] in pin.needed_by}
    assert named == {canonicalize_name(requirement.name) for requirement in asked}


@pytest.mark.parametrize(("lock", "group"), ALONE.items())
def test_lock_of_an_environment_has_what_its_group_asks_for_and_no_lent_framework(lock, group):
    asked = [Requirement(text) for text in PYPROJECT["dependency-groups"][group]]
    assert misfits(asked, PINS[lock]) == []
    there = {pin.name for pin in PINS[lock]} & {"torch", "tensorflow", "keras"}
    assert bool(there) == (group in OF_A_FRAMEWORK)
    assert misfits([Requirement("numpy<1"), Requirement("torch")], PINS[lock]) != []


@pytest.mark.parametrize("lock", OTHERS)
def test_lock_agrees_with_the_one_that_has_everything(lock):
    assert disagreements(PINS[lock], PINS[ALL]) == []
    assert len(PINS[lock]) < len(PINS[ALL])


def test_a_disagreement_is_found():
    text = (ROOT / "requirements" / "install.txt").read_text("utf-8")
    (other,) = disagreements(read_lock(re.sub(r"^uv==.*?( |$)", "uv==0.1.0 ", text, flags=re.M)),
                             PINS[ALL])  # fmt: skip
    assert (other.name, other.version) == ("uv", "0.1.0")
    first = next(pin for pin in PINS[ALL] if pin.name == "uv")
    changed = text.replace(sorted(first.hashes)[0], "sha256:" + "0" * 64)
    assert [pin.name for pin in disagreements(read_lock(changed), PINS[ALL])] == ["uv"]


@pytest.mark.parametrize("lock", PINS)
def test_lock_pins_and_hashes_everything_and_names_no_host(lock):
    text = (ROOT / lock).read_text("utf-8")
    entries = [line for line in text.splitlines() if re.match(r"[^\s#]", line)]
    assert len(entries) == len(PINS[lock])
    assert [pin.name for pin in PINS[lock] if not pin.hashes] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_site_needs_no_framework_and_installing_needs_almost_nothing():
    site = {pin.name for pin in PINS["requirements/site.txt"]}
    assert site.isdisjoint({"torch", "tensorflow", "keras", "jupyterlab", "pytest"})
    assert len(PINS["requirements/install.txt"]) < 10


def test_what_notebooks_need_is_small():
    names = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert names.isdisjoint({"jupyterlab", "typer", "nbclient", "rich", "torch", "tensorflow"})


@pytest.mark.parametrize("name", ["torch", "torchvision", "tensorflow"])
def test_lock_has_the_frameworks_of_the_day(name):
    least = {"torch": (2, 15), "torchvision": (0, 29), "tensorflow": (2, 21)}
    version = next(pin.version for pin in PINS["requirements.txt"] if pin.name == name)
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
        requirement = next(r for r in direct(EXTRAS) if r.name == name)
        assert str(requirement.specifier) == f">={colab[name]}"


def test_what_builds_the_package_is_locked():
    needed = {Requirement(text).name for text in PYPROJECT["build-system"]["requires"]}
    assert needed <= {pin.name for pin in PINS["requirements/install.txt"]}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_writes_every_lock():
    make = ["make", "--dry-run", "--always-make", "lock"]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    services = (ROOT / "advanced").glob("*/*/requirements.in")  # of images: their own tests
    images = {path.with_suffix(".txt").relative_to(ROOT).as_posix() for path in services}
    assert images
    assert set(re.findall(r"-o (\S+)", done.stdout)) == set(PINS) | images
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "requirements").glob("*.txt")}
    assert there | {"requirements.txt"} == set(PINS)
