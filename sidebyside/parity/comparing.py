"""Compare two models that have the same weights, on the same batches."""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from sidebyside.errors import PortingError
from sidebyside.parity import dropouts, examples, parametrised
from sidebyside.parity.arrays import from_keras
from sidebyside.parity.layouts import channels_first, channels_last
from sidebyside.parity.libraries import keras, nn, tf, torch
from sidebyside.parity.mapping import Array, Mapping
from sidebyside.parity.model_sides import Batch, KerasSide, Pass, TorchSide
from sidebyside.parity.porting import port, port_weights
from sidebyside.parity.results import Difference, ParityResult, Tolerances, difference, worst
from sidebyside.parity.told import Request, Shapes
from sidebyside.parity.torch_sources import ModelSource

__all__ = ["compare", "keras", "nn", "port_weights", "tf", "torch"]


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
    pairs: dict[str, str] | None = None,
    flattened: Shapes | None = None,
    unflattened: Shapes | None = None,
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
    - dropout: the rates of what both models drop out in one call, by kind

    Losses that Keras's layers add (`kernel_regularizer=`, `add_loss`) are part of its loss, as in
    `fit`. `pairs`, `flattened` and `unflattened` are those of `port_weights`, for which the first
    batch is the example.


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
    batches = list(batches)
    request = Request(
        pairs or {}, batches[0][0], flattened or {}, unflattened or {}, torch_inputs, torch_outputs
    )
    mappings = port(ModelSource(torch_model), keras_model, request)
    both = _Comparison(
        TorchSide(torch_model, mappings, torch_loss, torch_make_optimizer, torch_outputs),
        KerasSide(keras_model, mappings, keras_loss, keras_make_optimizer),
        mappings,
        limits,
    )
    both.check_trainable()
    data = both.tensors(batches, torch_inputs, torch_targets)
    dropout = both.dropout(data[0])
    with both.conditions():
        outputs = both.inference(data[0])
        training_outputs, loss, gradients = both.one_pass(data[0])
    with both.conditions():
        both.train(data, steps, coupled=True)
        weights, statistics = both.weights(limits.weights), both.statistics(limits.statistics)
        both.port()
        outputs = worst([outputs, both.inference(data[0], " after training")])
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
        dropout,
    )


Data = list[tuple[Batch, Batch]]  # each batch for PyTorch, and for Keras


