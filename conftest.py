"""How the checks run: on the sample, politely, notebooks named by step.

Where a framework is not installed, what needs it is skipped, with a sentence
on what to do, so that the other's notebooks can be checked. In continuous
integration (CI is set) it is an error.
"""

import os

import pytest
from nbval.plugin import IPyNbCell

from sidebyside import dictionary
from sidebyside.frameworks import OWNERS, missing
from sidebyside.lessons.execution import StepFailed

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
MISSING = missing()


def pytest_addoption(parser):
    parser.addoption(
        "--save-parity",
        action="store_true",
        help="store what the parity tests measure in docs/parity.json",
    )


def pytest_configure(config):
    if MISSING and os.environ.get("CI"):
        raise pytest.UsageError(" ".join(MISSING.values()))
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


class DictionaryChapter(pytest.File):
    """A file of the dictionary: a test an entry."""

    def collect(self):
        chapter = dictionary.read(self.path)
        for entry in chapter.entries:
            item = DictionaryEntry.from_parent(self, name=entry.key)
            item.entry, item.chapter = entry, chapter
            for sentence in MISSING.values():
                item.add_marker(pytest.mark.skip(reason=sentence))
            yield item


class DictionaryEntry(pytest.Item):
    """An entry, which is executed in both frameworks."""

    def runtest(self):
        from sidebyside.proof.proving import prove

        prove(self.entry, self.chapter)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, AssertionError):
            return f"{self.path.name}: [{self.name}]: {excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, f"{self.path.name}: [{self.name}]"


def pytest_collect_file(file_path, parent):
    if dictionary.is_chapter(file_path):
        return DictionaryChapter.from_parent(parent, path=file_path)


def pytest_report_header():
    return [f"What needs it is skipped: {why}" for why in MISSING.values()]


def why_missing(error):
    """Return the sentence on the framework whose absence raised `error`."""
    if isinstance(error, ModuleNotFoundError):
        module = str(error.name).partition(".")[0]
        return MISSING.get(OWNERS.get(module))
    return error.hint if isinstance(error, StepFailed) and MISSING else None


def skip_if_missing(report, error, path):
    if report.failed and (why := why_missing(error)):
        report.outcome = "skipped"
        report.longrepr = (str(path), 0, f"Skipped: {why}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    error = report.call.excinfo and report.call.excinfo.value
    cause = getattr(error, "__cause__", None)  # pytest raises its own from it
    return skip_if_missing(report, cause, collector.path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    error = call.excinfo and call.excinfo.value
    return skip_if_missing(report, error, item.path)


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
    for item in items:
        for framework, sentence in MISSING.items():
            if item.path.name.endswith(f"_{framework}.ipynb"):
                item.add_marker(pytest.mark.skip(reason=sentence))
