"""Whether the layers of both models give the same, one after the other, in inference mode."""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from sidebyside.parity.arrays import from_keras, from_torch, torch_leaves
from sidebyside.parity.by_design import changed
from sidebyside.parity.libraries import keras, nn, torch
from sidebyside.parity.places import experiments, function_trials, padding_trials
from sidebyside.parity.places.both_programs import TOLERANCE, Programs, alike, apart
from sidebyside.parity.places.findings import Finding
from sidebyside.parity.places.layer_calls import (
    Calls,
    KerasCall,
    evaluated,
    fused,
    inputs_apart,
    layouts,
    record,
    same_inputs,
)
from sidebyside.parity.rules import Pair
from sidebyside.parity.tracing import Call, NotRunError, call_torch
from sidebyside.parity.units import BARE

PLACE, PREDICTIONS = "activations", "predictions"
_MODE = "train-eval-mode"


def find(both: Programs) -> tuple[str, Finding | None]:
    """Return what was seen, and the first layer at which the two models part."""
    if (found := _unsteady(both)) is not None:
        return "", found
    try:
        calls = record(both)
    except NotRunError as error:
        return "", Finding(PLACE, f"the call of {error.library}'s model", f"It fails: {error}")
    return _Layers(both, calls).find()


def _unsteady(both: Programs) -> Finding | None:
    """See whether a model gives other numbers with each call although it is in inference mode."""
    ours = evaluated(both), evaluated(both)
    if not alike(*ours):
        return Finding(
            PLACE, "PyTorch's outputs in evaluation mode",
            "Two calls with one batch give two results: something draws random numbers though "
            "the model is in evaluation mode. `F.dropout` does, unless it gets "
            "`training=self.training`.", "dropout-by-function", apart(*ours),
        )  # fmt: skip
    theirs = _inferred(both), _inferred(both)
    if not alike(*theirs):
        return Finding(
            PLACE, "Keras's outputs with training=False",
            "Two calls with one batch give two results: something draws random numbers in "
            "inference. Look for `training=True` in `call`.", _MODE, apart(*theirs),
        )  # fmt: skip
    return None


def _inferred(both: Programs) -> np.ndarray:
    return _flat(both.keras_model(both.keras_batch.inputs, training=False))


