"""What is built: every page, every link, every figure."""

import functools
import re
from functools import partial
from urllib.parse import unquote, urlsplit

import pytest
from built_site import (
    LESSON,
    PROJECT,
    SITE,
    broken_links,
    html_files,
    loaded_from_elsewhere,
    outline,
    part,
    soup,
)

from sidebyside.dictionary import defaults
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.address import links
from sidebyside.measure import parity_record
from sidebyside.measure.figures import CODE, COST
from sidebyside.site import results_page
from sidebyside.site.pages import VIEWS, relative
from sidebyside.site.pages import page as page_of
from sidebyside.view import page
from sidebyside.view.comparison import compare
from sidebyside.view.pictures import named

MOST = 1_500_000  # bytes of a page with all that it loads


@functools.cache
def comparisons():
    return [compare(pair) for pair in SITE.pairs]


def test_every_pair_has_its_three_pages(site):
    assert len(SITE.pairs) >= 9
    for pair in SITE.pairs:
        for view in VIEWS:
            assert (site / f"{page_of(pair, view)}.html").is_file()


def test_every_link_and_anchor_resolves(site):
    assert broken_links(site) == []


def test_the_crawler_finds_broken_links(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#no">x</a><a href="c.html">y</a>', "utf-8")
    (tmp_path / "b.html").write_text('<p id="yes"><img src="d.png"><a href="#yes">z</a>', "utf-8")
    assert broken_links(tmp_path) == ["a.html: b.html#no", "a.html: c.html", "b.html: d.png"]


def test_every_page_is_reached_from_the_start_page(site):
    seen, waiting = set(), [site / "index.html"]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for tag, target, _ in outline(file).links:
            parts = urlsplit(target)
            if tag == "a" and not parts.scheme and parts.path.endswith(".html"):
                waiting.append((file.parent / unquote(parts.path)).resolve())
    assert set(html_files(site)) - seen == {site / "search.html"}


def test_nothing_is_loaded_from_another_host(site):
    assert loaded_from_elsewhere(site) == []


def test_what_is_loaded_from_another_host_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<img src="//x.y/z.png"><a href="https://x.y">x</a>', "utf-8")
    (tmp_path / "a.css").write_text("@import 'x'; b { background: url(https://x.y/z) }", "utf-8")
    assert loaded_from_elsewhere(tmp_path) == ["//x.y/z.png", "@import", "url(https://"]


def test_pages_are_light(site):
    weights = {}
    for file in html_files(site):
        loaded = {file}
        for target in outline(file).loaded:
            if not target.startswith("data:"):
                loaded.add((file.parent / urlsplit(target).path).resolve())
        weights[file.name] = sum(item.stat().st_size for item in loaded if item.is_file())
    assert min(weights.values()) > 50_000  # style sheets are counted
    assert {name: size for name, size in weights.items() if size > MOST} == {}


def test_links_to_twins_and_other_notebooks_lead_to_their_pages(site):
    text = soup(site / "beginner/recommender_pytorch.html")
    links = {link["href"] for link in text.find("article").find_all("a", href=True)}
    assert {"recommender.html", "recommender_tensorflow.html"} <= links
    assert "image_classification_pytorch.html" in links  # from the title cell's table


def test_notebooks_have_their_buttons_and_the_original_to_download(site):
    for pair in SITE.pairs:
        for framework in FRAMEWORKS:
            file = site / f"{page_of(pair, framework)}.html"
            buttons = part(file, "lesson-buttons").find_all("a")
            view, twin, colab, download = (button["href"] for button in buttons)
            other = next(name for name in FRAMEWORKS if name != framework)
            assert view == f"{pair.name}.html"
            assert twin == f"{pair.name}_{other}.html"
            assert colab == links(pair, framework, SITE.url)["colab"]
            stored = (file.parent / download).resolve().read_bytes()
            assert stored == pair.path(framework).read_bytes()


@pytest.mark.parametrize("view", VIEWS)
def test_previous_and_next_follow_the_learning_path(site, view):
    def neighbour(name, kind):
        file = site / f"{name}.html"
        found = [target for _, target, style in outline(file).links if style == kind]
        place = found and (file.parent / found[0]).resolve().relative_to(site.resolve())
        return place.with_suffix("").as_posix() if place else None

    names, name = [], page_of(SITE.pairs[0], view)
    while name:
        names.append(name)
        following = neighbour(name, "next-page")
        assert following is None or neighbour(following, "prev-page") == name
        name = following
    assert names == [page_of(pair, view) for pair in SITE.pairs]


def test_the_page_that_compare_writes_and_the_site_share_one_renderer(site):
    pair = pairs.find_pair(PROJECT)
    here = page_of(pair, "both")
    places = page.Places(
        link=lambda target: relative(SITE.resolve(target, pair.path("pytorch")), here),
        show=lambda picture: f"../_images/{picture.name}",
        find=partial(named, folder=pair.folder, root=pair.root),
    )
    assert page.body(compare(pair), places) in (site / f"{here}.html").read_text("utf-8")
    alone = page.render(compare(pair))
    assert alone.count('<div class="sbs-row ') == len(compare(pair).steps)


def test_formulas_are_drawn_without_a_script(site):
    for view in VIEWS:
        whole = soup(site / f"{page_of(pairs.find_pair(LESSON), view)}.html")
        assert len(whole.find_all("math", display="block")) >= 4
        assert len(whole.find_all("math", display="inline")) >= 10
        assert not any("mathjax" in tag.get("src", "") for tag in whole.find_all("script"))
        assert not re.search(r"\\frac|\\sum|\$\$", whole.find("article").text)


def test_folded_answers_have_their_code(site):
    for view in VIEWS:
        file = site / f"notebooks/beginner/first_network{'' if view == 'both' else f'_{view}'}.html"
        answers = [tag for tag in soup(file).find_all("details") if tag.summary.text == "Solution"]
        assert len(answers) >= 4
        assert all(answer.find(class_="highlight") for answer in answers)


def rows_of_results(site):
    table = soup(site / "results.html").find("table", class_="sortable")
    heads = [cell.get_text(" ", strip=True) for cell in table.thead.find_all("th")]
    return heads, table.tbody.find_all("tr")


def test_the_results_are_those_of_the_notebooks_that_train(site):
    heads, rows = rows_of_results(site)
    shown = [one for one in comparisons() if results_page.reaches_something(one)]
    assert 5 <= len(shown) < len(SITE.pairs)
    assert len(rows) == 2 * len(shown)
    whose = [(one, framework) for one in shown for framework in FRAMEWORKS]
    for row, (comparison, framework) in zip(rows, whose, strict=True):
        cells = dict(zip(heads, row.find_all(["th", "td"]), strict=True))
        assert cells["lesson"].text == comparison.pair.title
        assert cells["framework"].text == FRAMEWORKS[framework]
        for quantity in (*COST, *CODE):
            figure = comparison.figures[framework].get(quantity.key)
            cell = cells[quantity.label]
            assert cell.get_text(" ", strip=True) == (figure.text if figure else "")
            assert cell["data-sort"] == (str(figure.value) if figure else "")


def test_every_figure_that_is_shown_is_on_its_lessons_page(site):
    for comparison in comparisons():
        text = part(site / f"{comparison.pair.topic}.html", "sbs-figures").text
        for framework in FRAMEWORKS:
            for figure in comparison.figures[framework].values():
                assert figure.text in text
                assert figure.quantity.label in text


def test_plots_have_every_lesson_that_has_both_numbers(site):
    drawn = soup(site / "results.html").find_all("figure", class_="plot")
    plots = list(results_page.plotted(comparisons()))
    assert [len(figure.find_all("circle")) for figure in drawn] == [
        len(plot.lessons) for plot in plots
    ]
    assert "parameters" not in [plot.quantity.key for plot in plots]
    lines = next(plot for plot in plots if plot.quantity.key == "lines")
    assert len(lines.lessons) == len(SITE.pairs)
    places = [lines.place(one.value) for _, both in lines.lessons for one in both.values()]
    assert min(places) >= 0
    assert max(places) == 1


def test_memory_is_plotted_of_the_lessons_that_train_only():
    plots = {plot.quantity.key: plot for plot in results_page.plotted(comparisons())}
    titles = [title for title, _ in plots["peak_memory_mb"].lessons]
    assert "First network" in titles
    assert "Tensors and autograd" not in titles


def test_the_path_is_a_picture_with_a_link_for_every_lesson(site):
    start = soup(site / "index.html")
    for picture in start.find_all("svg", attrs={"role": "group"}):
        links = [link["href"] for link in picture.find_all("a")]
        assert links == [f"{pair.topic}.html" for pair in SITE.pairs]
        assert all(pair.title in picture.find("desc").text for pair in SITE.pairs)
    assert len(start.find_all("svg", attrs={"role": "group"})) == 2  # wide, and for a phone


def test_parity_badges_show_what_was_measured(site):
    for pair in SITE.pairs:
        badge = part(site / f"{pair.topic}.html", "sbs-parity").get_text(" ")
        if pair.facts.without_model:
            assert "No model to compare" in badge
            assert pair.facts.without_model[1:] in badge
            continue
        measured = parity_record.parity(pair)
        assert measured, f"{pair.topic}: run tests/parity/test_parity.py -n 0 --save-parity"
        assert page.power_of_ten(measured.largest) in badge
        for name, largest, tolerance in measured.rows:
            assert name in badge
            assert largest <= tolerance


def test_every_entry_of_the_dictionary_is_on_its_chapters_page_and_in_the_list(site):
    listed = soup(site / "dictionary.html").find_all("li", attrs={"data-dict-find": True})
    links = {item.a["href"]: item for item in listed}
    assert len(listed) == len(links) == len(SITE.entries) >= 200
    for chapter in SITE.chapters:
        anchors = outline(site / f"dictionary/{chapter.key}.html").anchors
        for entry in chapter.entries:
            assert entry.key in anchors
            item = links[f"dictionary/{chapter.key}.html#{entry.key}"]
            assert item["data-dict-verdict"] == entry.verdict
            for side in FRAMEWORKS:
                assert all(name.lower() in item["data-dict-find"] for name in entry.names[side])


def test_an_entry_shows_its_code_and_its_traps(site):
    chapter, _ = SITE.entries["cross-entropy"]  # the others are made in the same way
    boxes = {
        box["id"]: box for box in soup(site / f"dictionary/{chapter.key}.html").find_all(id=True)
    }
    for entry in chapter.entries:
        box = boxes[entry.key]
        assert typed(box.h2.get_text()).startswith(entry.name.replace("`", ""))
        codes = [code.get_text().strip() for code in box.find_all(class_="highlight")]
        assert [*entry.lines.values()] == codes[:2]
        assert [trap.lines for trap in entry.traps] == codes[2 : 2 + len(entry.traps)]


def typed(text):
    """Return a heading as it was typed: Sphinx curls its quotes."""
    return text.replace("\u2019", "'").replace("\u201c", '"').replace("\u201d", '"')


def test_the_table_of_defaults_is_on_the_site(site):
    rows = soup(site / "dictionary_defaults.html").find_all("tr", attrs={"data-dict-find": True})
    known = [row for rows in defaults.table().values() for row in rows]
    assert len(rows) == len(known)
    for row, argument in zip(rows, known, strict=True):
        cells = [cell.get_text() for cell in row.find_all("td")]
        for place, side in enumerate(FRAMEWORKS):
            assert cells[2 * place] == argument.names[side]
            assert cells[2 * place + 1] == argument.defaults[side]


def test_the_notebooks_lead_to_the_dictionary(site):
    for pair in SITE.pairs:
        for view in VIEWS:
            file = site / f"{page_of(pair, view)}.html"
            found = [target for _, target, _ in outline(file).links
                     if re.search(r"dictionary/\w+\.html#", target)]  # fmt: skip
            assert len(found) >= 3, file
