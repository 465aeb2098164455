"""The dictionary's files, read; what is not TOML is named."""

from pathlib import Path
from typing import Any

import tomli  # compiled: it reads all chapters in about half the time that tomllib needs

from sidebyside.errors import DictionaryError


def read_toml(file: Path) -> dict[str, Any]:
    """Return what a file holds.

    Raises
    ------
    DictionaryError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomli.loads(file.read_text("utf-8"))
    except OSError as error:
        raise DictionaryError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DictionaryError(f"{file.name} is not UTF-8, as TOML has to be.") from None
    except tomli.TOMLDecodeError as error:
        raise DictionaryError(f"{file.name} is not TOML: {error}.") from None
