"""The dictionary: what stands where in PyTorch and in TensorFlow/Keras, every entry executed.

The entries are plain text, a TOML file a chapter in the repository's folder ``dictionary``.
`entries` reads them and `names` knows what they are about; neither imports a framework, nor do
`lookup` and `translate`, which are what one meets on the command line. `run` executes an entry in
both frameworks and compares; `defaults` reads the arguments' defaults from the installed packages.
"""

from sidebyside.dictionary.entries import (
    FOLDER,
    Chapter,
    DictionaryError,
    Entry,
    Trap,
    is_chapter,
    read,
    read_all,
)

__all__ = [
    "FOLDER",
    "Chapter",
    "DictionaryError",
    "Entry",
    "Trap",
    "is_chapter",
    "read",
    "read_all",
]
