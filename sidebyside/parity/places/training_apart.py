"""Whether both programs train alike: dropout, loss, gradients, running statistics."""

from typing import Any

import numpy as np

from sidebyside.parity import dropouts
from sidebyside.parity.arrays import from_keras
from sidebyside.parity.libraries import keras, kl, nn, torch
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.model_sides import Batch, Pass
from sidebyside.parity.places.both_programs import Programs, alike, apart
from sidebyside.parity.places.findings import Finding
from sidebyside.parity.rules import Pair, Setting
from sidebyside.parity.rules.normalisation import BATCH_NORMS

MODE, LOSS, GRADIENTS, STATISTICS = "training mode", "loss", "gradients", "running statistics"
LOSS_TOLERANCE, TOLERANCE = 2e-5, 2e-4  # in parts of the loss, and of the largest gradient


def mode(both: Programs) -> tuple[str, Finding | None]:
    """Compare dropout, what is frozen, and the outputs in training mode without dropout."""
    rates = dropouts.difference(
        dropouts.of_torch(both.torch_model, both.torch_batch.inputs),
        dropouts.of_keras(both.keras_model, both.keras_batch.inputs),
    )
    if not rates.ok:
        return "", Finding(
            MODE, "how much the models drop out in training",
            f"{rates.where}. Batches in training then differ, while all outputs in inference "
            "agree.", "dropout", None,
        )  # fmt: skip
    if (found := _frozen(both)) is not None:
        return "", found
    if both.torch_loss is None:
        return "the rates of dropout, and what is trained", None
    ours, theirs = both.passes
    pairs = zip(keras.tree.flatten(ours.outputs), keras.tree.flatten(theirs.outputs), strict=False)
    for mine, other in pairs:
        if not alike(mine, other, TOLERANCE):
            return "", Finding(
                MODE, "the outputs in training mode, with dropout off",
                "The two agree in inference mode, so it is what works otherwise in training: "
                "normalisation by the batch, or what `if self.training` and `training=` decide.",
                "batch-norm-training", apart(mine, other),
            )  # fmt: skip
    return "the rates of dropout, what is trained, and the outputs without dropout", None


def _frozen(both: Programs) -> Finding | None:
    """Find weights that are trained on one side only."""
    parameters = both.ours.parameters
    for pair in both.pairs:
        for mapping in both.fitting.mappings(pair):
            names = [name for name in mapping.torch_names if name in parameters]
            if not names:
                continue
            ours = any(parameters[name].requires_grad for name in names)
            if ours != mapping.trainable:
                side = "PyTorch" if ours else "Keras"
                norm = isinstance(pair.theirs.layer, kl.BatchNormalization)
                return Finding(
                    MODE, f"`{', '.join(names)}` in PyTorch and `{mapping.name}` in Keras",
                    f"Only {side} trains it. Freeze it on both sides (`requires_grad_(False)`, "
                    "`trainable = False`) or on neither.",
                    "freeze-batch-norm" if norm else "freeze",
                )  # fmt: skip
    return None


def loss(both: Programs) -> tuple[str, Finding | None]:
    """Compare the losses of one batch in training mode, without dropout."""
    ours, theirs = both.passes
    a, b = float(ours.loss), float(theirs.loss)
    if abs(a - b) <= LOSS_TOLERANCE * max(abs(a), 1e-3):
        return f"{a:.6g} in both", None
    where = f"the loss: {a:.6g} in PyTorch and {b:.6g} in Keras"
    gap = abs(a - b) / max(abs(a), 1e-12)
    for reason, entry, made in _loss_reasons(both, a, b):
        if abs(made[0] - made[1]) <= 10 * LOSS_TOLERANCE * max(abs(made[0]), 1e-3):
            return "", Finding(LOSS, where, reason, entry, gap, True)
    return "", Finding(
        LOSS, where, "The models give the same outputs, so the two losses are two functions: "
        "compare their arguments (logits or probabilities, mean or sum, label smoothing, "
        "weights of classes).", "cross-entropy", gap,
    )  # fmt: skip


