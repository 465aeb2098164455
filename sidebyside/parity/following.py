"""Follow an example through both models, and pair their layers by what these read.

PyTorch's model runs once, with random weights, and what each of its layers reads is kept. Then
Keras's model runs, layer by layer. Whenever one of its layers is called for the first time, its
counterpart is the PyTorch layer that fits it and reads the same; it is given the weights of that
layer at once, so that what the next layers read can be compared, too. Where several layers read
the same (query, key and value; two heads), one is tried after the other, and what comes later
decides: the inputs of the layers after them, and the outputs.

The same comparison shows in which order a layer's features come: (C, H, W), flattened, in PyTorch
is (H, W, C) in Keras.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sidebyside.parity import alignment
from sidebyside.parity.alignment import DIFFERENT, SAME, SCRAMBLED, UNKNOWN, Alignment, Move
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.libraries import keras, kl, nn, tf
from sidebyside.parity.mapping import Array
from sidebyside.parity.pairing import Possible
from sidebyside.parity.probing import kept
from sidebyside.parity.rules import Order, Pair, Rule
from sidebyside.parity.tracing import Call, NotRunError, TorchTrace, keras_leaves, watched
from sidebyside.parity.units import BARE, KerasUnit, TorchUnit

MOST_RUNS = 300  # of Keras's model, before an example is given up as not decisive
NEAREST = 6  # layers before the one whose inputs are scrambled, whose outputs may be in disorder


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


# Keras passes on what is no `Exception` unchanged


class _Abandoned(BaseException):
    """A run is no better than one before."""


class _DeadEnd(BaseException):
    """Nothing is left that fits a layer."""


class _Broken(BaseException):
    """Something failed in here, and not in the model."""

    def __init__(self, error: Exception):
        self.error = error


def _key(pair: Pair) -> tuple:
    orders = (None if order is None else order.tobytes() for order in (pair.reads, pair.writes))
    return pair.ours, *orders


@dataclass
class _Run(Found):
    """One run of Keras's model."""

    choices: list[tuple[int, int]] = field(default_factory=list)  # the one taken, of how many
    scrambled: KerasUnit | None = None
    free: list[KerasUnit] = field(default_factory=list)
    calls: dict[KerasUnit, int] = field(default_factory=dict)
    dead: bool = False

    @property
    def score(self) -> tuple[bool, int, bool]:
        """Smaller is better."""
        return self.dead, len(self.different), self.outputs != SAME

    @property
    def plain(self) -> bool:
        """Whether no features come in an order that only a comparison one by one found."""
        return not self.free

    def key(self) -> tuple:
        """What tells two pairings apart."""
        return tuple(sorted((id(k), id(pair.ours)) for k, pair in self.pairs.items()))


class Follower:
    """Runs of a Keras model that follow one run of a PyTorch model.

    Parameters
    ----------
    fitting
        The units and the random weights that PyTorch's model had in that run.
    possible
        What is possible for each Keras unit, the likeliest first.
    trace
        What PyTorch's units did.
    model, inputs
        Keras's model, and the example for it.
    tolerance
        What counts as equal, in parts of the largest number.
    moves
        The orders of features that earlier examples have left over.
    """

    def __init__(
        self,
        fitting: Fitting,
        possible: Possible,
        trace: TorchTrace,
        model: keras.Model,
        inputs: Any,
        tolerance: float,
        moves: dict[KerasUnit, tuple[Move, ...]] | None = None,
    ):
        self.fitting, self.possible, self.trace = fitting, possible, trace
        self.model, self.inputs, self.tolerance = model, inputs, tolerance
        self.moves = moves or {}
        self.runs = 0
        self.written: dict[KerasUnit, tuple] = {}

    def follow(self) -> Found:
        """Return the pairing that explains the example best."""
        best: list[_Run] = []
        chosen: set[TorchUnit] = set()
        with kept(self.model):
            for run in self._all_runs():
                chosen |= run.chosen
                if not best or run.score < best[0].score:
                    best = [run]
                elif run.score == best[0].score:
                    best.append(run)
                if run.outputs == SAME and run.score[1] == 0 and run.plain:
                    best = [run]
                    break
        found = next((run for run in best if run.plain), best[0])
        found.chosen = chosen
        if found.outputs != SAME:
            others = [run for run in best if run.key() != found.key()]
            found.rivals = [
                unit
                for unit, pair in found.pairs.items()
                if any(unit in o.pairs and o.pairs[unit].ours is not pair.ours for o in others)
            ]
        return found

    def _all_runs(self) -> Iterator[_Run]:
        """Yield one run for each way to choose, the likeliest first."""
        prefix: list[int] = []
        fewest: int | None = None
        while self.runs < MOST_RUNS:
            run = self._mended(prefix, fewest)
            if not run.dead:
                fewest = min(len(run.different), fewest if fewest is not None else 10**9)
            yield run
            choices = list(run.choices)
            while choices and choices[-1][0] + 1 == choices[-1][1]:
                choices.pop()
            if not choices:
                return
            prefix = [taken for taken, _ in choices[:-1]] + [choices[-1][0] + 1]

    def _mended(self, prefix: list[int], fewest: int | None) -> _Run:
        """Run; where the inputs of a layer are scrambled, order the outputs of one before it."""
        writes: dict[KerasUnit, Order] = {}
        run = self._run(prefix, writes, fewest)
        while run.scrambled is not None:
            better = next(self._better(run, prefix, writes), None)
            if better is None:
                return run
            run, writes = better
        return run

    def _better(
        self, run: _Run, prefix: list[int], writes: dict[KerasUnit, Order]
    ) -> Iterator[tuple[_Run, dict[KerasUnit, Order]]]:
        before = [unit for unit, pair in run.pairs.items() if self._is_free(pair)]
        if run.scrambled in before:
            before = before[: before.index(run.scrambled)]
        for unit in before[::-1][:NEAREST]:
            if unit in writes:
                continue
            count = _outputs(self.fitting, run.pairs[unit])
            for move in alignment.transpositions(count):
                if self.runs >= MOST_RUNS:
                    return
                changed = {**writes, unit: alignment.moved(count, move)}
                again = self._run(prefix, changed, None)
                if again.scrambled is not run.scrambled and again.score < run.score:
                    yield again, changed

    def _is_free(self, pair: Pair) -> bool:
        rule = self.fitting.fit(pair.ours, pair.theirs).rule
        return bool(rule and rule.free)

    def _run(self, prefix: list[int], writes: dict[KerasUnit, Order], fewest: int | None) -> _Run:
        self.runs += 1
        return _OneRun(self, prefix, writes, fewest).result()


