"""Every Dockerfile: linted, pinned to the versions of the lock, not root."""

import re

import pytest
from dockerfiles import DOCKERFILES, bases, hadolint, installed, instructions

from sidebyside.checkout import ROOT

IDS = [file.parent.relative_to(ROOT).as_posix() for file in DOCKERFILES]
EACH = pytest.mark.parametrize("file", DOCKERFILES, ids=IDS)
NEWER = "python_full_version >= '3.12'"  # where the lock has two versions


def locked(name):
    """Return the version of a package in the lock, for the Python of the images."""
    lock = (ROOT / "requirements" / "all.txt").read_text("utf-8")
    found = re.findall(rf"^{name}==(\S+)(?: ; (.*?))? \\$", lock, re.MULTILINE)
    (version,) = [version for version, when in found if when in ("", NEWER)]
    return version


def test_the_three_systems_have_dockerfiles():
    assert {name.split("/")[1] for name in IDS} == {"ab_testing", "realtime_video", "rest_api"}


@EACH
def test_hadolint_finds_nothing(file):
    assert hadolint(file) == []


def test_hadolint_finds_what_is_wrong(tmp_path):
    file = tmp_path / "Dockerfile"
    file.write_text("FROM python:latest\nRUN cd /x && pip install flask\n")
    assert {"DL3007", "DL3013", "DL3042"} <= set(hadolint(file))


@EACH
def test_every_base_has_its_whole_version(file):
    assert bases(file)
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base) for base in bases(file))


def test_all_images_have_the_same_base():
    assert len({base for file in DOCKERFILES for base in bases(file)}) == 1


@EACH
def test_every_package_has_the_version_of_the_lock(file):
    names = installed(file)
    assert names
    for name in names:
        package, version = name.split("==")
        assert version == locked(package), name


def test_a_package_without_its_version_is_found(tmp_path):
    file = tmp_path / "Dockerfile"
    file.write_text('FROM a AS b\nRUN pip install -r x.txt "flask>=3" \\\n  && pip install av==1\n')
    assert installed(file) == ['"flask>=3"', "av==1"]


@EACH
def test_nobody_is_root(file):
    users = [rest for word, rest in instructions(file) if word == "USER"]
    assert users
    assert all(int(user) > 0 for user in users)  # by number: Kubernetes can check it
