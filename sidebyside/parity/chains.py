"""Which layers come one after the other for certain, without a model being run."""

from collections.abc import Iterator

from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit

Place = tuple[int, int]  # the chain, and the place in it


def torch_places(model: nn.Module, units: list[TorchUnit]) -> dict[TorchUnit, Place]:
    """Return where each unit is in a chain of `nn.Sequential`, or of levels of one layer."""
    chains: dict[nn.Module, int] = {}

    def walk(module: nn.Module, chain: int) -> None:
        chains[module] = chain
        for child in module.children():
            apart = not isinstance(module, nn.Sequential)
            if child not in chains:
                walk(child, len(chains) if apart else chain)

    walk(model, 0)
    return {
        unit: (chains[unit.layer], place)
        for place, unit in enumerate(units)
        if unit.part != BARE and unit.layer in chains
    }


def file_places(units: list[TorchUnit]) -> dict[TorchUnit, Place]:
    """Return the same for units of a file: numbered ones are taken for those of a Sequential."""
    parents: dict[str, int] = {}
    places = {}
    for place, unit in enumerate(units):
        parent, _, number = unit.name.rpartition(".")
        if number.isdecimal() or unit.part.startswith("_l"):
            name = parent if number.isdecimal() else unit.name
            places[unit] = (parents.setdefault(name, len(parents)), place)
    return places


def keras_places(model: kl.Layer, units: list[KerasUnit]) -> dict[KerasUnit, Place]:
    """Return where each unit is in a chain of `keras.Sequential` or of a graph without branches."""
    chains: dict[int, int] = {}

    def walk(layer: kl.Layer, chain: int) -> None:
        chains[id(layer)] = chain
        line = isinstance(layer, keras.Sequential) or _in_line(layer)
        for child in layer._flatten_layers(include_self=False, recursive=False):
            if id(child) not in chains:
                walk(child, chain if line else len(chains))

    walk(model, 0)
    order = {id(layer): place for place, layer in enumerate(_in_order(model))}
    return {
        unit: (chains[id(unit.layer)], order.get(id(unit.layer), 0))
        for unit in units
        if unit.part != BARE and id(unit.layer) in chains
    }


def _in_order(layer: kl.Layer) -> Iterator[kl.Layer]:
    yield layer
    for child in layer._flatten_layers(include_self=False, recursive=False):
        yield from _in_order(child)


def _in_line(layer: kl.Layer) -> bool:
    """Whether a functional model's graph has no branch, and uses each layer once."""
    nodes_by_depth = getattr(layer, "_nodes_by_depth", None)
    if not nodes_by_depth:
        return False
    nodes = [node for nodes in nodes_by_depth.values() for node in nodes]
    operations = {id(node.operation) for node in nodes}
    one_each = all(len(nodes) == 1 for nodes in nodes_by_depth.values())
    one_input = all(len(node.input_tensors) <= 1 for node in nodes)
    return one_each and one_input and len(operations) == len(nodes)
