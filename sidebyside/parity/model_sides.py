"""The two sides of a comparison: the same methods, one class for each library.

A side holds a model, its loss and what makes its optimiser. What it gives is in Keras's layout:
the outputs, the loss, the gradients and the values of the mapped variables.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from sidebyside.parity import by_design
from sidebyside.parity.arrays import from_keras, from_torch, without_none
from sidebyside.parity.libraries import keras, nn, tf, torch
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.normalisation import BATCH_NORMS
from sidebyside.parity.tracing import call_torch


class Batch(NamedTuple):
    """A batch as tensors of one library."""

    inputs: Any
    targets: Any


class Pass(NamedTuple):
    """What one pass in training mode gives; no gradient is None."""

    outputs: Any
    loss: float
    gradients: list


class Side(Protocol):
    """What both sides can do."""

    def tensors(self, inputs: Any, targets: Any) -> Batch:
        """Return a batch of arrays as tensors."""

    def inference(self, inputs: Any) -> Any:
        """Return the outputs in inference mode, as arrays."""

    def training(self, batch: Batch) -> Pass:
        """Return outputs, loss and gradients in training mode."""

    def optimizer(self, stock: bool) -> Callable[[list], None]:
        """Return a function that takes one optimiser step with the gradients it is given."""

    def value(self, mapping: Mapping) -> Array:
        """Return what a mapped variable holds, in Keras's layout."""

    def conditions(self, stock: bool) -> contextlib.AbstractContextManager[None]:
        """Dropout off and, unless `stock`, differences by design removed; all undone after."""


class TorchSide:
    """PyTorch's model; see `Side`."""

    def __init__(
        self,
        model: nn.Module,
        mappings: list[Mapping],
        loss: Callable,
        make_optimizer: Callable,
        lay_out_outputs: Callable,
    ):
        self.model, self.loss, self.make_optimizer = model, loss, make_optimizer
        self.trainable = [mapping for mapping in mappings if mapping.trainable]
        self.lay_out_outputs = lay_out_outputs

    @property
    def parameters(self) -> dict[str, nn.Parameter]:
        """Every parameter by every name that it has."""
        return dict(self.model.named_parameters(remove_duplicate=False))

    def tensors(self, inputs: Any, targets: Any) -> Batch:
        """Return a batch of arrays, laid out for PyTorch, as tensors on the model's device."""
        like = next(self.model.parameters())

        def tensor(array: Array) -> torch.Tensor:
            found = torch.tensor(np.ascontiguousarray(array), device=like.device)
            return found.to(like.dtype) if found.is_floating_point() else found

        return Batch(*keras.tree.map_structure(tensor, (inputs, targets)))

    def inference(self, inputs: Any) -> Any:
        """Return the outputs in inference mode, laid out like Keras's."""
        modes = [(module, "training", False) for module in self.model.modules()]
        with by_design.changed(modes), torch.no_grad():
            return self._laid_out(self._call(inputs))

    def training(self, batch: Batch) -> Pass:
        """Return outputs, loss and gradients in training mode; the gradients stay in the model."""
        if not self.model.training:  # else parts may be in evaluation mode on purpose
            self.model.train()
        self.model.zero_grad()
        outputs = self._call(batch.inputs)
        loss = self.loss(outputs, batch.targets)
        loss.backward()
        parameters = self.parameters
        gradients = [self._gradient(mapping, parameters) for mapping in self.trainable]
        return Pass(self._laid_out(outputs), loss.item(), gradients)

    def optimizer(self, stock: bool = False) -> Callable[[list], None]:
        """Return a step of optimiser and scheduler, which takes the gradients in the model."""
        made = self.make_optimizer(self.model)
        optimizer, scheduler = made if isinstance(made, tuple) else (made, None)

        def step(gradients: list) -> None:
            optimizer.step()
            if scheduler is not None:
                scheduler.step()

        return step

    def value(self, mapping: Mapping) -> Array:
        """Return what a mapped variable should hold."""
        arrays = self.model.state_dict()
        return mapping.weights(*(from_torch(arrays[name]) for name in mapping.torch_names))

    @contextlib.contextmanager
    def conditions(self, stock: bool = False) -> Iterator[None]:
        """Dropout off and, unless `stock`, differences by design removed; all undone after."""
        modes = [(module, "training", module.training) for module in self.model.modules()]
        state = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        changes, hooks = list(by_design.torch_dropout_off(self.model)), []
        for module in [] if stock else self.model.modules():
            if isinstance(module, BATCH_NORMS):
                hooks.append(module.register_forward_hook(by_design.biased_variance))
            elif isinstance(module, nn.LSTM | nn.RNN | nn.LSTMCell | nn.RNNCell):
                changes += by_design.single_bias(module)
        try:
            with by_design.changed(modes), by_design.changed(changes):
                yield
        finally:
            for hook in hooks:
                hook.remove()
            self.model.load_state_dict(state)
            self.model.zero_grad()

    def _call(self, inputs: Any) -> Any:
        return call_torch(self.model, inputs)

    def _laid_out(self, outputs: Any) -> Any:
        return self.lay_out_outputs(keras.tree.map_structure(from_torch, without_none(outputs)))

    @staticmethod
    def _gradient(mapping: Mapping, parameters: dict[str, nn.Parameter]) -> Array | None:
        ours = [parameters[name] for name in mapping.torch_names]
        if all(parameter.grad is None for parameter in ours):
            return None
        arrays = [from_torch(torch.zeros_like(p) if p.grad is None else p.grad) for p in ours]
        return np.array(mapping.gradients(*arrays))


