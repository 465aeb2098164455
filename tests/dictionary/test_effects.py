"""What the table of defaults says of their effects holds."""

import pytest

from sidebyside.dictionary import defaults

ROWS = [row for rows in defaults.table().values() for row in rows]
CHECKED = {" and ".join(row.names.values()): row.check for row in ROWS}


@pytest.mark.parametrize("name", CHECKED)
def test_an_effect_holds(name, both_frameworks):
    from sidebyside.proof.effects import prove_effect

    prove_effect(name, CHECKED[name])


def test_an_effect_that_does_not_hold_is_named_with_its_line(both_frameworks):
    from sidebyside.proof.effects import prove_effect

    prove_effect("x", "assert near(0.7, 0.71)")
    with pytest.raises(AssertionError, match=r"nn\.Some\(x\): .*assert near\(0\.7, 0\.8\)"):
        prove_effect("nn.Some(x)", "a = 1\nassert near(0.7, 0.8)")
    with pytest.raises(NameError, match="no_name"):
        prove_effect("x", "no_name")


def test_every_effect_has_a_check_of_its_own():
    assert [row.names for row in ROWS if not row.check] == []
    assert len(CHECKED) == len(ROWS)
    assert all("assert " in check for check in CHECKED.values())
