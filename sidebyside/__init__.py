"""The small package behind the notebooks of sidebyside.

What notebooks use: `sidebyside.datasets` and `sidebyside.report`. What maintainers use has a
command, ``sidebyside --help``. Importing this package imports neither framework, and NumPy only
when data or a report are asked for.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidebyside import datasets
    from sidebyside.reporting import report

__all__ = ["datasets", "report"]


def __getattr__(name: str):
    if name == "datasets":
        return importlib.import_module("sidebyside.datasets")
    if name == "report":
        return importlib.import_module("sidebyside.reporting").report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
