"""What a lesson needs besides the frameworks, named in its metadata.

An extra of pyproject.toml, an environment of its own beside the checkout's, ``.venv-NAME``, or a
program of the system's.
"""

import importlib.metadata
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from sidebyside.checkout import ROOT
from sidebyside.errors import MissingExtraError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.facts import read_facts
from sidebyside.lessons.pairs import Pair


def extras(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the extras of a checkout, each with what it requires."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return {name: list(needed) for name, needed in project["optional-dependencies"].items()}


def missing_extra(pair: Pair) -> str:
    """Return a sentence if what a lesson needs is not installed here, else nothing."""
    if not (extra := pair.facts.extra):
        return ""
    what = f"{pair.topic} needs {{absent}} besides the frameworks"
    return _missing(extra, what, pair.root)  # that there is none, `sidebyside check` says


def require_installed(extra: str, what: str, root: Path = ROOT) -> None:
    """Check that an extra of pyproject.toml is installed.

    Parameters
    ----------
    what
        Who needs it, the beginning of a sentence.

    Raises
    ------
    MissingExtraError
        If it is not; the message says how to install it.
    """
    if sentence := _missing(extra, f"{what} needs {{absent}}", root):
        raise MissingExtraError(sentence)


def _missing(extra: str, beginning: str, root: Path) -> str:
    """Return a sentence if an extra is not installed here, else nothing.

    Parameters
    ----------
    beginning
        The beginning of the sentence, with a place for the packages: ``{absent}``.
    """
    absent = sorted(set(_absent(extras(root).get(extra, []), extra)))
    if not absent:
        return ""
    return (
        f"{beginning.format(absent=', '.join(absent))}, which "
        f"{'is' if len(absent) == 1 else 'are'} not installed in this environment. Install "
        f"everything that it needs with 'pip install -e .[{extra}]'."
    )


def environments(root: Path = ROOT) -> Path:
    """Return the folder in which environments of their own lie: a checkout, or another one.

    The variable SIDEBYSIDE_ENVIRONMENTS names another one; the lessons read it, too.
    """
    return Path(os.environ.get("SIDEBYSIDE_ENVIRONMENTS") or root)


def missing_environment(pair: Pair, *chosen: str) -> str:
    """Return a sentence if an environment of its own that a lesson needs is missing here.

    It has to have this Python's version: it is lent the packages of this one. One that is in a
    system of its own lends nothing, and does not say its version.

    Parameters
    ----------
    chosen
        The frameworks whose notebooks are to run; all, if not given.
    """
    paths = [pair.path(framework) for framework in chosen or FRAMEWORKS]
    names = dict.fromkeys(read_facts(path).environment for path in paths)
    sentences = (_missing_environment(pair, name) for name in names if name)
    return next(filter(None, sentences), "")


def _missing_environment(pair: Pair, name: str) -> str:
    """Return a sentence if the environment of this name is missing, else nothing."""
    folder = environments(pair.root) / f".venv-{name}"
    wrong = "missing"
    if any((folder / python).exists() for python in ("bin/python", "Scripts/python.exe")):
        here = "{}.{}".format(*sys.version_info)
        if (there := _python_version(folder) or here) == here:
            return ""
        wrong = f"of Python {there}, not {here}"
    return (
        f"{pair.topic} needs an environment of its own, which is {wrong}: {folder}. Make it with "
        f"'make .venv-{name}/installed'."
    )


def missing_program(pair: Pair) -> str:
    """Return a sentence if there is no Linux with a lesson's program, else nothing.

    A server may lie where only an administrator's search path leads.
    """
    if not (program := pair.facts.program):
        return ""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
    if sys.platform == "linux" and shutil.which(program, path=places):
        return ""
    return (
        f"{pair.topic} needs Linux and its program {program}, which are not both here. On Debian "
        f"and Ubuntu install it with 'apt-get install {program}'."
    )


def _python_version(environment: Path) -> str:
    """Return the version of an environment's Python, such as 3.13; empty if it does not say."""
    file = environment / "pyvenv.cfg"
    text = file.read_text("utf-8") if file.is_file() else ""
    found = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", text, re.MULTILINE)
    return found[1] if found else ""


def require_extra(pair: Pair, *chosen: str) -> None:
    """Check that what a lesson needs besides the frameworks is installed.

    Parameters
    ----------
    chosen
        The frameworks whose notebooks are to run; all, if not given.

    Raises
    ------
    MissingExtraError
        If it is not; the message says how to install it.
    """
    sentence = missing_extra(pair) or missing_environment(pair, *chosen) or missing_program(pair)
    if sentence:
        raise MissingExtraError(sentence)


def _absent(needed: list[str], extra: str) -> Iterator[str]:
    """Yield the names of the packages that are not there, or of another version."""
    from packaging.requirements import Requirement

    for requirement in map(Requirement, needed):
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield requirement.name
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name}{requirement.specifier}"
