"""What the notebooks define step by step is what the program beside them runs."""

import ast

import nbformat
import pytest
from realtime_video_stand_ins import PROJECT

from sidebyside.frameworks import FRAMEWORKS

FILES = ("tracking.py", "detection.py", "streaming.py")
SHARED = {
    "tracking.py": {"overlap", "to_middle", "to_corners", "Noise", "Kalman", "find_way", "assign",
                    "Track", "Tracker", "LineCounter"},
    "detection.py": {"prepare", "sigmoid", "decode", "suppress", "find"},
    "streaming.py": {"LatestQueue"},
}  # fmt: skip


class Plain(ast.NodeTransformer):
    """Takes away what only a file has: annotations, docstrings, base classes for types."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        if node.value is None:
            return None
        return ast.Assign([node.target], node.value, lineno=0)

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.without_docstring(node)

    def visit_ClassDef(self, node):
        node.bases = []
        return self.without_docstring(node)

    def without_docstring(self, node):
        self.generic_visit(node)
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return node


def definitions(source):
    """Return the functions and classes of a program, by their names, without what is for people."""
    return {
        node.name: ast.dump(Plain().visit(node))
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("file", FILES)
def test_the_program_has_the_notebooks_definitions(framework, file):
    notebook = nbformat.read(PROJECT / f"realtime_video_{framework}.ipynb", 4)
    shown = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id.startswith("define-"):
            shown |= {name: code for name, code in definitions(cell.source).items()}
    program = definitions((PROJECT / file).read_text("utf-8"))
    for name in SHARED[file]:
        assert program[name] == shown[name], name


def test_a_changed_line_is_noticed():
    source = (PROJECT / "tracking.py").read_text("utf-8")
    changed = source.replace("seen = 0.05", "seen = 0.06")
    assert definitions(source)["Noise"] != definitions(changed)["Noise"]
