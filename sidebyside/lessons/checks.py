"""What makes two notebooks a pair, checked."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat

from sidebyside.dictionary import read
from sidebyside.errors import BrokenNotebookError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.address import links, setup_source
from sidebyside.lessons.extras import extras
from sidebyside.lessons.facts import KEYS, read_facts
from sidebyside.lessons.notebook_code import parsed
from sidebyside.lessons.notebooks import HIDDEN, METADATA, OURS, read_notebook
from sidebyside.lessons.pairs import Pair, find_pairs
from sidebyside.lessons.shape import shape_problems
from sidebyside.lessons.shared_code import differences
from sidebyside.lessons.steps import FIRST_STEPS, LAST_STEPS, Step, steps, tags
from sidebyside.measure.figures import last_report, unknown_figures

FORMAT_MINOR = 5
MAX_COLUMNS = 79
MAX_BYTES = 1_000_000
STEP_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NOISE = re.compile(
    r"\w*Warning: |^[IWE]\d{4} \d\d:|oneDNN|computation_placer|cuda_executor|TqdmWarning"
    r"|/(?:home|root|tmp|Users|content)/\w|[A-Z]:\\Users\\",
    re.MULTILINE,
)
KNOWN_TAGS = {"framework", "nbval-ignore-output", "nbval-skip", "raises-exception"}


def problems(pair: Pair, url: str) -> list[str]:
    """Return what is wrong with a pair, one sentence each; none if it is in order.

    Parameters
    ----------
    url
        The repository's address, which the links and the set-up cell must have.
    """
    missing = [f for f in FRAMEWORKS if not pair.path(f).is_file()]
    if missing:
        return [f"{pair.path(framework).name} is missing." for framework in missing]
    found = list(_place_problems(pair))
    unreadable = [text for framework in FRAMEWORKS for text in _file_problems(pair.path(framework))]
    if unreadable:
        return found + unreadable  # the rest needs two notebooks that can be read
    for framework in FRAMEWORKS:
        name = pair.path(framework).name
        found += [f"{name}: {text}" for text in _notebook_problems(pair, framework, url)]
    return found + list(_order_problems(pair)) + list(_twin_problems(pair))


def _place_problems(pair: Pair) -> Iterator[str]:
    """Yield what is wrong with where a pair is."""
    if pair.is_project and pair.folder.name != pair.stem:
        yield f"a project's folder has the name of its notebooks; its is {pair.folder.name!r}."
    for other in find_pairs(pair.root):
        if other.topic == pair.topic and other.place != pair.place:
            yield f"{other.place} has the same topic: give one of them another name."


def _file_problems(path: Path) -> Iterator[str]:
    """Yield what is wrong with a file, after which there is no more to look for in it."""
    try:
        notebook = read_notebook(path)
    except BrokenNotebookError as error:
        yield f"{path.name}: it cannot be read: {error.reason}."
        return
    names = [cell.id for cell in notebook.cells]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{path.name}: two cells have the id {name!r}."


def _notebook_problems(pair: Pair, framework: str, url: str) -> Iterator[str]:
    notebook, size = pair.read(framework), pair.path(framework).stat().st_size
    if notebook.nbformat_minor != FORMAT_MINOR:
        yield f"its format is 4.{notebook.nbformat_minor}, not 4.{FORMAT_MINOR}."
    if size > MAX_BYTES:
        yield f"it has {size:,} bytes, more than {MAX_BYTES:,}."
    yield from _metadata_problems(pair, notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    names = list(cells)
    for name in names:
        if not STEP_NAME.fullmatch(name):
            yield f"the id {name!r} is not the name of a step, as 'define-model' is."
    if tuple(names[: len(FIRST_STEPS)]) != FIRST_STEPS:
        yield f"it does not begin with the steps {', '.join(FIRST_STEPS)}."
    order = [name for name in names if name in LAST_STEPS]
    if tuple(order) != LAST_STEPS:
        yield f"it does not have the steps {', '.join(LAST_STEPS)}, in this order."
    if "setup" in cells and cells["setup"].source != setup_source(url):
        yield "its set-up cell is not the one that 'sidebyside repository' writes."
    if "title" in cells:
        yield from _title_problems(pair, framework, url, cells["title"].source)
    if any(cell.cell_type == "code" and not cell.execution_count for cell in notebook.cells):
        yield f"it was not run from end to end: 'sidebyside run {pair.topic} --save' stores a run."
    yield from shape_problems(notebook)
    for cell in notebook.cells:
        yield from (f"step {cell.id!r}: {text}" for text in _cell_problems(pair, cell))


def _title_problems(pair: Pair, framework: str, url: str, source: str) -> Iterator[str]:
    heading = read_facts(pair.path(framework)).heading
    if not source.startswith("# ") or not heading.endswith(f" in {FRAMEWORKS[framework]}"):
        yield f"its title cell does not begin with '# TITLE in {FRAMEWORKS[framework]}'."
    for kind, target in links(pair, framework, url).items():
        if f"({target})" not in source:
            yield f"its title cell has no link ({kind}) to {target}."


def _metadata_problems(pair: Pair, notebook: nbformat.NotebookNode) -> Iterator[str]:
    if more := sorted(set(notebook.metadata) - {*METADATA, OURS}):
        yield f"its metadata has {more[0]!r}, which 'sidebyside run --save' would leave out."
    ours = notebook.metadata.get(OURS, {})
    if not isinstance(ours, dict):
        yield f"its metadata {OURS!r} is not a table of {', '.join(sorted(KEYS))}."
        return
    for key, value in ours.items():
        if key not in KEYS:
            yield f"its metadata {OURS!r} has {key!r}; it may have {', '.join(sorted(KEYS))}."
        elif not isinstance(value, str) or not value.strip():
            yield f"its metadata {OURS!r} has no text for {key!r}."
        elif key == "environment" and not (pair.root / "requirements" / f"{value}.txt").is_file():
            yield f"it needs the environment {value!r}, and there is no requirements/{value}.txt."
        elif key == "extra" and value not in (known := extras(pair.root)):
            yield f"it needs the extra {value!r}; pyproject.toml has {', '.join(sorted(known))}."


def _cell_problems(pair: Pair, cell: nbformat.NotebookNode) -> Iterator[str]:
    if not cell.source.strip():
        yield "it is empty."
    if unknown := set(tags(cell)) - KNOWN_TAGS:
        yield f"the tag {sorted(unknown)[0]!r} is not known."
    if cell.cell_type == "code":
        yield from _code_problems(cell)
    else:
        for target, anchor in re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", cell.source):
            file = (pair.folder / target).resolve()
            if not file.exists():
                yield f"it links to {target}, which is not there."
            elif file.parent.name == "dictionary" and anchor and anchor not in _entries(file):
                yield f"it links to the entry {anchor!r}, which is not in {target}."


@cache
def _entries(file: Path) -> set[str]:
    """Return the keys of the entries in a file of the dictionary."""
    return {entry.key for entry in read(file).entries}


def _code_problems(cell: nbformat.NotebookNode) -> Iterator[str]:
    for number, line in enumerate(cell.source.splitlines(), 1):
        if len(line) > MAX_COLUMNS:
            yield f"line {number} has {len(line)} columns, more than {MAX_COLUMNS}."
    try:
        parsed(cell.source)
    except (SyntaxError, ValueError) as error:
        yield f"its code is not Python: {error}."
    if more := sorted(set(cell.metadata) - {"tags", *HIDDEN}):
        yield f"its metadata has more than tags: {more}."
    if cell.metadata.get("jupyter", HIDDEN["jupyter"]) != HIDDEN["jupyter"]:
        yield "its metadata 'jupyter' may say that its outputs are hidden, and no more."
    if cell.id == "check":
        yield from _claim_problems(cell)
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in tags(cell):
            yield f"it stores an error ({output.ename})."
        elif noise := NOISE.search(_text(output)):
            yield f"its output has noise in it: {noise[0]!r}."


def _claim_problems(cell: nbformat.NotebookNode) -> Iterator[str]:
    """Yield which of the claims that a lesson ends with do not hold, or are not compared."""
    if "nbval-ignore-output" in tags(cell):
        yield "its claims are not compared: it is tagged 'nbval-ignore-output'."
    claims = "".join(_text(output) for output in cell.outputs).strip()
    for claim in claims.splitlines() if cell.execution_count else ():
        if not claim.endswith(": True"):
            yield f"it stores {claim!r}, which is not a claim that holds."
    if cell.execution_count and not claims:
        yield "it claims nothing."


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    data = output.get("data", {})
    return "\n".join(str(data.get(kind, "")) for kind in ("text/plain", "text/html"))


def _order_problems(pair: Pair) -> Iterator[str]:
    names = [[cell.id for cell in pair.read(framework).cells] for framework in FRAMEWORKS]
    if names[0] == names[1]:
        return
    for number, (left, right) in enumerate(zip(*names, strict=False), 1):
        if left != right:
            yield f"cell {number} is the step {left!r} in PyTorch, {right!r} in TensorFlow."
            return
    longer = max(names, key=len)
    yield f"the step {longer[min(map(len, names))]!r} is in one notebook only."


def _twin_problems(pair: Pair) -> Iterator[str]:
    aligned = steps(pair)
    for step in aligned:
        yield from (f"step {step.id!r}: {text}" for text in _step_problems(step))
    yield from differences(aligned)
    facts = [read_facts(pair.path(framework)) for framework in FRAMEWORKS]
    if facts[0].title != facts[1].title:
        yield f"its title is {facts[0].title!r} in PyTorch, {facts[1].title!r} in TensorFlow."
    # each notebook may need an environment of its own: it is for a tool, not for the lesson
    if len({str(one.ours | {"environment": ""}) for one in facts}) > 1:
        yield f"the metadata {OURS!r} of the two notebooks differ."
    reports = [last_report(pair.read(framework)) for framework in FRAMEWORKS]
    keys = [set(report or {}) - {"torch", "torchvision", "tensorflow", "keras"}
            for report in reports]  # fmt: skip
    if not all(reports):
        yield "step 'report': the stored output has no figures."
    elif keys[0] != keys[1]:
        yield f"step 'report': only one side has {', '.join(sorted(keys[0] ^ keys[1]))}."
    yield from (f"step 'report': {text}" for text in unknown_figures(reports[0] or {}))


def _step_problems(step: Step) -> Iterator[str]:
    kinds = {cell.cell_type for cell in step.cells}
    marked = ["framework" in tags(cell) for cell in step.cells]
    if kinds == {"markdown"} and not step.same and not all(marked):
        yield "its text differs, and not both cells are tagged 'framework'."
    if len(kinds) == 1 and step.same and any(marked):
        yield "its text is the same in both: remove the tag 'framework'."
    if kinds == {"code"} and set(tags(step.pytorch)) != set(tags(step.tensorflow)):
        yield "its cells are tagged differently."
    if len(kinds) == 2 and not any(
        mark for mark, cell in zip(marked, step.cells, strict=True) if cell.cell_type == "markdown"
    ):
        yield "it is code on one side only; tag the other side's reason 'framework'."
