"""The models of the PyTorch service: exported programs, each with a queue."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from common.batching import Batcher
from common.contract import find_versions, read_labels
from common.problems import Problem
from common.settings import Settings
from common.telemetry import observe_batch


def load(place: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return the model of a folder: a function of pictures, NumPy to NumPy.

    Pictures (n, 32, 32, 3), uint8, to probabilities (n, classes). The file
    has the graph: none of the training's code is needed.
    """
    program = torch.export.load(place / "model.pt2").module()

    @torch.inference_mode()
    def compute(pictures: np.ndarray) -> np.ndarray:
        outputs: torch.Tensor = program(torch.from_numpy(pictures))
        return np.asarray(outputs.numpy())

    return compute


@dataclass
class Served:
    """A version of a model, ready to be asked."""

    version: str
    labels: list[str]
    batcher: Batcher


class Models:
    """All versions of all models, loaded and warm."""

    def __init__(self, settings: Settings) -> None:
        torch.set_num_threads(settings.threads)
        self.found: dict[str, dict[str, Served]] = {}
        for model, places in find_versions(settings.models).items():
            labels = read_labels(settings.models, model)
            self.found[model] = {
                version: Served(version, labels, _batcher(place, settings))
                for version, place in places.items()
            }
        gc.collect()
        gc.freeze()  # what is loaded stays: it need not be looked at again

    def versions(self, model: str) -> dict[str, Served]:
        """Return the versions of a model, the newest last."""
        if model not in self.found:
            raise Problem(404, f"there is no model {model!r:.60}")
        return self.found[model]

    def get(self, model: str, version: str | None) -> Served:
        """Return a version of a model; the newest without a version."""
        versions = self.versions(model)
        if version is None and versions:
            return list(versions.values())[-1]
        if version not in versions:
            raise Problem(404, f"{model} has no version {version!r:.20}")
        return versions[version]

    def ready(self) -> bool:
        """Whether there is a model, and each has somebody who answers."""
        served = [one for all_ in self.found.values() for one in all_.values()]
        return bool(served) and all(one.batcher.alive for one in served)

    def close(self) -> None:
        """Answer what waits, then end."""
        for versions in self.found.values():
            for one in versions.values():
                one.batcher.close()


def _batcher(place: Path, settings: Settings) -> Batcher:
    compute = load(place)
    for rows in (1, settings.batch_rows):  # what a first call costs, is paid
        compute(np.zeros((rows, 32, 32, 3), np.uint8))
    return Batcher(
        compute,
        settings.batch_rows,
        settings.batch_wait,
        settings.most_waiting,
        observe_batch,
    )
