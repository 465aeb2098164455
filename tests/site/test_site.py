"""The site: what is built, and how it behaves in a real browser, from files, without a network."""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from sidebyside.checkout import ROOT
from sidebyside.dictionary import defaults
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.address import links
from sidebyside.measure import parity_record
from sidebyside.measure.figures import CODE_FIGURES, COST
from sidebyside.site import results_page
from sidebyside.site.pages import VIEWS, Site, relative
from sidebyside.site.pages import page as page_of
from sidebyside.view import page
from sidebyside.view.comparison import compare

SITE = Site(ROOT)
# a lesson with formulas, and a project with long outputs
LESSON, PROJECT = "notebooks/prerequisites/gradients_by_hand", "beginner/image_classification"
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
MOST = 1_500_000  # bytes of a page with all that it loads
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
WIDE, PHONE = (1440, 900), (420, 800)
# neither framework is there for those who only build the site
BUILD = """
import sys
sys.modules["torch"] = sys.modules["tensorflow"] = sys.modules["keras"] = None
from sidebyside.site.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def build(folder, root=ROOT):
    """Build the site in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", BUILD, str(folder), "--root", str(root)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the built site."""
    folder = tmp_path_factory.mktemp("site") / "site"
    done = build(folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # Sphinx says nothing, unless there is something to mend
    return folder


@pytest.fixture
def small(tmp_path):
    """Return a small repository with one pair, which builds in seconds."""
    root = tmp_path / "repository"
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE", "data/README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "docs", root / "docs")
    # which names pairs that are not here
    (root / "docs" / "which_one_first.md").write_text("# Which one first?\n", "utf-8")
    for framework in FRAMEWORKS:
        copy_notebook("01_python_for_deep_learning", framework, root)
    return root


def copy_notebook(stem, framework, root):
    file = f"notebooks/0_prerequisites/{stem}_{framework}.ipynb"
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / file, root / file)


def soup(file):
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


class Outline(HTMLParser):
    """What a page loads, links to, and can be linked at; much less than the whole of it."""

    def __init__(self, file):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.anchors.add(found["id"])
        target = found.get("href") or found.get("src")
        if target and tag != "use":  # of an icon in the page itself
            self.links.append((tag, target, found.get("class")))
        if tag == "link" and found.get("rel") in ("canonical", "next", "prev", "search", "index"):
            return  # named, not loaded
        if tag in LOADED and (target := found.get(LOADED[tag])):
            self.loaded.append(target)


@functools.cache
def outline(file):
    return Outline(file)


def html_files(folder):
    return sorted(folder.rglob("*.html"))


def broken_links(folder):
    """Return every link of the built files that leads nowhere on the site."""
    broken = []
    for file in html_files(folder):
        for _, target, _ in outline(file).links:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            place = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            there = place.is_file()
            if there and parts.fragment and place.suffix == ".html":
                there = unquote(parts.fragment) in outline(place).anchors
            if not there:
                broken.append(f"{file.relative_to(folder)}: {target}")
    return broken


# what is built


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
    for file in html_files(site):
        for target in outline(file).loaded:
            assert not re.match(r"(https?:)?//", target), f"{file}: {target}"
    for file in [*site.rglob("*.css"), *html_files(site)]:
        loaded = re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import", file.read_text("utf-8"))
        assert loaded == [], file


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
            buttons = soup(file).find(class_="lesson-buttons").find_all("a")
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
        picture=lambda data, kind: f"../_images/{page.picture_name(data, kind)}",
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


def test_figures_on_the_site_are_those_of_the_notebooks(site):
    cells = [
        [cell.get_text(" ") for cell in row.find_all(["th", "td"])]
        for row in soup(site / "results.html").find("table", class_="sortable").tbody.find_all("tr")
    ]
    assert len(cells) == 2 * len(SITE.pairs)
    for pair in SITE.pairs:
        shown = compare(pair).figures
        text = soup(site / f"{pair.topic}.html").find(class_="sbs-figures").text
        for framework, name in FRAMEWORKS.items():
            row = next(c for c in cells if c[0] == pair.title and name in c[2])
            for value in shown[framework].values():
                assert value in text
                assert any(value in cell for cell in row)


