"""Notebooks' own cells, executed for a test."""

from sidebyside.frameworks import FRAMEWORKS


def execute(pair, steps):
    """Return, for each framework, the names that the code cells of these steps define."""
    found = {}
    for framework in FRAMEWORKS:
        found[framework] = {}
        cells = {cell.id: cell for cell in pair.read(framework).cells}
        for step in steps:
            if cells[step].cell_type == "code":  # one side may have a text instead
                exec(compile(cells[step].source, step, "exec"), found[framework])
    return found
