"""The names of calls: how the dictionary writes them, and what they are in full."""

import importlib

from sidebyside.dictionary.entries import Entry

# what a name of the dictionary begins with, and what that is in full
PREFIXES = {
    "pytorch": {
        "nn": "torch.nn",
        "F": "torch.nn.functional",
        "optim": "torch.optim",
        "lr_scheduler": "torch.optim.lr_scheduler",
        "Tensor": "torch.Tensor",
        "Module": "torch.nn.Module",
        "Optimizer": "torch.optim.Optimizer",
        "DataLoader": "torch.utils.data.DataLoader",
        "v2": "torchvision.transforms.v2",
        "dist": "torch.distributed",
    },
    "tensorflow": {
        "tf": "tensorflow",
        "layers": "keras.layers",
        "ops": "keras.ops",
        "Model": "keras.Model",
        "Layer": "keras.Layer",
        "Optimizer": "keras.optimizers.Optimizer",
        "Dataset": "tensorflow.data.Dataset",
    },
}

# where the packages keep what they offer under a shorter name
INSIDE = {
    "keras.models.": "keras.",
    "keras.utils.file_utils.": "keras.utils.",
    "torch.nn.parameter.": "torch.nn.",
    "torchvision.ops.boxes.": "torchvision.ops.",
    "torchvision.ops.misc.": "torchvision.ops.",
    "torchvision.ops.stochastic_depth.": "torchvision.ops.",
}


def qualified(name: str, framework: str) -> str:
    """Return a name in full: ``nn.Linear`` is ``torch.nn.Linear``."""
    first, dot, rest = name.partition(".")
    return f"{PREFIXES[framework].get(first, first)}{dot}{rest}"


def canonical(name: str) -> str:
    """Return the one of several full names that the dictionary goes by: the public, short one."""
    for other in ("tensorflow.keras.", "tensorflow.python.keras.", "keras.src.", "keras.api."):
        if name.startswith(other):
            name = f"keras.{name.removeprefix(other)}"
    for other, public in INSIDE.items():
        if name.startswith(other):
            return f"{public}{name.removeprefix(other)}"
    return name


def resolve(name: str) -> object:
    """Return what a name in full stands for in the installed packages.

    Raises
    ------
    LookupError
        If there is no such thing.
    """
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                break
            found = getattr(found, part)
        else:
            return found
    raise LookupError(f"There is no {name}.")


def wrong_names(entry: Entry) -> list[str]:
    """Return what is wrong with an entry's names, one sentence each; needs both frameworks."""
    found = []
    for framework, names in entry.names.items():
        for name in names:
            try:
                resolve(qualified(name, framework))
            except LookupError as error:
                found.append(str(error))
        lines = entry.lines[framework] + entry.check.get(framework, "")
        if names and not any(name.endswith("__") or last(name) in lines for name in names):
            found.append(f"None of {', '.join(names)} is in the lines.")
    return found


def last(name: str) -> str:
    """Return the last part of a name: ``Linear`` of ``nn.Linear``."""
    return name.rpartition(".")[2]
