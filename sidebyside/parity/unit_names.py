"""Whether the names of two units say that they are counterparts."""

import difflib
import re

from sidebyside.errors import PortingError
from sidebyside.parity.units import KerasUnit, TorchUnit

Tokens = tuple[str, ...]


def tokens(name: str) -> Tokens:
    """Return a name's words and numbers: ``layer1.0.fcMu`` -> layer, 1, 0, fc, mu."""
    return tuple(part.lower() for part in re.findall(r"[A-Z]*[a-z]+|[A-Z]+|\d+", name))


def named(unit: KerasUnit) -> bool:
    """Whether a unit of Keras has a name that a person gave: not ``dense_3``."""
    return any(part for path in _paths(unit) for part in path)


def agree(ours: TorchUnit, theirs: KerasUnit) -> bool:
    """Whether the names agree: the same words, or the same but for the containers around."""
    mine = [tokens(name) for name in _torch_names(ours)]
    return any(_agrees(own, path) for own in mine for path in _paths(theirs) if any(path))


def _torch_names(unit: TorchUnit) -> list[str]:
    end = f".{unit.keys[0]}" if unit.part == "bare" else ""
    if unit.part in ("query", "key", "value"):
        end = f".{unit.part}"
    return [f"{name}{end}".lstrip(".") for name in (unit.name, *unit.aliases)]


def _paths(unit: KerasUnit) -> list[list[Tokens]]:
    """Return the unit's paths, by names and by attributes; names that Keras made up are empty."""
    kind = type(unit.layer).__name__
    parts = unit.path.split("/") if unit.path else []
    by_name = [
        () if _made_up(part, kind if last else "") else tokens(part)
        for last, part in zip([*[False] * (len(parts) - 1), True], parts, strict=False)
    ]
    return [by_name, [tokens(part) for part in unit.alias.split(".")]] if unit.alias else [by_name]


def _made_up(name: str, kind: str) -> bool:
    """Whether Keras made a name up from that of the class."""
    base = re.sub(r"_\d+$", "", name)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
    return base in (snake, "sequential", "functional", _snake_as_keras(kind))


def _snake_as_keras(kind: str) -> str:
    first = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", first).lower()


def _agrees(ours: Tokens, path: list[Tokens]) -> bool:
    flat = tuple(token for part in path for token in part)
    *around, leaf = path
    if leaf:
        if _ends(ours, flat) or _ends(flat, ours):
            return True
        if not _ends(ours, leaf):
            return False
        ours = ours[: -len(leaf)]
    containers = [part for part in around if part]
    return bool(containers) and _in_turn(ours, containers)


def _ends(long: Tokens, short: Tokens) -> bool:
    return bool(short) and long[-len(short) :] == short


def _in_turn(ours: Tokens, parts: list[Tokens]) -> bool:
    start = 0
    for part in parts:
        places = range(start, len(ours) - len(part) + 1)
        found = next((i for i in places if ours[i : i + len(part)] == part), None)
        if found is None:
            return False
        start = found + len(part)
    return True


# ---- names that the reader gives ----


def resolve(
    pairs: dict[str, str], ours: list[TorchUnit], theirs: list[KerasUnit]
) -> list[tuple[list[TorchUnit], list[KerasUnit]]]:
    """Return which units each of the reader's pairs is about.

    A name is that of a layer or of a container, and each pair may have PyTorch's name first or
    Keras's.

    Raises
    ------
    PortingError
        If a name is that of nothing.
    """
    found = []
    for one, other in pairs.items():
        first, second = _of_torch(one, ours), _of_keras(other, theirs)
        if not (first and second) and _of_torch(other, ours) and _of_keras(one, theirs):
            first, second = _of_torch(other, ours), _of_keras(one, theirs)
        if not first:
            raise PortingError(_no_such(one, "PyTorch", _all_torch(ours)))
        if not second:
            raise PortingError(_no_such(other, "Keras", _all_keras(theirs)))
        found.append((first, second))
    return found


def of_either(
    name: str, ours: list[TorchUnit], theirs: list[KerasUnit]
) -> list[TorchUnit] | list[KerasUnit]:
    """Return the units that a name of either library is about.

    Raises
    ------
    PortingError
        If it is that of nothing.
    """
    found = _of_torch(name, ours) or _of_keras(name, theirs)
    if not found:
        raise PortingError(_no_such(name, "PyTorch", [*_all_torch(ours), *_all_keras(theirs)]))
    return found


def _of_torch(name: str, units: list[TorchUnit]) -> list[TorchUnit]:
    return [
        unit
        for unit in units
        if any(
            own == name or own.startswith(f"{name}.") for own in (*_torch_names(unit), unit.name)
        )
    ]


def _of_keras(name: str, units: list[KerasUnit]) -> list[KerasUnit]:
    whole = [
        unit
        for unit in units
        if unit.path == name
        or unit.path.startswith(f"{name}/")
        or unit.alias == name
        or unit.alias.startswith(f"{name}.")
    ]
    if whole:
        return whole
    inner = [unit for unit in units if name in unit.path.split("/")]  # in one container only
    starts = {unit.path.split("/").index(name) for unit in inner}
    around = {tuple(unit.path.split("/")[: min(starts)]) for unit in inner}
    return inner if len(starts) == 1 and len(around) == 1 else []


def _all_torch(units: list[TorchUnit]) -> list[str]:
    return [name for unit in units for name in _torch_names(unit)]


def _all_keras(units: list[KerasUnit]) -> list[str]:
    return [name for unit in units for name in (unit.path, unit.alias) if name]


def _no_such(name: str, library: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 3, 0.4) or names[:3]
    return f"There is no layer `{name}` in the {library} model. Near it: {', '.join(near)}."
