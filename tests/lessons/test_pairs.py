"""Every pair is one: its steps line up, and what must be the same is."""

import copy
import re
import shutil
import subprocess
import tomllib

import nbformat
import pytest

from sidebyside.checkout import ROOT, repository_url
from sidebyside.errors import AddressError, BrokenNotebookError, PageError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import checks, pairs
from sidebyside.lessons.address import set_repository
from sidebyside.lessons.exercises import outdated
from sidebyside.lessons.notebooks import write_notebook
from sidebyside.lessons.scaffold import new_pair
from sidebyside.lessons.steps import steps
from sidebyside.measure.tables import BEGIN, pages_with_results

PAIRS = pairs.find_pairs()
URL = repository_url()
ORIGINAL = pairs.find_pair("image_classification")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.topic)
def test_pair_is_in_order(pair):
    assert checks.problems(pair, URL) == []


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.topic)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_solutions_have_been_executed_since_they_or_the_lesson_changed(pair, framework):
    assert outdated(pair, framework) == [], "'make test-exercises' executes them"


@pytest.fixture
def clone(tmp_path):
    """Return a copy of a good pair, to break."""
    folder = tmp_path / "beginner" / "image_classification"
    shutil.copytree(ORIGINAL.folder, folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "dictionary", tmp_path / "dictionary")
    for link in re.findall(r"\]\((\.\./\S+\.ipynb)\)", summary_of(ORIGINAL)):
        neighbour = folder / link  # a lesson before or after
        neighbour.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ORIGINAL.folder / link, neighbour)
    return pairs.Pair(folder, ORIGINAL.stem, tmp_path)


def summary_of(pair):
    return cell(pair.read("pytorch"), "summary").source


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def swap_steps(notebook):
    notebook.cells[4], notebook.cells[5] = notebook.cells[5], notebook.cells[4]


def drop_step(notebook):
    del notebook.cells[7]


def drop_exercises(notebook):
    notebook.cells.remove(cell(notebook, "exercises"))


def repeat_id(notebook):
    notebook.cells.append(copy.deepcopy(notebook.cells[-1]))


def name_badly(notebook):
    cell(notebook, "train").id = "Train_It"


def change_prose(notebook):
    cell(notebook, "data-intro").source += " More."


def untag(notebook):
    cell(notebook, "exercises").metadata = {}


def tag_shared_prose(notebook):
    cell(notebook, "data-intro").metadata = {"tags": ["framework"]}


def edit_setup(notebook):
    cell(notebook, "setup").source += "\n!pip install something"


def break_colab_link(notebook):
    title = cell(notebook, "title")
    title.source = title.source.replace("colab.research", "colab.example")


def lower_heading(notebook):
    cell(notebook, "title").source = "#" + cell(notebook, "title").source


def rename_title(notebook):
    title = cell(notebook, "title")
    title.source = title.source.replace("# Image", "# Picture", 1)


def change_code(notebook):
    shown = cell(notebook, "show-pictures")
    shown.source = shown.source.replace("columns=10", "columns=9")


def break_code(notebook):
    cell(notebook, "settings").source += "\nx = ("


def tag_shared_code(notebook):
    cell(notebook, "load-data").metadata["tags"] = ["framework"]


def widen(notebook):
    cell(notebook, "settings").source += "\n" + "x = 1  # " + "-" * 80


def store_error(notebook):
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    cell(notebook, "settings").outputs = [error]


def store_warning(notebook):
    text = "FutureWarning: this will change\n"
    cell(notebook, "settings").outputs = [nbformat.v4.new_output("stream", text=text)]


def store_path(notebook):
    text = "saved to /home/someone/model.pt\n"
    cell(notebook, "settings").outputs = [nbformat.v4.new_output("stream", text=text)]


def forget_run(notebook):
    cell(notebook, "settings").execution_count = None


def add_metadata(notebook):
    cell(notebook, "settings").metadata["execution"] = {"iopub.status.busy": "2026-01-01"}


def mistype_tag(notebook):
    cell(notebook, "train").metadata["tags"] = ["nbval-ignore-outputs"]


def empty_cell(notebook):
    cell(notebook, "settings").source = "\n"


