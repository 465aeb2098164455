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


def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, IPyNbCell):
            item.name = item.cell.id
            item._nodeid = f"{item.parent.nodeid}::{item.cell.id}"


def pytest_runtest_setup(item):
    """Skip what follows a failing step: it would fail because of it."""
    failed = getattr(item.parent, "failed_step", None)
    if failed and isinstance(item, IPyNbCell):
        pytest.skip(f"the step {failed!r} before it failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and isinstance(item, IPyNbCell):
        item.parent.failed_step = item.cell.id
    return report