class _OneRun:
    """Keras's model runs once."""

    def __init__(
        self,
        follower: Follower,
        prefix: list[int],
        writes: dict[KerasUnit, Order],
        fewest: int | None,
    ):
        self.follower, self.fitting, self.trace = follower, follower.fitting, follower.trace
        self.prefix, self.writes, self.fewest = prefix, writes, fewest
        self.run = _Run()
        self.taken: set[TorchUnit] = set()

    def result(self) -> _Run:
        """Run the model and return what was found."""
        follower, run = self.follower, self.run
        try:
            for unit in follower.possible:
                if unit.part == BARE:
                    self._pair(unit, None)
            outputs = self._outputs()
        except _Abandoned:
            return run
        except _DeadEnd:
            run.dead = True
            return run
        run.outputs = outputs_verdict(self.trace.outputs, outputs, follower.tolerance)
        if run.outputs == SCRAMBLED and run.scrambled is None and not run.different:
            run.scrambled = _OUTPUTS
        return run

    def _outputs(self) -> list[Array]:
        follower = self.follower
        try:
            with watched(list(follower.possible), self._on_call):
                return keras_leaves(follower.model(follower.inputs, training=False))
        except _Broken as broken:
            raise broken.error from None
        except Exception as error:  # whatever the model's own code raises
            raise NotRunError(error) from error

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
        reads = found.order
        if found.verdict == DIFFERENT:
            reads = self._likely_order(chosen, unit, inputs)
        pair = Pair(chosen, unit, reads, self.writes.get(unit))
        self.taken.add(chosen)
        self.run.pairs[unit] = pair
        if found.order is not None and not found.moves:
            self.run.free.append(unit)
        if not found.certain and found.verdict == SAME:
            self.run.unsure[unit] = found.moves
        if found.verdict in (DIFFERENT, SCRAMBLED):
            self._count_difference(unit, found.verdict)
        self._write(pair)
        return found.verdict

    def _count_difference(self, unit: KerasUnit, verdict: str) -> None:
        if verdict == SCRAMBLED and self.run.scrambled is None and not self.run.different:
            self.run.scrambled = unit
        self.run.different.append(unit)
        if self.fewest is not None and len(self.run.different) > self.fewest:
            raise _Abandoned

    def _choice(self, options: list[TorchUnit], aligned: dict[TorchUnit, Alignment]) -> TorchUnit:
        same = [t for t in options if aligned[t].verdict == SAME]
        plain = [t for t in same if aligned[t].order is None]
        unknown = [t for t in options if aligned[t].verdict == UNKNOWN]
        left = [*plain, *(t for t in same if t not in plain)] or unknown or options
        if len(left) == 1:
            return left[0]
        place = len(self.run.choices)
        number = self.prefix[place] if place < len(self.prefix) else 0
        self.run.choices.append((number, len(left)))
        self.run.chosen.update(left)
        return left[number]

    def _aligned(
        self, ours: TorchUnit, theirs: KerasUnit, inputs: Array | None, number: int
    ) -> Alignment:
        """Compare what a unit reads with what its counterpart reads, in any of its calls."""
        calls = [call.inputs for call in self.trace.calls.get(ours, [])]
        seen = [given for given in calls if given is not None]
        if inputs is None or not seen:
            return Alignment(UNKNOWN)
        rule = self.fitting.fit(ours, theirs).rule
        likeliest = seen[number : number + 1] + seen[:number] + seen[number + 1 :]
        verdicts = []
        for given in likeliest:
            found = _compared(rule, ours, theirs, given, inputs, self.follower)
            if found.verdict == SAME:
                return found
            verdicts.append(found)
        return next((v for v in verdicts if v.verdict == SCRAMBLED), verdicts[0])

    def _likely_order(
        self, ours: TorchUnit, theirs: KerasUnit, inputs: Array | None
    ) -> Order | None:
        rule = self.fitting.fit(ours, theirs).rule
        calls = [call.inputs for call in self.trace.calls.get(ours, []) if call.inputs is not None]
        if not rule.reorders or inputs is None or not calls:
            return None
        for mine, other in _as_rows(rule, ours, calls[0], inputs):
            clear, order = alignment.likely_order(mine, other)
            if not clear and (not rule.channels or inputs.ndim == 2):
                self.run.unsure[theirs] = ()
            return order
        return None

    def _write(self, pair: Pair) -> None:
        if self.follower.written.get(pair.theirs) == _key(pair):
            return
        for mapping in self.fitting.mappings(pair):
            ours = [self.fitting.arrays[name] for name in mapping.torch_names]
            mapping.variable.assign(mapping.weights(*ours))
        self.follower.written[pair.theirs] = _key(pair)

    def _as_in_torch(self, unit: KerasUnit, outputs: Any, number: int) -> Any:
        """Return what the counterpart gave, so that one difference does not hide all after it."""
        pair = self.run.pairs[unit]
        calls = self.trace.calls.get(pair.ours, [])
        if not keras.ops.is_tensor(outputs) or number >= len(calls):
            return outputs
        given = laid_out(self.fitting.fit(pair.ours, unit).rule, calls[number], outputs.shape)
        if given is None:
            return outputs
        if pair.writes is not None:
            given = given[..., pair.writes]
        activation = fused_activation(unit.layer)
        return tf.cast(activation(tf.convert_to_tensor(given)), outputs.dtype)


