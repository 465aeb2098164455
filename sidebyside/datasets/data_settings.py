"""What a reader sets: which size of the data, and the folder that holds them."""

import os
from pathlib import Path

import platformdirs

from sidebyside.checkout import ROOT, is_checkout
from sidebyside.errors import DataError

SIZES = ("full", "sample")
SAMPLE_HINT = "Set SIDEBYSIDE_DATA=sample to work on the built-in sample instead."


def data_size() -> str:
    """Return ``full`` or ``sample``, from `SIDEBYSIDE_DATA`; any other value is a `DataError`."""
    size = os.environ.get("SIDEBYSIDE_DATA", "full")
    if size not in SIZES:
        raise DataError(
            f"SIDEBYSIDE_DATA is {size!r}, which is not a data size. "
            "Set it to 'full' (the original data) or 'sample' (small, made on this machine)."
        )
    return size


def data_folder() -> Path:
    """Return the folder of the data sets, as an absolute path.

    It is `SIDEBYSIDE_DATA_DIR` if that is set (from the working directory, if it is relative),
    else the repository's own ``data/``. Where the package is installed without the repository, it
    is the user's cache folder: ``~/.cache/sidebyside`` on Linux, ``~/Library/Caches/sidebyside``
    on macOS, ``%LOCALAPPDATA%\\sidebyside\\sidebyside\\Cache`` on Windows.

    Raises
    ------
    DataError
        If it begins with a ``~`` that cannot be resolved.
    """
    if given := os.environ.get("SIDEBYSIDE_DATA_DIR"):
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError as error:
            raise DataError(
                f"SIDEBYSIDE_DATA_DIR is {given!r}, and there is no such home folder. "
                "Set it to a folder of yours."
            ) from error
    return ROOT / "data" if is_checkout() else platformdirs.user_cache_path("sidebyside")
