"""IPython's commands are found where IPython finds them, and leave Python with the same lines."""

import ast
import subprocess
import sys

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from sidebyside.magics import plain_python

CELLS = {
    "line command": ("%matplotlib inline\nx = 1", "pass\nx = 1\n"),
    "shell": ("!git clone x", "pass\n"),
    "shell, its output shown": ("!!ls", "pass\n"),
    "shell in a block": ("if x:\n    !ls {y}\nz = 1", "if x:\n    pass\nz = 1\n"),
    "shell goes on": ("!pip install \\\n    one \\\n    two\nx = 1", "pass\n\n\nx = 1\n"),
    "shell goes on to nowhere": ("!ls \\", "pass\n"),
    "shell with a quotation mark": ("!echo it's\nx = 'a'", "pass\nx = 'a'\n"),
    "shell with three": ('!echo """\nx = 1\n!ls', "pass\nx = 1\npass\n"),
    "shell, assigned": ("files = !ls", "files = None\n"),
    "shell, assigned to several": ("a, *b = !ls \\\n -l\nx", "a, *b = None\n\nx\n"),
    "command, assigned": ("old = %pwd", "old = None\n"),
    "Python in a command": ("%time y = f(x)", "y = f(x)\n"),
    "Python in a command, assigned": ("x = %time f(y)", "x = f(y)\n"),
    "Python in a command, with options": (
        "%timeit -n 10 -qr3 f(-x)\n%prun -s cumtime -r g()\nt = %timeit -o h()",
        "f(-x)\ng()\nt = h()\n",
    ),
    "Python in a command goes on": ("%time f(1, \\\n  2)\nx", "f(1,    2)\n\nx\n"),
    "shell in a command": ("%time !ls", "pass\n"),
    "no Python in a command": ("%time\nx", "pass\nx\n"),
    "command's name begins alike": ("%timer f(x)", "pass\n"),
    "help": ("f?\n?f\nf.g??\n%time?\nx = 1", "pass\npass\npass\npass\nx = 1\n"),
    "help that began a line before": ("a[\n0]; f?\nx", "pass\n\nx\n"),
    "timed cell": ("%%time\nx = 1\n!ls\n", "pass\nx = 1\npass\n"),
    "two cell commands": ("%%capture out\n%%time\nx = 1", "pass\npass\nx = 1\n"),
    "timed cell that is empty": ("%%time", "pass\n"),
    "cell that is not Python": ("%%bash\nfor x in *; do echo; done", "pass\n\n"),
    "help on a cell command": ("%%time?\nx = 1", "pass\nx = 1\n"),
    "blank lines before": ("\n  \n%%bash\nls", "\n\npass\n\n"),
    "blank lines before a command": ("\n\n!ls\nx", "\n\npass\nx\n"),
    "indented cell": ("    x = 1\n    !ls", "x = 1\npass\n"),
    "prompts": (">>> %pwd\n>>> x = 1", "pass\nx = 1\n"),
    "called without brackets": ("/f x\n,g a b", "pass\npass\n"),
}
PYTHON = {
    "string of several lines": 'x = """\n!ls\n%time y\nz?\n"""',
    "brackets": "x = (a\n% b)\ny = [\n  c\n  % d]",
    "line that goes on": "x = a \\\n% b",
    "remainder": "a = b % c\nx = 5 %d",
    "comment": "# !ls\n# x?\nx = 1",
    "unequal": "a = b != c\nassert a",
    "blank": "\n\n",
    "string that looks like a prompt": 'x = """\n>>> y\n"""',
}
NEITHER = {
    "open bracket": "x = (\n",
    "help on a number": "x = 5?\n",
    "open string": 'x = """\n!ls\n',
    "null": "x = \0\n",
}


@pytest.mark.parametrize("name", CELLS)
def test_command_is_taken_out(name):
    source, expected = CELLS[name]
    assert plain_python(source) == expected
    ast.parse(expected)
    assert len(expected.splitlines()) == len(source.splitlines())


@pytest.mark.parametrize("source", PYTHON.values(), ids=PYTHON)
def test_python_is_left_alone(source):
    ast.parse(source)
    assert plain_python(source) == source


@pytest.mark.parametrize("source", NEITHER.values(), ids=NEITHER)
def test_what_is_neither_stays(source):
    assert plain_python(source) == source


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_has_a_command_where_ipython_has_one(name):
    source, _ = CELLS[name]
    called = TransformerManager().transform_cell(source)
    assert "get_ipython()" in called or name == "called without brackets"


def test_a_command_between_python_and_python_is_found_alone():
    source = "s = '''\n%a\n'''\n%b\nt = [x\n% y]\nu = !c\nv = w % z"
    assert plain_python(source) == "s = '''\n%a\n'''\npass\nt = [x\n% y]\nu = None\nv = w % z\n"


def test_ipython_is_imported_for_what_is_not_python_alone():
    code = (
        "import sys; from sidebyside.magics import plain_python; plain_python('x = 1 % 2');"
        "assert 'IPython' not in sys.modules; plain_python('!ls'); assert 'IPython' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
