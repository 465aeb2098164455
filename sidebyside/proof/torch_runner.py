"""Run the PyTorch side of an entry."""

import contextlib
from typing import Any, ClassVar

import numpy as np
import torch

from sidebyside.proof.differences import Gradients, Leaf
from sidebyside.proof.inputs import SEED, weights_of_elements
from sidebyside.proof.runner import Ported, Runner

HALVES = (torch.bfloat16, torch.float16)  # NumPy has no bfloat16


class TorchRunner(Runner):
    """PyTorch's code: tensors record their gradients, pictures have their channels first."""

    framework = "pytorch"
    names: ClassVar = {
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "optim": torch.optim,
    }

    @staticmethod
    def seed() -> None:
        """Fix the seed."""
        torch.manual_seed(SEED)

    @staticmethod
    def restore() -> None:
        """Put PyTorch's global settings back to where they were."""
        torch.set_default_dtype(torch.float32)
        # compiling ends it
        torch.distributions.Distribution.set_default_validate_args(True)
        torch.set_grad_enabled(True)
        torch.use_deterministic_algorithms(False)

    def tensor(self, array: np.ndarray, channels: bool) -> torch.Tensor:
        """Return an input as a tensor, with its channels first."""
        ordered = np.moveaxis(array, -1, 1) if channels else array
        tensor = torch.from_numpy(np.array(ordered, order="C"))
        if self.wants_gradients and self.is_fractional(tensor):
            tensor.requires_grad_()
        return tensor

    def is_fractional(self, value: Any) -> bool:
        """Return whether a value is a tensor of fractions."""
        return isinstance(value, torch.Tensor) and value.dtype.is_floating_point

    def plain(self, value: object) -> object:
        """Return a shape as a tuple."""
        return tuple(value) if isinstance(value, torch.Size) else value

    def leaf(self, value: object) -> Leaf:
        """Return a value as it is compared."""
        if isinstance(value, torch.Tensor):
            dense = value.detach().to_dense().cpu()
            array = (dense.float() if dense.dtype in HALVES else dense.resolve_conj()).numpy()
            return Leaf(self._channels_last(array), _name(dense.dtype))
        if isinstance(value, torch.dtype):
            return Leaf(None, other=_name(value))
        return super().leaf(value)

    def recording(self) -> contextlib.AbstractContextManager[None]:
        """Do nothing: the tensors record by themselves."""
        return contextlib.nullcontext()

    def total(self, values: list[Any]) -> torch.Tensor | None:
        """Return the weighted sum of the results that have gradients; None without any."""
        parts = [
            (value.to_dense() * self._weights(value, number)).sum()
            for number, value in enumerate(values)
            if self.is_fractional(value) and value.requires_grad
        ]
        return sum(parts[1:], parts[0]) if parts else None

    def gradients(self, total: torch.Tensor, ported: Ported, record: None) -> Gradients:
        """Return the gradients of the inputs, and of ported weights as Keras has them."""
        parameters = {
            f"{name}.{key}": parameter
            for name in dict.fromkeys(name for name, _ in ported)
            for key, parameter in self[name].named_parameters()
            if parameter.requires_grad
        }
        arrays = _gradients(total, self.inputs | parameters)
        found = {name: arrays[name] for name in self.inputs}
        for name in self.entry.channels:
            if (array := found.get(name)) is not None:
                found[name] = np.moveaxis(array, 1, -1)
        for name, mapping in ported:
            if mapping.trainable:
                ours = [arrays.get(f"{name}.{key}") for key in mapping.torch_names]
                missing = any(array is None for array in ours)
                found[mapping.name] = None if missing else mapping.gradients(*ours)
        return found

    def _channels_last(self, array: np.ndarray) -> np.ndarray:
        """Return a result as Keras has it: of three axes and more, the channels are last."""
        moves = self.entry.channels and array.ndim > 2
        return np.moveaxis(array, 1, -1) if moves else array

    def _weights(self, value: torch.Tensor, number: int) -> torch.Tensor:
        """Return a weight for each element of a result, the same as in Keras."""
        shape = tuple(value.shape)
        moves = self.entry.channels and len(shape) > 2
        if moves:
            weights = weights_of_elements((shape[0], *shape[2:], shape[1]), number)
            weights = np.moveaxis(weights, -1, 1)
        else:
            weights = weights_of_elements(shape, number)
        return torch.tensor(weights, dtype=value.dtype)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _gradients(total: torch.Tensor, sources: dict[str, torch.Tensor]) -> Gradients:
    if not sources:
        return {}
    found = torch.autograd.grad(total, list(sources.values()), allow_unused=True)
    return {
        name: None if gradient is None else gradient.to_dense().detach().numpy()
        for name, gradient in zip(sources, found, strict=True)
    }
