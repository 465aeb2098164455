"""What the site's templates make of names that look like HTML."""

import pytest
from bs4 import BeautifulSoup
from jinja2 import UndefinedError

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import find_pair
from sidebyside.measure.figures import QUANTITIES, Figure
from sidebyside.site import learning_path, results_page
from sidebyside.site.pages import Site
from sidebyside.view.comparison import Comparison
from sidebyside.view.templating import Templates

TITLE = 'Views & <b>"copies"</b>'
templates = Templates("sidebyside.site")


@pytest.fixture
def pair(monkeypatch):
    """Return a pair whose title has characters that HTML uses."""
    pair = find_pair("first_network")
    monkeypatch.setattr(type(pair), "title", TITLE)
    return pair


@pytest.fixture
def site(pair):
    """Return a site of this pair alone."""
    site = Site(pair.root)
    site.__dict__["pairs"] = [pair]
    return site


def parsed(html):
    return BeautifulSoup(html, "html.parser")


def test_titles_in_the_learning_path(site):
    whole = parsed(learning_path.pictures(site, "index"))
    assert whole.b is None
    assert TITLE in whole.desc.text
    assert " ".join(line.text for line in whole.svg.find_all("tspan")) == TITLE
    listed = parsed(learning_path.lesson_list(site, "index"))
    assert listed.b is None
    assert listed.find("p", class_="title").a.text == TITLE
    assert listed.find("a", class_="pytorch")["aria-label"] == f"{TITLE}, the PyTorch notebook"


def test_titles_in_the_results(pair):
    own = {"test_accuracy": Figure(QUANTITIES["test_accuracy"], 0.5),
           "lines": Figure(QUANTITIES["lines"], 20)}  # fmt: skip
    comparison = Comparison(pair, [], dict.fromkeys(FRAMEWORKS, own), {})
    table = parsed(results_page.table([comparison], "results"))
    assert table.b is None
    assert table.tbody.a.text == table.tbody.th["data-sort"] == TITLE
    plot = parsed(results_page.plots([comparison]))
    assert [tag.text for tag in plot.find_all("b")] == ["lines of code"]
    assert plot.svg["aria-label"].endswith(f"{TITLE} 20 and 20")


def test_names_in_a_notebooks_page():
    step = parsed(templates.part("notebook", "step", '"><b>', "here"))
    assert step.b is None
    assert step.a["href"] == '#step-"><b>'
    buttons = parsed(templates.part("notebook", "buttons", [(TITLE, '"x', "y")], "a", "b"))
    assert buttons.b is None
    assert [link.text for link in buttons.find_all("a")] == [TITLE, "Download"]


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError, match="'here' was not provided"):
        templates.part("notebook", "step", "load-data")
