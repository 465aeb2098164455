"""Compare two models that have the same weights, on the same batches."""

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

# PyTorch before TensorFlow, which this module sees to
from sidebyside.errors import PortingError
from sidebyside.parity.porting import Array, Mapping, port_weights, torch_arrays

# isort: split

import keras
import tensorflow as tf
import torch
from keras import layers as kl
from torch import nn


@dataclass(frozen=True)
class Tolerances:
    """The largest differences that count as equal, for float32; `Difference` defines them.

    Measured with MLPs, CNNs, LSTMs, GRUs and attention, SGD, Adam and AdamW, learning rates up to
    0.01, 20 steps: the most that was seen is a fifth of each, and mistakes lie well above.
    """

    # sums are added up in another order: 1.5e-6 (after BatchNorm), else 4e-7
    outputs: float = 1e-5
    # one mean over the batch: 3e-7
    loss: float = 5e-6
    # sums over the batch and all positions: 1.5e-6 of the largest. A ReLU or max-pooling that
    # takes the other side of a tie shows as 1e-3: another seed or batch decides if it was that.
    gradients: float = 2e-5
    # Adam's bias corrections in float32, and decay of weights larger than 1: 2e-6. Default weight
    # decay 0.01 against 0.004 makes 1e-4, beta_2 0.99 against 0.999 2e-4, epsilon 1e-8 against
    # 1e-7 from 1e-4 to 6e-3
    weights: float = 1e-5
    # means of activations, whose weights differ by the above: 1e-5; another momentum makes 0.1
    statistics: float = 1e-4


@dataclass(frozen=True)
class Difference:
    """How far apart one quantity is: the largest |PyTorch - Keras| over all its arrays.

    For each array it is divided by the largest |PyTorch| in it, or by 1 if that is smaller: so it
    is relative for large numbers and absolute for small ones. Gradients, often small throughout,
    are divided by the largest entry of all gradients of that step.
    """

    largest: float
    where: str
    tolerance: float

    @property
    def ok(self) -> bool:
        return self.largest <= self.tolerance