class _Layers:
    """The walk along the layers, in the order in which Keras calls them."""

    def __init__(self, both: Programs, calls: Calls):
        self.both, self.calls = both, calls
        self.pairs = {id(pair.theirs): pair for pair in both.pairs if pair.theirs.part != BARE}
        self.before: list[tuple[Pair, np.ndarray]] = []  # layers that give the same, and what
        self.plain: list[KerasCall] = []  # Keras's layers without weights since the last of them
        self.seen = 0

    def find(self) -> tuple[str, Finding | None]:
        for call in self.calls.theirs:
            pair = self.pairs.get(id(call.unit))
            if pair is None:
                self.plain.append(call)
            elif (found := self._at(call, pair)) is not None:
                return "", found
        return self._outputs()

    def _at(self, call: KerasCall, pair: Pair) -> Finding | None:
        mine = self.calls.ours.calls.get(pair.ours, [])
        if call.number >= len(mine):
            return None
        ours = mine[call.number]
        read = (
            call.inputs is None
            or ours.inputs is None
            or same_inputs(self.both, pair, ours.inputs, call.inputs)
        )
        if call.outputs is None or ours.outputs is None:
            return None if read else self._between(call, pair, ours.inputs)
        found = self._given(call, pair, ours)
        if found is not None and not read:  # padding may be in the layer, or before it
            return self._between(call, pair, ours.inputs)
        return found

    def _given(self, call: KerasCall, pair: Pair, ours: Call) -> Finding | None:
        """Compare what two layers give."""
        assert ours.outputs is not None
        fitting = [o for o in layouts(ours.outputs) if o.shape == call.outputs.shape]
        if not fitting:
            return self._shapes(pair, ours.outputs, call.outputs)
        if pair.writes is not None:
            fitting = [option[..., pair.writes] for option in fitting]
        ready = [fused(pair.theirs.layer, option) for option in fitting]
        if not any(alike(option, call.outputs) for option in ready):
            reason = experiments.of_layer(self.both, pair, ours.inputs, call.outputs)
            gap = min(apart(option, call.outputs) for option in ready)
            return Finding(PLACE, f"what {_names(pair)} give", *reason[:2], gap, reason[2])
        self.seen += 1
        self.before.append((pair, fitting[0]))
        self.plain = []
        return None

    def _shapes(self, pair: Pair, ours: np.ndarray, theirs: np.ndarray) -> Finding:
        sentence = f"PyTorch's has the shape {ours.shape}, Keras's {theirs.shape}."
        settings = self.both.differing(pair)
        convolution = isinstance(pair.ours.layer, nn.Conv1d | nn.Conv2d | nn.Conv3d)
        padding = "conv2d-padding-1-stride-2" if convolution else ""
        entry = settings[0].entry if settings else padding
        return Finding(PLACE, f"what {_names(pair)} give", sentence, entry)

    def _between(self, call: KerasCall, pair: Pair, ours: np.ndarray | None) -> Finding:
        """Say what lies between the layers that give the same and one that reads another thing."""
        theirs = call.inputs
        assert ours is not None and theirs is not None  # else nothing was compared
        gap = inputs_apart(self.both, pair, ours, theirs)
        where = f"what {_names(pair)} read"
        options = list(layouts(ours))
        reason, entry, proved = self._explained(options, theirs, pair)
        if not proved:
            found = function_trials.explained(self.both, pair, theirs)
            found = found or padding_trials.explained(self.both, pair, call)
            if found is not None:
                (reason, entry), proved = found, True
        if gap is None:
            reason = f"PyTorch's has the shape {ours.shape}, Keras's {theirs.shape}. {reason}"
        return Finding(PLACE, where, reason, entry, gap, proved)

    def _explained(
        self, ours: list[np.ndarray], theirs: np.ndarray, until: Pair | None = None
    ) -> experiments.Reason:
        """Return which function each of the models applies to what the last layers gave."""
        for pair, given in self.before[::-1]:
            kept = next((o for o in ours if o.shape == given.shape), None)
            if kept is None or theirs.shape != given.shape:
                continue
            mine, other = (experiments.applied(given, x) for x in (kept, theirs))
            if mine and other and mine != other:
                entry = experiments.activations(given.ndim)[other][1]
                if entry == "activation-of-a-layer":
                    entry = experiments.activations(given.ndim)[mine][1]
                return (
                    f"After {_names(pair)}, PyTorch applies {mine}, and Keras {other}.",
                    entry, True,
                )  # fmt: skip
        return self._listed(until), "", False

    def _listed(self, until: Pair | None) -> str:
        last = f" after {_names(self.before[-1][0])}" if self.before else ""
        theirs = ", ".join(f"`{c.unit.path}` ({type(c.unit.layer).__name__})" for c in self.plain)
        ours = ", ".join(
            f"`{name}` ({type(module).__name__})" for name, module, given in self._unlike(until)
        )
        return (
            f"The two part{last}, in what holds no weights: "
            f"{'in PyTorch ' + ours if ours else 'functions in PyTorch'}; "
            f"{'in Keras ' + theirs if theirs else 'functions in Keras'}. Compare their settings."
        )

    def _unlike(self, until: Pair | None) -> list[tuple[str, nn.Module, np.ndarray]]:
        """Return the first of PyTorch's layers without weights whose output Keras has nowhere.

        Those are looked at that are called before the layer that reads something else.
        """
        theirs = [c.outputs for c in self.calls.theirs if c.outputs is not None]
        last = until.ours.layer if until is not None else None
        for found in self.calls.plain:
            if found[1] is last:
                break
            if found[1] in self.calls.ours_with_weights:
                continue
            if not any(alike(o, other) for o in layouts(found[2]) for other in theirs):
                return [found]
        return []

    def _outputs(self) -> tuple[str, Finding | None]:
        ours = self.both.torch_outputs(list(self.calls.ours.outputs))
        theirs = [from_keras(x) for x in keras.tree.flatten(self.calls.outputs)]
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
            where = "the outputs" if len(theirs) == 1 else f"output {number}"
            if mine.shape != other.shape:
                shapes = f"PyTorch's have the shape {mine.shape}, Keras's {other.shape}."
                return "", Finding(PLACE, where, shapes, "loss-shapes")
            if not alike(mine, other):
                reason, entry, proved = self._after_all(mine, other)
                return "", Finding(PLACE, where, reason, entry, apart(mine, other), proved)
        return f"{self.seen} layers and the outputs, to {TOLERANCE:.0e}", None

    def _after_all(self, ours: np.ndarray, theirs: np.ndarray) -> experiments.Reason:
        for start, given, side, other in (
            (ours, theirs, "Keras", "PyTorch"),
            (theirs, ours, "PyTorch", "Keras"),
        ):
            if name := experiments.applied(start, given):
                entry = experiments.activations(ours.ndim)[name][1]
                return (
                    f"{side}'s model ends in {name}, and {other}'s does not: then one loss gets "
                    "probabilities and the other logits. Leave it out, and give Keras's loss "
                    "`from_logits=True`.", "cross-entropy" if "softmax" in name else entry, True,
                )  # fmt: skip
        return self._explained([ours], theirs)


