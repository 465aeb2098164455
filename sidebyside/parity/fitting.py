"""Which units of the two models fit, by their kinds and the shapes of their arrays."""

from collections.abc import Iterable
from dataclasses import dataclass

from sidebyside.errors import PortingError
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.rules import Pair, Rule, Setting, rules_for
from sidebyside.parity.units import KerasUnit, TorchUnit


@dataclass(frozen=True)
class Fit:
    """What came of trying to map one unit to another.

    Attributes
    ----------
    rule
        The rule by which they fit; None if they do not.
    problem
        Why they do not fit, as the sentence that an error says.
    kind
        Whether they are of kinds that could fit.
    """

    rule: Rule | None
    problem: str = ""
    kind: bool = True


class Fitting:
    """The units of both models, and which fit which.

    Parameters
    ----------
    ours, theirs
        The units of PyTorch and of Keras, in the order of definition.
    arrays
        PyTorch's arrays by name.
    """

    def __init__(
        self,
        ours: Iterable[TorchUnit],
        theirs: Iterable[KerasUnit],
        arrays: dict[str, Array],
    ):
        self.ours, self.theirs, self.arrays = list(ours), list(theirs), arrays
        self._fits: dict[tuple[TorchUnit, KerasUnit], Fit] = {}

    def fit(self, ours: TorchUnit, theirs: KerasUnit) -> Fit:
        """Return whether two units fit, and why not."""
        if (ours, theirs) not in self._fits:
            self._fits[ours, theirs] = self._tried(ours, theirs)
        return self._fits[ours, theirs]

    def possible(self) -> dict[KerasUnit, list[TorchUnit]]:
        """Return for each unit of Keras those of PyTorch that fit it."""
        return {k: [t for t in self.ours if self.fit(t, k).rule] for k in self.theirs}

    def settings(self, ours: TorchUnit, theirs: KerasUnit) -> list[Setting]:
        """Return the settings that differ between two units that fit."""
        rule = self.fit(ours, theirs).rule
        if rule is None or ours.layer is None:
            return []
        return [setting for setting in rule.settings(Pair(ours, theirs)) if not setting.same]

    def mappings(self, pair: Pair) -> list[Mapping]:
        """Return the mappings of a pair that fits."""
        rule = self.fit(pair.ours, pair.theirs).rule
        assert rule is not None
        return rule.mappings(pair)

    def _tried(self, ours: TorchUnit, theirs: KerasUnit) -> Fit:
        rules = rules_for(ours, theirs)
        fit = Fit(None, kind=False)
        for rule in rules:
            fit = self._tried_rule(rule, Pair(ours, theirs))
            if fit.rule:
                break
        return fit

    def _tried_rule(self, rule: Rule, pair: Pair) -> Fit:
        try:
            mappings = rule.mappings(pair)
        except PortingError as error:
            return Fit(None, str(error))
        for mapping in mappings:
            if problem := _shape_problem(mapping, self.arrays):
                return Fit(None, f"{pair.ours} in PyTorch and {pair.theirs} in Keras: {problem}")
        covered = {name for mapping in mappings for name in mapping.torch_names}
        variables = {id(mapping.variable) for mapping in mappings}
        left = [
            *((pair.ours.full(key), "PyTorch") for key in pair.ours.keys
              if pair.ours.full(key) not in covered),
            *((variable.path, "Keras") for variable in pair.theirs.variables
              if id(variable) not in variables),
        ]  # fmt: skip
        for name, library in left:
            return Fit(
                None,
                f"`{name}` in {library} is added by an option of its layer that has no "
                "counterpart. Leave the option out on both sides.",
            )
        return Fit(rule)


def _shape_problem(mapping: Mapping, arrays: dict[str, Array]) -> str:
    ours = [arrays[name] for name in mapping.torch_names]
    wanted = tuple(mapping.variable.shape)
    try:
        shape = mapping.weights(*ours).shape
    except (ValueError, IndexError):  # the layout needs sizes that the array does not have
        shape = None
    if shape == wanted:
        return ""
    shapes = " and ".join(str(array.shape) for array in ours)
    moved = shape is not None and (len(ours) > 1 or shape != ours[0].shape)
    laid_out = f": in Keras's layout it is {shape}" if moved else ""
    return (
        f"`{', '.join(mapping.torch_names)}` of shape {shapes} does not fit `{mapping.name}` of "
        f"shape {wanted}{laid_out}. Give both layers the same sizes (and the same inputs)."
    )