def test_plots_have_every_lesson_that_has_both_numbers(site):
    comparisons = [compare(pair) for pair in SITE.pairs]
    drawn = soup(site / "results.html").find_all("figure", class_="plot")
    measures = list(results_page.measures(comparisons))
    assert [len(figure.find_all("circle")) for figure in drawn] == [
        len(measure.lessons) for measure in measures
    ]
    lines = next(measure for measure in measures if measure.label == CODE_FIGURES["lines"])
    assert len(lines.lessons) == len(SITE.pairs)
    places = [lines.place(value) for _, *both in lines.lessons for value in both]
    assert min(places) >= 0
    assert max(places) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,341", 1341), ("85.2%", 85.2), ("0.1", 0.1), ("", None), ("about 3", None)],
)
def test_numbers_of_the_table(text, value):
    assert results_page.number(text) == value


def test_the_path_is_a_picture_with_a_link_for_every_lesson(site):
    start = soup(site / "index.html")
    for picture in start.find_all("svg", attrs={"role": "group"}):
        links = [link["href"] for link in picture.find_all("a")]
        assert links == [f"{pair.topic}.html" for pair in SITE.pairs]
        assert all(pair.title in picture.find("desc").text for pair in SITE.pairs)
    assert len(start.find_all("svg", attrs={"role": "group"})) == 2  # wide, and for a phone


def test_parity_badges_show_what_was_measured(site):
    for pair in SITE.pairs:
        badge = soup(site / f"{pair.topic}.html").find(class_="sbs-parity").get_text(" ")
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


def test_a_notebook_that_changes_is_built_anew_and_nothing_else(small, tmp_path):
    folder = tmp_path / "site"
    assert build(folder, small).stderr == ""
    pages = [file for file in html_files(folder) if file.name != "search.html"]
    before = {file: file.stat().st_mtime_ns for file in pages}
    assert build(folder, small).returncode == 0
    assert {file: file.stat().st_mtime_ns for file in pages} == before
    file = small / "notebooks/0_prerequisites/01_python_for_deep_learning_pytorch.ipynb"
    notebook = json.loads(file.read_text("utf-8"))
    code = next(cell for cell in notebook["cells"] if cell["id"] == "imports")
    code["source"] = ["import marvellous\n", *code["source"]]
    file.write_text(json.dumps(notebook), "utf-8")
    assert build(folder, small).stderr == ""
    changed = {
        file.relative_to(folder).as_posix()
        for file in pages
        if file.stat().st_mtime_ns != before[file]
    }
    one = "notebooks/prerequisites/python_for_deep_learning"
    assert {f"{one}.html", f"{one}_pytorch.html"} <= changed
    assert f"{one}_tensorflow.html" not in changed and "contributing.html" not in changed
    assert "marvellous" in (folder / f"{one}.html").read_text("utf-8")


def test_a_new_pair_is_everywhere_and_a_broken_link_ends_the_build(small, tmp_path):
    folder = tmp_path / "site"
    assert build(folder, small).stderr == ""
    for framework in FRAMEWORKS:
        copy_notebook("03_the_learning_loop", framework, small)
    assert build(folder, small).stderr == ""
    for file in html_files(folder):
        assert "The learning loop" in file.read_text("utf-8"), file
    with (small / "CONTRIBUTING.md").open("a", encoding="utf-8") as text:
        text.write("\n[broken](#nowhere-at-all)\n")
    with (small / "docs" / "results.md").open("a", encoding="utf-8") as text:
        text.write("\n{measured}`the_learning_loop: hops` {measured}`learning: lines`\n")
    done = build(folder, small)
    assert done.returncode != 0
    assert "nowhere-at-all" in done.stderr
    assert "the_learning_loop has no figure 'hops' on both sides" in done.stderr
    assert "There is no topic 'learning'" in done.stderr


