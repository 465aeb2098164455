"""The page on showing one's work: its programs, its commands, its dates."""

import datetime
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import typer
from built_site import SITE, part

from sidebyside.checkout import ROOT
from sidebyside.cli.main import app
from sidebyside.site.projects import problem

TEXT = (ROOT / "docs" / "show_your_work.md").read_text("utf-8")
# what only the nightly tests run
SLOW = ("sidebyside demo", "sidebyside benchmark", "latency_tensorflow")
YEAR = datetime.timedelta(days=366)


def blocks(language):
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


INLINE = re.findall(r"`(sidebyside [^`]+)`", TEXT)
BLOCKS = blocks("bash")
STORED = [one for one in INLINE if " latency docs/" in one]
RUN = [*BLOCKS, *(f".venv/bin/{one}" for one in INLINE if one not in STORED)]


@pytest.fixture
def copy(tmp_path):
    """Return a copy of this checkout, whose commands work on it."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in done.stdout.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    for name, module in (("python", ""), ("sidebyside", "-m sidebyside ")):
        program = tmp_path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n', "utf-8")
        program.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a Unix shell")
@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(one, id=one.split("\n")[0][:60],
                     marks=[pytest.mark.nightly] if any(word in one for word in SLOW) else [])
        for one in RUN
    ],
)  # fmt: skip
def test_the_commands_work(commands, copy):
    commands = commands.replace("1 2 3 4 5 6 7 8 9 10", "1 2")
    for line in commands.splitlines():
        done = subprocess.run(
            ["bash", "-c", line], cwd=copy, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(copy)},
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        # a copy of a project still speaks of the original, which 'check' says
        assert done.returncode == (1 if " check " in line else 0), said
        assert " check " not in line or "my_films" in said


def test_every_command_and_option_is_known():
    group = typer.main.get_command(app)
    commands = [*re.findall(r"\.venv/bin/(sidebyside .+)", "".join(BLOCKS)), *INLINE]
    assert len(commands) >= 8
    for command in commands:
        _, name, *words = shlex.split(command)
        group.commands[name].make_context(name, words)


@pytest.mark.parametrize(("command", "shown"), list(zip(STORED, blocks("text"), strict=True)))
def test_the_output_shown_is_that_of_the_stored_latencies(command, shown, sidebyside, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = sidebyside(*shlex.split(command)[1:])
    assert done.code == 0
    printed = "\n".join(line.rstrip() for line in (done.out + done.err).splitlines())
    assert printed.strip("\n") == shown.strip("\n")


def test_the_programs_shown_are_those_of_the_repository():
    names = ("latency_pytorch", "latency_tensorflow", "measure")
    files = [(ROOT / "docs" / "latency" / f"{name}.py").read_text("utf-8") for name in names]
    assert blocks("python") == files


def rows():
    """Return the table of the projects to contribute to, without its heads."""
    table = TEXT[TEXT.index("## Where to contribute first") :]
    found = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in found[2:]]


def test_every_row_on_contributing_has_its_links_and_the_day_it_was_looked_at():
    assert [row[0] for row in rows()] == [
        "PyTorch", "ExecuTorch", "Hugging Face transformers", "Keras", "KerasHub", "TensorFlow",
        "LiteRT",
    ]  # fmt: skip
    for name, issues, guide, good_to_know, day in rows():
        assert "](https://github.com/" in issues, name
        assert re.search(r"\[guide\]\(https://github\.com/\S+\)", guide), name
        assert "CLA" in guide, name
        assert len(good_to_know) > 40, name
        assert datetime.date.fromisoformat(day) <= datetime.date.today(), name


@pytest.mark.nightly
def test_the_page_was_looked_over_within_a_year():
    said = re.search(r"as of (\d+ \w+ \d{4})", TEXT)[1]
    days = [datetime.date.fromisoformat(row[-1]) for row in rows()]
    days.append(datetime.datetime.strptime(said, "%d %B %Y").date())
    old = min(days)
    assert datetime.date.today() - old < YEAR, f"{old}: look at the sources again, and date them"


def test_every_project_is_listed_with_its_problem_and_its_demo(site):
    items = part(site / "show_your_work.html", "lesson-items").find_all("li")
    projects = [pair for pair in SITE.pairs if SITE.project_page(pair)]
    assert len(items) == len(projects) >= 6
    for item, pair in zip(items, projects, strict=True):
        assert item.a["href"] == f"{pair.topic}_project.html"
        assert len(item.find_all("p")[1].get_text()) > 20
        has_demo = (pair.folder / "demo.py").is_file()
        assert (item.code is not None) == has_demo
        assert not has_demo or item.code.text == f"sidebyside demo {pair.name}"


def test_the_problem_is_the_first_sentence(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("# A\n\n**The problem.** Find it, in 0.5 s. Then\ncount.\n", "utf-8")
    assert problem(readme) == "Find it, in 0.5 s."
    readme.write_text("# A\n\nNothing is said.\n", "utf-8")
    assert problem(readme) == ""
