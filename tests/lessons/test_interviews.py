"""The interview questions of the lessons, found in the notebooks."""

import pytest

from sidebyside.lessons.interviews import interview_questions
from sidebyside.lessons.pairs import find_pairs


@pytest.mark.parametrize("pair", find_pairs(), ids=lambda pair: pair.topic)
def test_every_question_of_a_lesson_is_found_with_its_answer(pair):
    found = interview_questions(pair)
    for framework in ("pytorch", "tensorflow"):
        cell = next(cell for cell in pair.read(framework).cells if cell.id == "explain")
        here = [one for one in found if one.framework in ("", framework)]
        assert len(here) == cell.source.count("<summary>") >= 3
    assert all(len(one.answer.split()) >= 5 for one in found)
