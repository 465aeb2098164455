"""Attention: PyTorch keeps query, key and value in one array, Keras in one layer each."""

from sidebyside.parity.libraries import kl, nn
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules.base import Pair, Rule

PARTS = ("query", "key", "value")


def attention(pair: Pair) -> list[Mapping]:
    """in_proj (3 * E, E) -> three kernels (E, heads, E / heads); out_proj -> (heads, .., E)."""
    theirs = pair.theirs.layer
    heads, size = theirs.num_heads, theirs.output_dense.kernel.shape[-1]
    ours = getattr(pair.ours.layer, "num_heads", heads)
    if ours != heads:
        pair.fail(
            f"an attention with {ours} heads does not fit one with {heads}. Set `num_heads={ours}`"
            " in Keras."
        )
    mappings = []
    for number, part in enumerate(PARTS):
        dense = getattr(theirs, f"{part}_dense")
        mappings += _projection(pair, part, number, dense, (heads, -1))

    def out(weight: Array) -> Array:
        return weight.T.reshape(heads, -1, size)

    dense = theirs.output_dense
    mappings += pair.map(dense.kernel, "out_proj.weight", out)
    mappings += pair.map(dense.bias, "out_proj.bias", lambda bias: bias)
    return mappings


def projection(pair: Pair) -> list[Mapping]:
    """One of PyTorch's three projections -> a Dense."""
    part = pair.ours.part
    return _projection(pair, part, PARTS.index(part), pair.theirs.layer, (-1,))


def _projection(
    pair: Pair, part: str, number: int, dense: kl.Layer, outputs: tuple[int, ...]
) -> list[Mapping]:
    own = f"{part[0]}_proj_weight"  # where key and value have another size than the query
    rows = slice(None) if own in pair.ours.keys else _third(number)

    def kernel(weight: Array) -> Array:
        matrix = weight[rows(weight)] if callable(rows) else weight
        return matrix.T.reshape(matrix.shape[1], *outputs)

    def bias(array: Array) -> Array:
        return array[_third(number)(array)].reshape(outputs)

    name = own if own in pair.ours.keys else "in_proj_weight"
    return [*pair.map(dense.kernel, name, kernel), *pair.map(dense.bias, "in_proj_bias", bias)]


def _third(number: int):
    def rows(array: Array) -> slice:
        size = len(array) // 3
        return slice(number * size, (number + 1) * size)

    return rows


RULES = (
    Rule((nn.MultiheadAttention,), (kl.MultiHeadAttention,), attention),
    *(
        Rule((nn.MultiheadAttention,), (kl.Dense,), projection, torch_part=part)
        for part in PARTS
    ),
)  # fmt: skip
