"""What is kept of a training, and put into models again."""

import numpy as np
import pytest
from small_project import CELLS, keep_weights, sides_of, write_notebook

from sidebyside.demos.answering import load_demo
from sidebyside.demos.cells import Lesson, read_cells
from sidebyside.demos.kept import fingerprint, pack, unpack
from sidebyside.demos.making import demo_files, missing_weights
from sidebyside.errors import DemoError


class Keeping:
    """As much of a demo as keeping needs."""

    def __init__(self, *names):
        self.keep = names

    def keep_besides(self, lesson):
        return {"doubled": 2 * lesson.x}


def kept(path, names, *wanted):
    path.write_bytes(pack(Lesson("pytorch", names), Keeping(*wanted), {"data": "sample"}))
    return unpack(path)


def test_arrays_and_plain_values_come_back(tmp_path):
    data = type("Data", (), {"names": ("a", "b"), "size": "sample"})()
    names = {"x": np.arange(3.0), "data": data, "ids": {"word": 2}}
    lesson = Lesson("pytorch", {})
    kept(tmp_path / "kept.npz", names, "x", "data.names", "data.size", "ids").restore(lesson)
    np.testing.assert_array_equal(lesson.x, [0, 1, 2])
    np.testing.assert_array_equal(lesson.doubled, [0, 2, 4])
    assert (list(lesson.data.names), lesson.data.size) == (["a", "b"], "sample")
    assert lesson.ids == {"word": 2}


def test_an_object_that_a_cell_has_made_stays_as_it_is(tmp_path):
    data = type("Data", (), {"size": "sample"})
    found = kept(tmp_path / "kept.npz", {"x": 1, "data": data}, "data.size")
    data.size = "other"
    found.restore(Lesson("pytorch", {"data": data}))
    assert data.size == "other"


def test_the_weights_of_a_pytorch_model_come_back(tmp_path):
    torch = pytest.importorskip("torch")
    make = lambda: torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))  # noqa: E731
    trained, again = make(), make()
    lesson = Lesson("pytorch", {"torch": torch})
    found = kept(tmp_path / "kept.npz", {"model": trained, "x": 1}, "model")
    found.restore_models(lesson, {"model": again})
    assert lesson.model is again
    assert not again.training
    for name, weight in trained.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight)


def test_weights_that_do_not_fit_are_told(tmp_path):
    torch = pytest.importorskip("torch")
    found = kept(tmp_path / "kept.npz", {"model": torch.nn.Linear(2, 3), "x": 1}, "model")
    with pytest.raises(DemoError, match="do not fit the pytorch model 'model'"):
        found.restore_models(Lesson("pytorch", {"torch": torch}), {"model": torch.nn.Linear(2, 4)})


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_told(tmp_path, content):
    (tmp_path / "kept.npz").write_bytes(content)
    with pytest.raises(DemoError, match="Delete it, and it is made again"):
        unpack(tmp_path / "kept.npz")


def test_a_file_with_code_in_it_is_not_loaded(tmp_path):
    np.savez(tmp_path / "kept.npz", about=np.array([print], dtype=object))
    with pytest.raises(DemoError):
        unpack(tmp_path / "kept.npz")


def test_weights_are_made_again_when_a_cell_that_answers_has_changed(small):
    files = demo_files(small, "sample")
    assert missing_weights(files) == ["pytorch", "tensorflow"]
    keep_weights(files)
    assert missing_weights(files) == []
    write_notebook(files.notebooks["pytorch"], CELLS | {"later": "x = 1"})
    assert missing_weights(files) == []
    write_notebook(files.notebooks["pytorch"], CELLS | {"settings": "epochs = 3"})
    assert missing_weights(files) == ["pytorch"]


def test_a_fingerprint_tells_what_is_kept(small):
    demo, cells = load_demo(small.folder / "demo.py"), read_cells(small.path("pytorch"))
    before = fingerprint(demo, cells)
    demo.keep = ("model",)
    assert fingerprint(demo, cells) != before


def test_both_sides_answer_with_what_was_kept(small):
    files = demo_files(small, "sample")
    keep_weights(files)
    sides = sides_of(files)
    assert (sides.title, sides.data) == ("Small", "sample")
    sides.warm_up()
    red = np.full((1, 1, 3), (255, 0, 0))
    ((answer, seconds),) = sides.answers("tensorflow", red)
    assert answer == {"red": 0.5, "green": 0, "blue": 0}
    assert seconds > 0
