"""Settings of layers that hold no weights: normalisation without scale and shift, activations."""

from collections.abc import Callable, Iterator

from sidebyside.parity import activations
from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.misfit import unmatched
from sidebyside.parity.parametrised import own_arrays
from sidebyside.parity.rules import Pair, Setting, rules_for
from sidebyside.parity.units import KerasUnit, TorchUnit

_NORMS = (
    ((nn.LayerNorm,), kl.LayerNormalization),
    ((nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
     kl.GroupNormalization),
)  # fmt: skip
_ACTIVATIONS = ((nn.LeakyReLU, kl.LeakyReLU, "leaky-relu"), (nn.ELU, kl.ELU, "elu"))


def differences(torch_model: nn.Module, keras_model: keras.Model) -> Iterator[tuple[Pair, Setting]]:
    """Yield settings that no pairing of the layers without weights makes the same.

    Where the models have different numbers of a kind of layer, one of them may have it written as
    a function, or call one layer twice: then only what no two have alike is yielded.
    """
    ours = [TorchUnit(name, module, ()) for name, module in torch_model.named_modules()]
    theirs = [KerasUnit(layer.name, layer, ()) for layer in keras_model._flatten_layers()]
    for kinds, kind in _NORMS:
        mine = [u for u in ours if isinstance(u.layer, kinds) and not own_arrays(u.layer)]
        other = [u for u in theirs if isinstance(u.layer, kind) and not u.layer.weights]
        yield from _of_norms(mine, other)
    for kinds, kind, entry in _ACTIVATIONS:
        mine = [u for u in ours if isinstance(u.layer, kinds)]
        other = [u for u in theirs if isinstance(u.layer, kind)]
        yield from _of_activations(mine, other, entry)


def _of_norms(ours: list[TorchUnit], theirs: list[KerasUnit]) -> Iterator[tuple[Pair, Setting]]:
    def settings(t: TorchUnit, k: KerasUnit) -> list[Setting]:
        (rule,) = rules_for(t, k)
        return [setting for setting in rule.settings(Pair(t, k)) if not setting.same]

    yield from _unlike(ours, theirs, settings)


def _of_activations(
    ours: list[TorchUnit], theirs: list[KerasUnit], entry: str
) -> Iterator[tuple[Pair, Setting]]:
    def settings(t: TorchUnit, k: KerasUnit) -> list[Setting]:
        mine, other = activations.of_module(t.layer), activations.of_layer(k.layer)
        setting = Setting("it", mine, "its counterpart", other, entry, f"Make it {mine} in Keras.")
        return [] if setting.same else [setting]

    yield from _unlike(ours, theirs, settings)


def _unlike(
    ours: list[TorchUnit],
    theirs: list[KerasUnit],
    settings: Callable[[TorchUnit, KerasUnit], list[Setting]],
) -> Iterator[tuple[Pair, Setting]]:
    alike = {k: [t for t in ours if not settings(t, k)] for k in theirs}
    back = {t: [k for k in theirs if t in alike[k]] for t in ours}
    if len(ours) == len(theirs):
        pairs = zip(unmatched(back), unmatched(alike), strict=False)
    else:
        pairs = zip(ours[:1], theirs[:1], strict=False) if not any(alike.values()) else ()
    for t, k in pairs:
        yield from ((Pair(t, k), setting) for setting in settings(t, k))
