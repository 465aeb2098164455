"""The files of the dictionary: their form, and that errors name what is not in order."""

import ast

import pytest

from sidebyside.dictionary import DictionaryError, read, read_all
from sidebyside.dictionary.entries import CHAPTER, FOLDER, needed

CHAPTERS = read_all()
ENTRIES = [entry for chapter in CHAPTERS for entry in chapter.entries]
COLUMNS = 64
SUBJECTS = (
    "creating_tensors", "dtypes_and_devices", "indexing", "shapes_and_broadcasting",
    "arithmetic_and_reductions", "linear_algebra", "random_numbers", "autograd", "layers",
    "sequence_layers", "activations", "initialisers", "losses", "optimisers", "metrics",
    "data_pipelines", "training", "saving", "compiling", "distribution", "reproducibility", "boxes",
)  # fmt: skip


def test_every_subject_has_its_chapter():
    assert tuple(chapter.key for chapter in CHAPTERS) == SUBJECTS
    assert all(CHAPTER.fullmatch(file.name) for file in FOLDER.glob("[0-9]*"))
    assert len(ENTRIES) >= 200
    assert all(len(chapter.entries) >= 5 for chapter in CHAPTERS)


def test_lines_fit_into_two_columns_and_are_python():
    long = []
    for entry in ENTRIES:
        shown = [*entry.lines.values(), *(trap.lines for trap in entry.traps)]
        for text in [*shown, *entry.check.values()]:
            ast.parse(text)
            limit = COLUMNS if text in shown else 79
            long += [f"{entry.key}: {line}" for line in text.splitlines() if len(line) > limit]
    assert long == []


def test_nothing_is_said_twice():
    notes = [entry.note for entry in ENTRIES]
    notes += [trap.note for entry in ENTRIES for trap in entry.traps]
    assert sorted({note for note in notes if notes.count(note) > 1}) == []
    names = [entry.name for entry in ENTRIES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_checks_can_fail():
    for entry in ENTRIES:
        for side, lines in entry.check.items():
            nodes = list(ast.walk(ast.parse(lines)))
            tests = [node for node in nodes if isinstance(node, ast.Assert)]
            assert tests or "np.testing.assert_" in lines, f"{entry.key}, {side}: no assertion"
            assert not any(isinstance(node.test, ast.Constant) for node in tests), entry.key


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[total]", "[Total]", "not a key"),
        ('note = "They add."', "", "it needs 'note'"),
        ('note = "They add."', 'note = ""', r"\[total\] note: Expected `str` of length >= 1"),
        ("[chapter]", "stray = 1\n[chapter]", "'stray' stands outside of a table"),
        (
            'verdict = "same"',
            'verdict = "none"\nmissing = "jax"',
            r"\[total\] missing: 'jax' is not one of pytorch, tensorflow",
        ),
        ("[total]", "[total]\nkey = 'total'", "has 'key', which is not known"),
        ('verdict = "same"', 'verdict = "alike"', "'alike' is not one of none, same, set"),
        ('verdict = "same"', 'verdict = "set"\nset = "the axis"', "needs a trap"),
        ('verdict = "same"', 'verdict = "none"', "missing"),
        ('because = "float32"', "", "goes with its reason"),
        (
            "tolerance = 1e-6",
            'tolerance = "small"',
            r"\[total\] tolerance: Expected `float \| null`, got `str`",
        ),
        ('tensorflow = "tf.reduce_sum(x)"', "", "it needs 'tensorflow'"),
        ('pytorch_names = ["torch.sum"]', "", "needs pytorch_names"),
        (
            'note = "They add."',
            'note = "They add."\ncolour = "red"',
            "'colour' is not known there; known are name, verdict",
        ),
        ('title = "Sums"', "", r"\[chapter\]: it needs 'title'"),
        ("[chapter]", "[chapter", "is not TOML"),
        (
            "inputs =",
            'compare = "looks"\ninputs =',
            "compare: 'looks' is not one of distribution, values",
        ),
    ],
)
def test_what_is_not_in_order_is_told(good, write, old, new, said):
    assert old in good
    with pytest.raises(DictionaryError, match=said) as error:
        read(write(good.replace(old, new)))
    assert "01_sums.toml" in str(error.value)


def test_what_an_entry_relies_on_is_found_in_its_chapters_setup():
    setup = "import re\nfrom a import b, c\nscale = 2\ndef f(x):\n    return scale * x\nd = 3"
    assert needed(setup, "f(c)") == (
        "from a import b, c\nscale = 2\ndef f(x):\n    return scale * x"
    )
    assert needed(setup, "print(1)") == ""


def test_a_key_is_there_once(good, write, tmp_path):
    write(good)
    write(good, "02_more.toml")
    with pytest.raises(DictionaryError, match=r"total is in 01_sums\.toml, too"):
        read_all(tmp_path)
    with pytest.raises(DictionaryError, match="no dictionary"):
        read_all(tmp_path / "nowhere")
