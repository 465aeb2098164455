"""The exercises of the lessons: where a solution goes, and a record of when it last ran.

An exercise stands in a notebook's `exercises` cell: a bold number and title, how hard it is, the
task, a check, the folded solution. Every block of Python in it begins with a comment that says
where the block belongs in the notebook::

    **2. Without the ReLU** · easy

    Take the ReLU out. ...

    ```python
    # check, after predict
    assert test_accuracy < 0.95
    ```

    <details><summary>Solution</summary>

    ```python
    # replaces define-model
    ...
    ```
    </details>

``python -m sidebyside.lessons.exercises`` puts each solution and its check where they belong,
executes the notebook on the sample up to there, and keeps a record. The record has a hash of all
that was executed, so that the ordinary tests can tell when a solution has to be executed again.
"""

import argparse
import copy
import datetime
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.checkout import ROOT
from sidebyside.errors import NotebookError
from sidebyside.files import read_json, write_json
from sidebyside.frameworks import FRAMEWORKS, require
from sidebyside.lessons.pairs import Pair, find_pair, find_pairs

if TYPE_CHECKING:
    import nbformat

LEVELS = ("easy", "medium", "hard")
HEAD = re.compile(r"^\*\*(\d+)\. (.+?)\*\*(?: · (\w+))?", re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"# (check, )?(replaces|after|before) ([a-z0-9-]+)$")


@dataclass(frozen=True)
class Block:
    """A block of Python, and where it belongs.

    Attributes
    ----------
    where
        ``replaces``, ``after`` or ``before``.
    step
        The id of the cell that it replaces, follows or precedes.
    code
        The block without the comment that says so.
    is_check
        Whether it tests the solution.
    """

    where: str
    step: str
    code: str
    is_check: bool


@dataclass(frozen=True)
class Exercise:
    """An exercise of a notebook.

    Attributes
    ----------
    number, title
        As they stand in its head.
    level
        One of LEVELS; empty if the head does not say.
    blocks
        Its blocks of Python, in order; None for one that does not say where it belongs.
    """

    number: int
    title: str
    level: str
    blocks: tuple[Block | None, ...]


def exercises(notebook: "nbformat.NotebookNode") -> list[Exercise]:
    """Return the exercises of a notebook; none if it has no cell of that name."""
    source = next((cell.source for cell in notebook.cells if cell.id == "exercises"), "")
    heads = list(HEAD.finditer(source))
    ends = [*(head.start() for head in heads), len(source)][1:]
    return [
        Exercise(
            number=int(head[1]),
            title=head[2].rstrip("."),
            level=head[3] or "",
            blocks=tuple(_block(text) for text in BLOCK.findall(source, head.end(), end)),
        )
        for head, end in zip(heads, ends, strict=True)
    ]


def _block(text: str) -> Block | None:
    first, _, code = text.partition("\n")
    if (place := PLACE.match(first)) is None:
        return None
    return Block(place[2], place[3], code, is_check=bool(place[1]))


def exercise_problems(notebook: "nbformat.NotebookNode") -> Iterator[str]:
    """Yield what is wrong with the form of a notebook's exercises, one sentence each."""
    steps = {cell.id for cell in notebook.cells if cell.cell_type == "code"}
    found = exercises(notebook)
    if not found:
        yield "it has no exercise: '**1. Title** · easy' begins one."
    for exercise in found:
        name = f"exercise {exercise.number}"
        if exercise.level not in LEVELS:
            yield f"{name} does not say how hard it is: {', '.join(LEVELS)}."
        blocks = [block for block in exercise.blocks if block is not None]
        if len(blocks) < len(exercise.blocks):
            yield (
                f"{name} has a block of Python that does not begin with where it belongs, as "
                "'# replaces define-model' or '# after train' do."
            )
        for unknown in sorted({block.step for block in blocks} - steps):
            yield f"{name} names the step {unknown!r}, which is not a code cell."
        if not any(block.is_check for block in blocks):
            yield f"{name} has no check: a block that begins with '# check, after STEP'."
        if all(block.is_check for block in blocks):
            yield f"{name} has no solution in Python."