def dangling_link(notebook):
    cell(notebook, "title").source += "\n[more](missing.md)"


def unknown_entry(notebook):
    target = "../../dictionary/13_losses.toml"
    cell(notebook, "differences").source += f"\n[one]({target}#cross-entropy)"
    cell(notebook, "differences").source += f"\n[another]({target}#crossed-entropy)"


def store_a_wrong_claim(notebook):
    cell(notebook, "check").outputs[0].text += "it learns: False\n"


def claim_nothing(notebook):
    cell(notebook, "check").outputs = []


def ignore_claims(notebook):
    cell(notebook, "check").metadata["tags"] = ["nbval-ignore-output"]


def drop_figures(notebook):
    cell(notebook, "report").outputs = []


def rename_figure(notebook):
    figures = cell(notebook, "report").outputs[0].data["application/json"]
    figures["accuracy"] = figures.pop("test_accuracy")


def grow(notebook):
    output = cell(notebook, "show-pictures").outputs[0]
    output.data["image/png"] = "A" * 1_000_000


def prose_for_code(notebook):
    index = next(i for i, c in enumerate(notebook.cells) if c.id == "settings")
    notebook.cells[index] = nbformat.v4.new_markdown_cell("Nothing to set.", id="settings")


BREAKS = {
    swap_steps: "cell 5 is the step",
    drop_step: "is the step",
    drop_exercises: "have the steps check, report, differences, summary, exercises, explain",
    repeat_id: "two cells have the id 'explain'",
    name_badly: "'Train_It' is not the name of a step",
    change_prose: "'data-intro': its text differs",
    untag: "'exercises': its text differs",
    edit_setup: "its set-up cell is not the one",
    break_colab_link: "no link (colab)",
    lower_heading: "its title cell does not begin with '# TITLE in",
    rename_title: "its title is",
    change_code: "'show-pictures': nothing but numbers or operators differs",
    break_code: "'settings': its code is not Python",
    tag_shared_code: "'load-data': its cells are tagged differently",
    widen: "line 5 has 89 columns",
    store_error: "it stores an error (ValueError)",
    store_warning: "noise in it: 'FutureWarning: '",
    store_path: "noise in it: '/home/s'",
    forget_run: "it was not run from end to end",
    add_metadata: "its metadata has more than tags",
    mistype_tag: "the tag 'nbval-ignore-outputs' is not known",
    empty_cell: "'settings': it is empty",
    dangling_link: "it links to missing.md, which is not there",
    unknown_entry: "it links to the entry 'crossed-entropy', which is not in",
    store_a_wrong_claim: "'check': it stores 'it learns: False', which is not a claim that holds",
    claim_nothing: "'check': it claims nothing",
    ignore_claims: "'check': its claims are not compared",
    drop_figures: "the stored output has no figures",
    rename_figure: "only one side has accuracy, test_accuracy",
    grow: "bytes, more than 1,000,000",
    prose_for_code: "it is code on one side only",
}


def test_the_copy_is_in_order(clone):
    assert checks.problems(clone, URL) == []


@pytest.mark.parametrize("breaking", BREAKS, ids=lambda b: b.__name__)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_break_is_found(clone, breaking, framework):
    notebook = clone.read(framework)
    breaking(notebook)
    path = clone.path(framework)
    path.write_text(nbformat.v4.writes(notebook), "utf-8")
    found = checks.problems(clone, URL)
    assert any(BREAKS[breaking] in problem for problem in found), found


def test_needless_framework_tag_is_found(clone):
    for framework in FRAMEWORKS:
        notebook = clone.read(framework)
        tag_shared_prose(notebook)
        write_notebook(notebook, clone.path(framework))
    assert checks.problems(clone, URL) == [
        "step 'data-intro': its text is the same in both: remove the tag 'framework'."
    ]


def test_missing_side_is_found(clone):
    clone.path("tensorflow").unlink()
    assert checks.problems(clone, URL) == ["image_classification_tensorflow.ipynb is missing."]


def test_steps_line_up_even_when_one_is_missing(clone):
    notebook = clone.read("tensorflow")
    names = [cell.id for cell in notebook.cells]
    del notebook.cells[3]
    write_notebook(notebook, clone.path("tensorflow"))
    found = steps(clone)
    assert [step.id for step in found] == names
    assert found[3].tensorflow.source == ""


