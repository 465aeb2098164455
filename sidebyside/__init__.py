"""The small package behind the notebooks of sidebyside.

What notebooks use: `sidebyside.datasets` and `sidebyside.report`. What maintainers use has a
command, ``sidebyside --help``. Importing this package imports neither framework.
"""

from sidebyside import datasets
from sidebyside.reporting import report

__all__ = ["datasets", "report"]