def test_pictures_that_a_text_names_are_on_the_site(small, tmp_path):
    folder = small / "notebooks/0_prerequisites"
    shutil.copy(ROOT / "docs" / "comparison.png", folder / "drawing.png")
    for framework in FRAMEWORKS:
        file = folder / f"01_python_for_deep_learning_{framework}.ipynb"
        notebook = json.loads(file.read_text("utf-8"))
        text = next(cell for cell in notebook["cells"] if cell["id"] == "check-intro")
        text["source"] = [*text["source"], "\n\n![A drawing](drawing.png)"]
        file.write_text(json.dumps(notebook), "utf-8")
    site = tmp_path / "site"
    assert build(site, small).stderr == ""
    for view in VIEWS:
        name = page_of(Site(small).pairs[0], view)
        source = soup(site / f"{name}.html").find("img", alt="A drawing")["src"]
        there = (site / name).parent / source
        assert there.read_bytes() == (folder / "drawing.png").read_bytes()
    alone = page.render(compare(Site(small).pairs[0]))
    assert '<img src="data:image/png;base64,' in alone and "drawing.png" not in alone


def test_every_entry_of_the_dictionary_is_on_its_chapters_page_and_in_the_list(site):
    listed = soup(site / "dictionary.html").find_all("li", attrs={"data-dict-find": True})
    links = {item.a["href"]: item for item in listed}
    assert len(listed) == len(links) == len(SITE.entries) >= 200
    for chapter in SITE.chapters:
        whole = soup(site / f"dictionary/{chapter.key}.html")
        for entry in chapter.entries:
            box = whole.find(id=entry.key)
            assert typed(box.h2.get_text()).startswith(entry.name.replace("`", ""))
            codes = [code.get_text().strip() for code in box.find_all(class_="highlight")]
            assert [*entry.lines.values()] == codes[:2]
            assert [trap.lines for trap in entry.traps] == codes[2 : 2 + len(entry.traps)]
            item = links[f"dictionary/{chapter.key}.html#{entry.key}"]
            assert item["data-dict-verdict"] == entry.verdict
            for side in FRAMEWORKS:
                assert all(name.lower() in item["data-dict-find"] for name in entry.names[side])


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


# in the browser


def find_browser():
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    """Return the system's Chromium; where there is none, that is an error in CI only."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        path = find_browser()
        options = {"executable_path": path} if path else {"channel": "chrome"}
        try:
            started = playwright.chromium.launch(args=FLAGS, **options)
        except Error as error:
            if path:
                raise
            reason = "No Chromium was found; on Debian: apt-get install chromium."
            if os.environ.get("CI"):
                pytest.fail(f"{reason} {error}")
            pytest.skip(reason)
        yield started
        started.close()


@pytest.fixture
def visit(browser, site):
    """Return a function that opens a page from its file, with the network off.

    What a page says on its console, or asks another host for, fails the test.
    """
    contexts, complaints = [], []

    def open_page(address, size=WIDE, scheme="light", context=None):
        if context is None:
            width, height = size
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            context.set_offline(not address.startswith("http"))
            contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        tab.on("pageerror", lambda error: complaints.append(f"{address}: {error}"))
        tab.on("console", lambda message: complaints.append(f"{address}: {message.text}")
               if message.type in ("error", "warning") else None)  # fmt: skip
        tab.on("request", lambda request: complaints.append(f"{address} asks for {request.url}")
               if not request.url.startswith(("file:", "data:", "http://127.0.0.1:")) else None
               )  # fmt: skip
        tab.goto(address if "://" in address else f"{site.as_uri()}/{address}")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def address(site):
    """Return the address at which a web server of this machine shows the site."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=site)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def visible(tab, framework):
    return tab.locator(f"#define-model .sbs-cell.{framework}").is_visible()


def sides(tab):
    return {name: visible(tab, name) for name in FRAMEWORKS}


BOTH = {"pytorch": True, "tensorflow": True}
ONLY_PYTORCH = {"pytorch": True, "tensorflow": False}
ONLY_TENSORFLOW = {"pytorch": False, "tensorflow": True}


def test_no_page_complains_or_overflows_a_phone(visit, site):
    tab = visit("index.html", PHONE)
    for file in html_files(site):
        tab.goto(file.as_uri())
        width = tab.evaluate(
            "Math.max(...[document.documentElement, document.querySelector('.content')]"
            ".map(element => element.scrollWidth))"
        )
        assert width <= PHONE[0], file.name


