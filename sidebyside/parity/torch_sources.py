"""PyTorch's side of a port: a model, or no more than its weights, by their names.

The weights alone, from a state dict or a file, say nothing of the kinds of layers, of settings, and
of what is called when. A unit of theirs fits whatever Keras layer has its arrays, and what can be
read off Keras's side alone decides the rest, or the reader.
"""

from collections.abc import Mapping as Dict
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sidebyside.errors import PortingError
from sidebyside.parity import chains, listing, parametrised
from sidebyside.parity.arrays import from_torch
from sidebyside.parity.chains import Place
from sidebyside.parity.libraries import nn, torch
from sidebyside.parity.mapping import Array
from sidebyside.parity.units import TorchUnit

StateDict = Dict[str, Any]  # tensors or arrays by name


class Source(Protocol):
    """What PyTorch's side can be."""

    model: nn.Module | None

    def units(self, split_attention: bool) -> list[TorchUnit]:
        """Return the units."""

    def arrays(self) -> dict[str, Array]:
        """Return all arrays by name."""

    def places(self, units: list[TorchUnit]) -> dict[TorchUnit, Place]:
        """Return which units are in a chain."""

    def has_attention(self) -> bool:
        """Whether there is a MultiheadAttention."""

    def put(self, arrays: dict[str, Array]) -> None:
        """Give the weights these values."""


class ModelSource:
    """A PyTorch model; see `Source`."""

    def __init__(self, model: nn.Module):
        self.model: nn.Module | None = model
        self._model = model

    def units(self, split_attention: bool) -> list[TorchUnit]:
        """Return the units."""
        return listing.torch_units(self._model, split_attention)

    def arrays(self) -> dict[str, Array]:
        """Return all arrays by name."""
        return parametrised.torch_arrays(self._model)

    def places(self, units: list[TorchUnit]) -> dict[TorchUnit, Place]:
        """Return which units are in a chain of `nn.Sequential`."""
        return chains.torch_places(self._model, units)

    def has_attention(self) -> bool:
        """Whether there is a MultiheadAttention."""
        return any(isinstance(module, nn.MultiheadAttention) for module in self._model.modules())

    def put(self, arrays: dict[str, Array]) -> None:
        """Give the parameters, buffers and computed weights these values."""
        places = {name: self._place(name) for name in arrays}
        given: dict[int, str] = {}
        for name, (module, key) in places.items():
            if not parametrised.can_be_put(module, key):
                raise PortingError(
                    f"`{name}` is normalised by spectral normalisation in PyTorch, so it cannot "
                    "be given any value. Take that off first, and put it on again afterwards."
                )
            other = given.setdefault(id(getattr(module, key)), name)
            if not np.array_equal(arrays[name], arrays[other]):
                raise PortingError(
                    f"`{other}` and `{name}` are one parameter in PyTorch, and Keras has different "
                    "values for them. Let PyTorch have two parameters, too."
                )
        for name, (module, key) in places.items():
            parametrised.put(module, key, arrays[name])

    def _place(self, name: str) -> tuple[nn.Module, str]:
        owner, _, key = name.rpartition(".")
        return self._model.get_submodule(owner), key


class WeightsSource:
    """Weights by name, of a model whose code is not there; see `Source`.

    Parameters
    ----------
    weights
        Tensors or arrays by name, as in a state dict. `put` changes them in place.
    """

    model: nn.Module | None = None

    def __init__(self, weights: StateDict):
        self.weights = {
            name: value
            for name, value in weights.items()
            if isinstance(value, torch.Tensor | np.ndarray) and not _is_counter(name)
        }
        if not self.weights:
            raise PortingError(
                "There are no weights: a state dict holds tensors by their names, as "
                "`model.state_dict()` returns them."
            )
        self._arrays = {
            name: from_torch(value) if isinstance(value, torch.Tensor) else value
            for name, value in self.weights.items()
        }
        self._folded = fold(self._arrays)

    def units(self, split_attention: bool) -> list[TorchUnit]:
        """Return the units: arrays whose names have the same beginning."""
        groups: dict[str, list[str]] = {}
        for name in self._folded:
            owner, _, key = name.rpartition(".")
            if owner.endswith("out_proj") and f"{owner[:-9]}.in_proj_weight".lstrip(".") in (
                self._folded
            ):
                owner, key = owner[:-9], f"out_proj.{key}"
            groups.setdefault(owner, []).append(key)
        return [unit for owner, keys in groups.items() for unit in _of_group(owner, keys)]

    def arrays(self) -> dict[str, Array]:
        """Return all arrays by name, computed ones in place of what they are computed from."""
        return dict(self._folded)

    def places(self, units: list[TorchUnit]) -> dict[TorchUnit, Place]:
        """Return which units are in a chain: those that are numbered."""
        return chains.file_places(units)

    def has_attention(self) -> bool:
        """Whether there is a MultiheadAttention."""
        return any(name.endswith("in_proj_weight") for name in self._folded)

    def put(self, arrays: dict[str, Array]) -> None:
        """Give the weights these values, in place."""
        for name in arrays:
            if name not in self.weights:
                raise PortingError(
                    f"`{name}` is computed from other weights (weight or spectral normalisation), "
                    "which cannot be filled without the model. Give the model itself."
                )
        for name, value in arrays.items():
            target = self.weights[name]
            if isinstance(target, torch.Tensor):
                with torch.no_grad():
                    target.copy_(torch.tensor(np.ascontiguousarray(value)))
            else:
                target[...] = value