class KerasSide:
    """Keras's model; see `Side`."""

    def __init__(
        self,
        model: keras.Model,
        mappings: list[Mapping],
        loss: Callable,
        make_optimizer: Callable,
    ):
        self.model, self.loss, self.make_optimizer = model, loss, make_optimizer
        self.variables = [mapping.variable for mapping in mappings if mapping.trainable]

    def tensors(self, inputs: Any, targets: Any) -> Batch:
        """Return a batch of arrays as tensors."""
        return Batch(*keras.tree.map_structure(tf.convert_to_tensor, (inputs, targets)))

    def inference(self, inputs: Any) -> Any:
        """Return the outputs in inference mode, as arrays."""
        return _as_arrays(self.model(inputs, training=False))

    def training(self, batch: Batch) -> Pass:
        """Return outputs, loss and gradients in training mode."""
        outputs, loss, gradients = self._graph(batch.inputs, batch.targets)
        return Pass(_as_arrays(outputs), float(loss), gradients)

    @functools.cached_property
    def _graph(self) -> Callable:
        """Outputs, loss and gradients; compiled, because an RNN is slow without."""

        def outputs_loss_gradients(inputs, targets):
            with tf.GradientTape() as tape:
                outputs = self.model(inputs, training=True)
                # as `fit` does: penalties on weights and outputs are part of the loss
                loss = sum(self.model.losses, self.loss(outputs, targets))
            self.model._clear_losses()
            return outputs, loss, tape.gradient(loss, self.variables)

        # an object for each side: TensorFlow warns of retracing where many share one function
        return tf.function(functools.partial(outputs_loss_gradients))

    def optimizer(self, stock: bool = False) -> Callable[[list], None]:
        """Return a step of the optimiser; if `stock`, with the gradients as Keras gives them."""
        optimizer = self.make_optimizer(self.model)

        def step(gradients: list) -> None:
            pairs = zip(gradients, self.variables, strict=True)
            with by_design.changed([] if stock else by_design.torch_epsilon(optimizer)):
                optimizer.apply_gradients(
                    (gradient if stock else tf.convert_to_tensor(gradient), variable)
                    for gradient, variable in pairs
                    if gradient is not None
                )

        return step

    def value(self, mapping: Mapping) -> Array:
        """Return what a mapped variable holds."""
        return from_keras(mapping.variable)

    @contextlib.contextmanager
    def conditions(self, stock: bool = False) -> Iterator[None]:
        """Dropout off; undone after."""
        state = self.model.get_weights()
        try:
            with by_design.changed(list(by_design.keras_dropout_off(self.model))):
                yield
        finally:
            self.model.set_weights(state)


def _as_arrays(outputs: Any) -> Any:
    return keras.tree.map_structure(from_keras, without_none(outputs))