@dataclass(frozen=True)
class ParityResult:
    """What `compare` measured; its docstring says what each quantity is."""

    outputs: Difference
    training_outputs: Difference
    loss: Difference
    gradients: Difference
    weights: Difference
    statistics: Difference
    free_weights: Difference
    stock_weights: Difference

    def _quantities(self) -> dict[str, Difference]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def ok(self) -> bool:
        """Whether everything is within its tolerance; free and stock weights have none."""
        return all(difference.ok for difference in self._quantities().values())

    def summary(self) -> str:
        """One line for each quantity: verdict, difference, tolerance, where it was largest."""
        lines = []
        for name, difference in self._quantities().items():
            limit, verdict = f"<= {difference.tolerance:.0e}", "ok" if difference.ok else "FAIL"
            if math.isinf(difference.tolerance):
                limit, verdict = "", "(info)"
            lines.append(
                f"{verdict:6} {name:16} {difference.largest:7.1e} {limit:8}  {difference.where}"
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers and strings, for JSON; no tolerance is None."""
        return {"ok": self.ok} | {
            name: {
                "largest": difference.largest,
                "where": difference.where,
                "tolerance": None if math.isinf(difference.tolerance) else difference.tolerance,
                "ok": difference.ok,
            }
            for name, difference in self._quantities().items()
        }


def channels_first(arrays: Any) -> Any:
    """Float arrays of rank 4 from (batch, H, W, C) to (batch, C, H, W); others unchanged."""
    return _move_axis(arrays, -1, 1)


def channels_last(arrays: Any) -> Any:
    """Float arrays of rank 4 from (batch, C, H, W) to (batch, H, W, C); others unchanged."""
    return _move_axis(arrays, 1, -1)


def _move_axis(arrays: Any, source: int, destination: int) -> Any:
    return keras.tree.map_structure(
        lambda a: np.moveaxis(a, source, destination) if a.ndim == 4 and a.dtype.kind == "f" else a,
        arrays,
    )


def compare(
    torch_model: nn.Module,
    keras_model: keras.Model,
    batches: Iterable[tuple[Any, Any]],
    torch_loss: Callable,
    keras_loss: Callable,
    torch_make_optimizer: Callable,
    keras_make_optimizer: Callable,
    *,
    torch_inputs: Callable = channels_first,
    torch_targets: Callable = channels_first,
    torch_outputs: Callable = channels_last,
    steps: int = 20,
    tolerances: Tolerances | None = None,
) -> ParityResult:
    """Port the weights, put both models through the same batches, and measure the differences.

    `batches` holds pairs (inputs, targets) of NumPy arrays, or nested structures of them, as Keras
    takes them: images are (batch, H, W, C). `torch_inputs` and `torch_targets` lay them out for
    PyTorch, `torch_outputs` lays PyTorch's outputs out like Keras's; left alone, they move the
    channels of float arrays of rank 4. Floats are cast to the dtype of the PyTorch model, its
    indices to int64. A tuple of inputs is `model(*inputs)` in PyTorch. Both losses are called
    `loss(outputs, targets)` and return a scalar; Keras's is compiled by `tf.function`.

    `torch_make_optimizer(model)` returns an optimiser or (optimiser, scheduler), the scheduler
    being stepped after every step; in Keras the schedule is the optimiser's learning rate. They
    are called several times. Where the lesson clips gradients in PyTorch's loop, let it register
    a hook (`optimizer.register_step_pre_hook`).

    What is measured, in this order:

    - outputs: in inference mode, on the first batch, before and after training (the trained
      weights and statistics are ported again for this)
    - training_outputs, loss, gradients: on the first batch, in training mode
    - weights: all trainable ones after `steps` steps, each library with its own optimiser and both
      with PyTorch's gradients. Gradients that agree to the last digits but one do not make weights
      that do: Adam divides them by their size, and rounding errors where a gradient should be zero
      (a bias before BatchNorm, the bias of attention's keys) become whole steps; a ReLU or a
      max-pooling near a tie goes one way or the other. With the same gradients the optimisers
      agree to 2e-6, and a wrong hyperparameter stands out
    - statistics: all non-trainable ones after the same steps (BatchNorm's)
    - free_weights: the same as weights, but each with its own gradients. For information: 1e-8
      to 1e-6 for most, up to 1e-1 where the above strikes
    - stock_weights: the same, with nothing taken out of the way. For information

    The libraries differ by design in the following, and the rest is proved with the
    difference removed, for all but stock_weights:

    - Adam and AdamW: PyTorch adds epsilon after the bias correction of the second moment, Keras
      before. Before step t, Keras's epsilon is set to epsilon * sqrt(1 - beta_2 ** t), which makes
      the two formulas one. It is Keras's own epsilon, so a wrong one is still found
    - Embedding: Keras's gradient lists a row once for every time it was looked up, and Adam,
      RMSprop and Adagrad square these parts, PyTorch their sum. The parts are added up first
    - BatchNorm: PyTorch's running variance is the unbiased estimate, n / (n - 1) of Keras's, where
      n counts batch and positions. PyTorch's is made the biased one
    - RNN and LSTM: two biases in PyTorch take two steps where the one in Keras takes one.
      PyTorch's second is added to the first, and frozen at zero
    - Dropout draws other numbers: its rate is zero on both sides (for stock_weights too). Other
      randomness, such as augmentation inside of a model, has to be left out of it

    A PyTorch model in training mode may hold parts in evaluation mode (a frozen BatchNorm); these
    are left so. Afterwards everything is as before, but for the weights ported to Keras.

    Raises `PortingError` if the weights cannot be ported, or are trainable on one side only, and
    `ValueError` if the outputs have different shapes.
    """
    limits = tolerances or Tolerances()
    both = _Comparison(
        torch_model,
        keras_model,
        port_weights(torch_model, keras_model),
        (torch_loss, keras_loss),
        (torch_make_optimizer, keras_make_optimizer),
        torch_outputs,
        limits,
    )
    both.check_trainable()
    data = both.tensors(batches, torch_inputs, torch_targets)
    with both.conditions():
        outputs = both.inference(data[0])
        training_outputs, loss, gradients = both.one_pass(data[0])
    with both.conditions():
        both.train(data, steps, coupled=True)
        weights, statistics = both.weights(limits.weights), both.statistics(limits.statistics)
        both.port()
        outputs = _worst([outputs, both.inference(data[0], " after training")])
    with both.conditions():
        both.train(data, steps)
        free_weights = both.weights(math.inf)
    with both.conditions(stock=True):
        both.train(data, steps, stock=True)
        stock_weights = both.weights(math.inf)
    return ParityResult(
        outputs,
        training_outputs,
        loss,
        gradients,
        weights,
        statistics,
        free_weights,
        stock_weights,
    )


class _Pass(NamedTuple):
    outputs: Any
    loss: float
    gradients: list  # of the trainable variables, in Keras's layout; None where there is none


@dataclass(frozen=True)
class _Comparison:
    """Two models with the same weights, and what it takes to train them side by side."""

    torch_model: nn.Module
    keras_model: keras.Model
    mappings: list[Mapping]
    losses: tuple[Callable, Callable]
    make_optimizers: tuple[Callable, Callable]
    torch_outputs: Callable
    limits: Tolerances

    @property
    def trainable(self) -> list[Mapping]:
        return [mapping for mapping in self.mappings if mapping.trainable]

    def check_trainable(self) -> None:
        parameters = _parameters(self.torch_model)
        for mapping in self.mappings:
            names = mapping.torch_names
            ours = any(name in parameters and parameters[name].requires_grad for name in names)
            if ours != mapping.trainable:
                raise PortingError(
                    f"`{', '.join(names)}` in PyTorch and `{mapping.name}` in Keras: only "
                    f"{'PyTorch' if ours else 'Keras'} trains it. Freeze it on both sides "
                    "(`requires_grad_(False)`, `trainable = False`) or on neither."
                )

    def tensors(self, batches, torch_inputs: Callable, torch_targets: Callable) -> list[tuple]:
        """Each batch as (PyTorch inputs, PyTorch targets, Keras inputs, Keras targets)."""
        like = next(self.torch_model.parameters())
        number = str(like.dtype).removeprefix("torch.")

        def cast(array):  # floats as the model has them; PyTorch wants its indices in 64 bits
            array = np.asarray(array)
            return array.astype({"f": number, "i": "int64"}.get(array.dtype.kind, array.dtype))

        def ours(array):
            return torch.tensor(np.ascontiguousarray(array), device=like.device)

        data = []
        for batch in batches:
            x, y = keras.tree.map_structure(cast, batch)
            torch_x, torch_y = keras.tree.map_structure(ours, (torch_inputs(x), torch_targets(y)))
            keras_x, keras_y = keras.tree.map_structure(tf.convert_to_tensor, (x, y))
            data.append((torch_x, torch_y, keras_x, keras_y))
        return data

    @contextlib.contextmanager
    def conditions(self, stock: bool = False) -> Iterator[None]:
        """Dropout off and, unless `stock`, the differences by design removed; all undone after."""
        modes = [(module, "training", module.training) for module in self.torch_model.modules()]
        torch_state = {name: t.clone() for name, t in self.torch_model.state_dict().items()}
        keras_state = self.keras_model.get_weights()
        changes, hooks = list(_dropouts(self.torch_model, self.keras_model)), []
        for module in [] if stock else self.torch_model.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                hooks.append(module.register_forward_hook(_biased_variance))
            elif isinstance(module, nn.LSTM | nn.RNN):
                changes += _single_bias(module)
        try:
            with _changed(modes), _changed(changes):
                yield
        finally:
            for hook in hooks:
                hook.remove()
            self.torch_model.load_state_dict(torch_state)
            self.torch_model.zero_grad()
            self.keras_model.set_weights(keras_state)

    def port(self) -> None:
        arrays = torch_arrays(self.torch_model)
        for mapping in self.mappings:
            mapping.variable.assign(mapping.weights(*(arrays[n] for n in mapping.torch_names)))

    def inference(self, batch: tuple, when: str = "") -> Difference:
        modes = [(module, "training", False) for module in self.torch_model.modules()]
        with _changed(modes), torch.no_grad():
            ours = _call(self.torch_model, batch[0])
        return self.outputs_difference(ours, self.keras_model(batch[2], training=False), when)

    def one_pass(self, batch: tuple) -> tuple[Difference, Difference, Difference]:
        """Outputs, loss and gradients in training mode."""
        ours, theirs, gradients = self.torch_pass(batch), self.keras_pass(batch), []
        for mapping, a, b in zip(self.trainable, ours.gradients, theirs.gradients, strict=True):
            zero = np.zeros(mapping.variable.shape, "float32")
            a, b = zero if a is None else a, zero if b is None else tf.convert_to_tensor(b).numpy()
            gradients.append((mapping.name, a, b))
        scale = max((float(np.abs(a).max()) for _, a, _ in gradients), default=0.0)
        return (
            self.outputs_difference(ours.outputs, theirs.outputs),
            _difference([("loss", ours.loss, theirs.loss)], self.limits.loss),
            _difference(gradients, self.limits.gradients, scale or 1.0),
        )

    def torch_pass(self, batch: tuple) -> _Pass:
        if not self.torch_model.training:  # else parts may be in evaluation mode on purpose
            self.torch_model.train()
        self.torch_model.zero_grad()
        outputs = _call(self.torch_model, batch[0])
        loss = self.losses[0](outputs, batch[1])
        loss.backward()
        gradients, parameters = [], _parameters(self.torch_model)
        for mapping in self.trainable:
            ours = [parameters[name] for name in mapping.torch_names]
            arrays = [_numpy(torch.zeros_like(p) if p.grad is None else p.grad) for p in ours]
            used = any(p.grad is not None for p in ours)
            gradients.append(np.array(mapping.gradients(*arrays)) if used else None)
        return _Pass(outputs, loss.item(), gradients)

    def keras_pass(self, batch: tuple) -> _Pass:
        outputs, loss, gradients = self.keras_graph(*batch[2:])
        return _Pass(outputs, float(loss), gradients)

    @functools.cached_property
    def keras_graph(self) -> Callable:
        """Outputs, loss and gradients; compiled, because an RNN is slow without."""
        variables = [mapping.variable for mapping in self.trainable]

        def outputs_loss_gradients(inputs, targets):
            with tf.GradientTape() as tape:
                outputs = self.keras_model(inputs, training=True)
                loss = self.losses[1](outputs, targets)
            return outputs, loss, tape.gradient(loss, variables)

        return tf.function(outputs_loss_gradients)

    def train(
        self, data: list[tuple], steps: int, coupled: bool = False, stock: bool = False
    ) -> None:
        """Train both; if `coupled`, Keras's optimiser too is given PyTorch's gradients."""
        made = self.make_optimizers[0](self.torch_model)
        torch_optimizer, scheduler = made if isinstance(made, tuple) else (made, None)
        keras_optimizer = self.make_optimizers[1](self.keras_model)
        for batch in itertools.islice(itertools.cycle(data), steps):
            ours, theirs = self.torch_pass(batch), self.keras_pass(batch)
            torch_optimizer.step()
            if scheduler is not None:
                scheduler.step()
            gradients = (ours if coupled else theirs).gradients
            with _changed([] if stock else _torch_epsilon(keras_optimizer)):
                keras_optimizer.apply_gradients(
                    (gradient if stock else tf.convert_to_tensor(gradient), mapping.variable)
                    for gradient, mapping in zip(gradients, self.trainable, strict=True)
                    if gradient is not None
                )

    def outputs_difference(self, ours: Any, theirs: Any, when: str = "") -> Difference:
        ours = keras.tree.flatten(self.torch_outputs(keras.tree.map_structure(_numpy, ours)))
        theirs = [np.asarray(array) for array in keras.tree.flatten(theirs)]
        shapes = [array.shape for array in ours], [array.shape for array in theirs]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"The outputs have the shapes {shapes[0]} in PyTorch and {shapes[1]} in Keras. If "
                "they are the same numbers in another order, lay them out with `torch_outputs=`."
            )
        names = [f"output {i}{when}" for i in range(len(ours))]
        return _difference(zip(names, ours, theirs, strict=True), self.limits.outputs)

    def weights(self, tolerance: float) -> Difference:
        return self.state(self.trainable, tolerance)

    def statistics(self, tolerance: float) -> Difference:
        return self.state([m for m in self.mappings if not m.trainable], tolerance)

    def state(self, mappings: list[Mapping], tolerance: float) -> Difference:
        ours = torch_arrays(self.torch_model)
        return _difference(
            (
                (m.name, m.weights(*(ours[n] for n in m.torch_names)), m.variable.numpy())
                for m in mappings
            ),
            tolerance,
        )


def _call(model: nn.Module, inputs: Any) -> Any:
    return model(*inputs) if isinstance(inputs, tuple) else model(inputs)


def _parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    return dict(model.named_parameters(remove_duplicate=False))


def _numpy(tensor: torch.Tensor) -> Array:
    return tensor.detach().cpu().numpy()


def _difference(
    arrays: Iterable[tuple], tolerance: float, scale: float | None = None
) -> Difference:
    """The largest difference over (name, PyTorch's array, Keras's array)."""
    differences = [Difference(0.0, "", tolerance)]
    for name, ours, theirs in arrays:
        unit = scale or max(1.0, float(np.max(np.abs(ours), initial=0)))
        largest = float(np.max(np.abs(ours - theirs), initial=0)) / unit
        largest = largest if math.isfinite(largest) else math.inf
        differences.append(Difference(largest, name, tolerance))
    return _worst(differences)


def _worst(differences: Iterable[Difference]) -> Difference:
    return max(differences, key=lambda difference: difference.largest)


# ---- differences by design ----


@contextlib.contextmanager
def _changed(changes: list[tuple[Any, str, Any]]) -> Iterator[None]:
    """Set (object, attribute, value) for a while."""
    before = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in changes]
    try:
        for owner, attribute, value in changes:
            setattr(owner, attribute, value)
        yield
    finally:
        for owner, attribute, value in before:
            setattr(owner, attribute, value)


def _dropouts(torch_model: nn.Module, keras_model: keras.Model) -> Iterator[tuple[Any, str, float]]:
    for module in torch_model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            yield module, "p", 0.0
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention):
            yield module, "dropout", 0.0
    for layer in keras_model._flatten_layers():
        if isinstance(layer, kl.Dropout | kl.AlphaDropout | kl.GaussianDropout):
            yield layer, "rate", 0.0
        elif isinstance(layer, kl.SimpleRNNCell | kl.LSTMCell | kl.GRUCell):
            yield layer, "dropout", 0.0
            yield layer, "recurrent_dropout", 0.0


def _single_bias(module: nn.RNNBase) -> Iterator[tuple[nn.Parameter, str, bool]]:
    """Move PyTorch's second bias into the first, and freeze it."""
    for name, second in module.named_parameters():
        if name.startswith("bias_hh"):
            with torch.no_grad():
                getattr(module, name.replace("hh", "ih")).add_(second)
                second.zero_()
            yield second, "requires_grad", False


def _biased_variance(module: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
    """After PyTorch's BatchNorm: let its running variance be the biased one, as in Keras."""
    if module.training and module.momentum:
        channels = inputs[0].detach().transpose(0, 1).flatten(1)  # (channels, numbers in each)
        correction = module.momentum * channels.var(1) / channels.shape[1]
        module.running_var = module.running_var - correction  # the backward pass keeps the old one


def _torch_epsilon(optimizer: keras.optimizers.Optimizer) -> list[tuple[Any, str, float]]:
    """The epsilon that makes Keras's Adam do PyTorch's next step (eager: it is read each time)."""
    if not isinstance(optimizer, keras.optimizers.Adam):
        return []
    step = int(optimizer.iterations) + 1
    epsilon = optimizer.epsilon * math.sqrt(1 - optimizer.beta_2**step)
    return [(optimizer, "epsilon", epsilon)]
