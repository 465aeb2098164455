"""Make an example batch for a model, from the shapes that Keras's model knows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sidebyside.parity.layouts import channels_first
from sidebyside.parity.libraries import keras, kl, nn, torch
from sidebyside.parity.mapping import Array

ROWS = 4
STEPS, PIXELS = 6, 32  # where the model leaves the length of a sequence, or the size, open


def made_up(model: keras.Model, seed: int = 0) -> Iterator[Any]:
    """Yield batches that a Keras model may take, the likeliest first; nothing if it is not known.

    Inputs are normal numbers, or ids that every Embedding of the model has.
    """
    rng = np.random.default_rng(seed)
    limit = min(
        (layer.input_dim for layer in model._flatten_layers() if isinstance(layer, kl.Embedding)),
        default=2,
    )

    def batch(shape: tuple, kind: str) -> Array:
        sizes = _filled(shape)
        if kind == "float":
            return rng.normal(size=sizes).astype("float32")
        return rng.integers(0, limit, sizes)

    graph = getattr(model, "_functional", None) or model
    struct = getattr(graph, "_inputs_struct", None)
    if struct is not None:
        made = keras.tree.map_structure(
            lambda x: batch(x.shape, "float" if "float" in x.dtype else "int"), struct
        )
        yield tuple(made) if isinstance(made, list) else made
        return
    shapes = getattr(model, "_build_shapes_dict", None) or {}
    if len(shapes) == 1:
        (shape,) = shapes.values()
        if isinstance(shape, tuple) and all(isinstance(n, int | None) for n in shape):
            for kind in ("float", "int") if limit == 2 else ("int", "float"):
                yield batch(shape, kind)


def _filled(shape: tuple) -> tuple[int, ...]:
    unknown = PIXELS if len(shape) > 3 else STEPS
    return (ROWS, *(unknown if size is None else size for size in shape[1:]))


def for_torch(inputs: Any, model: nn.Module, lay_out: Any) -> Iterator[Any]:
    """Yield a batch as a PyTorch model may take it, the likeliest first.

    The channels of images are moved to the front; those of rank 3 and 5, too, if that is what a
    model takes.
    """
    number = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)
    kind = str(number).removeprefix("torch.") if number is not None else "float32"
    first = lay_out(keras.tree.map_structure(np.asarray, inputs))
    yield tensors(first, model, kind)
    if lay_out is channels_first:
        moved = keras.tree.map_structure(_moved, inputs)
        yield tensors(moved, model, kind)


def _moved(array: Array) -> Array:
    array = np.asarray(array)
    return np.moveaxis(array, -1, 1) if array.ndim > 2 and array.dtype.kind == "f" else array


def tensors(arrays: Any, model: nn.Module, kind: str) -> Any:
    """Return arrays as tensors of a PyTorch model: floats as its weights, integers in 64 bits."""
    device = next((p.device for p in model.parameters()), None)

    def tensor(array: Any) -> torch.Tensor:
        array = np.ascontiguousarray(array)
        found = torch.tensor(array, device=device)
        if found.is_floating_point():
            return found.to(getattr(torch, kind))
        return found.long() if array.dtype.kind == "i" else found

    return keras.tree.map_structure(tensor, arrays)


def not_taken(inputs: Any, error: Exception) -> str:
    """Return the sentences on inputs that PyTorch's model cannot be called with."""
    kinds = [
        f"{tuple(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
        for tensor in keras.tree.flatten(inputs)
    ]
    message = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return (
        f"PyTorch's model cannot be called with the inputs, {' and '.join(kinds)}: {message}. Left "
        "alone, only the channels of float arrays of rank 4 are moved to the front, and integers "
        "stay integers. Lay the inputs out for PyTorch with `torch_inputs=`, a function of the "
        "batch's inputs: `lambda x: np.moveaxis(x, -1, 1)` for sequences of channels, "
        "`lambda x: channels_first(x.astype('float32'))` for images of whole numbers."
    )
