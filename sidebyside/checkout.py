"""Where things are: the checkout, its address, what is built in it, and the package's own data.

An installed wheel has no checkout around it. What it needs all the same, the dictionary and the
registry of the data sets, it carries inside the package.
"""

import tomllib
from pathlib import Path

from sidebyside.errors import CheckoutError

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
CARRIED = PACKAGE / "_data"  # in a wheel


def is_checkout(root: Path = ROOT) -> bool:
    """Return whether `root` is a checkout of the repository."""
    return (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir()


def require_checkout(root: Path = ROOT) -> None:
    """Check that `root` is a checkout.

    Raises
    ------
    CheckoutError
        If it is not, as with an installed wheel.
    """
    if not is_checkout(root):
        raise CheckoutError(
            "This command works in a checkout of the repository, where the lessons are. The "
            "installed package has lookup, translate, quiz, port and data."
        )


def package_data(name: str) -> Path:
    """Return a file or folder that the package needs, from the checkout or from the wheel.

    Parameters
    ----------
    name
        Its place in the checkout: ``dictionary``, ``data/registry.txt``.
    """
    here = ROOT / name
    return CARRIED / name if CARRIED.is_dir() else here


def repository_url(root: Path = ROOT) -> str:
    """Return the repository's address, which pyproject.toml has and nothing else."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["urls"]["Repository"])


def build_folder(kind: str, root: Path = ROOT) -> Path:
    """Return the folder for what is built and can be built again: ``runs``, ``benchmarks``."""
    return root / "build" / kind
