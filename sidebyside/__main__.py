"""``python -m sidebyside`` is the command ``sidebyside``."""

from sidebyside.cli import main

main()
