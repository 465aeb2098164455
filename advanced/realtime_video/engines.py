"""Which program runs which file; what belongs to a model besides."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CARD = "detector.json"  # beside the model
Engine = Callable[[np.ndarray], np.ndarray]  # RGB picture -> answers


@dataclass(frozen=True)
class Card:
    """What must be known of a model to use it."""

    height: int  # of the picture that it takes
    width: int
    classes: list[str]
    least_score: float

    @classmethod
    def beside(cls, model: Path) -> Card:
        """Read the card that lies beside a model."""
        return cls(**json.loads((model.parent / CARD).read_text("utf-8")))


def load_engine(model: Path, threads: int = 1) -> Engine:
    """Load a model; only what runs it is imported."""
    if not model.exists():
        raise FileNotFoundError(f"There is no model {model}.")
    if model.suffix == ".onnx":
        from engine_runtimes import Onnx

        return Onnx(model, threads)
    if model.suffix == ".tflite":
        from engine_runtimes import LiteRt

        return LiteRt(model, threads)
    if model.suffix in {".pt2", ".pte"}:
        from engine_pytorch import Exported, Lowered

        return (Exported if model.suffix == ".pt2" else Lowered)(
            model, threads
        )
    if model.is_dir():
        from engine_tensorflow import SavedModel

        return SavedModel(model, threads)
    raise ValueError(
        f"{model.name} is none of .pt2, .pte, .onnx and .tflite, and no "
        "SavedModel."
    )
