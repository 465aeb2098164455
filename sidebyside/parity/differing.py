"""Find the first place at which two programs part that should be the same."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from sidebyside.errors import OpenPairingError, PortingError
from sidebyside.parity import examples, tracing
from sidebyside.parity.layouts import channels_first, channels_last
from sidebyside.parity.libraries import keras, nn
from sidebyside.parity.matching import Matched, match
from sidebyside.parity.places import (
    data_apart,
    outputs_apart,
    settings_apart,
    steps_apart,
    training_apart,
    weights_apart,
)
from sidebyside.parity.places.both_programs import Programs
from sidebyside.parity.places.findings import PLACES, Finding, Walked
from sidebyside.parity.probing import kept
from sidebyside.parity.told import Request
from sidebyside.parity.torch_sources import ModelSource

Seen = tuple[str, Finding | None]


def find_difference(
    torch_model: nn.Module,
    keras_model: keras.Model,
    batch: tuple[Any, Any],
    *,
    torch_batch: tuple[Any, Any] | None = None,
    torch_loss: Callable[..., Any] | None = None,
    keras_loss: Callable[..., Any] | None = None,
    torch_make_optimizer: Callable[..., Any] | None = None,
    keras_make_optimizer: Callable[..., Any] | None = None,
    torch_predict: Callable[..., Any] | None = None,
    keras_predict: Callable[..., Any] | None = None,
    torch_inputs: Callable[[Any], Any] = channels_first,
    torch_targets: Callable[[Any], Any] = channels_first,
    torch_outputs: Callable[[Any], Any] = channels_last,
    pairs: dict[str, str] | None = None,
    skip: Collection[str] = (),
) -> Walked:
    """Walk through two programs side by side, and stop at the first place where they part.

    Parameters
    ----------
    torch_model, keras_model
        The models as the programs make them: built, with their own first weights or with weights
        that were ported.
    batch
        Inputs and targets as Keras's program reads them; targets may be None without losses.
    torch_batch
        The same batch as PyTorch's program reads it. Left out, both read `batch`, laid out for
        PyTorch by `torch_inputs` and `torch_targets`.
    torch_loss, keras_loss
        Each is called `loss(outputs, targets)` and returns a scalar.
    torch_make_optimizer, keras_make_optimizer
        Each is called with the model, and returns its optimiser; PyTorch's may return
        (optimiser, scheduler).
    torch_predict, keras_predict
        What the programs themselves call to predict, with a batch of inputs.
    torch_inputs, torch_targets, torch_outputs
        As for `compare`.
    pairs
        Names of layers that belong together, as for `port_weights`.
    skip
        Places to pass, to see what comes after a difference that is known.

    Returns
    -------
    Walked
        What was seen at each place, and the finding with its likely reason, the key of the
        dictionary's entry about it, and whether the reason was proved by changing that one thing.

    Raises
    ------
    OpenPairingError
        If it stays open which layer of one model is which of the other.
    PortingError
        If PyTorch's model cannot be called with the batch.
    ValueError
        If a place to skip is unknown.

    Notes
    -----
    The places, in this order: the **data** that both read; the **layers** with weights and their
    shapes; the **first weights**, number by number if they were ported, else by mean and standard
    deviation (from here on Keras's model has PyTorch's); the **activations** in inference mode, one
    layer after the other; the **predictions** of the programs' own functions; the **training mode**
    (dropout, what is frozen); the **loss**; the **gradients**; three **optimiser steps** with the
    same gradients; the **running statistics** after a pass in training mode; and the **settings**
    that both models show but that this batch does not. What the libraries do differently by design,
    see `compare`, is taken out of the way. Both models are left as they were.
    """
    if unknown := [place for place in skip if place not in PLACES]:
        raise ValueError(
            f"There is no place {unknown[0]!r} to skip. There are: {', '.join(PLACES)}."
        )
    walk = Walked()
    inputs, targets = batch
    read = torch_inputs(_arrays(inputs)), targets
    if targets is not None:
        read = read[0], torch_targets(_arrays(targets))
    arrays = read if torch_batch is None else torch_batch
    if not _passed(walk, skip, "data", lambda: ("", data_apart.find(arrays, batch)), torch_batch):
        return walk
    request = Request(
        pairs or {}, _arrays(inputs), {}, {}, torch_inputs, torch_outputs, likeliest=True
    )
    _check_call(torch_model, torch_inputs(_arrays(inputs)))
    with kept(keras_model):
        matched = _layers(walk, torch_model, keras_model, request)
        if matched is None:
            return walk
        both = Programs(
            torch_model, keras_model, inputs, targets, read,
            torch_loss, keras_loss, torch_make_optimizer, keras_make_optimizer,
            lambda outputs: keras.tree.map_structure(torch_outputs, outputs),
            matched.pairs, matched.fitting, matched.guessed,
        )  # fmt: skip
        _walk(walk, both, skip, torch_predict, keras_predict)
    return walk


def _walk(
    walk: Walked, both: Programs, skip: Collection[str], torch_predict: Any, keras_predict: Any
) -> None:
    """Look at one place after the other until something is found."""
    if not _passed(walk, skip, "first weights", lambda: weights_apart.find(both)):
        return
    both.port()
    losses = None not in (both.torch_loss, both.keras_loss) and both.targets is not None
    makers = None not in (both.torch_make_optimizer, both.keras_make_optimizer)
    asked: tuple[tuple[str, Callable[[], Seen], object, str], ...] = (
        ("activations", lambda: outputs_apart.find(both), True, ""),
        ("predictions", lambda: outputs_apart.predictions(both, torch_predict, keras_predict),
         torch_predict and keras_predict, "`torch_predict=` and `keras_predict=` were not given"),
        ("training mode", lambda: training_apart.mode(both), True, ""),
        ("loss", lambda: training_apart.loss(both), losses, "no losses and targets were given"),
        ("gradients", lambda: training_apart.gradients(both), losses,
         "no losses and targets were given"),
        ("optimiser steps", lambda: steps_apart.find(both), losses and makers,
         "no losses and optimisers were given"),
        ("running statistics", lambda: training_apart.statistics(both), losses,
         "no losses and targets were given"),
        ("settings", lambda: settings_apart.find(both), True, ""),
    )  # fmt: skip
    for place, look, given, why in asked:
        if not _passed(walk, skip, place, look, given or None, why):
            return


def _passed(
    walk: Walked,
    skip: Collection[str],
    place: str,
    look: Callable[[], Seen],
    given: object = True,
    why: str = "one batch is given to both",
) -> bool:
    """Look at a place, write down what was seen, and return whether the walk goes on."""
    if place in skip:
        walk.left_out[place] = "skipped"
    elif given is None:
        walk.left_out[place] = why
    else:
        seen, walk.finding = look()
        if walk.finding is not None:
            return False
        walk.seen[place] = seen or "the same numbers"
    return True


def _layers(
    walk: Walked, torch_model: nn.Module, keras_model: keras.Model, request: Request
) -> Matched | None:
    """Pair the layers; a layer without a counterpart is a difference, an open choice is not."""
    try:
        matched = match(ModelSource(torch_model), keras_model, request, lambda *_: None)
    except OpenPairingError:
        raise
    except PortingError as error:
        reason = str(error)
        entry = "dense-no-bias" if "`use_bias=`" in reason else ""
        walk.finding = Finding("layers", "the layers with weights", reason, entry)
        return None
    walk.seen["layers"] = f"{len(matched.pairs)} with weights, of the same shapes"
    return matched


def _arrays(structure: Any) -> Any:
    def array(value: Any) -> np.ndarray:
        found: np.ndarray = np.asarray(value)
        return found.astype("float32") if found.dtype.kind == "f" else found

    return keras.tree.map_structure(array, structure)


def _check_call(model: nn.Module, arrays: Any) -> None:
    """Refuse a batch with which PyTorch's model cannot be called."""
    number = str(next(model.parameters()).dtype).removeprefix("torch.")
    inputs = examples.tensors(arrays, model, number)
    try:
        with tracing.in_evaluation_mode(model):
            tracing.call_torch(model, inputs)
    except Exception as error:  # whatever the model's own code raises
        raise PortingError(examples.not_taken(inputs, error)) from error