def _is_counter(name: str) -> bool:
    return name.rpartition(".")[2] == "num_batches_tracked"


def _of_group(owner: str, keys: list[str]) -> list[TorchUnit]:
    """Return the units of the arrays of one layer; levels of recurrent layers are units each."""
    levels = sorted({int(key.split("_l")[1].split("_")[0]) for key in keys if "_hh_l" in key})
    if levels:
        return [
            TorchUnit(
                owner,
                None,
                tuple(k for k in keys if k.endswith((f"_l{n}", f"_l{n}_reverse"))),
                f"_l{n}",
            )
            for n in levels
        ]
    return [TorchUnit(owner, None, tuple(keys))]


def fold(arrays: dict[str, Array]) -> dict[str, Array]:
    """Return arrays with the weights of weight and spectral normalisation computed."""
    found = dict(arrays)
    for name in arrays:
        for first, second, compute in _COMPUTED:
            if not name.endswith(first):
                continue
            start = name.removesuffix(first)
            rest = [f"{start}{end}" for end in second]
            if all(other in arrays for other in rest):
                place = start.removesuffix("weight").replace("parametrizations.", "")
                for other in (name, *rest):
                    found.pop(other, None)
                found[f"{place}weight"] = compute(arrays[name], *(arrays[o] for o in rest))
    return found


def _weight_norm(size: Array, direction: Array) -> Array:
    axes = tuple(axis for axis in range(direction.ndim) if size.shape[axis] == 1)
    found: Array = direction * (size / np.sqrt(np.sum(direction**2, axes, keepdims=True)))
    return found


def _spectral_norm(weight: Array, left: Array, right: Array) -> Array:
    matrix = weight.reshape(len(weight), -1)
    found: Array = weight / (left @ (matrix @ right))
    return found


# how the names end, the first of them with the layer's own name before it
_COMPUTED = (
    ("weight.original0", ("weight.original1",), _weight_norm),
    ("weight_g", ("weight_v",), _weight_norm),
    ("weight.original", ("weight.0._u", "weight.0._v"), _spectral_norm),
    ("weight_orig", ("weight_u", "weight_v"), _spectral_norm),
)


# ---- files ----


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Read the weights of a PyTorch model from a file.

    Parameters
    ----------
    path
        A ``.safetensors`` file, or one that `torch.save` wrote: a state dict, or a checkpoint that
        holds one as ``state_dict``, ``model`` or ``model_state_dict``.

    Raises
    ------
    PortingError
        If it cannot be read, or holds no weights by name.
    """
    path = Path(path)
    if not path.is_file():
        raise PortingError(f"There is no file {path}.")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle raises whatever the file makes it
        raise PortingError(
            f"{path} cannot be read as weights of PyTorch. A file that holds a whole model instead "
            "of its state dict is not read, because reading it would run its code: store "
            "`model.state_dict()`."
        ) from error
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        raise PortingError(f"{path} holds no weights by name. Store `model.state_dict()`.")
    return dict(content)


def write_weights(weights: StateDict, path: Path, suffix: str) -> None:
    """Write weights to a file, as safetensors or as `torch.save` does, by the suffix."""
    if suffix == ".safetensors":
        _safetensors().save_file({name: t.contiguous() for name, t in weights.items()}, path)
    else:
        torch.save(dict(weights), path)


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    library = _safetensors()
    try:
        found: dict[str, torch.Tensor] = library.load_file(path)
    except Exception as error:
        raise PortingError(f"{path} is not a safetensors file: {error}") from error
    return found


def _safetensors() -> Any:
    try:
        import safetensors.torch
    except ImportError as error:
        raise PortingError(
            "Files of the kind safetensors need the package of that name: pip install safetensors"
        ) from error
    return safetensors.torch