def solved(notebook: "nbformat.NotebookNode", exercise: Exercise) -> "nbformat.NotebookNode":
    """Return a notebook with an exercise's solution and check in it, up to the last of them.

    Raises
    ------
    NotebookError
        If a block does not say where it belongs, or names a step that is not there.
    """
    from nbformat.v4 import new_code_cell

    solution = copy.deepcopy(notebook)
    cells, last = solution.cells, 0
    for number, block in enumerate(exercise.blocks, 1):
        places = [i for i, cell in enumerate(cells) if block and cell.id == block.step]
        if block is None or not places:
            raise NotebookError(
                f"Exercise {exercise.number}: block {number} does not say which step it replaces "
                "or follows."
            )
        place = places[0]
        if block.where == "replaces":
            cells[place].source = block.code
        else:
            place += block.where == "after"
            name = f"exercise-{exercise.number}-block-{number}"
            cells.insert(place, new_code_cell(block.code, id=name))
            last += place <= last
        last = max(last, place)
    del cells[last + 1 :]
    return solution


def fingerprint(notebook: "nbformat.NotebookNode", exercise: Exercise) -> str:
    """Return a hash of the code that is executed for an exercise."""
    cells = solved(notebook, exercise).cells
    code = "\0".join(cell.source for cell in cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def record_file(root: Path = ROOT) -> Path:
    """Return the file that says which solutions have been executed."""
    return root / "docs" / "exercises.json"


def recorded(root: Path = ROOT) -> dict[str, dict[str, str]]:
    """Return the hashes of what was executed, by topic and framework, then by exercise."""
    file = record_file(root)
    return dict(read_json(file)["executed"]) if file.is_file() else {}


def outdated(pair: Pair, framework: str) -> list[Exercise]:
    """Return the exercises that have not been executed since they, or the lesson, changed."""
    notebook = pair.read(framework)
    known = recorded(pair.root).get(f"{pair.topic}, {framework}", {})
    return [
        exercise
        for exercise in exercises(notebook)
        if known.get(str(exercise.number)) != fingerprint(notebook, exercise)
    ]


def execute_solution(pair: Pair, framework: str, exercise: Exercise) -> None:
    """Execute a notebook with an exercise's solution and check in it, on the sample.

    Raises
    ------
    StepFailed
        If a cell, the solution or the check raises an error.
    """
    from sidebyside.lessons.execution import execute_notebook

    execute_notebook(solved(pair.read(framework), exercise), pair, framework, "sample")


def keep(pair: Pair, framework: str, executed: list[Exercise]) -> None:
    """Put on record that these exercises of a notebook have been executed, and no others."""
    notebook, known = pair.read(framework), recorded(pair.root)
    known[f"{pair.topic}, {framework}"] = {
        str(exercise.number): fingerprint(notebook, exercise) for exercise in executed
    }
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    write_json(record_file(pair.root), {"date": date, "executed": dict(sorted(known.items()))})


def main(words: list[str] | None = None) -> int:
    """Execute the solutions, one line each; return how many do not hold."""
    parser = argparse.ArgumentParser(prog="python -m sidebyside.lessons.exercises")
    parser.add_argument("topic", nargs="*", help="topics; all if none is named")
    parser.add_argument("--all", action="store_true", help="also execute those that are on record")
    parser.add_argument(
        "--framework", choices=list(FRAMEWORKS), help="execute those of one framework only"
    )
    chosen = parser.parse_args(words)
    frameworks = [chosen.framework] if chosen.framework else list(FRAMEWORKS)
    require(*frameworks)
    pairs = [find_pair(topic) for topic in chosen.topic] or find_pairs()
    return sum(_run(pair, side, chosen.all) for pair in pairs for side in frameworks)


def _run(pair: Pair, framework: str, every: bool) -> int:
    """Execute a notebook's solutions and keep the record; return how many failed."""
    from sidebyside.lessons.execution import StepFailed

    found = exercises(pair.read(framework))
    wanted = found if every else outdated(pair, framework)
    failed = []
    for exercise in wanted:
        name = f"{pair.topic}, {FRAMEWORKS[framework]}, exercise {exercise.number}"
        try:
            execute_solution(pair, framework, exercise)
            print(f"{name}: executed", flush=True)
        except StepFailed as failure:
            failed.append(exercise)
            print(f"{name}: FAILED in {failure.step!r}\n{failure.error}", flush=True)
    if wanted:
        keep(pair, framework, [exercise for exercise in found if exercise not in failed])
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
