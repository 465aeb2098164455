"""The shape of a lesson: sections, questions before their answers, a summary, exercises."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sidebyside.lessons.exercises import exercise_problems

if TYPE_CHECKING:
    from nbformat import NotebookNode

QUESTION = re.compile(r"\*Before you run the next cells?:\*")
ANSWER = "-answer"  # how the id of a cell ends that answers
CODE = re.compile(r"```.*?```", re.DOTALL)
LATE_HEADING = re.compile(r"\n(##+) (.+)")
SENTENCES = 5  # of a summary


def shape_problems(notebook: "NotebookNode") -> Iterator[str]:
    """Yield what a notebook lacks of its shape, one sentence each."""
    yield from _section_problems(notebook)
    yield from _question_problems(notebook)
    yield from _summary_problems(notebook)
    yield from exercise_problems(notebook)


def is_hidden(cell: "NotebookNode") -> bool:
    """Return whether a cell's output is the answer to a question before it, and folded."""
    return bool(cell.metadata.get("jupyter", {}).get("outputs_hidden"))


def _section_problems(notebook: "NotebookNode") -> Iterator[str]:
    """Yield the sections that the page's list of steps would miss, or its folds would hide."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for marks, heading in LATE_HEADING.findall(CODE.sub("", cell.source)):
                if marks == "##" or cell.id.endswith(ANSWER):
                    yield f"step {cell.id!r}: the section {heading!r} begins a cell of its own."


def _question_problems(notebook: "NotebookNode") -> Iterator[str]:
    """Yield what is wrong with the questions: each hides its answer, and has a cell with one."""
    question = ""  # the cell whose question waits for its answer
    for cell in notebook.cells:
        where = f"step {cell.id!r}"
        if cell.cell_type == "code":
            if question and cell.get("outputs") and not is_hidden(cell):
                yield f"{where}: its output answers the question before it, and is not hidden."
            if not question and is_hidden(cell):
                yield f"{where}: its output is hidden, and there is no question before it."
            continue
        if question and not cell.id.endswith(ANSWER):
            yield f"step {question!r}: its question is not followed by a cell '...{ANSWER}'."
        question = cell.id if QUESTION.search(cell.source) else ""
        if not question and "efore you run" in cell.source:
            yield f"{where}: a question begins with '*Before you run the next cell:*'."
    if question:
        yield f"step {question!r}: its question is not followed by a cell '...{ANSWER}'."


def _summary_problems(notebook: "NotebookNode") -> Iterator[str]:
    """Yield what the summary lacks."""
    names = [cell.id for cell in notebook.cells]
    if "summary" not in names:
        return  # which the check of the steps says
    summary = notebook.cells[names.index("summary")].source
    around = [
        names.index(name) for name in ("differences", "summary", "exercises") if name in names
    ]
    if around != sorted(around):
        yield "step 'summary': it comes between 'differences' and 'exercises'."
    points = re.findall(r"^\d\. ", summary, re.MULTILINE)
    if len(points) != SENTENCES:
        yield f"step 'summary': it has {len(points)} numbered sentences, not {SENTENCES}."
    for part in ("**Terms**", "**Read on**", "**Before and after**"):
        if part not in summary:
            yield f"step 'summary': it has no part {part}."
