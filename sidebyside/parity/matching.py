"""Find the counterpart of every layer, and the order of its features; refuse where that is open."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sidebyside.parity import chains, evidence
from sidebyside.parity import unit_names as names
from sidebyside.parity.deciding import decide
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.libraries import keras, kl
from sidebyside.parity.listing import keras_units
from sidebyside.parity.pairing import pair_up
from sidebyside.parity.rules import Pair
from sidebyside.parity.told import Request, Told
from sidebyside.parity.torch_sources import Source
from sidebyside.parity.units import KerasUnit


@dataclass
class Matched:
    """Both models' units in pairs.

    Attributes
    ----------
    pairs
        One for each Keras unit, in the order of definition.
    fitting
        The units, and PyTorch's arrays.
    guessed
        Keras units whose order of features is only the likeliest, if that was asked for.
    """

    pairs: list[Pair]
    fitting: Fitting
    guessed: set[KerasUnit] = field(default_factory=set)


def match(
    source: Source,
    keras_model: keras.Model,
    request: Request,
    check: Callable[[Fitting, Pair], None],
) -> Matched:
    """Pair the layers of two models.

    Parameters
    ----------
    source
        PyTorch's side.
    keras_model
        Keras's model; both are left as they are.
    request
        What the reader says.
    check
        Called with each pair as soon as it is known, to refuse it for its settings.

    Raises
    ------
    PortingError
        If there is no pairing, or no single one.
    """
    split = _has_attention(keras_model)
    ours = source.units(split_attention=not split)
    theirs = keras_units(keras_model, split_attention=split and not source.has_attention())
    fitting = Fitting(ours, theirs, source.arrays())
    pairing = pair_up(
        fitting,
        names.resolve(request.pairs, ours, theirs),
        source.places(ours),
        chains.keras_places(keras_model, theirs),
    )
    for unit in theirs:
        if unit not in pairing.open:
            check(fitting, Pair(pairing.counterpart(unit), unit))
    told = Told(request, fitting)
    looked_at = pairing.open or any(unit.ambiguous for unit in theirs)
    if looked_at or request.example is not None or _order_matters(fitting, keras_model):
        shown = evidence.gather(source, keras_model, fitting, pairing, request)
        pairs = decide(keras_model, fitting, pairing, shown, told)
    else:
        pairs = [Pair(pairing.counterpart(unit), unit) for unit in theirs]
    for pair in pairs:
        check(fitting, pair)
    return Matched([told.applied(pair) for pair in pairs], fitting, told.guessed)


def _has_attention(keras_model: keras.Model) -> bool:
    layers = keras_model._flatten_layers()
    return any(isinstance(layer, kl.MultiHeadAttention) for layer in layers)


_SPATIAL = (
    kl.Conv1D, kl.Conv2D, kl.Conv3D, kl.Conv1DTranspose, kl.Conv2DTranspose, kl.Conv3DTranspose,
    kl.DepthwiseConv1D, kl.DepthwiseConv2D, kl.SeparableConv1D, kl.SeparableConv2D,
    kl.MaxPooling1D, kl.MaxPooling2D, kl.MaxPooling3D, kl.AveragePooling1D, kl.AveragePooling2D,
    kl.AveragePooling3D, kl.UpSampling1D, kl.UpSampling2D, kl.UpSampling3D, kl.Reshape, kl.Permute,
)  # fmt: skip


def _order_matters(fitting: Fitting, keras_model: keras.Model) -> bool:
    """Whether features may come in another order: there are maps, and layers that read them."""
    if any(unit.layer is keras_model for unit in fitting.theirs):  # a single layer
        return False
    maps = any(isinstance(layer, _SPATIAL) for layer in keras_model._flatten_layers())
    inputs = getattr(keras_model, "inputs", None) or []
    return maps or any(len(x.shape) > 3 for x in inputs)
