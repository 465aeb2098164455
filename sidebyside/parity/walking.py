"""Run Keras's model once, layer by layer, and give each layer its counterpart's weights on the way.

While the model runs, a layer's counterpart is the PyTorch layer that fits it and read the same. It
is given that layer's weights before it is called, so that what the next layers read can be
compared, too. Where the inputs differ from those of every layer that fits, one is taken all the
same, and its outputs take the place of Keras's: one difference does not hide all after it.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sidebyside.parity import readings
from sidebyside.parity.alignment import DIFFERENT, SAME, SCRAMBLED, UNKNOWN, Alignment, Move
from sidebyside.parity.arrays import keras_leaves
from sidebyside.parity.libraries import keras, tf
from sidebyside.parity.mapping import Array
from sidebyside.parity.rules import Order, Pair, Rule
from sidebyside.parity.tracing import NotRunError, watched
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit

if TYPE_CHECKING:
    from sidebyside.parity.following import Follower


@dataclass
class Found:
    """What an example shows.

    Attributes
    ----------
    pairs
        The counterpart of each Keras unit, with the orders of its features.
    outputs
        Whether both models' outputs are the same, as in `alignment`.
    different
        The Keras units whose inputs differ from those of their counterparts.
    rivals
        Keras units that have another counterpart in a pairing that explains the example as well.
    chosen
        The PyTorch units between which the example decided.
    unsure
        Keras units whose features might come in another order, as far as the example shows, each
        with the moves that fit.
    """

    pairs: dict[KerasUnit, Pair] = field(default_factory=dict)
    outputs: str = UNKNOWN
    different: list[KerasUnit] = field(default_factory=list)
    rivals: list[KerasUnit] = field(default_factory=list)
    chosen: set[TorchUnit] = field(default_factory=set)
    unsure: dict[KerasUnit, tuple[Move, ...]] = field(default_factory=dict)

    @property
    def proved(self) -> bool:
        """Whether the outputs are the same, and nothing is unsure."""
        return self.outputs == SAME and not self.unsure


@dataclass
class Run(Found):
    """One run of Keras's model.

    Attributes
    ----------
    choices
        At each choice, the option that was taken and how many there were.
    scrambled
        The first Keras unit that reads the same numbers as its counterpart, but scrambled, if
        nothing before it differs; `OUTPUTS` if the outputs do.
    free
        Keras units whose features were found one by one.
    calls
        How often each layer was called, by its first unit.
    dead
        Whether nothing was left that fits a layer.
    complete
        Whether the run came to its end.
    """

    choices: list[tuple[int, int]] = field(default_factory=list)
    scrambled: KerasUnit | None = None
    free: list[KerasUnit] = field(default_factory=list)
    calls: dict[KerasUnit, int] = field(default_factory=dict)
    dead: bool = False
    complete: bool = False

    @property
    def count(self) -> int:
        """How many differences there are, in what layers read and in the outputs."""
        return len(self.different) + (self.outputs in (DIFFERENT, SCRAMBLED))

    @property
    def perfect(self) -> bool:
        """Whether the outputs are proved the same, with every feature in an order of axes."""
        return self.complete and self.count == 0 and self.outputs == SAME and not self.free

    @property
    def progress(self) -> int:
        """How many units came before the first difference."""
        if not self.different:
            return len(self.pairs) + (self.outputs == SAME)
        return list(self.pairs).index(self.different[0])

    def other_counterparts(self, other: "Run") -> list[KerasUnit]:
        """Return the Keras units that have another counterpart in another run."""
        return [
            unit
            for unit, pair in self.pairs.items()
            if unit in other.pairs and other.pairs[unit].ours is not pair.ours
        ]


OUTPUTS = KerasUnit("the outputs", None, ())  # type: ignore[arg-type]


# Keras passes on what is no `Exception` unchanged


class _Abandoned(BaseException):
    """There are more differences than are allowed."""


class _DeadEnd(BaseException):
    """Nothing is left that fits a layer."""


class _Broken(BaseException):
    """Something failed in here, and not in the model."""

    def __init__(self, error: Exception):
        self.error = error


class Walk:
    """One run of Keras's model.

    Parameters
    ----------
    follower
        What all runs have in common.
    prefix
        Which option to take at the first choices; at all later ones it is the likeliest.
    writes
        Keras units whose output features are to be in another order.
    allowed
        After how many differences to give up; None for never.
    """

    def __init__(
        self,
        follower: "Follower",
        prefix: list[int],
        writes: dict[KerasUnit, Order],
        allowed: int | None,
    ):
        self.follower, self.fitting, self.trace = follower, follower.fitting, follower.trace
        self.prefix, self.writes, self.allowed = prefix, writes, allowed
        self.run = Run()
        self.taken: set[TorchUnit] = set()
        self.habits: dict[tuple[str, ...], str] = {}

    def result(self) -> Run:
        """Run the model and return what was found."""
        run = self.run
        try:
            for unit in self.follower.possible:
                if unit.part == BARE:
                    self._pair(unit, None)
            outputs = self._outputs()
            run.outputs = readings.outputs_verdict(
                self.trace.outputs, outputs, self.follower.tolerance
            )
            if run.outputs == SCRAMBLED and not run.different:
                run.scrambled = OUTPUTS
            self._give_up_after_too_many()
            run.complete = True
        except _Abandoned:
            pass
        except _DeadEnd:
            run.dead = True
        return run

    def _outputs(self) -> list[Array]:
        follower = self.follower
        try:
            with watched(list(follower.possible), self._on_call):
                return keras_leaves(follower.model(follower.inputs, training=False))
        except _Broken as broken:
            raise broken.error from None
        except Exception as error:  # whatever the model's own code raises
            raise NotRunError("Keras", error) from error

    def _on_call(self, units: list[KerasUnit], inputs: Array | None, call: Any) -> Any:
        number = self.run.calls.get(units[0], 0)
        self.run.calls[units[0]] = number + 1
        try:
            verdicts = self._verdicts(units, inputs, number)
        except Exception as error:
            raise _Broken(error) from error
        outputs = call()
        if DIFFERENT in verdicts or SCRAMBLED in verdicts:
            return self._as_in_torch(units[-1], outputs, number)
        return outputs

    def _verdicts(self, units: list[KerasUnit], inputs: Array | None, number: int) -> list[str]:
        verdicts = []
        for place, unit in enumerate(units):
            seen = inputs if place == 0 else None  # the second half reads what the first gives
            if unit not in self.run.pairs:
                verdicts.append(self._pair(unit, seen))
            else:
                pair = self.run.pairs[unit]
                verdicts.append(self._aligned(pair.ours, unit, seen, number).verdict)
        return verdicts

    def _pair(self, unit: KerasUnit, inputs: Array | None) -> str:
        """Choose the counterpart of a unit, give it its weights, and return how the inputs are."""
        options = [t for t in self.follower.possible[unit] if t not in self.taken]
        if not options:
            raise _DeadEnd
        aligned = {option: self._aligned(option, unit, inputs, 0) for option in options}
        chosen = self._choice(options, aligned)
        found = aligned[chosen]
        different = found.verdict == DIFFERENT
        reads = self._likely_order(chosen, unit, inputs) if different else found.order
        pair = Pair(chosen, unit, reads, self.writes.get(unit))
        self.taken.add(chosen)
        self.run.pairs[unit] = pair
        if found.order is not None and not found.moves:
            self.run.free.append(unit)
        if not found.certain and found.verdict == SAME:
            self.run.unsure[unit] = found.moves
        self._write(pair)
        if found.verdict in (DIFFERENT, SCRAMBLED):
            if found.verdict == SCRAMBLED and not self.run.different:
                self.run.scrambled = unit
            self.run.different.append(unit)
            self._give_up_after_too_many()
        return found.verdict

    def _give_up_after_too_many(self) -> None:
        if self.allowed is not None and self.run.count > self.allowed:
            raise _Abandoned

    def _choice(self, options: list[TorchUnit], aligned: dict[TorchUnit, Alignment]) -> TorchUnit:
        same = [t for t in options if aligned[t].verdict == SAME]
        plain = [t for t in same if aligned[t].order is None]
        unknown = [t for t in options if aligned[t].verdict == UNKNOWN]
        left = [*plain, *(t for t in same if t not in plain)] or unknown or options
        if len(left) == 1:
            return left[0]
        # in the next block of the same kind, the same choice is the likeliest
        names = tuple(option.label.rpartition(".")[2] for option in left)
        if names in self.habits:
            left.sort(key=lambda option: option.label.rpartition(".")[2] != self.habits[names])
        place = len(self.run.choices)
        number = self.prefix[place] if place < len(self.prefix) else 0
        self.run.choices.append((number, len(left)))
        self.run.chosen.update(left)
        self.habits[names] = left[number].label.rpartition(".")[2]
        return left[number]

    def _aligned(
        self, ours: TorchUnit, theirs: KerasUnit, inputs: Array | None, number: int
    ) -> Alignment:
        """Compare what a unit reads with what its counterpart reads, in any of its calls."""
        seen = self._seen(ours)
        if inputs is None or not seen:
            return Alignment(UNKNOWN)
        rule, follower = self._rule(ours, theirs), self.follower
        verdicts = []
        for given in seen[number : number + 1] + seen[:number] + seen[number + 1 :]:
            found = readings.compared(
                rule, ours, given, inputs, follower.tolerance, follower.moves.get(theirs)
            )
            if found.verdict == SAME:
                return found
            verdicts.append(found)
        return next((v for v in verdicts if v.verdict == SCRAMBLED), verdicts[0])

    def _likely_order(
        self, ours: TorchUnit, theirs: KerasUnit, inputs: Array | None
    ) -> Order | None:
        rule, seen = self._rule(ours, theirs), self._seen(ours)
        if not rule.reorders or inputs is None or not seen:
            return None
        clear, order = readings.likely_order(rule, ours, seen[0], inputs)
        if not clear and (not rule.channels or inputs.ndim == 2):
            self.run.unsure[theirs] = ()
        return order

    def _seen(self, unit: TorchUnit) -> list[Array]:
        calls = self.trace.calls.get(unit, [])
        return [call.inputs for call in calls if call.inputs is not None]

    def _rule(self, ours: TorchUnit, theirs: KerasUnit) -> Rule:
        rule = self.fitting.fit(ours, theirs).rule
        assert rule is not None
        return rule

    def _write(self, pair: Pair) -> None:
        """Give Keras's unit the weights of its counterpart, unless it has them from before."""
        orders = (None if o is None else o.tobytes() for o in (pair.reads, pair.writes))
        key = pair.ours, *orders
        if self.follower.written.get(pair.theirs) == key:
            return
        for mapping in self.fitting.mappings(pair):
            ours = [self.fitting.arrays[name] for name in mapping.torch_names]
            mapping.variable.assign(mapping.weights(*ours))
        self.follower.written[pair.theirs] = key

    def _as_in_torch(self, unit: KerasUnit, outputs: Any, number: int) -> Any:
        """Return what the counterpart gave, so that one difference does not hide all after it."""
        pair = self.run.pairs[unit]
        calls = self.trace.calls.get(pair.ours, [])
        if not keras.ops.is_tensor(outputs) or number >= len(calls):
            return outputs
        given = readings.laid_out(self._rule(pair.ours, unit), calls[number], outputs.shape)
        if given is None:
            return outputs
        if pair.writes is not None:
            given = given[..., pair.writes]
        activation = readings.fused_activation(unit.layer)
        return tf.cast(activation(tf.convert_to_tensor(given)), outputs.dtype)
