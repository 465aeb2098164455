"""Weights that PyTorch computes from others: weight normalisation and spectral normalisation.

A Keras layer has the computed weight itself: it is folded in.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from sidebyside.parity.arrays import from_torch
from sidebyside.parity.libraries import nn, torch
from sidebyside.parity.mapping import Array

# the older functions, torch.nn.utils.weight_norm and spectral_norm, work by a hook
_HOOKS = (WeightNorm, SpectralNorm)


def own_arrays(module: nn.Module) -> dict[str, torch.Tensor]:
    """Return a module's own parameters and buffers by name, computed ones in place of theirs."""
    computed = dict(_computed(module))
    from_hooks = {name for hook in _hooks(module) for name in _sources(module, hook)}
    found = {}
    for name, tensor in (
        *module.named_parameters(recurse=False),
        *module.named_buffers(recurse=False),
    ):
        if name not in from_hooks and name not in module._non_persistent_buffers_set:
            found[name] = tensor
    return found | computed


def folded(model: nn.Module) -> dict[str, tuple[str, ...]]:
    """Return the name of each computed weight, and the names of what it is computed from."""
    found = {}
    for prefix, module in model.named_modules():
        start = f"{prefix}." if prefix else ""
        for name in _parametrizations(module):
            inner = module.parametrizations[name].state_dict()
            found[f"{start}{name}"] = tuple(
                f"{start}parametrizations.{name}.{key}" for key in inner
            )
        for hook in _hooks(module):
            sources = tuple(f"{start}{source}" for source in _sources(module, hook))
            found[f"{start}{hook.name}"] = sources
    return found


def torch_arrays(model: nn.Module) -> dict[str, Array]:
    """Return every parameter and buffer of a PyTorch model as an array, by each of its names.

    Computed weights are among them, under the name that they have without the computation.
    """
    arrays = {name: from_torch(tensor) for name, tensor in model.state_dict().items()}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for name, tensor in _computed(module):
            arrays[f"{prefix}.{name}".lstrip(".")] = from_torch(tensor)
    return arrays


def put(module: nn.Module, name: str, value: Array) -> None:
    """Give a module's parameter, buffer or computed weight this value."""
    with torch.no_grad():
        hook = next((hook for hook in _hooks(module) if hook.name == name), None)
        old = getattr(module, name)
        new = torch.tensor(np.ascontiguousarray(value), dtype=old.dtype, device=old.device)
        if hook is None and name in _parametrizations(module):
            setattr(module, name, new)  # PyTorch finds what it is to be computed from
        elif isinstance(hook, WeightNorm):
            getattr(module, f"{name}_v").copy_(new)
            getattr(module, f"{name}_g").copy_(torch.norm_except_dim(new, 2, hook.dim))
            setattr(module, name, new)
        else:
            old.copy_(new)


def can_be_put(module: nn.Module, name: str) -> bool:
    """Whether `put` can give it any value: not if it is normalised to a spectral norm of 1."""
    if any(hook.name == name and isinstance(hook, SpectralNorm) for hook in _hooks(module)):
        return False
    steps = module.parametrizations[name] if name in _parametrizations(module) else ()
    return not any(type(step).__name__ == "_SpectralNorm" for step in steps)


def _parametrizations(module: nn.Module) -> Any:
    return getattr(module, "parametrizations", {})


def _hooks(module: nn.Module) -> list:
    return [hook for hook in module._forward_pre_hooks.values() if isinstance(hook, _HOOKS)]


def _sources(module: nn.Module, hook: object) -> list[str]:
    ends = ("_g", "_v") if isinstance(hook, WeightNorm) else ("_orig", "_u", "_v")
    return [f"{hook.name}{end}" for end in ends if hasattr(module, f"{hook.name}{end}")]


def _computed(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    with torch.no_grad():
        if hasattr(module, "parametrizations"):
            was = [(inner, inner.training) for inner in module.parametrizations.modules()]
            module.parametrizations.eval()  # else spectral norm takes a step of its iteration
            for name in module.parametrizations:
                yield name, getattr(module, name)
            for inner, training in was:
                inner.training = training
        for hook in _hooks(module):
            if isinstance(hook, WeightNorm):
                yield hook.name, hook.compute_weight(module)
            else:
                yield hook.name, hook.compute_weight(module, do_power_iteration=False)
