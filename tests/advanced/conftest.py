"""The programs of the advanced projects, imported from their folders."""

import importlib
import sys

import pytest

from sidebyside.checkout import ROOT


@pytest.fixture(scope="module")
def ab_testing():
    """Return a function that imports a module of the project on A/B testing.

    Other projects may have modules of the same names: none is left behind.
    """
    folder = ROOT / "advanced" / "ab_testing"
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    yield importlib.import_module
    sys.path.remove(str(folder))
    for name in {path.stem for path in folder.glob("*.py")} & (set(sys.modules) - before):
        del sys.modules[name]
