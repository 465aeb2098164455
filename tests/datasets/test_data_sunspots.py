"""Monthly sunspots: how the file is read, and what the sample is made to show."""

import numpy as np
import pytest

from sidebyside import datasets
from sidebyside.datasets import _sunspots
from sidebyside.samples import cycles

FIRST = (1940 - 1749) * 12 + 9  # October 1940: what comes before is for training


@pytest.fixture(scope="module")
def data():
    return datasets.sunspots()


def mean_error(forecast, numbers, months):
    return float(np.abs(forecast - numbers[months]).mean())


def test_every_month_is_there_once(data):
    assert data.months.dtype == "datetime64[M]"
    assert data.months[0] == np.datetime64("1749-01")
    assert data.months[-1] == np.datetime64("1983-12")
    assert (np.diff(data.months).astype(int) == 1).all()
    assert data.months.shape == data.numbers.shape == (2820,)


def test_the_numbers_are_those_of_the_file(data):
    assert data.numbers.dtype == np.float64
    np.testing.assert_array_equal(np.round(10 * data.numbers), cycles.draw(seed=11))


def test_the_file_is_written_like_the_original():
    [content] = _sunspots.SUNSPOTS.sample().values()
    lines = content.decode("ascii").split("\r\n")
    assert lines[0] == '"Month","Sunspots"'
    assert lines[1].startswith('"1749-01",')
    assert lines[-1].startswith('"1983-12",')  # no end of line after it
    assert len(lines) == 2821


def test_sample_is_of_the_originals_kind(data):
    assert data.numbers.min() >= 0
    assert 100 < data.numbers.max() < 300
    assert 40 < data.numbers.mean() < 90
    assert (data.numbers[:FIRST] < 1).any()  # where relative errors explode


def test_sample_has_cycles_that_a_model_can_use(data):
    """The last month is a good forecast of the next one and a bad one for three years later."""
    numbers, months = data.numbers, np.arange(FIRST, len(data.numbers) - 36)
    next_month = mean_error(numbers[months - 1], numbers, months)
    three_years = mean_error(numbers[months - 1], numbers, months + 35)
    cycle_before = mean_error(numbers[months + 35 - 125], numbers, months + 35)
    assert next_month < 15
    assert three_years > 3 * next_month
    assert cycle_before < 0.8 * three_years


def test_sample_can_be_forecast_from_its_past(data):
    """A straight line through the last twelve years, fitted before 1940, beats both."""
    numbers, length = data.numbers, 144
    windows = np.lib.stride_tricks.sliding_window_view(numbers, length + 36)
    past, target = np.c_[windows[:, :length], np.ones(len(windows))], windows[:, -1]
    known = FIRST - length - 36
    weights = np.linalg.lstsq(past[:known], target[:known], rcond=None)[0]
    error = np.abs(past[FIRST:] @ weights - target[FIRST:]).mean()
    assert error < 0.8 * np.abs(past[FIRST:, length - 1] - target[FIRST:]).mean()
    assert error < 0.9 * np.abs(past[FIRST:, length + 35 - 125] - target[FIRST:]).mean()
