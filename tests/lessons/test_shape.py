"""The shape of a lesson: a question hides its answer and gets one; the summary is whole."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sidebyside.lessons.notebooks import HIDDEN
from sidebyside.lessons.shape import shape_problems

QUESTION = "*Before you run the next cell:* what is it?"
SUMMARY = """\
1. One.
2. Two.
3. Three.
4. Four.
5. Five.

**Terms** a, b

**Read on** [c](https://example.org)

**Before and after** d, e"""
EXERCISES = """\
**1. One** · easy

```python
# check, after show
assert x
```

```python
# before show
x = 2
```"""


def shown(name, hidden):
    stream = new_output("stream", text="1\n")
    metadata = HIDDEN if hidden else {}
    return new_code_cell("print(x)", id=name, outputs=[stream], metadata=metadata)


def lesson(question=QUESTION, hidden=True, answer="show-answer", summary=SUMMARY, lone=False):
    return new_notebook(
        cells=[
            new_markdown_cell(question, id="show-question"),
            new_code_cell("x = 1", id="define"),
            shown("show", hidden),
            new_markdown_cell("One.", id=answer),
            shown("next", lone),
            new_markdown_cell(summary, id="summary"),
            new_markdown_cell(EXERCISES, id="exercises"),
        ]
    )


def test_a_lesson_of_the_right_shape_has_no_problem():
    assert list(shape_problems(lesson())) == []
    several = QUESTION.replace("cell", "cells")
    assert list(shape_problems(lesson(question=several))) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hidden": False}, "step 'show': its output answers the question before it"),
        ({"answer": "more"}, "step 'show-question': its question is not followed by"),
        ({"lone": True}, "step 'next': its output is hidden, and there is no question"),
        ({"question": "Before you run this, guess.", "hidden": False}, "a question begins with"),
        ({"summary": SUMMARY.replace("5. Five.\n", "")}, "it has 4 numbered sentences, not 5"),
        ({"summary": SUMMARY.replace("**Read on**", "")}, "it has no part **Read on**"),
    ],
    ids=["shown", "unanswered", "hidden for nothing", "other words", "four", "nothing to read"],
)
def test_what_is_not_of_that_shape_is_found(change, problem):
    found = list(shape_problems(lesson(**change)))
    assert len(found) == 1
    assert problem in found[0]


def test_a_section_that_begins_within_a_cell_is_found():
    with_code = SUMMARY + "\n\n```python\n## no heading\n```"
    assert list(shape_problems(lesson(summary=with_code))) == []
    parts = "\n\n## 2. More\n\nText.\n\n### A part\n\nText."
    answered = lesson()
    answered.cells[3].source += parts  # a page folds an answer, with all that is in its cell
    assert list(shape_problems(answered)) == [
        "step 'show-answer': the section '2. More' begins a cell of its own.",
        "step 'show-answer': the section 'A part' begins a cell of its own.",
    ]
    assert list(shape_problems(lesson(summary=SUMMARY + parts))) == [
        "step 'summary': the section '2. More' begins a cell of its own."
    ]


def test_a_question_at_the_end_is_found():
    notebook = lesson()
    notebook.cells.append(new_markdown_cell(QUESTION, id="last-question"))
    assert "step 'last-question'" in next(shape_problems(notebook))


def test_a_summary_in_another_place_is_found():
    notebook = lesson()
    notebook.cells.append(notebook.cells.pop(-2))
    assert list(shape_problems(notebook)) == [
        "step 'summary': it comes between 'differences' and 'exercises'."
    ]
