"""Files that an installed Python package carries."""

import importlib.metadata
import shutil
from pathlib import Path

from sidebyside.datasets.data_settings import SAMPLE_HINT
from sidebyside.errors import MissingDataError

PACKAGE = "package:"  # with which an address begins: ``package:PACKAGE/PATH``


def is_installed(address: str) -> bool:
    """Return whether the package of an address, ``package:PACKAGE/PATH``, is installed."""
    package = address.removeprefix(PACKAGE).partition("/")[0]
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def copy_from_package(name: str, address: str, target: Path) -> None:
    """Write what a package carries to the file `target`. The package is not imported.

    Parameters
    ----------
    name
        What is wanted, as the registry calls it; for the message if it cannot be had.
    address
        The package's name, and the file's place beside the installed packages.
    target
        Where to.

    Raises
    ------
    MissingDataError
        If the package is not installed, or does not have the file.
    """
    package, _, path = address.removeprefix(PACKAGE).partition("/")
    try:
        source = Path(str(importlib.metadata.distribution(package).locate_file(path)))
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingDataError(
            f"{name} is carried by the package {package}, which is not installed. Install it with "
            f"'pip install {package}'. {SAMPLE_HINT}"
        ) from error
    if not source.is_file():
        raise MissingDataError(f"The package {package} does not hold {path}. {SAMPLE_HINT}")
    shutil.copyfile(source, target)
