"""What axe finds on the pages.

A page of each kind is looked at whenever the tests run, with only a few of its repeated parts:
what axe costs grows with the number of elements, and the hundredth entry is made like the first.
``pytest -m nightly`` looks at every page as it is.
"""

from itertools import cycle, product

import pytest
from axe_playwright_python.sync_playwright import Axe
from built_site import LESSON, PHONE, SITE, WIDE

from sidebyside.lessons.pairs import find_pair
from sidebyside.site.navigation import DEFAULTS, PAGES
from sidebyside.site.pages import page as page_of
from sidebyside.site.quiz_pages import INTERVIEW, parts

SCHEMES, SIZES = ("light", "dark"), {"wide": WIDE, "phone": PHONE}
KINDS = ["index", "which_one_first", "show_your_work", "results", "dictionary",
         "dictionary/losses", DEFAULTS, LESSON, f"{LESSON}_pytorch",
         "beginner/image_classification_project", "search", "quiz", "quiz/losses",
         INTERVIEW]  # fmt: skip
# leaves so many of each: first in one place, then on the page
FEW = """() => {
  const few = {".dict-chapter": 2, ".dict-list > li": 3, "section:has(> .dict-entry)": 4,
               ".quiz-list > li:not(.current)": 3, ".dict-defaults tbody > tr": 4,
               ".sortable tbody > tr": 4};
  for (const [selector, count] of Object.entries(few)) {
    const seen = new Map();
    for (const element of document.querySelectorAll(selector)) {
      const place = element.parentElement;
      seen.set(place, (seen.get(place) ?? 0) + 1);
      if (seen.get(place) > count) element.remove();
    }
  }
  for (const [selector, count] of [["math", 6], [".highlight .line", 60]]) {
    [...document.querySelectorAll(selector)].slice(count).forEach(element => element.remove());
  }
}"""
EVERY = sorted({*PAGES, *SITE.lessons, *(f"dictionary/{one.key}" for one in SITE.chapters),
                *(part.name for part in parts(SITE))})  # fmt: skip


def serious(tab, context=None):
    """Return what axe finds that keeps people out, on the whole page or in a part of it."""
    tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    # without the preload, which fetches style sheets: pages opened as files cannot
    found = Axe().run(tab, context, {"preload": False}).response["violations"]
    return [
        (finding["id"], node["target"], node.get("failureSummary"))
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"][:3]
    ]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        ("light", "wide"),
        ("dark", "phone"),
        pytest.param("light", "phone", marks=pytest.mark.nightly),
        pytest.param("dark", "wide", marks=pytest.mark.nightly),
    ],
)
def test_axe_finds_nothing_serious_on_a_page_of_each_kind(visit, name, scheme, size):
    tab = visit(f"{name}.html", SIZES[size], scheme)
    tab.evaluate(FEW)
    assert serious(tab) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("view", "summary"), [("both", ".rich pre"), ("tensorflow", ".text_html pre")]
)
def test_the_summary_of_a_keras_model_can_be_read(visit, view, summary, scheme):
    pair = find_pair("three_ways_to_build_a_model")
    tab = visit(f"{page_of(pair, view)}.html", scheme=scheme)
    assert tab.locator(f"{summary} span[style*=color]").count() > 5
    assert serious(tab, summary) == []


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "look"), list(zip(EVERY, cycle(product(SCHEMES, SIZES)), strict=False))
)
def test_axe_finds_nothing_serious_on_any_page(visit, name, look):
    scheme, size = look
    assert serious(visit(f"{name}.html", SIZES[size], scheme)) == []


def test_axe_finds_what_keeps_people_out(visit, tmp_path):
    file = tmp_path / "bad.html"
    file.write_text(
        '<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,">'
        '<p style="color: #aaa; background: #fff">Pale</p></main></html>',
        "utf-8",
    )
    assert {finding[0] for finding in serious(visit(file.as_uri()))} == {
        "image-alt",
        "color-contrast",
    }
