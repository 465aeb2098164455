"""A whole run keeps the weights for the demo, too: nobody trains for half an hour twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.demos.making import DEMO, about, demo_files
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.execution import Progress, execute_notebook
from sidebyside.lessons.pairs import Pair
from sidebyside.lessons.tidying import ANSI

if TYPE_CHECKING:
    from nbformat import NotebookNode

STEP = "keep-for-the-demo"  # executed after the notebook's own cells, and taken out again


def execute_and_keep(
    pair: Pair, framework: str, data: str, progress: Progress
) -> tuple[NotebookNode, str]:
    """Execute one side of a pair; if it has a demo, keep what that needs, in the same kernel.

    Returns
    -------
    nbformat.NotebookNode, str
        As `sidebyside.lessons.execution.execute` returns it; and a sentence, if the weights could
        not be kept.
    """
    notebook = pair.read(framework)
    if (pair.folder / DEMO).is_file():
        notebook.cells.append(_keeping_cell(pair, framework, data))
    executed = execute_notebook(notebook, pair, framework, data, progress)
    if not executed.cells or executed.cells[-1].id != STEP:
        return executed, ""
    return executed, _complaint(pair, framework, executed.cells.pop())


def _keeping_cell(pair: Pair, framework: str, data: str) -> NotebookNode:
    from nbformat.v4 import new_code_cell

    files = demo_files(pair, data)
    words = [str(files.notebooks[framework]), framework, str(files.demo), about(pair, data)]
    words.append(str(files.weights[framework]))
    source = f"from sidebyside.demos.maker import keep\n\nkeep(globals(), *{words!r})"
    cell: NotebookNode = new_code_cell(source, id=STEP, metadata={"tags": ["raises-exception"]})
    return cell


def _complaint(pair: Pair, framework: str, cell: NotebookNode) -> str:
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not errors:
        return ""
    reason = ANSI.sub("", f"{errors[-1].ename}: {errors[-1].evalue}")
    return (
        f"The weights of {pair.topic} ({FRAMEWORKS[framework]}) were not kept for its demo, which "
        f"will train again: {reason}"
    )
