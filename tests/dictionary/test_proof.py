"""The proof: a right entry holds, and a wrong one cannot pass.

The entries themselves are executed as tests of their own, from the files in ``dictionary/``.
"""

import pytest

from sidebyside.dictionary import read


@pytest.fixture
def proof(write, both_frameworks):
    """Return a function that proves the entry of a chapter's text."""
    from sidebyside.proof.proving import prove

    def prove_entry(text):
        chapter = read(write(text))
        return prove(chapter.entries[0], chapter)

    return prove_entry


def test_a_right_entry_holds(proof, good, trap):
    found = proof(good + trap)
    assert found.values <= 1e-6 and found.gradients <= 1e-6
    assert found.traps == ["trap gives shape (4,)"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tf.reduce_sum(x)", "tf.reduce_sum(x) + 0.01", "values differ by"),
        ("tf.reduce_sum(x)", "tf.reduce_sum(x, axis=0)", r"shape \(\) in PyTorch"),
        ("tf.reduce_sum(x)", "tf.reduce_sum(tf.stop_gradient(x))", "only PyTorch has a gradient"),
        ("tf.reduce_sum(x)", "tf.reduce_sum(2 * x - tf.stop_gradient(x))", "gradients of x differ"),
        ("tf.reduce_sum(x)", "tf.cast(tf.reduce_sum(x), tf.float64)", "the types are float32"),
        ("tf.reduce_sum(x)", "y = tf.reduce_sum(x)", "0"),
        ('["torch.sum"]', '["torch.summe"]', "There is no torch.summe"),
        ('["torch.sum"]', '["torch.mean"]', "None of torch.mean is in the lines"),
        ("tf.reduce_sum(x, axis=0)", "tf.reduce_sum(x)", "should give"),
        ('gives = "shape (4,)"', 'raises = "ValueError"', "does not raise ValueError"),
        ('gives = "shape (4,)"', "difference = 1", "gives shape"),
        (
            'tensorflow = "tf.reduce_sum(x, axis=0)"\nnote = "One axis only."\n'
            'gives = "shape (4,)"',
            'tensorflow = "tf.reduce_sum(2 * x)"\nnote = "Twice."\ndifference = 123',
            "the entry says 123",
        ),
        (
            'tensorflow = "tf.reduce_sum(x, axis=0)"\nnote = "One axis only."\n'
            'gives = "shape (4,)"',
            'tensorflow = "tf.reduce_sum(x)"\nnote = "The same."\ndifference = 1',
            "too little for a difference",
        ),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_found(proof, good, trap, old, new, said):
    text = good + trap
    assert old in text
    with pytest.raises(AssertionError, match=said):
        proof(text.replace(old, new))


RAISES = """
[[total.trap]]
pytorch = "torch.sum(x, 7)"
note = "There is no such axis."
raises = "IndexError"
message = "Dimension out of range (expected to be in range of …"
"""


def test_what_an_exception_says_is_checked(proof, good):
    assert proof(good + RAISES).traps == ["trap raises IndexError"]
    with pytest.raises(AssertionError, match=r"says 'Dimension out of range.*messages --save"):
        proof(good + RAISES.replace("out of range", "too large"))


def test_messages_that_are_lacking_or_no_longer_said_are_found(both_frameworks, good, write):
    from sidebyside.proof.recording import unsaid

    line = RAISES.splitlines()[-1]
    said = "Dimension out of range (expected to be in range of …, but got …)"
    file = write(good + RAISES.replace(line, ""))
    assert unsaid([read(file)]) == {file: {("total", 0): said}}
    file = write(good + RAISES.replace("out of range", "too large"))
    assert unsaid([read(file)]) == {file: {("total", 0): said}}
    assert unsaid([read(write(good + RAISES))]) == {}
    assert unsaid([read(write(good + RAISES.replace(", 7)", ")")))]) == {}


def test_a_check_that_does_not_hold_is_found(proof, good):
    both = 'pytorch_check = "assert x.ndim == 2"\ntensorflow_check = "assert x.ndim == {}"\n'
    text = good.replace('tolerance = 1e-6\nbecause = "float32"\n', both)
    assert str(proof(text.format(2))) == "checks hold"
    with pytest.raises(AssertionError):
        proof(text.format(3))


def test_a_deprecated_call_is_no_counterpart(proof, good):
    old = "pytorch = \"import warnings; warnings.warn('old', FutureWarning); torch.sum(x)\""
    with pytest.raises(AssertionError, match="deprecated: old"):
        proof(good.replace('pytorch = "torch.sum(x)"', old))
