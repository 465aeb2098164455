"""`find_difference` finds twelve mistakes, and nothing where there is none."""

import pytest
from seeded_mistakes import MISTAKES, programs

from sidebyside.parity import find_difference


def walked(both, **options):
    return find_difference(
        both.torch_model, both.keras_model, both.batch, **(both.options | options)
    )


def test_two_programs_that_are_the_same():
    walk = walked(programs())
    print(walk.summary())
    assert walk.ok, walk.summary()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name):
    make, place, entry, words, proved = MISTAKES[name]
    walk = walked(make())
    print(walk.summary())
    assert walk.finding is not None, walk.summary()
    assert (walk.finding.place, walk.finding.entry) == (place, entry), walk.summary()
    assert words in walk.finding.reason
    assert walk.finding.proved == proved
