"""The page of a small demo, asked by programs: bad questions get a sentence, and the page lives."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from small_project import DEMO, keep_weights, sides_of, write_project

from sidebyside.demos.making import demo_files

pytest.importorskip("gradio", reason="the extra 'demo' is not installed")

import httpx
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from sidebyside.demos.gradio_page import opened
from sidebyside.errors import DemoError


def opened_page(root, demo=DEMO):
    files = demo_files(write_project(root, demo), "sample")
    keep_weights(files)
    return opened(sides_of(files), server_name="127.0.0.1")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Return a client of the small demo's page."""
    with opened_page(tmp_path_factory.mktemp("project")) as page:
        yield Client(page.local_url, verbose=False)


@pytest.fixture
def ask(client, tmp_path):
    """Return a function that asks the page; the note, and each side's answer and time."""

    def asked(picture="red", text="text", number=1, name="picture.png", **options):
        path = tmp_path / name
        if isinstance(picture, bytes):
            path.write_bytes(picture)
        else:
            if isinstance(picture, str):
                picture = Image.new("RGB", (8, 8), picture)
            picture.save(path, **options)
        return client.predict(handle_file(path), text, number, api_name="/answer")

    return asked


def test_both_sides_answer_with_their_times(ask):
    note, ours, time, theirs, _ = ask()
    assert (note, ours) == ("", theirs)
    assert ours["label"] == "red"
    assert ours["confidences"][0] == {"label": "red", "confidence": 0.5}
    assert re.fullmatch(r"Answered in \d+\.\d m?s", time)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"picture": b"This is a text."}, "not a picture"),
        ({"picture": Image.new("L", (10_000, 6_000))}, "too many"),
        ({"text": ""}, "no text yet"),
        ({"text": "x" * 100_000}, "too long"),
        ({"number": 3}, "from 1 to 2"),
        ({"number": "many"}, "from 1 to 2"),
    ],
    ids=["a text file", "60 megapixels", "no text", "100 kB of text", "too much", "no number"],
)
def test_a_bad_question_gets_a_sentence_and_the_page_lives(ask, question, sentence):
    with pytest.raises(AppError, match=sentence):
        ask(**question)
    assert ask()[1]["label"] == "red"


def test_unusual_questions_are_answered_with_a_note(ask):
    frames = [Image.new("RGB", (4, 4), color) for color in ("blue", "red")]
    animated = ask(frames[0], name="picture.gif", save_all=True, append_images=frames[1:])
    assert "animated" in animated[0] and animated[1]["label"] == "blue"
    assert "CMYK" in ask(Image.new("CMYK", (4, 4)), name="picture.jpg")[0]
    assert ask(text="😀" * 10, name="😀.png")[0] == ""


@pytest.mark.parametrize("more", [{"meta": {"_type": "gradio.FileData"}}, {}])
def test_a_file_of_this_machine_is_no_upload(client, tmp_path, more):
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    question = [{"path": str(tmp_path / "secret.png"), **more}, "text", 1]
    # past the client, which would upload the file
    place = f"{client.src.rstrip('/')}/gradio_api/call/answer"
    event = httpx.post(place, json={"data": question}, timeout=60)
    if event.is_success:
        answer = httpx.get(f"{place}/{event.json()['event_id']}", timeout=60).text
        assert "event: error" in answer and "event: complete" not in answer


def test_ten_at_once_are_answered(ask):
    colors = ["red", "lime", "blue", "red", "lime"] * 2
    with ThreadPoolExecutor(10) as pool:
        names = [f"{number}.png" for number in range(10)]
        answers = list(pool.map(lambda color, name: ask(color, name=name), colors, names))
    shown = [answer[1]["label"] for answer in answers]
    assert shown == [{"lime": "green"}.get(color, color) for color in colors]


STREAMING = DEMO.replace("    tensorflow = pytorch\n", '''
    def pytorch(self, lesson, picture):
        for count in (1, 2, 3):
            yield dict(zip(lesson.class_names[:count], (0.5, 0.3, 0.2)))

    tensorflow = pytorch
''')  # fmt: skip


def test_an_answer_can_come_piece_by_piece(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.png")
    with opened_page(tmp_path / "project", STREAMING) as page:
        client = Client(page.local_url, verbose=False)
        job = client.submit(handle_file(tmp_path / "picture.png"), "text", 1, api_name="/answer")
        job.result()
        pieces = job.outputs()
    known = [[len((piece[side] or {}).get("confidences", ())) for side in (1, 3)]
             for piece in pieces]  # fmt: skip
    assert known[-1] == [3, 3]
    assert known == sorted(known)


def test_a_port_that_is_taken_is_told(tmp_path):
    with opened_page(tmp_path / "project") as page:
        files = demo_files(write_project(tmp_path / "other"), "sample")
        keep_weights(files)
        with (
            pytest.raises(DemoError, match="The page cannot be opened"),
            opened(sides_of(files), server_name="127.0.0.1", server_port=page.server_port),
        ):
            pass


def test_a_busy_machine_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("gradio.networking.url_ok", lambda _: False)
    with opened_page(tmp_path) as page:
        assert httpx.get(page.local_url, timeout=60).status_code == httpx.codes.OK