class _Comparison:
    """Two models with the same weights, trained side by side."""

    def __init__(
        self, ours: TorchSide, theirs: KerasSide, mappings: list[Mapping], limits: Tolerances
    ):
        self.ours, self.theirs, self.limits = ours, theirs, limits
        self.mappings = mappings
        self.trainable = [mapping for mapping in mappings if mapping.trainable]

    def check_trainable(self) -> None:
        """Refuse weights that the two models would not train alike."""
        parameters = self.ours.parameters
        computed = parametrised.folded(self.ours.model)
        room = {id(parameter): parameter.numel() for parameter in parameters.values()}
        for mapping in self.mappings:
            if mapping.torch_names[0] in computed:
                raise PortingError(_computed(mapping, computed))
            parameter = parameters.get(mapping.torch_names[0])
            if parameter is not None:
                numbers = math.prod(mapping.variable.shape) // len(mapping.torch_names)
                room[id(parameter)] -= numbers
                if room[id(parameter)] < 0:
                    raise PortingError(_shared(mapping, parameters))
            names = mapping.torch_names
            ours = any(name in parameters and parameters[name].requires_grad for name in names)
            if ours != mapping.trainable:
                raise PortingError(
                    f"`{', '.join(names)}` in PyTorch and `{mapping.name}` in Keras: only "
                    f"{'PyTorch' if ours else 'Keras'} trains it. Freeze it on both sides "
                    "(`requires_grad_(False)`, `trainable = False`) or on neither."
                )

    def tensors(self, batches: Iterable, torch_inputs: Callable, torch_targets: Callable) -> Data:
        number = str(next(self.ours.model.parameters()).dtype).removeprefix("torch.")
        number = {"bfloat16": "float32"}.get(number, number)  # which NumPy does not have

        def cast(array: Any) -> Array:  # floats as the model has them; PyTorch wants int64
            array = np.asarray(array)
            return array.astype({"f": number, "i": "int64"}.get(array.dtype.kind, array.dtype))

        data = []
        for batch in batches:
            x, y = keras.tree.map_structure(cast, batch)
            ours = self.ours.tensors(torch_inputs(x), torch_targets(y))
            data.append((ours, self.theirs.tensors(x, y)))
        return data

    @contextlib.contextmanager
    def conditions(self, stock: bool = False) -> Iterator[None]:
        """Both sides' conditions."""
        with self.ours.conditions(stock), self.theirs.conditions(stock):
            yield

    def dropout(self, batch: tuple[Batch, Batch]) -> Difference:
        """Compare the rates of dropout, and see whether the inputs fit PyTorch's model."""
        ours, theirs = batch
        try:
            rates = dropouts.of_torch(self.ours.model, ours.inputs)
        except Exception as error:  # whatever the model's own code raises
            raise PortingError(examples.not_taken(ours.inputs, error)) from error
        return dropouts.difference(rates, dropouts.of_keras(self.theirs.model, theirs.inputs))

    def port(self) -> None:
        for mapping in self.mappings:
            mapping.variable.assign(self.ours.value(mapping))

    def inference(self, batch: tuple[Batch, Batch], when: str = "") -> Difference:
        sides = zip((self.ours, self.theirs), batch, strict=True)
        return self.outputs_difference(*(side.inference(data.inputs) for side, data in sides), when)

    def passes(self, batch: tuple[Batch, Batch]) -> tuple[Pass, Pass]:
        return self.ours.training(batch[0]), self.theirs.training(batch[1])

    def one_pass(self, batch: tuple[Batch, Batch]) -> tuple[Difference, Difference, Difference]:
        """Outputs, loss and gradients in training mode."""
        ours, theirs = self.passes(batch)
        gradients = []
        for mapping, a, b in zip(self.trainable, ours.gradients, theirs.gradients, strict=True):
            zero = np.zeros(mapping.variable.shape, "float32")
            a, b = zero if a is None else a, zero if b is None else from_keras(b)
            gradients.append((mapping.name, a, b))
        scale = max((float(np.abs(a).max()) for _, a, _ in gradients), default=0.0)
        return (
            self.outputs_difference(ours.outputs, theirs.outputs),
            difference([("loss", ours.loss, theirs.loss)], self.limits.loss),
            difference(gradients, self.limits.gradients, scale or 1.0),
        )

    def train(self, data: Data, steps: int, coupled: bool = False, stock: bool = False) -> None:
        """Train both; if `coupled`, Keras's optimiser too is given PyTorch's gradients."""
        torch_step, keras_step = self.ours.optimizer(stock), self.theirs.optimizer(stock)
        for batch in itertools.islice(itertools.cycle(data), steps):
            ours, theirs = self.passes(batch)
            torch_step(ours.gradients)
            keras_step((ours if coupled else theirs).gradients)

    def outputs_difference(self, ours: Any, theirs: Any, when: str = "") -> Difference:
        ours, theirs = keras.tree.flatten(ours), keras.tree.flatten(theirs)
        shapes = [array.shape for array in ours], [array.shape for array in theirs]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"The outputs have the shapes {shapes[0]} in PyTorch and {shapes[1]} in Keras. If "
                "they are the same numbers in another order, lay them out with `torch_outputs=`."
            )
        names = [f"output {i}{when}" for i in range(len(ours))]
        return difference(zip(names, ours, theirs, strict=True), self.limits.outputs)

    def weights(self, tolerance: float) -> Difference:
        return self.state(self.trainable, tolerance)

    def statistics(self, tolerance: float) -> Difference:
        return self.state([m for m in self.mappings if not m.trainable], tolerance)

    def state(self, mappings: list[Mapping], tolerance: float) -> Difference:
        values = ((m.name, self.ours.value(m), self.theirs.value(m)) for m in mappings)
        return difference(values, tolerance)


def _computed(mapping: Mapping, computed: dict[str, tuple[str, ...]]) -> str:
    name = mapping.torch_names[0]
    return (
        f"`{name}` in PyTorch is computed from {', '.join(f'`{n}`' for n in computed[name])}, and "
        f"`{mapping.name}` in Keras is not, so the two cannot be trained alike. `port_weights` "
        "folds it in; to compare, take the normalisation off "
        "(`torch.nn.utils.parametrize.remove_parametrizations`)."
    )


def _shared(mapping: Mapping, parameters: dict[str, nn.Parameter]) -> str:
    wanted = parameters[mapping.torch_names[0]]
    names = [f"`{name}`" for name, parameter in parameters.items() if parameter is wanted]
    return (
        f"{' and '.join(names)} are one parameter in PyTorch, and Keras has several variables for "
        f"it, among them `{mapping.name}`, which are trained apart. Share the variable in Keras, "
        "as well, or give PyTorch two parameters."
    )
