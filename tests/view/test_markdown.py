"""Markdown as the pages show it."""

import pytest
from bs4 import BeautifulSoup

from sidebyside.view.markdown import formula, to_html


def html(source, **options):
    return BeautifulSoup(to_html(source, **options), "html.parser")


def test_relative_links_are_led_and_others_stay():
    text = "[a](x.ipynb#y) [b](https://example.org) [c](#here)"
    targets = [tag["href"] for tag in html(text, link=lambda x: f"led/{x}").find_all("a")]
    assert targets == ["led/x.ipynb#y", "https://example.org", "#here"]


def test_a_picture_is_shown_where_it_is():
    tag = html("![A drawing](x.png)", picture=lambda target: f"pictures/{target}").img
    assert (tag["src"], tag["alt"]) == ("pictures/x.png", "A drawing")


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../../etc/passwd", "https://example.org/x.png", "C:/x.png"]
)
def test_a_picture_that_is_not_there_becomes_its_text(target):
    whole = html(f"Before ![A <b>drawing](<{target}>) after")
    assert whole.img is None
    assert whole.text.strip() == "Before A <b>drawing (not in the repository) after"
    assert html(f"![](<{target}>)").text.strip() == "A picture (not in the repository)"


def test_a_reference_is_no_way_around():
    whole = html("![A drawing][far]\n\n[far]: /etc/passwd")
    assert whole.img is None
    assert "A drawing (not in the repository)" in whole.text


def test_a_picture_that_is_its_own_address_is_shown():
    assert html("![x](data:image/png;base64,AAAA)").img["src"].startswith("data:image/png")


def test_a_fold_keeps_its_code_its_formula_and_its_table():
    fold = html(
        "<details>\n<summary>Solution with <code>x</code></summary>\n\n"
        "```python\nx = 1\n```\n\n$$x^2$$\n\n| a |\n|---|\n| 1<br />2 |\n\n</details>\n\nAfter."
    ).details
    assert fold.summary.text == "Solution with x"
    assert fold.find(class_="highlight").text == "x = 1\n"
    assert fold.find("math")["display"] == "block"
    assert fold.td.br is not None
    assert "After" not in fold.text


def test_scripts_do_not_get_through():
    whole = html(
        'a <b onclick="x()">b</b> <script>x()</script> [l](javascript:x())\n\n'
        "<iframe src=x></iframe>\n\n<script>\nx()\n</script>\n\n- <img src=x onerror=x()>\n"
    )
    assert not whole.find_all(["script", "iframe", "img", "a"])
    assert whole.b.attrs == {}


def test_code_is_no_html():
    whole = html("`<script>` and\n\n```html\n<script>x()</script>\n```\n")
    assert whole.script is None
    assert whole.code.text == "<script>"
    assert whole.find(class_="highlight").text == "<script>x()</script>\n"


def test_a_formula_that_is_not_known_is_an_error():
    with pytest.raises(ValueError, match=r"has \\nonsense, which is not known"):
        formula(r"\nonsense{x}", display=False)