def test_the_switch_shows_one_side_is_in_the_address_and_remembered(visit):
    tab = visit(f"{PROJECT}.html")
    assert sides(tab) == BOTH
    tab.get_by_role("radio", name="TensorFlow/Keras").check(force=True)
    assert sides(tab) == ONLY_TENSORFLOW
    assert tab.url.endswith(f"{PROJECT}.html?view=tensorflow")
    again = visit(f"{LESSON}.html", context=tab.context)
    assert again.get_by_role("radio", name="TensorFlow/Keras").is_checked()
    assert again.url.endswith("?view=tensorflow")
    again.get_by_role("radio", name="Both").check(force=True)
    assert again.url.endswith("?view=both")
    tab.goto(tab.url.partition("?")[0])
    assert sides(tab) == BOTH


def test_a_link_points_at_one_side_and_one_step(visit):
    tab = visit(f"{PROJECT}.html?view=pytorch#train")
    assert sides(tab) == ONLY_PYTORCH
    tab.wait_for_timeout(100)
    top = tab.locator("#train").bounding_box()["y"]
    assert 0 <= top < 200
    assert tab.url.endswith("?view=pytorch#train")
    assert sides(visit(f"{PROJECT}.html?view=nonsense")) == BOTH


def test_the_switch_works_by_keyboard_and_keeps_the_place(visit):
    tab = visit(f"{PROJECT}.html#train")
    tab.wait_for_timeout(100)
    tab.get_by_role("radio", name="Both").focus()
    before = tab.locator("#train").bounding_box()["y"]
    tab.keyboard.press("ArrowRight")
    assert sides(tab) == ONLY_PYTORCH
    assert abs(tab.locator("#train").bounding_box()["y"] - before) < 60


def test_cells_stand_level_and_shared_lines_are_dimmed(visit):
    tab = visit(f"{PROJECT}.html")
    left, right = (
        tab.locator(f"#define-model .sbs-cell.{name} > .highlight").bounding_box()
        for name in FRAMEWORKS
    )
    assert left["y"] == right["y"] and left["height"] == right["height"]
    assert left["x"] + left["width"] < right["x"]
    colours = tab.evaluate(
        "['#imports .shared .nn', '#imports .nn:not(.shared *)'].map("
        "s => getComputedStyle(document.querySelector(s)).color)"
    )
    assert colours[0] != colours[1]
    one = tab.locator("#setup .sbs-cell")
    assert one.count() == 1 and "both" in one.get_attribute("class")


def test_columns_stack_in_reading_order_on_a_phone(visit):
    tab = visit(f"{PROJECT}.html", PHONE)
    boxes = [
        tab.locator(f"#define-model .sbs-cell.{name} > {part}").bounding_box()
        for name in FRAMEWORKS
        for part in (".sbs-name", ".highlight")
    ]
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
    assert boxes[1]["y"] + boxes[1]["height"] <= boxes[2]["y"]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0] for box in boxes)


def test_long_outputs_fold_and_both_sides_unfold_together(visit):
    tab = visit(f"{PROJECT}.html")
    folds = tab.locator("#report details.fold, #train details.fold")
    assert folds.count() >= 2
    assert not any(folds.nth(n).get_attribute("open") is not None for n in range(folds.count()))
    pair = [tab.locator(f"#train .sbs-cell.{name} details.fold") for name in FRAMEWORKS]
    pair[0].locator("summary").click()
    tab.wait_for_timeout(100)
    assert all(fold.get_attribute("open") is not None for fold in pair)


def test_the_outline_follows_the_scroll(visit):
    tab = visit(f"{PROJECT}.html")
    current = tab.locator(".sbs-outline a[aria-current]")
    assert current.text_content() == "Start"
    tab.evaluate("document.getElementById('train').scrollIntoView({behavior: 'instant'})")
    tab.wait_for_timeout(200)
    assert current.text_content() == "train"
    assert tab.locator(".sbs-outline a[href='#train']").is_visible()
    assert not tab.locator(".sbs-outline a[href='#imports']").is_visible()


