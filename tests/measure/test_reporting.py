"""What a notebook's report holds."""

import datetime
import json
import subprocess
import sys

import numpy as np
import pytest

from sidebyside import reporting


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    reporting.report("pytorch", "sample", test_accuracy=np.float32(0.5), parameters=np.int64(1234))
    return bundles[0]


def test_report_is_plain_json(shown):
    figures = json.loads(json.dumps(shown["application/json"]))
    assert figures["framework"] == "pytorch"
    assert figures["data"] == "sample"
    assert figures["test_accuracy"] == 0.5
    assert figures["parameters"] == 1234
    assert 20 < figures["peak_memory_mb"] < 100_000
    assert figures["numpy"] == np.__version__
    assert figures["threads"] >= 1
    assert "cores" in figures["cpu"]
    today = datetime.datetime.now(datetime.UTC).date()
    assert abs(datetime.date.fromisoformat(figures["date"]) - today).days <= 1


def test_report_is_a_table_for_people(shown):
    assert "<th style='text-align:left'>test accuracy</th>" in shown["text/html"]
    assert "0.500" in shown["text/html"]
    assert "1,234" in shown["text/plain"]


def test_seconds_are_rounded_and_milliseconds_are_not(monkeypatch):
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    reporting.report("pytorch", "sample", train_seconds=12.345, int8_milliseconds=0.0498)
    assert "12.3" in bundles[0]["text/plain"] and "12.345" not in bundles[0]["text/plain"]
    assert "0.050" in bundles[0]["text/plain"]


def test_peak_memory_grows_with_an_array():
    code = (
        "import numpy as np; from sidebyside.reporting import peak_memory_mb as peak; "
        "before = peak(); x = np.ones(100 * 2**17); print(peak() - before)"
    )
    grown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 90 <= int(grown.stdout) <= 130  # 100 MB of float64


def test_the_package_imports_neither_framework():
    code = (
        "import sys, sidebyside, sidebyside.cli; "
        "print([name for name in ('torch', 'tensorflow', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
