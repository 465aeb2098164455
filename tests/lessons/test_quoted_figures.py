"""Figures that one lesson quotes from another are those that the other one stores."""

import re

import pytest

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import find_pair
from sidebyside.measure.figures import last_report


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_accuracy_quoted_from_image_classification(framework):
    cells = find_pair("convolutional_networks").read(framework).cells
    source = next(cell.source for cell in cells if cell.id == "plot-operations")
    quoted = float(re.search(r'"image classification"\] = \(beginner, ([\d.]+)\)', source)[1])
    stored = last_report(find_pair("image_classification").read("pytorch"))
    assert stored["data"] == "full"
    assert quoted == round(100 * stored["test_accuracy"], 1)
