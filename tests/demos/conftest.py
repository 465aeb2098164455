"""What the tests of demos share."""

import pytest
from small_project import write_project


@pytest.fixture
def small(tmp_path):
    """Return the pair of a small project, which needs no framework."""
    return write_project(tmp_path)
