"""Sentences with "only", "never", "all": what backs them, and that what nothing backs is found."""

import subprocess
import sys

import pytest

from sidebyside.dictionary import DictionaryError, read, read_all
from sidebyside.dictionary.absolutes import (
    Reviewed,
    absolutes,
    faults,
    main,
    reviewed,
    unbacked,
)

CHAPTER = """
[chapter]
title = "Sums"
about = "About sums."

[total]
name = "Sum of all"
verdict = "same"
pytorch_names = ["torch.sum"]
tensorflow_names = ["tf.reduce_sum"]
inputs = "x = normal(3, 4)"
pytorch = "torch.sum(x)"
tensorflow = "tf.reduce_sum(x)"
note = "NOTE"
tolerance = 1e-6
because = "float32"
"""
CHECK = 'tensorflow_check = "assert tf.math.count_nonzero(x, axis=0).shape == (4,)"\n'
TRAP = """
[[total.trap]]
tensorflow = "ops.sum(x, axis=0, keepdims=True)"
note = "One axis."
gives = "shape (1, 4)"
"""


def chapter(folder, note, more="", about="About sums."):
    file = folder / "01_sums.toml"
    text = CHAPTER.replace("NOTE", note).replace("About sums.", about) + more
    file.write_text(text, "utf-8")
    return read(file)


def sentences(found):
    return [absolute.sentence for absolute in found]


def test_each_absolute_of_the_dictionary_is_backed_or_has_a_reason():
    assert faults(read_all(), reviewed()) == []


@pytest.mark.parametrize(
    "word",
    ["only", "no", "all", "never", "always", "nothing", "any", "every", "everything", "cannot",
     "None", "anything", "nobody", "impossible"],
)  # fmt: skip
def test_a_new_absolute_is_found(tmp_path, word):
    sums = chapter(tmp_path, f"They add. Here {word} counts.")
    (fault,) = faults([sums], Reviewed({}))
    assert fault.startswith(f"sums: [total] {word.lower()}: Here {word} counts. Add a check")


def test_introductions_traps_and_settings_are_looked_at_too(tmp_path):
    more = TRAP.replace("One axis.", "Only one axis.")
    more = more.replace("[[total.trap]]", 'without_gradients = "there are none"\n\n[[total.trap]]')
    sums = chapter(tmp_path, "They add.", more, about="All about sums.")
    assert [(each.entry, each.sentence) for each in unbacked(sums)] == [
        ("sums", "All about sums."), ("total", "there are none"), ("total", "Only one axis."),
    ]  # fmt: skip


def test_a_name_that_a_check_executes_backs_a_sentence(tmp_path):
    note = "`tf.math.count_nonzero` never adds. `count_nonzero` has no sign."
    assert sentences(unbacked(chapter(tmp_path, note))) == note.replace(". ", ".|").split("|")
    assert sentences(unbacked(chapter(tmp_path, note, CHECK))) == []


def test_a_name_that_a_trap_executes_backs_a_sentence(tmp_path):
    note = "All of `keepdims` is optional. `ops.sum` never fails."
    assert len(sentences(unbacked(chapter(tmp_path, note)))) == 2
    assert sentences(unbacked(chapter(tmp_path, note, TRAP))) == []


def test_what_does_not_back_a_sentence(tmp_path):
    without = [
        "`tf.reduce_sum` is the only one.",  # the entry's lines are what it goes beyond
        "`torch.sum` takes no `x`.",  # the other framework's call
        "`axis` is never needed.",  # too general
        "It is always fast.",  # no name at all
    ]
    more = CHECK + TRAP
    assert sentences(unbacked(chapter(tmp_path, " ".join(without), more))) == without


def test_variables_of_a_check_do_not_back_a_sentence(tmp_path):
    check = "tensorflow_check = '''\ntotal = 1\nassert total == 1\n'''\n"
    note = "The `total` is never wrong."
    assert sentences(unbacked(chapter(tmp_path, note, check))) == [note]


def test_code_and_no_longer_are_no_absolutes():
    text = "`np.all`, `None` and `any(x)` are names. It is no longer so. No number is."
    assert list(absolutes(text)) == [("No number is.", ("no",))]


def test_a_reason_lets_a_sentence_stay_word_for_word(tmp_path):
    sums = chapter(tmp_path, "Nothing is lost.")
    known = Reviewed({"total": {"Nothing is lost.": "Sums are exact here."}})
    assert faults([sums], known) == []
    reworded = chapter(tmp_path, "Nothing at all is lost.")
    new, stale = faults([reworded], known)
    assert "Nothing at all is lost." in new
    assert stale.startswith("reviewed.toml: [total] does not have this sentence")


def test_a_reason_for_what_a_check_backs_is_stale(tmp_path):
    note = "`tf.math.count_nonzero` never adds."
    known = Reviewed({"total": {note: "It counts."}})
    assert faults([chapter(tmp_path, note)], known) == []
    (stale,) = faults([chapter(tmp_path, note, CHECK)], known)
    assert stale.endswith("Delete it.")


def test_pending_chapters_are_left_out_and_have_to_exist(tmp_path):
    sums = chapter(tmp_path, "Nothing is lost.")
    assert faults([sums], Reviewed({}, ("sums",))) == []
    assert faults([sums], Reviewed({}, ("sums", "sumz"))) == [
        "reviewed.toml: 'sumz' in 'pending' is not a chapter."
    ]


def test_the_file_of_reasons_is_read(tmp_path):
    assert reviewed(tmp_path) == Reviewed({})
    file = tmp_path / "reviewed.toml"
    file.write_text('pending = ["sums"]\n[total]\n"All add." = "Executed."\n', "utf-8")
    assert reviewed(tmp_path) == Reviewed({"total": {"All add.": "Executed."}}, ("sums",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[total]\n"All add." = " "\n', r"\[total\] has no reason for 'All add\.'"),
        ('total = "All add."\n', "'total' is not a table"),
        ("[total\n", "is not TOML"),
    ],
)
def test_a_file_of_reasons_that_is_not_in_order_is_refused(tmp_path, text, said):
    (tmp_path / "reviewed.toml").write_text(text, "utf-8")
    with pytest.raises(DictionaryError, match=said):
        reviewed(tmp_path)


def test_the_command_lists_what_is_pending(capsys):
    assert main() == 0
    said = capsys.readouterr().out
    assert all(f"pending: {key}, " in said for key in reviewed().pending)


def test_no_framework_is_imported():
    code = (
        "import sys, sidebyside.dictionary.absolutes\n"
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
