"""Solutions of exercises: where they go, that they run, and what is on record of it."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sidebyside.errors import NotebookError
from sidebyside.lessons import exercises, pairs
from sidebyside.lessons.execution import StepFailed
from sidebyside.lessons.notebooks import write_notebook

TEXT = """\
## Exercises

**1. Twice as much** · easy

Double it.

```python
# check, after compute
assert y == 12, y
```

<details><summary>Solution</summary>

```python
# replaces settings
x = 4
```

More than before.
</details>

**2. A name** · hard

Give it one.

```python
# check, after name
assert name == "y: 6"
```

<details><summary>Solution</summary>

```python
# after compute
prefix = "y"
```

```python
# before name
prefix += ": "
```
</details>
"""


def notebook(text=TEXT):
    return new_notebook(
        cells=[
            new_code_cell("x = 2", id="settings"),
            new_markdown_cell("Now *compute*.", id="compute-intro"),
            new_code_cell("y = 3 * x", id="compute"),
            new_code_cell("prefix = globals().get('prefix', '')\nname = f'{prefix}{y}'", id="name"),
            new_code_cell("raise RuntimeError('not reached')", id="end"),
            new_markdown_cell(text, id="exercises"),
        ]
    )


@pytest.fixture
def pair(tmp_path):
    """Return a pair in a folder of its own, with the same small notebook on both sides."""
    (tmp_path / "pyproject.toml").touch()
    made = pairs.Pair(tmp_path / "beginner" / "small", "small", tmp_path)
    for framework in ("pytorch", "tensorflow"):
        write_notebook(notebook(), made.path(framework))
    return made


def code(solution):
    return [cell.source.strip() for cell in solution.cells if cell.cell_type == "code"]


def test_exercises_are_read_with_their_blocks():
    first, second = exercises.exercises(notebook())
    assert (first.number, first.title, first.level) == (1, "Twice as much", "easy")
    assert [(b.where, b.step, b.is_check) for b in first.blocks] == [
        ("after", "compute", True),
        ("replaces", "settings", False),
    ]
    assert (second.level, len(second.blocks)) == ("hard", 3)
    assert list(exercises.exercise_problems(notebook())) == []


def test_a_solution_goes_where_it_says_and_nothing_after_it_runs():
    first, second = exercises.exercises(notebook())
    assert code(exercises.solved(notebook(), first)) == ["x = 4", "y = 3 * x", "assert y == 12, y"]
    assert code(exercises.solved(notebook(), second)) == [
        "x = 2",
        "y = 3 * x",
        'prefix = "y"',
        'prefix += ": "',
        "prefix = globals().get('prefix', '')\nname = f'{prefix}{y}'",
        'assert name == "y: 6"',
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("· easy", "", "exercise 1 does not say how hard it is: easy, medium, hard."),
        ("· easy", "· trivial", "exercise 1 does not say how hard it is"),
        (
            "# replaces settings\n",
            "",
            "does not begin with where it belongs",
        ),
        ("# before name", "# before naming", "names the step 'naming', which is not a code cell"),
        ("# before name", "# before compute-intro", "names the step 'compute-intro'"),
        ("# check, after compute", "# after compute", "exercise 1 has no check"),
        ("# replaces settings", "# check, after settings", "exercise 1 has no solution"),
        ("**", "", "it has no exercise"),
    ],
)
def test_a_wrong_form_is_found(old, new, problem):
    found = list(exercises.exercise_problems(notebook(TEXT.replace(old, new))))
    assert any(problem in sentence for sentence in found), found


def test_a_block_without_a_place_cannot_be_executed():
    first, *_ = exercises.exercises(notebook(TEXT.replace("# replaces settings\n", "")))
    with pytest.raises(NotebookError, match="Exercise 1: block 2 does not say which step"):
        exercises.solved(notebook(), first)


def test_what_was_executed_is_on_record_until_solution_or_lesson_changes(pair):
    assert [e.number for e in exercises.outdated(pair, "pytorch")] == [1, 2]
    exercises.execute_solution(pair, "pytorch", exercises.exercises(notebook())[0])
    exercises.keep(pair, "pytorch", exercises.exercises(notebook()))
    assert exercises.outdated(pair, "pytorch") == []
    assert len(exercises.outdated(pair, "tensorflow")) == 2

    changed = notebook(TEXT.replace('prefix += ": "', 'prefix += ":  "'))
    write_notebook(changed, pair.path("pytorch"))
    assert [e.number for e in exercises.outdated(pair, "pytorch")] == [2]

    changed = notebook()
    changed.cells[0].source = "x = 1 + 1"
    write_notebook(changed, pair.path("pytorch"))
    assert [e.number for e in exercises.outdated(pair, "pytorch")] == [2]  # 1 replaces that cell

    changed = notebook(TEXT.replace("Double it.", "Make it twice as large."))
    write_notebook(changed, pair.path("pytorch"))
    assert exercises.outdated(pair, "pytorch") == []  # words are not executed


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [("y == 12", "y == 13", "exercise-1-block-1"), ("x = 4", "x = z", "settings")],
    ids=["check", "solution"],
)
def test_a_solution_that_does_not_hold_is_found(pair, old, new, step):
    made = notebook(TEXT.replace(old, new))
    write_notebook(made, pair.path("pytorch"))
    with pytest.raises(StepFailed, match=step):
        exercises.execute_solution(pair, "pytorch", exercises.exercises(made)[0])


def test_a_notebook_without_such_a_cell_has_none():
    assert exercises.exercises(new_notebook()) == []
