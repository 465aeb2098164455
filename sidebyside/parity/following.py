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
from typing import Any

from sidebyside.parity import alignment
from sidebyside.parity.alignment import SAME, Move
from sidebyside.parity.fitting import Fitting
from sidebyside.parity.libraries import keras, nn
from sidebyside.parity.pairing import Possible
from sidebyside.parity.probing import kept
from sidebyside.parity.rules import Order, Pair
from sidebyside.parity.tracing import TorchTrace
from sidebyside.parity.units import KerasUnit
from sidebyside.parity.walking import Found, Run, Walk

MOST_RUNS = 300  # of Keras's model, before an example is given up as not decisive
NEAREST = 6  # layers before the one whose inputs are scrambled, whose outputs may be in disorder


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
        """Return the pairing that explains the example best: with the fewest differences."""
        with kept(self.model):
            run = self._mended([], None)
            if run.perfect or not run.choices:
                return run
            most = run.count if run.complete else len(self.possible)
            for allowed in range(most + 1):
                complete = []
                for other in self._all_runs(allowed):
                    if other.perfect:
                        return other
                    if other.complete:
                        complete.append(other)
                if self.runs >= MOST_RUNS:
                    break
                if complete:
                    return _best(complete)
        run.rivals = list(run.pairs)  # too many to try them all
        return run

    def _all_runs(self, allowed: int) -> Iterator[Run]:
        """Yield one run for each way to choose, the likeliest first."""
        prefix: list[int] = []
        while self.runs < MOST_RUNS:
            run = self._mended(prefix, allowed)
            yield run
            choices = list(run.choices)
            while choices and choices[-1][0] + 1 == choices[-1][1]:
                choices.pop()
            if not choices:
                return
            prefix = [taken for taken, _ in choices[:-1]] + [choices[-1][0] + 1]

    def _mended(self, prefix: list[int], allowed: int | None) -> Run:
        """Run; where the inputs of a layer are scrambled, order the outputs of one before it."""
        writes: dict[KerasUnit, Order] = {}
        run = self._run(prefix, writes, allowed)
        while run.scrambled is not None:
            better = self._better(run, prefix, writes)
            if better is None:
                break
            writes = better
            run = self._run(prefix, writes, allowed)
        return run

    def _better(
        self, run: Run, prefix: list[int], writes: dict[KerasUnit, Order]
    ) -> dict[KerasUnit, Order] | None:
        """Return orders of outputs with which the run comes further; None if there are none."""
        before = [unit for unit, pair in run.pairs.items() if self._is_free(pair)]
        if run.scrambled in before:
            before = before[: before.index(run.scrambled)]
        for unit in before[::-1][:NEAREST]:
            if unit in writes:
                continue
            count = _outputs(self.fitting, run.pairs[unit])
            for move in alignment.transpositions(count):
                if self.runs >= MOST_RUNS:
                    return None
                changed = {**writes, unit: alignment.moved(count, move)}
                if self._run(prefix, changed, 0).progress > run.progress:
                    return changed
        return None

    def _is_free(self, pair: Pair) -> bool:
        rule = self.fitting.fit(pair.ours, pair.theirs).rule
        return bool(rule and rule.free)

    def _run(self, prefix: list[int], writes: dict[KerasUnit, Order], allowed: int | None) -> Run:
        self.runs += 1
        return Walk(self, prefix, writes, allowed).result()


def _best(runs: list[Run]) -> Run:
    """Return the best of several runs that explain the example equally, with its rivals."""
    runs = sorted(runs, key=lambda run: (run.outputs != SAME, len(run.free)))
    best, *others = runs
    if best.outputs != SAME:
        found = (unit for other in others for unit in best.other_counterparts(other))
        best.rivals = list(dict.fromkeys(found))
    return best


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
