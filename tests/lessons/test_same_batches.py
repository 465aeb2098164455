"""What the two notebooks on input pipelines have stored is of the same batches."""

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import find_pair
from sidebyside.measure.figures import last_report


def test_both_stored_the_fingerprint_of_the_same_batches():
    pair = find_pair("input_pipelines")
    reports = [last_report(pair.read(framework)) or {} for framework in FRAMEWORKS]
    assert len({report["data"] for report in reports}) == 1
    fingerprints = {report["batches_digest"] for report in reports}
    assert len(fingerprints) == 1
    assert len(fingerprints.pop()) == 16
