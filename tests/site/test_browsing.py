"""How the site behaves in a real browser, from files, without a network."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from built_site import LESSON, PHONE, PROJECT, SITE, WIDE, html_files
from PIL import Image

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.measure.figures import QUANTITIES
from sidebyside.view import page
from sidebyside.view.comparison import compare


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


def test_tables_show_their_head_unless_it_is_empty(visit):
    """The head of a lesson's last table says which column is whose."""
    tab = visit(f"{PROJECT}.html")
    heads = tab.locator("#differences thead").all_inner_texts()
    assert any("PyTorch" in head for head in heads)
    for head in tab.locator("#differences thead").all():
        assert head.is_visible()
    assert not tab.locator("#title thead").first.is_visible()
    notebook = visit(f"{PROJECT}_pytorch.html")
    assert notebook.locator("thead", has_text="TensorFlow/Keras").last.is_visible()


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
    head = tab.locator("th", has=tab.get_by_role("button", name=QUANTITIES["tokens"].label))
    column = "rows => rows.map(r => Number(r.cells[r.cells.length - 1].dataset.sort))"
    rows = tab.locator(".sortable tbody tr")
    before = rows.evaluate_all(column)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert rows.evaluate_all(column) == sorted(before) != before
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert rows.evaluate_all(column) == sorted(before, reverse=True)
    tab.get_by_role("button", name=QUANTITIES["seconds_per_epoch"].label).click()
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


BOXES = "all => all.map(one => one.getBoundingClientRect().toJSON())"
CODE = "#define-block .sbs-cell.pytorch > .highlight"


def test_the_copy_button_covers_no_code_and_comes_on_hover_and_focus(visit):
    places = {f"{PROJECT}.html": CODE, f"{PROJECT}_pytorch.html": "#step-define-block .highlight"}
    for page_name, block in places.items():
        tab = visit(page_name)
        button = tab.locator(f"{block} .sbs-copy")
        opacity = "button => getComputedStyle(button).opacity"
        assert button.evaluate(opacity) == "0"
        button.focus()
        assert button.evaluate(opacity) == "1"
        box, line = button.bounding_box(), tab.locator(f"{block} .line").first.bounding_box()
        assert box["y"] + box["height"] <= line["y"]
        above = tab.locator(f"{block} .sbs-copy").evaluate(
            "button => { const box = button.getBoundingClientRect();"
            " return document.elementFromPoint(box.left + 3, box.top + 3) === button }"
        )
        assert above
        for link in tab.locator(".sbs-step a").evaluate_all(BOXES):
            level = link["top"] < box["y"] + box["height"] and link["bottom"] > box["y"]
            assert not level or link["right"] < box["x"]
        tab.locator("h1").first.click()
        assert button.evaluate(opacity) == "0"
        tab.locator(f"{block} .line").first.hover()
        assert button.evaluate(opacity) == "1"


def test_every_copy_button_is_on_the_edge_of_its_block(visit):
    for name in (f"{PROJECT}.html", f"{PROJECT}_pytorch.html", "dictionary/losses.html"):
        tab = visit(name)
        tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        buttons = tab.locator(".sbs-copy").evaluate_all(BOXES)
        blocks = tab.locator(".highlight:has(> .sbs-copy)").evaluate_all(BOXES)
        assert len(buttons) == len(blocks) > 30
        for button, block in zip(buttons, blocks, strict=True):
            assert button["top"] < block["top"] < button["bottom"] < block["top"] + 12
            assert block["right"] - 20 < button["right"] < block["right"]


def test_the_copy_button_is_there_where_nothing_hovers(visit):
    tab = visit(f"{PROJECT}.html", PHONE, touch=True)
    button = tab.locator(f"{CODE} .sbs-copy")
    assert button.evaluate("button => getComputedStyle(button).opacity") == "1"


