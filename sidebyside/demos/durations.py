"""How long making a demo's weights takes, from what was recorded.

    python -m sidebyside.demos.durations TOPIC

keeps the seconds that the weights in build/demos took in docs/demos.json. Where nothing is kept
of the original data, it is the time that the notebooks' own reports have, the trainings alone.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sidebyside.checkout import ROOT
from sidebyside.demos.answering import load_demo
from sidebyside.demos.kept import unpack
from sidebyside.demos.making import demo_files
from sidebyside.files import read_json, write_json
from sidebyside.lessons.pairs import Pair, find_pair
from sidebyside.measure.figures import last_report

RECORD = ROOT / "docs" / "demos.json"


def seconds(pair: Pair, data: str, framework: str, record: Path = RECORD) -> float | None:
    """Return how long it takes for one framework; None if nothing is known of it."""
    kept = read_json(record) if record.is_file() else {}
    if (known := kept.get(pair.topic, {}).get(data, {}).get(framework)) is not None:
        return float(known)
    report = last_report(pair.read(framework)) or {}
    timed = load_demo(demo_files(pair, data).demo).timed
    if report.get("data") != data or not all(key in report for key in timed):
        return None
    return float(sum(report[key] for key in timed))


def in_words(pair: Pair, data: str, frameworks: list[str], record: Path = RECORD) -> str:
    """Return a sentence on how long making the weights of some frameworks takes."""
    known = [seconds(pair, data, framework, record) for framework in frameworks]
    if None in known:
        return "How long that takes has not been measured yet."
    total = sum(one for one in known if one is not None)
    return f"That took {_readable(total)} where it was measured, on two cores."


def _readable(total: float) -> str:
    """Return seconds, or minutes from 100 seconds on."""
    if total < 100:
        return f"{max(1, round(total))} seconds"
    return f"{round(total / 60)} minutes"


def keep(pair: Pair, record: Path = RECORD) -> dict[str, Any]:
    """Keep what the weights that are there took; return the record."""
    kept: dict[str, Any] = read_json(record) if record.is_file() else {}
    for data in ("sample", "full"):
        for framework, file in demo_files(pair, data).weights.items():
            took = unpack(file).about.get("seconds") if file.is_file() else None
            if took is not None:  # a whole run does not tell it
                kept.setdefault(pair.topic, {}).setdefault(data, {})[framework] = took
    write_json(record, dict(sorted(kept.items())))
    return kept


if __name__ == "__main__":
    for topic in sys.argv[1:]:
        keep(find_pair(topic))
