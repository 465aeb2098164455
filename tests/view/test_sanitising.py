"""What is kept of the HTML in a text, and what is dropped."""

import pytest

from sidebyside.view.sanitising import clean


@pytest.mark.parametrize(
    "html",
    [
        "<details>\n<summary>Solution with <code>x &lt; 1</code></summary>\n</details>\n",
        '<details open=""><summary>Open</summary></details>',
        "a<br>b, x<sub>1</sub>, <kbd>Ctrl</kbd>",
        '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
        '<a class="primary" href="https://example.org/x" download="x.ipynb">x</a>',
        '<a href="../other.html#step">x</a>',
        '<a href="mailto:someone@example.org">x</a>',
    ],
)
def test_what_lessons_use_is_kept(html):
    assert clean([html]) == [html]


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<script>alert(1)</script>", ""),
        ("<SCRIPT src=x></SCRIPT>", ""),
        ("<style>b { color: red }</style>", ""),
        ('<iframe src="https://example.org">x</iframe>', "x"),
        ("<object data=x></object><embed src=x>", ""),
        ('<img src="x" onerror="alert(1)">', ""),
        ("<b onclick=alert(1)>x</b>", "<b>x</b>"),
        ('<b style="position: fixed">x</b>', "<b>x</b>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="&#106;avascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href=" java\nscript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="data:text/html,x">x</a>', "<a>x</a>"),
        ('<a href="file:///etc/passwd">x</a>', "<a>x</a>"),
        ('<form action="https://example.org"><input name=x></form>', ""),
        ("<svg><script>alert(1)</script></svg>", ""),
        ("<math><mtext><script>alert(1)</script></mtext></math>", ""),
        ('<base href="https://example.org"><meta http-equiv=refresh>', ""),
        ("<!-- a comment --><b>x</b><!-- another", "<b>x</b>"),
    ],
)
def test_what_runs_or_loads_is_dropped(html, left):
    assert clean([html]) == [left]


def test_a_tag_may_be_opened_in_one_piece_and_closed_in_another():
    pieces = ["<details>\n<summary>x</summary>\n", "<br />", "</details>\n"]
    assert clean(pieces) == ["<details>\n<summary>x</summary>\n", "<br>", "</details>\n"]
    assert clean(["<table><tr><td>", "</td></tr></table>"]) == [
        "<table><tbody><tr><td>",
        "</td></tr></tbody></table>",
    ]


def test_what_is_left_open_is_closed_and_what_was_never_open_is_dropped():
    assert clean(["<b>", "<i>", "x"]) == ["<b>", "<i>", "x</i></b>"]
    assert clean(["</div></div></article>", "x"]) == ["", "x"]


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "textarea", "title", "noscript"])
def test_a_tag_that_makes_text_of_what_follows_spoils_only_itself(tag):
    pieces = ["<details>", f"<{tag}>", f"</{tag}>", "</details>"]
    assert clean(pieces) == ["<details>", "", "", "</details>"]
    assert clean(["<b>", f"<{tag}>", "</b>"])[0] == "<b>"


def test_as_many_pieces_come_back():
    assert clean([]) == []
    assert len(clean(["<select>", "<plaintext>", "<b>", "<svg>", "<!--", "-->", "<p"])) == 7
