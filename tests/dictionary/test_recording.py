"""What is on record of the installed packages: defaults that differ, and what is lacking."""

import dataclasses

from sidebyside.dictionary import coverage, defaults, read_all
from sidebyside.proof import recording

CHAPTERS = read_all()
ENTRIES = [entry for chapter in CHAPTERS for entry in chapter.entries]


def test_defaults_are_those_of_the_installed_packages(both_frameworks):
    import sidebyside.parity.porting  # noqa: F401  PyTorch before TensorFlow

    found = recording.changed(defaults.record()["defaults"], recording.read_defaults())
    records = "'python -m sidebyside.proof.recording defaults --save' records it"
    assert not found, "\n".join([*found, records])


def same_value(values):
    try:
        left, right = (float(value) for value in values)
    except ValueError:
        left, right = values
    return left == right


def test_sixty_arguments_have_defaults_that_differ():
    rows = [row for rows in defaults.table().values() for row in rows]
    assert sum(row.both for row in rows) >= 60
    assert [row.names for row in rows if same_value(row.defaults.values())] == []
    names = [tuple(row.names.values()) for row in rows]
    assert len(set(names)) == len(names)
    effects = [row.effect for row in rows]
    assert len(set(effects)) == len(effects)
    keys = {entry.key for entry in ENTRIES}
    assert {row.entry for row in rows} - {""} <= keys


def test_a_default_that_changes_is_named():
    before = {"nn.BatchNorm2d(eps)": "1e-05", "nn.Old(x)": "1"}
    assert recording.changed(before, {"nn.BatchNorm2d(eps)": "0.001", "nn.New(x)": "2"}) == [
        "nn.BatchNorm2d(eps) was 1e-05, and is 0.001 in the installed package.",
        "nn.Old(x) is recorded, but no longer in the table.",
        "nn.New(x) is 2, and not recorded yet.",
    ]
    assert recording.changed(before, before) == []


def test_what_the_dictionary_lacks_is_on_record(both_frameworks):
    measured = recording.measure(CHAPTERS)
    assert len(measured) >= 12
    assert coverage.recorded() == measured, "python -m sidebyside.proof.recording coverage --save"
    assert coverage.methods() == recording.read_methods()
    for row in measured:
        assert row.known >= 0.8 * row.calls, dataclasses.asdict(row)


def test_what_another_package_adds_to_a_class_does_not_count(both_frameworks, monkeypatch):
    import torch

    def smart_apply(self):
        """Stand for what transformers adds when it is imported."""

    monkeypatch.setattr(torch.nn.Module, "smart_apply", smart_apply, raising=False)
    assert "smart_apply" in dir(torch.nn.Module)
    names = recording.read_methods()["pytorch"]
    assert "smart_apply" not in names
    assert {"apply", "named_parameters", "requires_grad_", "add_"} <= set(names)
