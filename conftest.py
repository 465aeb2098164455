"""How the checks run: on the sample, politely, notebooks named by step.

Each notebook is executed once, as Colab executes it: in an empty folder, where
its first cell fetches this checkout. So one run tells whether the outputs are
those that are stored, and whether the notebook needs nothing else.

Where a framework is not installed, what needs it is skipped, with a sentence
on what to do, so that the other's notebooks can be checked. In continuous
integration (CI is set) it is an error.
"""

import ast
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from sidebyside import dictionary
from sidebyside.checkout import ROOT, repository_url
from sidebyside.frameworks import OWNERS, missing
from sidebyside.lessons.execution import StepFailed
from sidebyside.lessons.extras import (
    environments,
    missing_environment,
    missing_extra,
    missing_program,
)
from sidebyside.lessons.pairs import pair_of

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
MOST_SECONDS = 80  # of one thread, for a notebook on the sample
MOST_TRAINING_SECONDS = 30  # the same, for its step `train`
LEARNS = {"image_classification": 0.7}  # the least test accuracy on the sample
UNIX = {
    "advanced/rest_api": "gunicorn and SIGTERM, which it is about, are Unix's"
}
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


PUBLISHED = pytest.StashKey[Path]()  # a git repository with this checkout
AS_IN_COLAB = """
import importlib.machinery, os, sys, types
sys.modules["google.colab"] = colab = types.ModuleType("google.colab")
colab.__spec__ = importlib.machinery.ModuleSpec("google.colab", None)
os.environ |= {environment!r}
"""


def published(config):
    """Return a git repository that holds this checkout as it is on disk."""
    if PUBLISHED not in config.stash:
        config.stash[PUBLISHED] = folder = Path(tempfile.mkdtemp())
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        listed = ["ls-files", "--cached", "--others", "--exclude-standard"]
        for name in git(*listed, cwd=ROOT).splitlines():
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        git("init", "--quiet", "--initial-branch=main", cwd=folder)
        git("add", "--all", cwd=folder)
        git("commit", "--quiet", "--message", "as it is", cwd=folder)
    return config.stash[PUBLISHED]


def git(*words, cwd):
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    command = ["git", *identity, *words]
    done = subprocess.run(
        command, cwd=cwd, check=True, capture_output=True, text=True
    )
    return done.stdout


class Lesson(IPyNbFile):
    """A notebook: a test for each step, and one that it stands alone."""

    training_seconds = 0.0

    def setup(self):
        """Start the kernel in an empty folder, as it is in Colab."""
        self.folder = Path(tempfile.mkdtemp())
        timeout = self.config.option.nbval_kernel_startup_timeout
        self.kernel = RunningKernel(
            CURRENT_ENV_KERNEL_NAME, str(self.folder), timeout
        )
        self.setup_sanitize_files()
        origin = published(self.config).as_uri()
        environment = {  # git fetches from here what it would from GitHub
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{origin}.insteadOf",
            "GIT_CONFIG_VALUE_0": repository_url(),
            "SIDEBYSIDE_DATA_DIR": str(ROOT / "data"),
            "SIDEBYSIDE_ENVIRONMENTS": str(environments()),
            "PIP_NO_INDEX": "1",
        }
        self.ask(AS_IN_COLAB.format(environment=environment))

    def ask(self, code, value="None"):
        """Execute code in the kernel that is no step; return a value."""
        client = self.kernel.kc
        reply = client.execute_interactive(
            code,
            silent=True,
            store_history=False,
            user_expressions={"value": value},
            timeout=60,
        )["content"]
        assert reply["status"] == "ok", reply
        told = reply["user_expressions"]["value"]
        return ast.literal_eval(told["data"]["text/plain"])

    def seconds(self):
        """Return how long the kernel has computed, on all its threads."""
        used = psutil.Process(self.kernel.km.provisioner.pid).cpu_times()
        return used.user + used.system

    def collect(self):
        for item in super().collect():
            yield Step.from_parent(
                self,
                name=item.cell.id,
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )
        if any(cell.id == "setup" for cell in self.nb.cells):
            yield Alone.from_parent(self, name="alone")

    def teardown(self):
        super().teardown()
        shutil.rmtree(self.folder, ignore_errors=True)


