"""The environment variables of processes that work in another folder than the command."""

import os


def environment(data: str | None = None) -> dict[str, str]:
    """Return the environment variables for a kernel or another process of its own.

    Parameters
    ----------
    data
        The data size: ``full`` or ``sample``; as it is here, if not given.
    """
    found = dict(os.environ)
    if data:
        found["SIDEBYSIDE_DATA"] = data
    if folder := found.get("SIDEBYSIDE_DATA_DIR"):  # which may be relative to this folder
        found["SIDEBYSIDE_DATA_DIR"] = os.path.abspath(os.path.expanduser(folder))
    return found
