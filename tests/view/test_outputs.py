"""What a cell has put out, as HTML."""

import base64
import io

from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_output
from PIL import Image

from sidebyside.lessons.notebooks import HIDDEN
from sidebyside.view.outputs import FOLDED, SHOWN, TALL, outputs_as_html


def shown(*outputs, whose=""):
    cell = new_code_cell("x", id="step", outputs=list(outputs))
    html = outputs_as_html(cell, whose, lambda picture: f'a"b/{picture.kind}')
    return [BeautifulSoup(one, "html.parser") for one in html]


def drawn(height):
    data = io.BytesIO()
    Image.new("RGB", (30, height)).save(data, "PNG")
    picture = base64.b64encode(data.getvalue()).decode()
    return new_output("display_data", data={"image/png": picture, "text/plain": "<Figure>"})


def test_text_is_escaped():
    said = new_output("stream", text="<script>x()</script> & more\n")
    failed = new_output("error", ename="Wrong<b>", evalue="a < b")
    plain = new_output("execute_result", data={"text/plain": "array(<1>)"})
    stream, error, result = shown(said, failed, plain)
    assert stream.pre.text == "<script>x()</script> & more"
    assert error.find("pre", class_="error").text == "Wrong<b>: a < b"
    assert result.pre.text == "array(<1>)"


def test_nothing_is_shown_of_an_empty_output():
    assert shown(new_output("stream", text="\n\n")) == []


def test_long_text_folds():
    lines = [f"line {number}" for number in range(FOLDED + 1)]
    (whole,) = shown(new_output("stream", text="\n".join(lines)))
    first, rest = whole.find_all("pre")
    assert first.text.split("\n") == lines[:SHOWN]
    assert rest.text.split("\n") == lines[SHOWN:]
    assert whole.summary.text == f"{FOLDED + 1 - SHOWN} more lines"
    assert rest.parent.name == "details"
    (short,) = shown(new_output("stream", text="\n".join(lines[:-1])))
    assert short.details is None


def test_a_picture_has_its_address_its_text_and_its_size():
    (whole,) = shown(drawn(20), whose="PyTorch")
    assert whole.img["src"] == 'a"b/image/png'
    assert whole.img["alt"] == "Picture made by the step step, PyTorch"
    assert (whole.img["width"], whole.img["height"]) == ("30", "20")
    (tall,) = shown(drawn(TALL + 1))
    assert tall.details.summary.text == f"Picture, 30 × {TALL + 1} pixels"
    assert tall.details.img is not None


def test_a_table_is_shown_as_it_is_and_folds_when_it_is_long():
    def table(rows):
        html = f"<table>{'<tr><td>1</td></tr>' * rows}</table>"
        return new_output("display_data", data={"text/html": html, "text/plain": "1"})

    short, long = shown(table(2), table(FOLDED + 1))
    assert len(short.find(class_="rich").find_all("td")) == 2
    assert short.details is None
    assert long.details.summary.text == f"Table, {FOLDED + 1} rows"


def test_the_answer_to_a_question_is_behind_a_button():
    stream = new_output("stream", text="(28, 28)\n")
    cell = new_code_cell("show()", id="show", outputs=[stream], metadata=HIDDEN)
    [html] = outputs_as_html(cell, "", str)
    assert html == (
        '<details class="fold answer"><summary>Show the answer</summary>'
        "<pre>(28, 28)</pre></details>"
    )
