"""What the parity tests measured, as it is shown: read here, written by them.

``tests/parity/test_parity.py --save-parity`` measures (it needs both frameworks) and writes
docs/parity.json; the pages that show the figures need neither.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidebyside.checkout import ROOT
from sidebyside.files import read_json, write_json
from sidebyside.lessons.pairs import Pair

Difference = dict[str, Any]  # `largest`, and the `tolerance` that it is held against

# a quantity's name in the record: what it is, for people
QUANTITIES = {
    "outputs": "outputs",
    "training_outputs": "outputs in training mode",
    "loss": "loss",
    "gradients": "every gradient",
    "weights": "every weight after {steps} steps",
    "statistics": "running means and variances",
}


@dataclass(frozen=True)
class Parity:
    """What was compared between a pair's two models, and how far apart they are.

    Attributes
    ----------
    differences
        For each quantity of QUANTITIES, the largest difference found.
    tolerances
        For each of them, what counts as equal.
    stock
        The largest difference between weights with each library's optimiser left as it is.
    measured
        A sentence on versions and date.
    """

    steps: int
    differences: dict[str, float]
    tolerances: dict[str, float]
    stock: float
    measured: str

    @property
    def largest(self) -> float:
        """The largest difference that was found."""
        return max(self.differences.values())

    @property
    def rows(self) -> list[tuple[str, float, float]]:
        """What was compared, for people: its name, the largest difference, the tolerance."""
        return [
            (name.format(steps=self.steps), self.differences[key], self.tolerances[key])
            for key, name in QUANTITIES.items()
        ]


def record_file(root: Path = ROOT) -> Path:
    """Return the file that keeps the figures of all pairs."""
    return root / "docs" / "parity.json"


def parity(pair: Pair) -> Parity | None:
    """Return what is on record for a pair, or None."""
    file = record_file(pair.root)
    records = read_json(file) if file.is_file() else {}
    if (record := records.get(pair.topic)) is None:
        return None
    found = record["differences"]
    versions = [f"{name} {version}" for name, version in record["versions"].items()]
    return Parity(
        steps=record["steps"],
        differences={key: found[key]["largest"] for key in QUANTITIES},
        tolerances={key: found[key]["tolerance"] for key in QUANTITIES},
        stock=found["stock_weights"]["largest"],
        measured=f"{', '.join(versions)}, float32, on the sample, {record['date']}",
    )


def largest(results: Iterable[dict[str, Any]]) -> dict[str, Difference]:
    """Return the worst of several results of `sidebyside.parity.compare`, each ``as_dict()``."""
    found: dict[str, Difference] = {}
    for result in results:
        for name, difference in result.items():
            if name == "ok":
                continue
            if name not in found or difference["largest"] > found[name]["largest"]:
                found[name] = {key: difference[key] for key in ("largest", "tolerance")}
    return found


def save(
    pair: Pair, differences: dict[str, Difference], steps: int, versions: dict[str, str]
) -> None:
    """Put a pair's figures on record, in place of those that are there."""
    file = record_file(pair.root)
    records = read_json(file) if file.is_file() else {}
    records[pair.topic] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {name: version.partition("+")[0] for name, version in versions.items()},
        "steps": steps,
        "differences": {
            name: {
                "largest": float(f"{difference['largest']:.2g}"),
                "tolerance": difference["tolerance"],
            }
            for name, difference in differences.items()
        },
    }
    write_json(file, dict(sorted(records.items())))
