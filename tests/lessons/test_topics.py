"""What pairs are called: every pair has a topic of its own, whatever other pairs there are."""

import json
import shutil

import pytest

from sidebyside.checkout import ROOT, repository_url
from sidebyside.errors import PlaceError, TopicError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import checks, pairs, workspace
from sidebyside.lessons.address import links
from sidebyside.lessons.execution import runs_folder
from sidebyside.lessons.pairs import find_pair, find_pairs
from sidebyside.lessons.scaffold import new_pair
from sidebyside.measure import parity_record
from sidebyside.measure.benchmark import last_folder
from sidebyside.site.pages import VIEWS, Site, page

LESSON, PROJECT = "notebooks/beginner/sorting", "beginner/sorting"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a checkout with a lesson and a project of the same level and name."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    new_pair("notebooks/1_beginner/05_sorting", tmp_path)
    new_pair(PROJECT, tmp_path)
    new_pair("notebooks/1_beginner/06_alone", tmp_path)
    monkeypatch.setattr(pairs, "find_pairs", lambda *_: find_pairs(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("called", "topic"),
    [
        (LESSON, LESSON),
        ("notebooks/1_beginner/05_sorting", LESSON),
        (PROJECT, PROJECT),
        ("beginner/sorting/sorting", PROJECT),
        ("alone", "notebooks/beginner/alone"),
        ("beginner/alone/", "notebooks/beginner/alone"),
        ("notebooks/beginner/alone", "notebooks/beginner/alone"),
    ],
)
def test_each_can_be_named(checkout, called, topic):
    assert find_pair(called, checkout).topic == topic


def test_a_name_of_both_is_refused_with_their_topics(checkout):
    with pytest.raises(TopicError) as error:
        find_pair("sorting", checkout)
    assert str(error.value) == (
        f"There is more than one topic 'sorting'. Say which: {LESSON} or {PROJECT}."
    )


def test_a_topic_does_not_depend_on_other_pairs(checkout):
    shutil.rmtree(checkout / "beginner")
    assert [pair.topic for pair in find_pairs(checkout)] == [LESSON, "notebooks/beginner/alone"]


def test_all_that_is_named_by_a_topic_is_the_pairs_own(checkout):
    found = find_pairs(checkout)
    for named in (
        lambda pair: pair.topic,
        runs_folder,
        last_folder,
        workspace.name,
        lambda pair: links(pair, "pytorch", repository_url())["page"],
    ):
        assert len({named(pair) for pair in found}) == len(found)
    site = Site(checkout)
    assert len(site.lessons) == len(found) * len(VIEWS)
    assert site.lessons["notebooks/beginner/sorting_pytorch"][0].topic == LESSON
    assert site.lessons["beginner/sorting_pytorch"][0].topic == PROJECT
    for pair in found:  # which their title cells link to
        address = links(pair, "pytorch", repository_url())["page"]
        assert address.endswith(f"/{page(pair, 'both')}.html")


def test_the_records_of_parity_are_each_pairs_own(checkout):
    (checkout / "docs").mkdir()
    names = [*parity_record.QUANTITIES, "stock_weights"]
    for number, pair in enumerate(find_pairs(checkout), 1):
        differences = {name: {"largest": number / 10, "tolerance": 1.0} for name in names}
        parity_record.save(pair, differences, steps=20, versions={"PyTorch": "1"})
    stored = [parity_record.parity(pair).largest for pair in find_pairs(checkout)]
    assert stored == [0.1, 0.2, 0.3]
    records = json.loads(parity_record.record_file(checkout).read_text("utf-8"))
    assert set(records) == {LESSON, PROJECT, "notebooks/beginner/alone"}


def test_commands_tell_them_apart(checkout, sidebyside):
    rows = [line.split()[:2] for line in sidebyside("list").out.splitlines() if line.strip()]
    assert [LESSON, "lesson"] in rows
    assert [PROJECT, "project"] in rows
    for topic in (LESSON, PROJECT):
        assert sidebyside("compare", topic).code == 0
    for topic, other in ((LESSON, PROJECT), (PROJECT, LESSON)):
        problems = sidebyside("check", topic).out
        assert f"{topic}: " in problems
        assert f"\n{other}: " not in problems
    assert "more than one topic 'sorting'" in sidebyside("compare", "sorting").err


@pytest.mark.parametrize(
    "topic",
    [
        "notebooks/1_beginner/07_sorting",
        "notebooks/1_beginner/05_sorting",
        "beginner/sorting",
    ],
)
def test_a_new_pair_has_a_topic_of_its_own(checkout, topic):
    before = sorted(checkout.rglob("*"))
    with pytest.raises(PlaceError, match=r"There is a pair '.*beginner/sorting' already: "):
        new_pair(topic, checkout)
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize(
    "topic",
    [
        "sorting",
        "expert/sorting",
        "beginner/Sorting",
        "beginner/",
        "../x",
        "/beginner/x",
        "prerequisites/x",
        "notebooks/9_beginner/01_x",
        "notebooks/1_intermediate/01_x",
        "notebooks/beginner/x",
        "notebooks/1_beginner/x",
        "notebooks/1_beginner/01_",
    ],
)
def test_a_new_pair_needs_a_place(checkout, topic):
    before = sorted(checkout.rglob("*"))
    with pytest.raises(PlaceError, match="is not a place for a pair"):
        new_pair(topic, checkout)
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize("name", ["beginner/x_pytorch", "notebooks/1_beginner/08_x_project"])
def test_a_new_pair_leaves_other_pages_their_names(checkout, name):
    with pytest.raises(PlaceError, match="the site has other pages whose names end in _pytorch"):
        new_pair(name, checkout)


def test_pairs_that_came_by_hand_and_share_a_topic_are_a_problem(checkout):
    folder = checkout / "notebooks" / "1_beginner"
    for framework in FRAMEWORKS:
        shutil.copy(folder / f"06_alone_{framework}.ipynb", folder / f"09_alone_{framework}.ipynb")
    with pytest.raises(TopicError, match=r"1_beginner/06_alone or notebooks/1_beginner/09_alone\."):
        find_pair("alone", checkout)
    pair = find_pair("notebooks/1_beginner/09_alone", checkout)
    assert (
        "notebooks/1_beginner/06_alone has the same topic: give one of them another name."
        in checks.problems(pair, repository_url())
    )


def test_a_project_has_the_name_of_its_folder(checkout):
    (checkout / "beginner" / "sorting").rename(checkout / "beginner" / "mixing")
    pair = find_pair(PROJECT, checkout)
    assert "a project's folder has the name of its notebooks; its is 'mixing'." in checks.problems(
        pair, repository_url()
    )


def test_folders_that_are_no_level_have_no_pairs(checkout):
    for folder in ("notebooks/9_beginner", "notebooks/drafts", "prerequisites/x"):
        shutil.copytree(checkout / "beginner" / "sorting", checkout / folder)
    assert len(find_pairs(checkout)) == 3


@pytest.mark.parametrize(
    ("topic", "near"),
    [("image_clasification", "beginner/image_classification"), ("nothing", "beginner/")],
)
def test_an_unknown_topic_is_told_with_those_that_come_near(topic, near):
    with pytest.raises(TopicError, match=near):
        find_pair(topic)


def test_without_any_lesson_a_checkout_is_asked_for(tmp_path):
    with pytest.raises(TopicError, match="lessons are in a checkout of the repository"):
        find_pair("recommender", tmp_path)
