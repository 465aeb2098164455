"""What exceptions say: the part that is the same in every program, and where it is written."""

import tomllib

import pytest

from sidebyside.dictionary import DictionaryError, read
from sidebyside.proof.messages import is_said, stable_part, with_messages

KERAS = (
    "Exception encountered when calling Embedding.call().\n\n\x1b[1m{{function_node __wrapped__"
    "GatherV2_device_/job:localhost/replica:0/task:0/device:CPU:0}} indices[2,1] = 7 is not in "
    "[0, 7) [Op:GatherV2]\x1b[0m\n\nArguments received by Embedding.call():\n  • inputs=tf.Tensor"
)
USER_CODE = (
    'in user code:\n\n    File "x.py", line 5, in merge  *\n        return n * time\n\n'
    "    TypeError: unsupported operand type(s) for *: 'NoneType' and 'NoneType'\n"
)


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("grad can be implicitly created only for scalar outputs",) * 2,
        ("Expected target size [4, 5], got [4, 7]", "Expected target size …, got"),
        ("Use .reshape(...) instead.",) * 2,
        (KERAS, "indices… = … is not in"),
        (USER_CODE, "unsupported operand type(s) for *: 'NoneType' and 'NoneType'"),
        ("For batched 3-D input, hx should be 3-D too",) * 2,
        (
            "Input 0 of layer 'lstm_1' is incompatible with the layer: expected ndim=3, found 2",
            "Input … of layer … is incompatible with the layer: expected ndim=…, found",
        ),
        (
            "The filename must end in `.weights.h5`. Received: filepath=model.h5",
            "The filename must end in `.weights.h5`.",
        ),
        ("cannot compute Mul [Op:Mul] name: ", "cannot compute Mul"),
        ("Unknown variable: <Variable path=v>. Build anew.", "Unknown variable: … Build anew."),
    ],
)
def test_what_changes_from_program_to_program_is_left_out(message, part):
    assert stable_part(message) == part
    assert is_said(part, message)


def test_a_long_message_is_cut_after_a_sentence():
    message = "This is the sentence that counts, at some length. " + "And this is advice. " * 20
    assert stable_part(message).startswith("This is the sentence that counts, at some length.")
    assert len(stable_part(message)) <= 170
    assert stable_part(message).endswith(".")


def test_another_message_is_told():
    assert is_said("size of tensor a … at dimension", "The size of tensor a (3) at dimension 1")
    assert not is_said("size of tensor a … at dimension", "The size of tensor b (3) at dimension 1")


def test_messages_are_written_below_the_exceptions_name(good):
    text = good + (
        '\n[[total.trap]]\ntensorflow = "tf.reduce_sum(x, axis=9)"\nnote = "No such axis."\n'
        'raises = "ValueError"\n\n[[total.trap]]\npytorch = "x.sum(9)"\nraises = "IndexError"\n'
        'message = "old"\nnote = "None here."\n'
    )
    changed = with_messages(text, {("total", 0): 'say "no" \\ …', ("total", 1): "new"})
    traps = tomllib.loads(changed)["total"]["trap"]
    assert [trap["message"] for trap in traps] == ['say "no" \\ …', "new"]
    lines = [line for line in changed.split("\n") if not line.startswith("message =")]
    assert lines == [line for line in text.split("\n") if not line.startswith("message =")]
    assert with_messages(changed, {("total", 1): "new"}) == changed


def test_a_message_for_a_trap_that_is_not_there_is_refused(good, trap):
    for place in (("total", 0), ("total", 1), ("sum", 0)):  # the first one gives something
        with pytest.raises(ValueError, match="no trap that raises"):
            with_messages(good + trap, {place: "x"})


def test_a_message_goes_with_an_exception(good, trap, write):
    with pytest.raises(DictionaryError, match="message goes with raises"):
        read(write(good + trap + 'message = "no"\n'))
