"""What the tests of the project's own files share."""

import pytest


@pytest.fixture(autouse=True)
def not_below_make(monkeypatch):
    """Have `make` in a test write what it writes for a reader, also where `make test` runs it."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.delenv(name, raising=False)