# the lines of a block: their indent in letters, the lines that they take, where each part begins
PARTS = """lines => lines.slice(0, 200).map(line => {
  const probe = document.createElement("span");
  probe.style = "display: inline-block; width: 10ch";
  line.append(probe);
  const letter = probe.getBoundingClientRect().width / 10;
  probe.remove();
  const range = document.createRange();
  const starts = [];
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let bottom = -Infinity;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.length; at++) {
      if (/\\s/.test(node.data[at])) continue;
      range.setStart(node, at); range.setEnd(node, at + 1);
      const box = range.getBoundingClientRect();
      if (box.top >= bottom - 2) {
        starts.push((box.left - line.getBoundingClientRect().left) / letter);
        bottom = box.bottom;
      }
    }
  }
  return [line.textContent.match(/^ */)[0].length, starts, line.getBoundingClientRect().height,
          parseFloat(getComputedStyle(line).lineHeight)];
})"""


def test_long_lines_go_on_below_their_indent(visit):
    for name in (f"{PROJECT}.html", f"{PROJECT}_tensorflow.html"):
        tab = visit(name, PHONE)
        found = tab.locator(".highlight .line").evaluate_all(PARTS)
        wrapped = [(indent, starts) for indent, starts, *_ in found if len(starts) > 1]
        assert len(wrapped) > 20
        for indent, (first, *others) in wrapped:
            assert abs(first - indent) < 0.5 + indent / 50
            for start in others:
                assert abs(start - indent - 2) < 0.5 + indent / 50
        # the indent alone is never a line of its own
        for _, starts, height, line_height in found:
            assert round(height / line_height) == max(1, len(starts))


def test_names_and_switch_do_not_overlap(visit):
    for width in (1440, 1024, 860):
        tab = visit(f"{PROJECT}.html", (width, 800))
        boxes = tab.locator(".sbs-bar > *").evaluate_all(BOXES)
        assert len(boxes) == 3
        for one, following in pairwise(sorted(boxes, key=lambda box: box["left"])):
            assert one["right"] < following["left"], width


NETWORK = "notebooks/beginner/first_network"


def test_one_button_shows_an_output_and_its_answer_in_words(visit):
    tab = visit(f"{NETWORK}.html")
    answer = tab.locator("#data-answer")
    row = tab.locator(".sbs-row:has(+ #data-answer)")
    button = row.locator("summary").first
    assert not answer.is_visible()
    button.focus()
    tab.keyboard.press("Enter")
    answer.wait_for()
    tab.keyboard.press("Enter")
    answer.wait_for(state="hidden")
    # where the two sides have outputs of their own, one button shows both, and the answer
    split = tab.locator(".sbs-row:has(details.answer):has(+ .sbs-row[id$=-answer])").filter(
        has=tab.locator(".sbs-cell.tensorflow details.answer")
    )
    split.first.locator(".pytorch summary").click()
    tab.locator(f"#{split.first.get_attribute('id')} + .sbs-row").wait_for()
    assert split.first.locator(".tensorflow details.answer[open]").count() == 1
    tab.emulate_media(media="print")
    hidden = tab.locator(".sbs-row[id$=-answer]:not(:visible)")
    assert hidden.count() == 0
    assert button.locator("xpath=following-sibling::*").first.is_visible()
    linked = visit(f"{NETWORK}.html#batch-answer")
    assert linked.locator("#batch-answer").is_visible()


def test_a_notebooks_answers_in_words_appear_with_their_outputs(visit):
    tab = visit(f"{NETWORK}_pytorch.html")
    folded = tab.locator("div.cell:has(+ .answer-text):has(details.hide)")
    count = folded.count()
    others = tab.locator(".answer-text").count() - count  # they answer a question in words
    assert count > 5
    assert tab.locator(".answer-text:visible").count() == others
    folded.first.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert tab.locator(".answer-text:visible").count() == others + 1
    tab.emulate_media(media="print")
    assert tab.locator(".answer-text:visible").count() == others + count
