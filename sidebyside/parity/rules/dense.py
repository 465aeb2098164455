"""Linear and Dense; EinsumDense where it is a Dense with more axes."""

from sidebyside.parity.libraries import kl, nn
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.base import Pair, Rule, taken


def dense(pair: Pair) -> list[Mapping]:
    """(out, in) -> (in, out)."""
    layer = pair.theirs.layer
    return [
        *pair.map(layer.kernel, "weight", lambda w: _matrix(pair, w)),
        *pair.map(layer.bias, "bias", lambda b: taken(b, pair.writes, 0)),
    ]


def einsum_dense(pair: Pair) -> list[Mapping]:
    """(out, in) -> (in, out), each of which may be several axes (in attention, the heads)."""
    layer = pair.theirs.layer
    inputs = contracted(layer.equation)
    if inputs is None:
        pair.fail(f"`{layer.equation}` is not a matrix product with the inputs' last axes.")

    def kernel(weight: Array) -> Array:
        sizes = tuple(layer.kernel.shape)
        axes = len(inputs)
        if weight.shape[1] != _product(sizes[:axes]) or weight.shape[0] != _product(sizes[axes:]):
            raise ValueError
        return _matrix(pair, weight).reshape(sizes)

    def bias(array: Array) -> Array:
        sizes = [size for size in layer.bias.shape if size > 1] or [1]
        if array.size != _product(sizes):
            raise ValueError
        return taken(array, pair.writes, 0).reshape(layer.bias.shape)

    return [*pair.map(layer.kernel, "weight", kernel), *pair.map(layer.bias, "bias", bias)]


def contracted(equation: str) -> str | None:
    """Return the axes that an EinsumDense sums over, if they are the inputs' last.

    Parameters
    ----------
    equation
        Such as ``abc,cde->abde``: the sum is over ``c``.

    Returns
    -------
    str or None
        None if the product is none of the inputs' last axes with the kernel's first.
    """
    left, result = equation.replace(" ", "").split("->")
    inputs, kernel = left.split(",")
    summed = "".join(axis for axis in kernel if axis not in result)
    kept = kernel[len(summed) :]
    plain = inputs.endswith(summed) and kernel.startswith(summed) and result.endswith(kept)
    rest = inputs[: len(inputs) - len(summed)] == result[: len(result) - len(kept)]
    return summed if summed and plain and rest else None


def _matrix(pair: Pair, weight: Array) -> Array:
    return taken(taken(weight, pair.reads, 1), pair.writes, 0).T


def _product(sizes: object) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


RULES = (
    Rule((nn.Linear,), (kl.Dense,), dense, reorders=True, free=True),
    Rule((nn.Linear,), (kl.EinsumDense,), einsum_dense, reorders=True, free=True),
)
