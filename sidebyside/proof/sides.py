"""Execute an entry's lines, each side with its own framework.

An entry's inputs are made once, by NumPy, and given to both sides as tensors. The value of the last
expression is the result. The gradients are those of the sum of the results, each element weighted
by a number of its own, so no error cancels.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping

# PyTorch before TensorFlow: see sidebyside.parity.porting
from sidebyside.parity.porting import port_weights  # isort: skip

from sidebyside.dictionary.entries import Chapter, Entry
from sidebyside.proof.differences import Side
from sidebyside.proof.inputs import make_inputs
from sidebyside.proof.keras_runner import KerasRunner
from sidebyside.proof.runner import Runner
from sidebyside.proof.torch_runner import TorchRunner

RUNNERS: dict[str, type[Runner]] = {"pytorch": TorchRunner, "tensorflow": KerasRunner}


def run_sides(entry: Entry, chapter: Chapter, lines: Mapping[str, str]) -> dict[str, Side]:
    """Run an entry with these lines of either side; return what each side gave.

    The entry's checks run, too, if the lines are its own.

    Raises
    ------
    EntryFailed
        If a line is deprecated, or there is nothing of a name that is to be ported.
    Exception
        What a line, or a check, raises.
    """
    inputs = make_inputs(entry)
    runners, sides = {}, {}
    for framework, kind in RUNNERS.items():
        runner = runners[framework] = kind(entry, chapter, lines[framework], inputs)
        if entry.port:
            runner.all()  # what makes the weights
        else:
            sides[framework] = runner.side()
    if entry.port:
        ported = [
            (name, mapping)
            for name in entry.port
            for mapping in port_weights(*(runner[name] for runner in runners.values()))
        ]
        sides = {framework: runner.side(ported) for framework, runner in runners.items()}
    for framework, asserted in entry.check.items():
        if lines == entry.lines:
            runners[framework].check(asserted)
    return sides


@contextlib.contextmanager
def clean() -> Iterator[None]:
    """Run in a folder that goes away, and put what is global back to where it was."""
    here = os.getcwd()
    before = set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            for name in set(sys.modules) - before:
                if name.startswith("entry_"):
                    del sys.modules[name]
            for runner in RUNNERS.values():
                runner.restore()