_OUTPUTS = KerasUnit("the outputs", None, ())  # type: ignore[arg-type]


def fused_activation(layer: kl.Layer) -> Any:
    """Return the activation that a Keras layer applies to what its weights give."""
    if isinstance(layer, kl.RNN | kl.Bidirectional | kl.MultiHeadAttention):
        return lambda x: x
    return getattr(layer, "activation", None) or (lambda x: x)


def laid_out(rule: Rule, call: Call, shape: tuple[int, ...]) -> Array | None:
    """Return what PyTorch's layer gave, in the shape of Keras's outputs; None if it has none."""
    if call.outputs is None:
        return None
    given = call.outputs
    options = [np.moveaxis(given, 1, -1)] if rule.channels and given.ndim > 2 else []
    options += [given] + ([given.swapaxes(0, 1)] if given.ndim == 3 else [])
    return next((option for option in options if option.shape == tuple(shape)), None)


def _outputs(fitting: Fitting, pair: Pair) -> int:
    """Return how many output features a unit has."""
    bias = [key for key in pair.ours.keys if key == "bias"]
    if bias:
        return fitting.arrays[pair.ours.full("bias")].size
    weight = fitting.arrays[pair.ours.full("weight")]
    rule = fitting.fit(pair.ours, pair.theirs).rule
    transposed = rule.torch[0].__name__.startswith("ConvTranspose")
    across = transposed or issubclass(rule.torch[0], nn.Embedding)
    return weight.shape[1] if across else weight.shape[0]


def _compared(
    rule: Rule,
    ours: TorchUnit,
    theirs: KerasUnit,
    given: Array,
    inputs: Array,
    follower: Follower,
) -> Alignment:
    verdict = Alignment(DIFFERENT)
    for mine, other in _as_rows(rule, ours, given, inputs):
        found = alignment.align(
            mine, other, follower.tolerance, rule.reorders, follower.moves.get(theirs)
        )
        if found.verdict == SAME:
            return found
        if found.verdict == SCRAMBLED:
            verdict = found
    return verdict


def _as_rows(
    rule: Rule, unit: TorchUnit, ours: Array, theirs: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield both inputs as (rows, features), for each way in which their axes can go together."""
    if ours.size != theirs.size:
        return
    options = [(ours, theirs)]
    if rule.channels and ours.ndim > 2:
        last = np.moveaxis(ours, 1, -1)
        options = [(last, theirs)]
        if theirs.shape == ours.shape and theirs.shape != last.shape:
            options = [(last, np.moveaxis(theirs, 1, -1))]
    elif ours.ndim == 3:  # (time, batch, features)
        options.append((ours.swapaxes(0, 1), theirs))
    shape = getattr(unit.layer, "normalized_shape", None)
    for mine, other in options:
        count = int(np.prod(shape)) if shape else (mine.shape[-1] if mine.ndim > 1 else 1)
        if isinstance(unit.layer, nn.Embedding | nn.EmbeddingBag):
            count = 1
        yield mine.reshape(-1, count), other.reshape(-1, count)


def outputs_verdict(ours: list[Array], theirs: list[Array], tolerance: float) -> str:
    """Compare the outputs of both models; each may have its channels or batch elsewhere."""
    if len(ours) != len(theirs) or not ours:
        return UNKNOWN
    verdicts = [_leaf_verdict(a, b, tolerance) for a, b in zip(ours, theirs, strict=True)]
    for verdict in (DIFFERENT, SCRAMBLED):
        if verdict in verdicts:
            return verdict
    return SAME


def _leaf_verdict(ours: Array, theirs: Array, tolerance: float) -> str:
    ours, theirs = ours.astype(float), theirs.astype(float)
    options = [ours]
    if ours.ndim > 2:
        options += [np.moveaxis(ours, 1, -1), ours.swapaxes(0, 1)]
    if any(alignment.close(option, theirs, tolerance) for option in options):
        return SAME
    return SCRAMBLED if alignment.scrambled(ours, theirs, tolerance) else DIFFERENT