@pytest.mark.parametrize(
    "topic", ["intermediate/sorting", "notebooks/2_intermediate/07_sorting_things"]
)
def test_new_pair_is_in_order_but_for_its_run(clone, topic):
    new_pair(topic, clone.root)
    pair = next(pair for pair in pairs.find_pairs(clone.root) if pair.level == "intermediate")
    found = checks.problems(pair, URL)
    assert len(found) == 3
    assert all("not run from end to end" in text for text in found[:2])
    assert "no figures" in found[2]


def test_repository_is_rewritten_from_one_place_and_back(clone):
    files = [*clone.root.rglob("*.ipynb"), clone.root / "pyproject.toml"]
    before = [file.read_bytes() for file in files]
    url = "https://github.com/somebody/my-lessons"
    assert set(set_repository(url, clone.root)) == set(files)
    assert repository_url(clone.root) == url
    assert checks.problems(clone, url) == []
    assert all(URL not in file.read_text("utf-8") for file in files)
    set_repository(URL + ".git", clone.root)
    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize(
    "url",
    [
        "somewhere",
        "https://github.com/only-owner",
        "git@x:y/z",
        "https://github.com/../..",
        "https://github.com/owner/.",
        "https://github.com/./name",
        "https://github.com/owner/..git",
        "https://github.com/owner/name/more",
        "https://github.com/owner/näme",
    ],
)
def test_repository_needs_an_address(clone, url):
    before = (clone.root / "pyproject.toml").read_bytes()
    with pytest.raises(AddressError, match="is not an address of the form"):
        set_repository(url, clone.root)
    assert (clone.root / "pyproject.toml").read_bytes() == before


@pytest.mark.parametrize("name", [".github", "a.b", "name.git", "name/"])
def test_repository_may_have_dots_in_its_name(clone, name):
    set_repository(f"https://github.com/owner/{name}", clone.root)
    wanted = name.removesuffix(".git").removesuffix("/")
    assert repository_url(clone.root) == f"https://github.com/owner/{wanted}"


def test_repository_changes_nothing_if_a_notebook_cannot_be_read(clone):
    clone.path("tensorflow").write_text("{", "utf-8")
    before = {path: path.read_bytes() for path in clone.root.rglob("*") if path.is_file()}
    with pytest.raises(BrokenNotebookError):
        set_repository("https://github.com/somebody/lessons", clone.root)
    assert {path: path.read_bytes() for path in before} == before


def test_every_notebook_is_checked():
    """Each that git knows is one of a pair's, and lies where pytest looks."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.ipynb"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")[:-1]  # fmt: skip
    checked = {
        pair.path(side).relative_to(ROOT).as_posix() for pair in PAIRS for side in FRAMEWORKS
    }
    assert set(listed) <= checked, "not a pair's: its folder or its name is another"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    looked_at = tuple(f"{path}/" for path in project["tool"]["pytest"]["testpaths"])
    assert [file for file in checked if not file.startswith(looked_at)] == []


@pytest.mark.parametrize("folder", [*pairs.PATH_FOLDERS, *pairs.PROJECT_LEVELS])
def test_pytest_looks_where_lessons_of_every_level_would_be(folder):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert folder.partition("/")[0] in project["tool"]["pytest"]["testpaths"]


def test_tables_of_results_are_as_generated():
    pages = pages_with_results()
    assert ROOT / "README.md" in pages
    for page, text in pages.items():
        assert page.read_text("utf-8") == text, f"{page}: 'sidebyside results' writes it again"


def test_readme_maps_every_pair():
    readme = (ROOT / "README.md").read_text("utf-8")
    for pair in PAIRS:
        for framework in FRAMEWORKS:
            file = pair.path(framework).relative_to(ROOT).as_posix()
            assert f"[notebook]({file})" in readme


def test_a_page_without_the_end_of_its_table_is_named(clone):
    page = clone.folder / "README.md"
    page.write_text(f"{BEGIN}\n", "utf-8")
    with pytest.raises(PageError, match=r"README\.md needs the lines"):
        pages_with_results(clone.root)