def _loss_reasons(both: Programs, a: float, b: float) -> list[tuple[str, str, tuple[float, float]]]:
    """Return for each reason a sentence, its entry, and the two losses with that one change."""
    found: list[tuple[str, str, tuple[float, float]]] = []
    penalty = _penalty(both)
    if penalty:
        found.append((
            f"Keras's layers add {penalty:.4g} to the loss (`kernel_regularizer=` or `add_loss`), "
            "and PyTorch's loss has no such term.", "regularisation-losses", (a, b - penalty),
        ))  # fmt: skip
    found += _logits(both, a, b - penalty)
    targets = keras.tree.flatten(both.keras_batch.targets)[0]
    rows, numbers = int(targets.shape[0]), int(np.prod(targets.shape))
    outputs = int(np.prod(keras.tree.flatten(both.passes[1].outputs)[0].shape))
    for count, what in (
        (rows, "the number of samples"), (numbers, "the number of targets"),
        (outputs, "the number of outputs"), (outputs // rows, "the number of outputs of a sample"),
        (2, "two"),
    ):  # fmt: skip
        if count > 1:
            text = "one adds up where the other takes the mean" if count != 2 else "one has a half"
            found.append((
                f"Keras's is {what}, {count}, times PyTorch's: {text}.", "reduction-sum",
                (a * count, b),
            ))  # fmt: skip
            found.append((
                f"PyTorch's is {what}, {count}, times Keras's: {text}.", "reduction-sum",
                (a, b * count),
            ))  # fmt: skip
    return found


def _logits(both: Programs, a: float, b: float) -> list[tuple[str, str, tuple[float, float]]]:
    """Return what comes of a softmax or sigmoid that is missing, or there twice."""
    found: list[tuple[str, str, tuple[float, float]]] = []
    outputs = keras.ops.convert_to_tensor(keras.tree.flatten(both.passes[1].outputs)[0])
    targets = both.keras_batch.targets
    if (shifted := _value(both.keras_loss, outputs + 3.0, targets)) is not None and np.isclose(
        shifted, b, rtol=1e-3, atol=1e-4
    ):  # Keras's loss takes logits, which may be shifted; a small loss then rounds otherwise
        value = _value(both.keras_loss, _copied(keras.ops.softmax(outputs)), targets)
        if value is not None:
            return [(
                "PyTorch's loss takes logits, and gets what has been through a softmax: leave the "
                "softmax out.", "cross-entropy", (a, value),
            )]  # fmt: skip
    for function, entry in (
        (keras.ops.softmax, "cross-entropy"), (keras.ops.sigmoid, "binary-cross-entropy"),
    ):  # fmt: skip
        name = function.__name__
        for sentence, change in (
            (f"Keras's loss takes probabilities, and the model gives logits: set "
             f"`from_logits=True` (a {name} before it gives PyTorch's loss).", function),
            (f"Keras's loss takes logits, and the model's outputs have been through a {name}: set "
             "`from_logits=False`.", keras.ops.log),
        ):  # fmt: skip
            value = _value(both.keras_loss, _copied(change(outputs)), targets)
            if value is not None:
                found.append((sentence, entry, (a, value)))
        ours = _torch_value(both, function.__name__)
        if ours is not None:
            found.append((
                f"PyTorch's loss applies its own {name}, and Keras's one more: the outputs reach "
                f"it through a {name}.", entry, (ours, b),
            ))  # fmt: skip
    return found


def _copied(tensor: Any) -> Any:
    """Return a tensor that does not show what it was made by: Keras's losses undo a softmax."""
    return keras.ops.convert_to_tensor(from_keras(tensor))


def _value(function: Any, outputs: Any, targets: Any) -> float | None:
    try:
        value = float(function(outputs, targets))
    except Exception:  # whatever the reader's own loss raises
        return None
    return value if np.isfinite(value) else None


def _torch_value(both: Programs, name: str) -> float | None:
    outputs = torch.tensor(np.ascontiguousarray(from_keras(
        keras.ops.convert_to_tensor(keras.tree.flatten(both.passes[1].outputs)[0])
    )))  # fmt: skip
    if outputs.ndim > 2:
        return None
    changed = torch.softmax(outputs, -1) if name == "softmax" else torch.sigmoid(outputs)
    return _value(both.torch_loss, changed, both.torch_batch.targets)


def _penalty(both: Programs) -> float:
    with both.conditions():
        both.keras_model(both.keras_batch.inputs, training=True)
        value = float(sum(both.keras_model.losses, 0.0))
        both.keras_model._clear_losses()
    return value


def gradients(both: Programs) -> tuple[str, Finding | None]:
    """Compare every gradient of one batch.

    A ReLU or a max-pooling at a tie goes one way or the other by rounding alone. So a difference
    counts only if parts of the batch have it, too: a tie is in one sample.
    """
    rows, scale = _gradients(both, *both.passes)
    wrong = _unlike(rows, scale)
    seen = f"{len(rows)} arrays, to {TOLERANCE:.0e} of the largest"
    if not wrong:
        return seen, None
    for part in (slice(0, None, 2), slice(1, None, 2), slice(0, None, 4), slice(1, None, 4)):
        if not _unlike(*_gradients(both, *_passes_of(both, part))):
            return f"{seen}, but for a tie in one sample", None
    mapping, a, b = wrong[-1]  # the last: gradients flow backwards
    where = f"`{', '.join(mapping.torch_names)}` in PyTorch and `{mapping.name}` in Keras"
    gap = float(np.abs(a - b).max()) / scale
    for side, mine in (("PyTorch", a), ("Keras", b)):
        if not np.any(mine):
            return "", Finding(
                GRADIENTS, where, f"It has no gradient in {side}: something between it and the "
                "loss is detached (`detach`, `no_grad`, `stop_gradient`, `argmax`).",
                "detach", gap,
            )  # fmt: skip
    factor = float((b * a).sum() / (a * a).sum())
    if len(wrong) == len(rows) and all(alike(factor * x, y, 1e-3) for _, x, y in rows):
        return "", Finding(
            GRADIENTS, "all gradients", f"Keras's are {factor:.4g} times PyTorch's, while the loss "
            "is the same.", "", gap,
        )  # fmt: skip
    return "", Finding(
        GRADIENTS, where, "Outputs and loss are the same, and the way back is not: look at what "
        "lies between this layer and the loss, at functions with a gradient of their own.",
        "", gap,
    )  # fmt: skip


Rows = list[tuple[Mapping, np.ndarray, np.ndarray]]


def _gradients(both: Programs, ours: Pass, theirs: Pass) -> tuple[Rows, float]:
    """Return each variable with its two gradients, and the largest entry of all."""
    rows: Rows = []
    for mapping, a, b in zip(both.trainable, ours.gradients, theirs.gradients, strict=True):
        zero = np.zeros(mapping.variable.shape, "float32")
        rows.append((mapping, zero if a is None else a, zero if b is None else from_keras(b)))
    return rows, max((float(np.abs(a).max(initial=0)) for _, a, _ in rows), default=0.0) or 1.0


def _unlike(rows: Rows, scale: float) -> Rows:
    """Return those whose gradients differ."""
    return [row for row in rows if np.abs(row[1] - row[2]).max(initial=0) > TOLERANCE * scale]


def _passes_of(both: Programs, part: slice) -> tuple[Pass, Pass]:
    """Return what both give for a part of the batch."""
    ours, theirs = (
        Batch(*keras.tree.map_structure(lambda tensor: tensor[part], tuple(batch)))
        for batch in (both.torch_batch, both.keras_batch)
    )
    with both.conditions():
        return both.ours.training(ours), both.theirs.training(theirs)


def statistics(both: Programs) -> tuple[str, Finding | None]:
    """Compare what one pass in training mode makes of the running statistics."""
    kept = [m for m in both.mappings if not m.trainable]
    moving = [
        (pair, m) for pair in both.pairs for m in both.fitting.mappings(pair)
        if any(m.name == other.name for other in kept)
        and isinstance(pair.ours.layer, BATCH_NORMS)
    ]  # fmt: skip
    if not moving:
        return "there are none", None
    with both.conditions():
        both.ours.training(both.torch_batch)
        both.theirs.training(both.keras_batch)
        values = [
            (p, m, np.array(both.ours.value(m)), np.array(both.theirs.value(m))) for p, m in moving
        ]
    for pair, mapping, ours, theirs in values:
        if not alike(ours, theirs, 1e-4):
            return "", _momentum(pair, mapping.name, apart(ours, theirs))
    return f"{len(moving)} arrays", None


def momentum(pair: Pair) -> Setting | None:
    """Return the momentum of two batch normalisations, if it differs."""
    ours, theirs = pair.ours.layer, pair.theirs.layer
    if not isinstance(ours, BATCH_NORMS) or not isinstance(theirs, kl.BatchNormalization):
        return None
    share = None if ours.momentum is None else 1.0 - float(ours.momentum)
    setting = Setting(
        "1 - momentum", share, "momentum", float(theirs.momentum), "batch-norm-training"
    )
    return None if setting.same else setting


def _momentum(pair: Pair, name: str, gap: float) -> Finding:
    setting = momentum(pair)
    where = f"`{name}` of {pair.theirs} in Keras, and of {pair.ours} in PyTorch"
    if setting is None:
        return Finding(
            STATISTICS, where, "One of the two is frozen, or moves by another rule.",
            "freeze-batch-norm", gap,
        )  # fmt: skip
    ours, theirs = pair.ours.layer, pair.theirs.layer
    assert isinstance(ours, nn.modules.batchnorm._BatchNorm)
    return Finding(
        STATISTICS, where, f"PyTorch's momentum={ours.momentum:g} is the share of the new, and "
        f"Keras's momentum={setting.other:g} that of the old: 1 - {ours.momentum:g} is "
        f"{setting.value:g}. Set `momentum={setting.value:g}` in Keras, or "
        f"`momentum={1 - theirs.momentum:g}` in PyTorch.", setting.entry, gap,
    )  # fmt: skip
