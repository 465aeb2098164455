"""How the checks run: on the sample, politely, notebooks named by step."""

import os

import pytest
from nbval.plugin import IPyNbCell

# One compute thread a worker: on a busy machine two wait for each other more
# than they compute. Set before any framework is imported; kernels inherit it.
ENVIRONMENT = {
    "SIDEBYSIDE_DATA": "sample",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
MEMORY_OF_A_WORKER = 3 * 2**30  # bytes: a framework, a notebook, its data


def pytest_addoption(parser):
    parser.addoption(
        "--save-parity",
        action="store_true",
        help="store what the parity tests measure in docs/parity.json",
    )


def pytest_configure(config):
    os.environ.update(ENVIRONMENT)
    os.environ.pop("SIDEBYSIDE_DATA_DIR", None)  # the reader's own data
    if hasattr(config, "workerinput") and hasattr(os, "nice"):
        os.nice(10)  # leave the machine usable


def pytest_xdist_auto_num_workers(config):
    """Use at most two workers, and no more than half of the memory."""
    import psutil

    half = psutil.virtual_memory().total // 2
    return max(1, min(2, os.cpu_count() or 1, half // MEMORY_OF_A_WORKER))


class Step(IPyNbCell):
    """A notebook's cell as a test, named by its id.

    What follows a failing step is skipped: it would fail because of it.
    """

    def runtest(self):
        if failed := getattr(self.parent, "failed_step", None):
            pytest.skip(f"the step {failed!r} before it failed")
        try:
            super().runtest()
        except Exception:
            self.parent.failed_step = self.name
            raise


def pytest_collection_modifyitems(items):
    for place, item in enumerate(items):
        if isinstance(item, IPyNbCell):
            items[place] = Step.from_parent(
                item.parent,
                name=item.cell.id,
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )
