"""Reading programs: files in any state, notebooks cell by cell."""

import json
import subprocess
import sys

import pytest

from sidebyside.dictionary import read_all
from sidebyside.dictionary.programs import LARGEST, program_of, read_program
from sidebyside.dictionary.translate import Index, ProgramError, translate

INDEX = Index(read_all())


def notebook(folder, *sources, name="a.ipynb", **more):
    cells = [{"cell_type": "code", "source": source} for source in sources]
    file = folder / name
    file.write_text(json.dumps({"nbformat": 4, "cells": cells} | more), "utf-8")
    return file


def marked(file):
    return [call.name for call in translate(read_program(file), INDEX).known]


@pytest.mark.parametrize(
    ("cell", "marks"),
    [
        ("!pip install a \\\n  b\ntorch.ones(2)", ["torch.ones"]),
        ("files = !ls\ntorch.ones(2)", ["torch.ones"]),
        ("'%d of %d'\\\n% (1, 2)\ntorch.ones(2)", ["torch.ones"]),
        ("x = (5\n% 2)\ntorch.ones(2)", ["torch.ones"]),
        ("torch.ones?\ntorch.zeros(2)", ["torch.zeros"]),
        ("pip install a\ncd /tmp\ntorch.ones(2)", ["torch.ones"]),
        ("if True:\n    ls -l\n    torch.ones(2)", ["torch.ones"]),
        ("best = %timeit -o torch.ones(2)", ["torch.ones"]),
        ("%%timeit\ntorch.ones(2)", ["torch.ones"]),
        ("    torch.ones(2)\n    torch.zeros(2)", ["torch.ones", "torch.zeros"]),
        ("x\u00a0=\u00a0torch.ones(2)", ["torch.ones"]),
        ("\ufefftorch.ones(2)", ["torch.ones"]),
        ("torch.ones(2)\u200b", ["torch.ones"]),
        ("%%bash\nls | wc", []),
        ("%%javascript\nalert(1)", []),
        ("", []),
        ("torch.ones(2)\r\ntorch.zeros(2)\r\n", ["torch.ones", "torch.zeros"]),
    ],
)
def test_a_cell_with_commands_is_read(tmp_path, cell, marks):
    file = notebook(tmp_path, "import torch", cell)
    program = read_program(file)
    assert program.skipped == []
    assert marked(file) == marks


def test_a_cell_that_is_not_python_is_passed_over_and_named(tmp_path):
    file = notebook(tmp_path, "import torch", "print 'old'", "torch.ones(2)", "not python at all",
                    "a = (", "torch.zeros(2)")  # fmt: skip
    found = translate(read_program(file), INDEX)
    assert [call.line for call in found.known] == [5, 11]
    assert [sentence.partition(" was")[0] for sentence in found.skipped] == [
        "Code cell 2", "Code cell 4", "Code cell 5",
    ]  # fmt: skip
    assert "line 1" in found.skipped[1]
    with pytest.raises(ProgramError, match="None of the 2 code cells"):
        read_program(notebook(tmp_path, "print 'old'", "a = ("))


def test_lines_are_those_of_the_cells_as_they_are(tmp_path):
    file = notebook(tmp_path, "!pip a\nimport torch", "%%time\ntorch.ones(2)", "torch.zeros(2)")
    program = read_program(file)
    lines = program.source.split("\n")
    for call in translate(program, INDEX).known:
        assert call.name in lines[call.line - 1]


def test_format_3_is_read(tmp_path):
    file = tmp_path / "old.ipynb"
    cells = [{"cell_type": "code", "input": ["import torch\n", "torch.ones(2)"]}]
    file.write_text(json.dumps({"worksheets": [{"cells": cells}]}), "utf-8")
    assert marked(file) == ["torch.ones"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("import torch\ntorch.ones(2)  # é\n", "utf-8"),
        ("import torch\ntorch.ones(2)  # é\n", "utf-8-sig"),
        ("# -*- coding: latin-1 -*-\nimport torch\ntorch.ones(2)  # é\n", "latin-1"),
        ("import torch\r\ntorch.ones(2)\r\n", "utf-8"),
        ("import torch\rtorch.ones(2)\r", "utf-8"),
        ("import torch\nx = '\\d'\ntorch.ones(2)\u00a0\n", "utf-8"),
    ],
)
def test_a_file_in_any_usual_encoding_is_read(tmp_path, content, encoding):
    file = tmp_path / "a.py"
    file.write_bytes(content.encode(encoding))
    assert marked(file) == ["torch.ones"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.py", b"import torch\0\n", "zero bytes"),
        ("b.py", "import torch  # é\n".encode("latin-1"), "no other encoding"),
        ("c.py", "import torch\n".encode("utf-16"), "no other encoding"),
        ("d.py", b"import torch\nx = " + b"(" * 5000 + b")" * 5000, "not Python"),
        ("e.py", b"import torch\nx = y" + b".a()" * 5000, "nested too deeply"),
        ("f.py", b"import torch\nx = " + b"+".join([b"y"] * 20000), "nested too deeply"),
        ("g.py", b"x = 1  # long\n" * (LARGEST // 14 + 1), "characters of code"),
        ("a.ipynb", b"[]", "neither a Python program nor a notebook"),
        ("b.ipynb", b'{"cells": 3}', "neither a Python program nor a notebook"),
        ("c.ipynb", b'{"cells": [3]}', "neither a Python program nor a notebook"),
        ("d.ipynb", b'{"cells": [{"cell_type": "code"}]}', "neither a Python program nor"),
        ("e.ipynb", b'{"cells": [{"cell_type": "code", "source": 5}]}', "neither a Python"),
        ("f.ipynb", b'{"cells": [{"cell_type": "code", "source": [5]}]}', "neither a Python"),
        ("g.ipynb", b"", "neither a Python program nor a notebook"),
        ("h.ipynb", b"\xff\xfe\x00", "neither a Python program nor a notebook"),
        ("i.ipynb", b"[" * 100_000, "neither a Python program nor a notebook"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path, name, content, said):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ProgramError, match=said):
        read_program(file)


def test_a_folder_is_told(tmp_path):
    for name in ("folder", "folder.ipynb", "folder.py"):
        (tmp_path / name).mkdir()
        with pytest.raises(ProgramError, match="is a folder"):
            read_program(tmp_path / name)


def test_a_notebook_with_large_pictures_is_read(tmp_path):
    file = notebook(tmp_path, "import torch\ntorch.ones(2)", metadata={"picture": "a" * 20_000_000})
    assert marked(file) == ["torch.ones"]


def test_the_command_tells_it_too(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"import torch\0")
    done = subprocess.run([sys.executable, "-m", "sidebyside", "translate", file],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert "zero bytes" in done.stderr and "Traceback" not in done.stderr


def test_a_text_is_a_program():
    assert program_of("import torch\n").source == "import torch\n"
