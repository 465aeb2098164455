"""What is kept of a training: a file for each framework, with weights and a few other values.

The file is a NumPy archive (``.npz``) of plain arrays, which cannot run code when it is loaded.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from sidebyside.demos.cells import Lesson, step_of
from sidebyside.demos.definition import Demo
from sidebyside.errors import DemoError

FACTS, ABOUT = "facts.json", "about.json"  # two arrays of one text each
OF = "/"  # between a model's name and that of its weight


@dataclass(frozen=True)
class Kept:
    """What a file holds.

    Attributes
    ----------
    about
        Where it is from: ``topic``, ``title``, ``framework``, ``data`` (the size), ``cells`` (see
        `fingerprint`), ``on`` (versions and machine), and ``seconds`` if it was made for the demo.
    facts
        Values that JSON has, by their names.
    arrays
        The others, and weights, as ``model/0.weight`` or ``model/0``.
    """

    about: dict[str, Any]
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def restore(self, lesson: Lesson) -> None:
        """Put the values that are no models in their places.

        A name with a dot is put into an object made for it, not into one that a cell has made.
        """
        plain = {name: array for name, array in self.arrays.items() if OF not in name}
        for name, value in (self.facts | plain).items():
            owner, _, attribute = name.partition(".")
            if not attribute:
                lesson.defined[name] = value
            elif isinstance(
                place := lesson.defined.setdefault(owner, SimpleNamespace()), SimpleNamespace
            ):
                setattr(place, attribute, value)

    def restore_models(self, lesson: Lesson, models: Mapping[str, Any]) -> None:
        """Put the weights into models, and the models in their places.

        Raises
        ------
        DemoError
            If they do not fit.
        """
        for name, model in models.items():
            weights = {
                key.removeprefix(name + OF): array
                for key, array in self.arrays.items()
                if key.startswith(name + OF)
            }
            try:
                lesson.defined[name] = _fill(lesson, model, weights)
            except (RuntimeError, ValueError, KeyError) as error:
                raise DemoError(
                    f"The kept weights do not fit the {lesson.framework} model {name!r}: {error}"
                ) from error


def _fill(lesson: Lesson, model: Any, weights: Mapping[str, np.ndarray]) -> Any:
    if hasattr(model, "load_state_dict"):
        model.load_state_dict({k: lesson.torch.from_numpy(w) for k, w in weights.items()})
        return model.to(lesson.defined.get("device", "cpu")).eval()
    model.set_weights([weights[str(number)] for number in range(len(weights))])
    return model


def pack(lesson: Lesson, demo: Demo, about: Mapping[str, Any]) -> bytes:
    """Return the file that keeps what `demo` asks for.

    Parameters
    ----------
    lesson
        The notebook's names after its training.
    """
    arrays: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {}
    values = {name: _value(lesson, name) for name in demo.keep}
    values.update(demo.keep_besides(lesson))
    for name, value in values.items():
        if hasattr(value, "state_dict"):
            state = value.state_dict()
            arrays |= {f"{name}{OF}{key}": tensor.cpu().numpy() for key, tensor in state.items()}
        elif hasattr(value, "get_weights"):
            weights = enumerate(value.get_weights())
            arrays |= {f"{name}{OF}{number}": array for number, array in weights}
        elif hasattr(value, "__array__"):
            arrays[name] = np.asarray(value)
        else:
            facts[name] = value
    texts = {FACTS: np.array(json.dumps(facts)), ABOUT: np.array(json.dumps(dict(about)))}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays, **texts)
    return file.getvalue()


def _value(lesson: Lesson, name: str) -> Any:
    """Return what a name stands for, or one with a dot: ``data.class_names``."""
    owner, _, attribute = name.partition(".")
    value = getattr(lesson, owner)
    return getattr(value, attribute) if attribute else value


def unpack(file: Path) -> Kept:
    """Return what a file holds.

    Raises
    ------
    DemoError
        If it is not such a file; the message says to make it again.
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
        facts, about = (json.loads(str(arrays.pop(name))) for name in (FACTS, ABOUT))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DemoError(
            f"{file} is not a file of kept weights ({error}). Delete it, and it is made again."
        ) from error
    return Kept(about, facts, arrays)


def fingerprint(demo: Demo, cells: Mapping[str, str]) -> str:
    """Return what changes when a demo needs weights that are made again.

    That is the case if it keeps other values, or if the cells that it executes have changed.
    """
    steps = [step_of(entry) for entry in (*demo.cells, *demo.then)]
    text = json.dumps([list(demo.keep), {step: cells.get(step, "") for step in steps}])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
