"""Both programs of a walk: models, losses, optimisers, and one batch laid out for each."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sidebyside.errors import PortingError
from sidebyside.parity import examples
from sidebyside.parity.arrays import from_keras, from_torch
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.libraries import keras, nn, tf, torch
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.model_sides import Batch, KerasSide, Pass, TorchSide
from sidebyside.parity.rules import Pair, Rule, Setting
from sidebyside.parity.settings import Settings
from sidebyside.parity.units import KerasUnit

TOLERANCE = 5e-5  # in parts of the largest number: what float32 leaves between equal layers


@dataclass
class Programs:
    """Two programs that should be the same; `find_difference` says what each attribute is."""

    torch_model: nn.Module
    keras_model: keras.Model
    inputs: Any  # as Keras takes them
    targets: Any
    torch_arrays: tuple[Any, Any]  # inputs and targets as PyTorch takes them
    torch_loss: Callable[..., Any] | None
    keras_loss: Callable[..., Any] | None
    torch_make_optimizer: Callable[..., Any] | None
    keras_make_optimizer: Callable[..., Any] | None
    torch_outputs: Callable[..., Any]
    pairs: list[Pair]
    fitting: Fitting
    guessed: set[KerasUnit]  # those whose order of features is only the likeliest

    @cached_property
    def mappings(self) -> list[Mapping]:
        """One for each variable of Keras's model."""
        return [mapping for pair in self.pairs for mapping in self.fitting.mappings(pair)]

    @cached_property
    def trainable(self) -> list[Mapping]:
        """Those that Keras trains."""
        return [mapping for mapping in self.mappings if mapping.trainable]

    @cached_property
    def ours(self) -> TorchSide:
        """PyTorch's side."""
        return TorchSide(
            self.torch_model, self.mappings, self.torch_loss or _no_loss,
            self.torch_make_optimizer or _no_optimizer, self.torch_outputs,
        )  # fmt: skip

    @cached_property
    def theirs(self) -> KerasSide:
        """Keras's side."""
        return KerasSide(
            self.keras_model, self.mappings, self.keras_loss or _no_loss,
            self.keras_make_optimizer or _no_optimizer,
        )  # fmt: skip

    @cached_property
    def torch_batch(self) -> Batch:
        """The batch as PyTorch's tensors."""
        number = str(next(self.torch_model.parameters()).dtype).removeprefix("torch.")
        inputs, targets = self.torch_arrays
        return Batch(
            examples.tensors(inputs, self.torch_model, number),
            None if targets is None else examples.tensors(targets, self.torch_model, number),
        )

    @cached_property
    def keras_batch(self) -> Batch:
        """The batch as TensorFlow's tensors; floats as the model computes."""

        def tensor(array: Any) -> Any:
            array = np.asarray(array)
            kind = {"f": "float32"}.get(array.dtype.kind, array.dtype)
            return tf.convert_to_tensor(array.astype(kind))

        targets = self.targets
        return Batch(
            keras.tree.map_structure(tensor, self.inputs),
            None if targets is None else keras.tree.map_structure(tensor, targets),
        )

    @cached_property
    def passes(self) -> tuple[Pass, Pass]:
        """Outputs, loss and gradients of both in training mode, without dropout."""
        with self.conditions():
            return self.ours.training(self.torch_batch), self.theirs.training(self.keras_batch)

    @contextlib.contextmanager
    def conditions(self) -> Iterator[None]:
        """Dropout off and differences by design removed; all undone after."""
        with self.ours.conditions(), self.theirs.conditions():
            yield

    def port(self) -> None:
        """Give Keras's model the weights of PyTorch's."""
        for mapping in self.mappings:
            mapping.variable.assign(self.ours.value(mapping))

    def rule(self, pair: Pair) -> Rule:
        """Return the rule by which a pair fits."""
        rule = self.fitting.fit(pair.ours, pair.theirs).rule
        assert rule is not None
        return rule

    @cached_property
    def settings(self) -> Settings:
        """All settings that both models show."""
        return Settings(self.torch_model, self.keras_model)

    def differing(self, pair: Pair) -> list[Setting]:
        """Return the settings that differ between the layers of a pair."""
        return list(self.settings.differences(self.fitting, pair))


def _no_loss(*_: Any) -> Any:
    raise PortingError("There is no loss: give both with `torch_loss=` and `keras_loss=`.")


def _no_optimizer(*_: Any) -> Any:
    raise PortingError("There is no optimiser: give `torch_make_optimizer=` and Keras's.")


def as_array(value: Any) -> np.ndarray:
    """Return a tensor of either library, or what NumPy can take, as an array."""
    if isinstance(value, torch.Tensor):
        return from_torch(value)
    return from_keras(value) if keras.ops.is_tensor(value) else np.asarray(value)


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference of two arrays of one shape, in parts of the largest number."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if not ours.size:
        return 0.0
    with np.errstate(invalid="ignore"):
        gap = np.where(ours == theirs, 0, np.abs(ours - theirs))
    gap = np.where(np.isnan(ours) & np.isnan(theirs), 0, gap)
    finite = np.abs(ours[np.isfinite(ours)])
    found = float(np.max(gap)) / max(float(np.max(finite, initial=0)), 1e-12)
    return found if np.isfinite(found) else float("inf")


def alike(ours: np.ndarray, theirs: np.ndarray, tolerance: float = TOLERANCE) -> bool:
    """Whether two arrays have one shape, and the same numbers but for rounding."""
    return ours.shape == theirs.shape and apart(ours, theirs) <= tolerance


def told(setting: Setting) -> str:
    """Return the sentence on a setting that differs."""
    values = [f"{v:g}" if isinstance(v, float) else repr(v) for v in (setting.value, setting.other)]
    return (
        f"{setting.ours} is {values[0]} in PyTorch, and {setting.theirs} is {values[1]} in Keras."
    )
