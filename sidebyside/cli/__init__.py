"""The command ``sidebyside``: its modules parse and print, and hold no logic."""

from sidebyside.cli.main import main

__all__ = ["main"]
