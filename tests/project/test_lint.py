"""Style and types are in order, by the versions in the lock.

With another version these tests are skipped: a new release brings new rules, and the checks of
the newest packages are not about style.
"""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pytest
import yaml

from sidebyside.checkout import ROOT

LOCK = (ROOT / "requirements" / "all.txt").read_text("utf-8")
PINNED = {name: re.search(rf"^{name}==(\S+)", LOCK, re.MULTILINE)[1] for name in ("mypy", "ruff")}


def check(tool, *words):
    """Run a tool of the lock's version, or skip the test; return its result."""
    try:
        installed = version(tool)
    except PackageNotFoundError:
        installed = "not installed"
    if installed != PINNED[tool]:
        pytest.skip(f"{tool} is {installed}; the lock has {PINNED[tool]}")
    command = [sys.executable, "-m", tool, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(words):
    done = check("ruff", *words, ".")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch's types are needed")
def test_mypy_finds_nothing():
    done = check("mypy")
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_finds_a_wrong_type(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("def half(number: int) -> str:\n    return number / 2\n", "utf-8")
    done = check("mypy", "--config-file", str(ROOT / "pyproject.toml"), str(file))
    assert done.returncode == 1
    assert "[return-value]" in done.stdout


def test_modules_that_are_not_typed_yet_exist():
    config = (ROOT / "pyproject.toml").read_text("utf-8")
    _, _, listed = config.partition("# not yet typed")
    modules = re.findall(r'"(sidebyside[\w.]*)"', listed.partition("ignore_errors")[0])
    paths = [ROOT / name.replace(".", "/") for name in modules]
    wrong = [path for path in paths if not (path.with_suffix(".py").is_file() or path.is_dir())]
    assert wrong == []


def test_hooks_have_the_locks_version_of_ruff():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    asked = {text for hook in hooks for text in hook.get("additional_dependencies", [])}
    assert asked == {f"ruff=={PINNED['ruff']}"}
    assert any("sidebyside check" in hook["entry"] for hook in hooks)