def test_copy_buttons_copy_the_code(visit):
    tab = visit(f"{PROJECT}.html")
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.locator("#define-model .sbs-cell.pytorch").hover()
    tab.locator("#define-model .sbs-cell.pytorch .sbs-copy").click()
    tab.get_by_text("Copied", exact=True).wait_for()
    cells = {cell.id: cell for cell in pairs.find_pair(PROJECT).read("pytorch").cells}
    assert tab.evaluate("navigator.clipboard.readText()") == cells["define-model"].source


def search(tab, word):
    tab.locator(".sidebar-search").fill(word)
    tab.locator(".sidebar-search").press("Enter")
    tab.locator("#search-results li a").first.wait_for()
    heading = "document.querySelector('#search-results h2').textContent"
    tab.wait_for_function(f"!{heading}.includes('Searching')")
    return tab.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")


def test_search_works_from_files(visit):
    found = search(visit("index.html"), "crossentropy")
    assert any("first_network" in link for link in found)
    # code that is only in the two columns is found there, too
    assert any(re.search(r"first_network\.html", link) for link in found)


def test_search_works_from_a_server(visit, address):
    tab = visit(f"{address}/index.html")
    assert any("recommender" in link for link in search(tab, "movielens"))
    tab.locator("#search-results .context").first.wait_for()  # an excerpt


def shown_entries(tab, kind):
    return tab.locator(f"{kind}:visible").count()


def test_the_dictionary_is_searched_in_both_vocabularies(visit):
    tab = visit("dictionary.html")
    count = tab.locator(".dict-count")
    assert count.text_content() == f"{len(SITE.entries)} entries"
    for word, name in (("conv2dtranspose", "nn.ConvTranspose2d"), ("Conv 2d", "layers.Conv2D"),
                       ("stop_gradient", "Tensor.detach")):  # fmt: skip
        tab.get_by_role("searchbox", name="Find, in either framework's words").fill(word)
        shown = tab.locator(".dict-list li:visible")
        assert 0 < shown.count() < len(SITE.entries) / 4
        assert any(name in text for text in shown.all_text_contents()), word
        assert count.text_content() == f"{shown.count()} of {len(SITE.entries)} entries"
    tab.get_by_role("searchbox").last.fill("")
    tab.get_by_role("radio", name="no counterpart").check(force=True)
    expected = [entry for _, entry in SITE.entries.values() if entry.verdict == "none"]
    assert shown_entries(tab, ".dict-list li") == len(expected)
    assert tab.url.endswith("?show=none")


def test_a_chapter_is_searched_filtered_and_linked_to(visit):
    chapter, _ = SITE.entries["cross-entropy"]
    page = f"dictionary/{chapter.key}.html"
    tab = visit(f"{page}?find=CrossEntropyLoss&show=set")
    assert tab.get_by_role("searchbox", name="Find in this chapter").input_value()
    shown = tab.locator(".dict-entry:visible")
    assert 0 < shown.count() < len(chapter.entries) / 2
    assert tab.locator("#cross-entropy").is_visible()
    hidden = next(e for e in chapter.entries if e.verdict == "same")
    assert not tab.locator(f"#{hidden.key}").is_visible()
    assert not tab.locator(f".sbs-outline a[href='#{hidden.key}']").is_visible()
    # a link to an entry shows it, whatever was searched for
    other = visit(f"{page}?find=CrossEntropyLoss&show=set#{hidden.key}")
    assert other.locator(f"#{hidden.key}").is_visible()
    top = other.locator(f"#{hidden.key} h2").bounding_box()["y"]
    assert 0 <= top < 300
    assert "find=" not in other.url
    key = other.locator(f"#{hidden.key} .dict-key")
    assert key.get_attribute("href") == f"#{hidden.key}"


def test_the_defaults_are_searched(visit):
    tab = visit("dictionary_defaults.html")
    rows = tab.locator("tr[data-dict-find]:visible")
    every = rows.count()
    tab.get_by_role("searchbox", name="Find a call or an argument").fill("BatchNorm2d")
    assert 0 < rows.count() < 10
    assert all("BatchNorm" in text for text in rows.all_text_contents())
    assert tab.locator(".dict-count").text_content() == f"{rows.count()} of {every} arguments"
    assert tab.locator(".dict-chapter:visible").count() == 1


