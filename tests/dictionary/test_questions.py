"""The quiz: each right answer is one that the dictionary's tests execute."""

from collections import Counter

import pytest

from sidebyside.dictionary import read_all
from sidebyside.dictionary.questions import ERROR, OTHER, SAME, drawn, questions

CHAPTERS = read_all()
ENTRIES = {entry.key: entry for chapter in CHAPTERS for entry in chapter.entries}
ALL = questions(CHAPTERS)


def test_every_chapter_asks_and_keys_are_unique():
    assert {question.chapter for question in ALL} == {chapter.key for chapter in CHAPTERS}
    assert len({question.key for question in ALL}) == len(ALL)
    assert len(ALL) > 800


def test_right_lines_are_the_entrys_own_and_wrong_ones_its_traps():
    asked = [question for question in ALL if question.choices_are_code]
    assert len(asked) > 300
    for question in asked:
        entry, side = ENTRIES[question.entry], question.key.rpartition("-")[2]
        wrong = set(question.choices) - {entry.lines[side]}
        assert question.choices[question.right] == entry.lines[side]
        assert len(wrong) == len(question.choices) - 1 >= 1
        assert wrong <= {trap.lines for trap in entry.traps if trap.framework == side}


def test_what_happens_is_what_was_proved():
    asked = [question for question in ALL if not question.choices_are_code]
    for question in asked:
        entry, right = ENTRIES[question.entry], question.choices[question.right]
        lines = question.shown[-1][1]
        traps = [trap for trap in entry.traps if trap.lines == lines]
        if right == SAME:
            assert lines in entry.lines.values()
            assert entry.tolerance is not None
        else:
            assert any(bool(trap.raises) == (right == ERROR) for trap in traps)
    counts = Counter(question.choices[question.right] for question in asked)
    assert min(counts[SAME], counts[OTHER], counts[ERROR]) > 100


def test_no_place_is_right_more_often_than_others():
    counts = Counter(q.right for q in ALL if q.choices_are_code and len(q.choices) == 2)
    assert 0.4 < counts[0] / counts.total() < 0.6


def test_a_draw_has_other_entries_first_and_can_be_repeated():
    ten = drawn(ALL, 10, seed=3)
    assert len({question.entry for question in ten}) == 10
    assert drawn(ALL, 10, seed=3) == ten != drawn(ALL, 10, seed=4)
    few = [question for question in ALL if question.entry == ALL[0].entry]
    assert Counter(drawn(few, 99)) == Counter(few)


def test_the_command_says_what_is_right(monkeypatch):
    from typer.testing import CliRunner

    from sidebyside.cli.main import app

    asked = drawn([q for q in ALL if q.chapter == "losses"], 2, seed=1)
    letters = ["abcdefgh"[question.right] for question in asked]
    wrong = "b" if letters[1] == "a" else "a"
    words = ["quiz", "losses", "--number", "2", "--seed", "1"]
    done = CliRunner().invoke(app, words, input=f"z\n{letters[0]}\n{wrong}\n")
    assert done.exit_code == 0, done.output
    assert "1 of 2 were right." in done.output


@pytest.mark.parametrize("words", [["quiz", "loses"]])
def test_an_unknown_chapter_is_named(words, capsys):
    from typer.testing import CliRunner

    from sidebyside.cli.main import app

    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "The dictionary has no chapter 'loses'. It has:" in done.output + capsys.readouterr().err
