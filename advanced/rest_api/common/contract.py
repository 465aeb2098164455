"""The contract, openapi.yaml, and the words that both services answer in."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml  # type: ignore[import-untyped]

FILE = Path(__file__).parents[1] / "openapi.yaml"


@cache
def contract() -> dict[str, Any]:
    """Return the contract as it is committed."""
    return dict(yaml.safe_load(FILE.read_text("utf-8")))


def answer(
    model: str, version: str, labels: list[str], probabilities: np.ndarray
) -> dict[str, Any]:
    """Return the answer to a request: a prediction for each picture."""
    predictions = []
    for row in probabilities:
        best = int(row.argmax())
        predictions.append(
            {
                "label": labels[best],
                "probability": float(row[best]),
                "probabilities": [float(number) for number in row],
            }
        )
    return {"model": model, "version": version, "predictions": predictions}


def status(versions: list[str]) -> dict[str, Any]:
    """Return which versions of a model there are, in TF Serving's words."""
    return {
        "model_version_status": [
            {
                "version": version,
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
            for version in versions
        ]
    }


def read_labels(models: Path, model: str) -> list[str]:
    """Return the names of a model's classes."""
    text = (models / model / "labels.json").read_text("utf-8")
    return [str(label) for label in json.loads(text)]


def find_versions(models: Path) -> dict[str, dict[str, Path]]:
    """Return the folders of all models: by name, by version, oldest first."""
    found: dict[str, dict[str, Path]] = {}
    for labels in sorted(models.glob("*/labels.json")):
        numbers = [
            one for one in labels.parent.iterdir() if one.name.isdigit()
        ]
        numbers.sort(key=lambda one: int(one.name))
        found[labels.parent.name] = {one.name: one for one in numbers}
    return found