def test_the_dictionarys_code_is_copied(visit):
    chapter, entry = SITE.entries["cross-entropy"]
    tab = visit(f"dictionary/{chapter.key}.html")
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = tab.locator("#cross-entropy .sbs-cell.tensorflow .highlight").first
    block.hover()
    block.locator(".sbs-copy").click()
    block.get_by_text("Copied", exact=True).wait_for()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied == entry.lines["tensorflow"]


def test_tables_sort_by_a_button(visit):
    tab = visit("results.html")
    head = tab.locator("th", has=tab.get_by_role("button", name=CODE_FIGURES["tokens"]))
    column = "rows => rows.map(r => Number(r.cells[r.cells.length - 1].dataset.sort))"
    rows = tab.locator(".sortable tbody tr")
    before = rows.evaluate_all(column)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert rows.evaluate_all(column) == sorted(before) != before
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert rows.evaluate_all(column) == sorted(before, reverse=True)
    tab.get_by_role("button", name=COST["seconds_per_epoch"][0]).click()
    place = tab.locator("th[aria-sort]").evaluate("head => head.cellIndex")
    assert rows.first.evaluate(f"row => row.cells[{place}].dataset.sort") != ""
    assert rows.last.evaluate(f"row => row.cells[{place}].dataset.sort") == ""  # no number


def test_keys_reach_everything_and_closed_drawers_are_out_of_their_way(visit):
    tab = visit(f"{PROJECT}.html", PHONE)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent.trim()") == "Skip to content"
    links = tab.locator(".sidebar-drawer a")
    assert not links.first.is_visible()
    menu = tab.get_by_role("button", name="Show the navigation")
    menu.focus()
    assert menu.get_attribute("aria-expanded") == "false"
    tab.keyboard.press("Enter")
    links.first.wait_for()
    assert menu.get_attribute("aria-expanded") == "true"
    tab.keyboard.press("Escape")
    links.first.wait_for(state="hidden")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Show the navigation"
    )
    outlined = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outlined != "none"


def test_the_colour_scheme_can_be_chosen(visit):
    tab = visit(f"{PROJECT}.html", scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    code = "getComputedStyle(document.querySelector('.sbs-cell .highlight .k')).color"
    light = tab.evaluate(ground), tab.evaluate(code)
    while tab.evaluate("document.body.dataset.theme") != "dark":
        tab.locator(".theme-toggle:visible").first.click()
    assert tab.evaluate(ground) != light[0]
    assert tab.evaluate(code) != light[1]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    ["index", f"{LESSON}_pytorch", LESSON, "results", "dictionary", "dictionary/losses",
     "dictionary_defaults"],
)  # fmt: skip
def test_axe_finds_nothing_serious(visit, name, scheme, size):
    from axe_playwright_python.sync_playwright import Axe

    tab = visit(f"{name}.html", size, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    # without the preload, which fetches style sheets: pages opened as files cannot
    found = Axe().run(tab, options={"preload": False}).response["violations"]
    serious = [
        (finding["id"], node["target"], node.get("failureSummary"))
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"][:3]
    ]
    assert serious == []


def test_the_readmes_picture_is_taken_by_a_script(browser, site, tmp_path):
    # in a process of its own: one Playwright is running here
    script = "import sys, pathlib; from sidebyside.site.picture import STEP, take; "
    script += "take(pathlib.Path(sys.argv[1]), STEP, pathlib.Path(sys.argv[2]))"
    target = tmp_path / "picture.png"
    command = [sys.executable, "-c", script, str(site / f"{PROJECT}.html"), str(target)]
    subprocess.run(command, check=True, cwd=ROOT)
    taken, kept = Image.open(target), Image.open(ROOT / "docs" / "comparison.png")
    assert taken.size == kept.size == WIDE
    assert "docs/comparison.png" in (ROOT / "README.md").read_text("utf-8")


def test_the_page_of_its_own_works_too(visit, tmp_path):
    file = Path(tmp_path / "alone.html")
    file.write_text(page.render(compare(pairs.find_pair(PROJECT))), "utf-8")
    tab = visit(file.as_uri())
    tab.get_by_role("radio", name="PyTorch").check(force=True)
    assert sides(tab) == ONLY_PYTORCH
    assert tab.locator(".sbs-outline a").count() > 20
