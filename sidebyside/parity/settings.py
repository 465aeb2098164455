"""All settings that both models show, and that must be the same."""

from collections.abc import Iterator

from sidebyside.errors import PortingError
from sidebyside.parity import activations, weightless
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.libraries import keras, kl, nn
from sidebyside.parity.rules import Pair, Setting
from sidebyside.parity.units import KerasUnit


class Settings:
    """The settings of two models.

    Parameters
    ----------
    torch_model, keras_model
        The models; None if all that is known of PyTorch's are its weights.
    to_keras
        Whether it is Keras's model that is to be changed.
    """

    def __init__(
        self, torch_model: nn.Module | None, keras_model: keras.Model, to_keras: bool = True
    ):
        self.torch_model, self.keras_model = torch_model, keras_model
        self.to_keras = to_keras
        self.next_modules = {} if torch_model is None else activations.after(torch_model)
        formats = {getattr(la, "data_format", None) for la in keras_model._flatten_layers()}
        self.channels_last = formats - {None} == {"channels_last"}

    def differences(self, fitting: Fitting, pair: Pair) -> Iterator[Setting]:
        """Yield the settings that differ between the layers of a pair."""
        yield from fitting.settings(pair.ours, pair.theirs)
        yield from (s for s in activations.settings(pair, self.next_modules) if not s.same)
        if self.channels_last:
            yield from (s for s in _axis(pair.theirs) if not s.same)

    def refuse(self, fitting: Fitting, pair: Pair) -> None:
        """Raise a `PortingError` for the first of them."""
        for setting in self.differences(fitting, pair):
            raise PortingError(self._sentences(pair, setting))

    def refuse_weightless(self) -> None:
        """Raise a `PortingError` for layers without weights that cannot be the same."""
        if self.torch_model is None:
            return
        for pair, setting in weightless.differences(self.torch_model, self.keras_model):
            raise PortingError(self._sentences(pair, setting))

    def _sentences(self, pair: Pair, setting: Setting) -> str:
        both = f"{pair.ours} in PyTorch and {pair.theirs} in Keras"
        return f"{both}: {setting.sentences(self.to_keras)}"


def _axis(unit: KerasUnit) -> Iterator[Setting]:
    """The axis of a normalisation, where the model has its channels last."""
    layer = unit.layer
    if not isinstance(layer, kl.BatchNormalization | kl.GroupNormalization):
        return
    rank = layer.input_spec.ndim or max(layer.input_spec.axes) + 1
    axis = layer.axis % rank - rank
    yield Setting("the axis of the channels", -1, "axis", axis, "batch-norm-training")
