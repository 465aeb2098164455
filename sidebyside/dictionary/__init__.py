"""The dictionary: what stands where in PyTorch and in TensorFlow/Keras, every entry executed.

The entries are plain text, a TOML file a chapter in the repository's folder ``dictionary``.
`entries` reads them and `names` knows what they are about; neither imports a framework, nor do
`lookup` and `translate`, which are what one meets on the command line. `execute` runs an entry in
both frameworks, `compare` compares what they gave, and `run` proves entry and traps; `defaults`
reads the arguments' defaults from the installed packages, `coverage` finds what is lacking.
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