class Alone(pytest.Item):
    """The notebook ran with what its first cell has fetched, and no more."""

    def runtest(self):
        lesson = self.parent
        if failed := getattr(lesson, "failed_step", None):
            pytest.skip(f"the step {failed!r} before it failed")
        name = repository_url().rsplit("/", 1)[-1]
        # relative to the notebook's folder, as its first cell puts it
        package = lesson.ask("import sidebyside", "sidebyside.__file__")
        place = (lesson.folder / package).resolve()
        clone = lesson.folder.resolve() / name
        assert place == clone / "sidebyside" / "__init__.py"
        assert os.listdir(lesson.folder) == [name], "it wrote beside the clone"
        seconds = lesson.seconds()
        assert seconds < MOST_SECONDS, f"too slow: {seconds:.0f} s"
        assert lesson.training_seconds < MOST_TRAINING_SECONDS, (
            f"trains too long: {lesson.training_seconds:.0f} s"
        )
        if least := LEARNS.get(self.path.parent.name):
            reached = lesson.ask("", "float(test_accuracy)")
            assert reached >= least, f"learns too little: {reached:.1%}"

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}: it stands alone"


class Step(IPyNbCell):
    """A notebook's cell as a test, named by its id.

    What follows a failing step is skipped: it would fail because of it.
    """

    def runtest(self):
        if failed := getattr(self.parent, "failed_step", None):
            pytest.skip(f"the step {failed!r} before it failed")
        before = self.parent.seconds()
        try:
            super().runtest()
        except Exception:
            self.parent.failed_step = self.name
            raise
        if self.name == "train":
            self.parent.training_seconds = self.parent.seconds() - before


class DictionaryChapter(pytest.File):
    """A file of the dictionary: one test for each entry."""

    def collect(self):
        chapter = dictionary.read(self.path)
        lines = self.path.read_text("utf-8").splitlines()
        for entry in chapter.entries:
            item = DictionaryEntry.from_parent(self, name=entry.key)
            item.entry, item.chapter = entry, chapter
            heads = (f"[{entry.key}]" == line.strip() for line in lines)
            item.line = next((n for n, head in enumerate(heads) if head), 0)
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
        return self.path, self.line, f"{self.path.name}: [{self.name}]"


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Collect chapters, and notebooks as lessons in the place of nbval's."""
    found = [one for one in (yield) if not isinstance(one, IPyNbFile)]
    if file_path.suffix == ".ipynb":
        found.append(Lesson.from_parent(parent, path=file_path))
    if dictionary.is_chapter(file_path):
        found.append(DictionaryChapter.from_parent(parent, path=file_path))
    return found


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


@functools.cache
def why_not(path):
    """Return a sentence on what a notebook needs that is not installed."""
    for framework, sentence in MISSING.items():
        if path.name.endswith(f"_{framework}.ipynb"):
            return sentence
    pair = pair_of(path)
    if pair is None:
        return ""
    side = path.stem.rpartition("_")[2]
    return missing_extra(pair) or missing_environment(pair, side)


@functools.cache
def without_program(path):
    """Return a sentence if a program that a notebook calls is missing."""
    pair = pair_of(path)
    return missing_program(pair) if pair else ""


def pytest_collection_modifyitems(items):
    for item in items:
        pair = pair_of(item.path) if item.path.suffix == ".ipynb" else None
        if sys.platform == "win32" and pair and pair.topic in UNIX:
            item.add_marker(pytest.mark.skip(reason=UNIX[pair.topic]))
        elif sentence := why_not(item.path):
            # .venv-serving is made where `make test` runs, and nowhere else
            made = Path(sys.prefix) == ROOT / ".venv"
            if os.environ.get("CI") and (made or ".venv-" not in sentence):
                raise pytest.UsageError(sentence)
            item.add_marker(pytest.mark.skip(reason=sentence))
        elif sentence := without_program(item.path):
            if os.environ.get("CI") and sys.platform == "linux":
                raise pytest.UsageError(sentence)
            item.add_marker(pytest.mark.skip(reason=sentence))
