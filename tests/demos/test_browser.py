"""The page in a real browser: upload, click, read the answers; nothing is asked of other hosts."""

import pytest
from PIL import Image
from small_project import keep_weights, sides_of, write_project

from sidebyside.demos.making import demo_files

pytest.importorskip("gradio", reason="the extra 'demo' is not installed")

from sidebyside.demos.gradio_page import opened

HERE = ("http://127.0.0.1:", "data:", "blob:")


@pytest.fixture
def tab(browser, tmp_path):
    """Return a tab with the page of a small demo; other hosts that it asks fail the test."""
    files = demo_files(write_project(tmp_path), "sample")
    keep_weights(files)
    asked = []
    with opened(sides_of(files), server_name="127.0.0.1") as page:
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        tab = context.new_page()
        tab.set_default_timeout(60_000)
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.local_url)
        yield tab
        context.close()
    assert [address for address in asked if not address.startswith(HERE)] == []


def fill_in(tab, path):
    tab.locator("input[type=file]").set_input_files(path)
    tab.get_by_label("Text").fill("a picture 😀")
    tab.get_by_label("Number").fill("1")
    tab.get_by_role("button", name="Ask both").click()


def test_a_picture_is_uploaded_and_answered(tab, tmp_path):
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "picture.png")
    fill_in(tab, tmp_path / "picture.png")
    for side in (".pytorch", ".tensorflow"):
        tab.locator(side).get_by_text("Answered in").wait_for()
        assert tab.locator(side).get_by_test_id("label-output-value").inner_text() == "blue"


def test_the_three_columns_are_side_by_side(tab):
    tab.get_by_role("button", name="Ask both").wait_for()
    boxes = [
        tab.locator(part).bounding_box() for part in ("button.primary", ".pytorch", ".tensorflow")
    ]
    lefts = [box["x"] for box in boxes]
    assert lefts == sorted(lefts) and len(set(lefts)) == 3
    assert boxes[1]["y"] == boxes[2]["y"]


def test_an_example_is_clicked_on_and_answered(tab):
    tab.get_by_role("button", name="Ask both").wait_for()
    tab.locator(".gallery-item, .tr-body").first.click()
    tab.locator("[data-testid=image] img").first.wait_for()
    tab.get_by_role("button", name="Ask both").click()
    tab.locator(".tensorflow").get_by_text("Answered in").wait_for()


def test_a_text_that_is_named_png_gets_a_message_and_the_page_lives(tab, tmp_path):
    (tmp_path / "picture.png").write_text("This is a text.")
    fill_in(tab, tmp_path / "picture.png")
    tab.get_by_text("not a picture that can be read").wait_for()
    tab.get_by_role("button", name="Ask both").wait_for()
