"""What a project says of its demo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:  # the process that trains needs no page
    from gradio.components import Component

    from sidebyside.demos.cells import Lesson


@dataclass(frozen=True)
class Asked:
    """What a visitor asks, read and checked.

    Attributes
    ----------
    value
        What `Demo.pytorch` and `Demo.tensorflow` get: an array, a text, whatever the demo takes.
    note
        What the visitor is to know, in Markdown: that a text was cut off, for example.
    """

    value: Any
    note: str = ""


class Demo(ABC):
    """A project's demo: derive from it in the project's ``demo.py``.

    Attributes
    ----------
    intro
        What the page is about, one or two sentences of Markdown.
    train_until
        The last step that is executed to train; all code cells before it are, too.
    counted, steps
        For the progress bar: the cell whose optimiser steps are counted, and how many it makes, as
        an expression in the notebook's names. Without `counted` only cells are counted.
    timed
        The keys of the notebook's report that hold the seconds of these trainings.
    keep
        The names whose values are kept after the training: models, whose weights are kept, and
        what else the answers need and the data is needed for, such as ``data.class_names``.
        Arrays are kept as they are, all else as JSON has it.
    cells
        The steps whose cells are executed before the page opens, in this order, with the kept
        values in place. ``define-encode:encode`` executes only the definition of `encode`.
    then
        Further steps, whose cells need the trained models.
    """

    intro: ClassVar[str]
    train_until: ClassVar[str] = "train"
    counted: ClassVar[str] = "train"
    steps: ClassVar[str] = "epochs * steps_per_epoch"
    timed: ClassVar[tuple[str, ...]] = ("train_seconds",)
    keep: ClassVar[tuple[str, ...]]
    cells: ClassVar[tuple[str, ...]]
    then: ClassVar[tuple[str, ...]] = ()

    def models(self, lesson: Lesson) -> Mapping[str, Any]:
        """Make the models of `keep`, without training, by the notebook's functions.

        Their weights are put into them, and they are bound to their names. A Keras model must
        have its variables already.
        """
        return {"model": lesson.make_model()}

    def keep_besides(self, lesson: Lesson) -> Mapping[str, Any]:
        """Return what else is kept, by the names it has in `lesson` later: examples, say.

        Parameters
        ----------
        lesson
            The notebook's names after its training.
        """
        return {}

    @abstractmethod
    def inputs(self, lesson: Lesson) -> Sequence[Component]:
        """Make the components in which a visitor asks."""

    @abstractmethod
    def output(self, lesson: Lesson) -> Component:
        """Make the component that shows an answer; it is called once for each framework."""

    @abstractmethod
    def read(self, lesson: Lesson, *values: Any) -> Asked:
        """Read and check what a visitor asks.

        Parameters
        ----------
        lesson
            The PyTorch notebook's names.
        *values
            The values of `inputs`, as the browser sends them, and as anyone may: nothing has
            looked at them before. `read_picture` and its siblings are there for it.

        Raises
        ------
        InputError
            If it cannot be answered; the page shows the message.
        """

    @abstractmethod
    def pytorch(self, lesson: Lesson, asked: Any) -> Any:
        """Answer with the PyTorch notebook's model; the time that this takes is shown.

        Returns
        -------
        object
            The value of `output`. A generator function yields one after the other instead, each
            of them what is known so far; both sides must be of the same kind.
        """

    @abstractmethod
    def tensorflow(self, lesson: Lesson, asked: Any) -> Any:
        """Answer with the TensorFlow/Keras notebook's model; see `pytorch`."""

    @abstractmethod
    def examples(self, lesson: Lesson, folder: Path) -> Iterable[Sequence[Any]]:
        """Return what a visitor may click on instead: values for `inputs`, several times.

        There must be one at least: it is asked once before the page opens, so that the first
        visitor need not wait for what the frameworks do only once.

        Parameters
        ----------
        folder
            Where files can be written that are shown, pictures for example. Their paths are the
            values of a picture.
        """