def _names(pair: Pair) -> str:
    return f"{pair.ours} in PyTorch and {pair.theirs} in Keras"


def predictions(
    both: Programs, torch_predict: Any, keras_predict: Any
) -> tuple[str, Finding | None]:
    """Compare what both programs' own functions for predicting give."""
    with _as_is(both.torch_model):
        ours = [_flat(torch_predict(both.torch_batch.inputs)) for _ in range(2)]
    theirs = [_flat(keras_predict(both.keras_batch.inputs)) for _ in range(2)]
    laid = [np.asarray(both.torch_outputs(x)) for x in ours]
    if alike(laid[0], theirs[0]) and alike(laid[1], theirs[1]):
        return "what both programs' own functions predict", None
    inference = np.asarray(both.torch_outputs(evaluated(both)))
    for side, (given, again) in (("PyTorch", laid), ("Keras", theirs)):
        if given.shape == inference.shape and alike(given, inference):
            continue
        unsteady = not alike(given, again)
        trained = _in_training(both, side)
        if unsteady or (trained is not None and alike(given, trained)):
            advice = (
                "Call `model.eval()` before predicting, and `model.train()` before training."
                if side == "PyTorch"
                else "Call the model with `training=False`, or use `model.predict`."
            )
            what = "other numbers with each call" if unsteady else "what it gives in training mode"
            return "", Finding(
                PREDICTIONS, f"what {side}'s program predicts",
                f"The model gives {what}, not what it gives in inference mode, so dropout or "
                f"batch normalisation works as in training. {advice}",
                _MODE, apart(inference, given), not unsteady,
            )  # fmt: skip
        if given.shape == inference.shape and (name := experiments.applied(inference, given)):
            return "", Finding(
                PREDICTIONS, f"what {side}'s program predicts",
                f"It applies {name} to the model's outputs, and the other program does not.",
                experiments.activations(given.ndim)[name][1], apart(inference, given), True,
            )  # fmt: skip
    gap = apart(laid[0], theirs[0]) if laid[0].shape == theirs[0].shape else None
    shapes = "" if gap is not None else f" The shapes are {laid[0].shape} and {theirs[0].shape}."
    return "", Finding(
        PREDICTIONS, "what the two programs predict",
        "Both models give the same in inference mode, so it is in the functions around them."
        + shapes,
        "", gap,
    )  # fmt: skip


def _flat(outputs: Any) -> np.ndarray:
    if isinstance(outputs, torch.Tensor):
        return from_torch(outputs)
    first = keras.tree.flatten(outputs)[0]
    return from_keras(first) if keras.ops.is_tensor(first) else np.asarray(first)


def _in_training(both: Programs, side: str) -> np.ndarray | None:
    """Return what a model gives in training mode with dropout off."""
    if side == "Keras":
        with both.theirs.conditions():
            return _flat(both.keras_model(both.keras_batch.inputs, training=True))
    model = both.torch_model
    modes = [(module, "training", True) for module in model.modules()]
    with both.ours.conditions(stock=True), changed(modes), torch.no_grad():
        return np.asarray(
            both.torch_outputs(
                from_torch(torch_leaves(call_torch(model, both.torch_batch.inputs))[0])
            )
        )


@contextlib.contextmanager
def _as_is(model: nn.Module) -> Iterator[None]:
    """Put a PyTorch model's statistics back afterwards: predicting in training mode moves them."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    try:
        yield
    finally:
        model.load_state_dict(state)
