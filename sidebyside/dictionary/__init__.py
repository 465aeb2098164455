"""The dictionary: what stands where in PyTorch and in TensorFlow/Keras, every entry executed.

The entries are plain text, a TOML file a chapter in the repository's folder ``dictionary``.
`entries` reads them and `names` knows what they are about; `lookup` and `translate` are what one
meets on the command line. Nothing here imports a framework; what executes the entries is in
`sidebyside.proof`.
"""

from sidebyside.dictionary.entries import (
    FOLDER,
    Chapter,
    Entry,
    Trap,
    is_chapter,
    read,
    read_all,
)
from sidebyside.errors import DictionaryError

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
