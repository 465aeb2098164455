"""The programs of the project on A/B testing, imported from their folder."""

import sys
from importlib import import_module

from sidebyside.checkout import ROOT

PROJECT = ROOT / "advanced" / "ab_testing"
sys.path.insert(0, str(PROJECT))
evidence, controller, proxy, serving, traffic = map(
    import_module, ("evidence", "controller", "proxy", "serving", "traffic")
)
