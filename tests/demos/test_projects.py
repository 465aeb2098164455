"""The demos of all projects, with models that are hardly trained: both sides answer."""

import os

import numpy as np
import pytest
from PIL import Image
from running_space import running
from small_project import keep_weights

from sidebyside.demos.answering import load_demo, load_sides
from sidebyside.demos.cells import step_of
from sidebyside.demos.gradio_page import EXAMPLES, UPLOADS, build
from sidebyside.demos.making import DEMO, demo_files, make, missing_weights
from sidebyside.demos.space import write_space
from sidebyside.errors import InputError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons import pairs
from sidebyside.lessons.extras import missing_extra

pytest.importorskip("gradio", reason="the extra 'demo' is not installed")

PROJECTS = [pair for pair in pairs.find_pairs() if (pair.folder / DEMO).is_file()]


def hardly_trained(pair, folder):
    """Return the files of a project's demo, with weights in `folder` of which few are learnt."""
    if sentence := missing_extra(pair):
        pytest.skip(sentence)
    files = demo_files(pair, "sample")
    files.weights.update({name: folder / f"{name}.npz" for name in FRAMEWORKS})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "MPLBACKEND", "Agg")
        import torch._dynamo  # noqa: F401  # before TensorFlow

        keep_weights(files, trained=False)
    assert missing_weights(files) == []
    return files


@pytest.fixture(scope="module", params=PROJECTS, ids=lambda pair: pair.topic)
def sides(request, tmp_path_factory):
    """Return both sides of a project's demo; its long trainings are left out."""
    return load_sides(hardly_trained(request.param, tmp_path_factory.mktemp("weights")))


@pytest.fixture
def page():
    """Return a page for components."""
    import gradio

    with gradio.Blocks(analytics_enabled=False) as blocks:
        yield blocks


def test_every_beginner_and_intermediate_project_has_a_demo():
    projects = [pair for pair in pairs.find_pairs() if pair.is_project]
    levels = ("beginner", "intermediate")
    assert {pair.topic for pair in projects if pair.level in levels} <= {
        pair.topic for pair in PROJECTS
    }


@pytest.mark.parametrize("pair", PROJECTS, ids=lambda pair: pair.topic)
def test_every_step_that_a_demo_names_is_a_step_of_the_notebooks(pair):
    demo = load_demo(pair.folder / DEMO)
    for framework in FRAMEWORKS:
        cells = {cell.id: cell.cell_type for cell in pair.read(framework).cells}
        for entry in (*demo.cells, *demo.then):
            assert step_of(entry) in cells
        trained_by = [demo.train_until, demo.counted] if demo.counted else [demo.train_until]
        assert {cells[step] for step in trained_by} == {"code"}


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg")
def test_both_sides_answer_every_example(sides, page, tmp_path):
    demo, count = sides.demo, len(sides.demo.inputs(sides.first))
    output = demo.output(sides.first)
    examples = [list(example) for example in demo.examples(sides.first, tmp_path)]
    assert examples
    for example in examples:
        assert len(example) == count
        asked = demo.read(sides.first, *example)
        for framework in FRAMEWORKS:
            *_, (value, seconds) = sides.answers(framework, asked.value)
            assert output.postprocess(value) is not None
            assert seconds > 0


def test_the_page_takes_the_examples(sides, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / UPLOADS))
    (tmp_path / EXAMPLES).mkdir()
    kinds = [block.get_block_name() for block in build(sides, tmp_path).blocks.values()]
    assert {"button", "dataset"} <= set(kinds)


def test_what_nobody_fills_in_gets_a_sentence(sides, page):
    empty = [None] * len(sides.demo.inputs(sides.first))
    with pytest.raises(InputError, match=r"^[A-Z].*\.$"):
        sides.demo.read(sides.first, *empty)


def of(topic):
    return pytest.mark.parametrize(
        "sides", [pair for pair in PROJECTS if pair.topic == topic], indirect=True, ids=[topic]
    )


@of("beginner/image_classification")
def test_a_picture_is_made_as_small_as_those_of_the_training(sides, tmp_path):
    Image.new("RGB", (300, 200), "red").save(tmp_path / "picture.png")
    asked = sides.demo.read(sides.first, tmp_path / "picture.png")
    assert (asked.value.shape, asked.value.dtype) == ((32, 32, 3), np.uint8)
    assert (asked.value == (255, 0, 0)).all()


@of("beginner/image_classification")
def test_an_example_is_seen_as_it_was_in_the_data(sides, tmp_path):
    for example, picture in zip(
        sides.demo.examples(sides.first, tmp_path), sides.first.examples, strict=True
    ):
        np.testing.assert_array_equal(sides.demo.read(sides.first, *example).value, picture)


@of("beginner/sentiment_analysis")
def test_a_text_without_words_gets_a_sentence(sides):
    with pytest.raises(InputError, match="no words"):
        sides.demo.read(sides.first, "😀 👍 — …")


@of("beginner/sentiment_analysis")
def test_what_is_not_read_of_a_text_is_told(sides):
    note = sides.demo.read(sides.first, "good zyxwv " * 300).note
    assert "600 words: both networks read the first 400" in note
    assert "300 of 600 words are unknown" in note


@of("beginner/sentiment_analysis")
def test_an_answer_is_one_in_all(sides):
    for framework in FRAMEWORKS:
        ((answer, _),) = sides.answers(framework, "good")
        assert set(answer) == {"positive", "negative"}
        assert sum(answer.values()) == pytest.approx(1)


@of("beginner/recommender")
@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ((None, [], []), "Choose a user"),
        ((-1, [], []), "The user is none of those"),
        (("7", [], []), "The user is none of those"),
        ((None, [1, 2], [2]), "is both liked and disliked"),
        ((None, [10_000], []), "A film is none of those"),
        ((None, list(range(30)), []), "at most 20 films"),
        ((None, 3, []), "at most 20 films"),
    ],
)
def test_a_question_about_no_user_and_no_film_gets_a_sentence(sides, question, sentence):
    with pytest.raises(InputError, match=sentence):
        sides.demo.read(sides.first, *question)


@of("beginner/recommender")
def test_nothing_is_suggested_that_is_known(sides):
    asked = sides.demo.read(sides.first, None, [0, 1], [2])
    titles = sides.first.data.titles
    for framework in FRAMEWORKS:
        ((films, _),) = sides.answers(framework, asked.value)
        assert len(films) == 10
        assert not {titles[film] for film in (0, 1, 2)} & {title for title, _ in films}
        scores = [float(score) for _, score in films]
        assert scores == sorted(scores, reverse=True)


@of("beginner/recommender")
def test_who_likes_a_film_is_suggested_others_than_who_dislikes_it(sides):
    def suggested(*question):
        ((films, _),) = sides.answers("pytorch", sides.demo.read(sides.first, *question).value)
        return [title for title, _ in films]

    liked = [0, 1, 2, 3, 4]
    assert suggested(None, liked, []) != suggested(None, [], liked)
    assert suggested(0, [], []) != suggested(1, [], [])


@of("intermediate/style_transfer")
def test_a_large_picture_is_made_smaller_and_painted_in_that_size(sides, tmp_path):
    Image.new("RGB", (600, 400), "red").save(tmp_path / "picture.png")
    asked = sides.demo.read(sides.first, tmp_path / "picture.png")
    assert asked.value.shape == (1, 128, 192, 3)
    assert asked.note == "The picture was made 192 × 128 pixels."
    for framework in FRAMEWORKS:
        ((painted, _),) = sides.answers(framework, asked.value)
        assert (painted.shape, painted.dtype) == ((128, 192, 3), np.uint8)


@of("intermediate/object_detection")
def test_each_class_has_its_boxes_and_their_number(sides, tmp_path):
    demo, lesson = sides.demo, sides.first
    asked = demo.read(lesson, *next(iter(demo.examples(lesson, tmp_path)))).value
    output = np.full((len(lesson.anchors), lesson.classes + 4), -20.0, np.float32)
    output[:, lesson.classes :] = 0  # the anchors as they are
    lines = [demo.marked(lesson, asked, output)[1]]
    output[[0, 5000 % len(output)], 1] = 20.0  # two cells of the second class, far apart
    lines.append(demo.marked(lesson, asked, output)[1])
    names = lesson.names
    assert [title for _, title in lines[0]] == [f"{name}: 0" for name in names]
    assert [title for _, title in lines[1]] == [
        f"{names[0]}: 0",
        f"{names[1]}: 2",
        f"{names[2]}: 0",
    ]
    assert all(mask.shape == asked.shown.size[::-1] for mask, _ in lines[1])
    assert [bool(mask.any()) for mask, _ in lines[1]] == [False, True, False]


@of("intermediate/text_generation")
def test_a_text_grows_from_its_beginning(sides):
    asked = sides.demo.read(sides.first, "The river sings", 0.8, 0.95, 0)
    assert asked.note == ""
    for framework in FRAMEWORKS:
        texts = [text for text, _ in sides.answers(framework, asked.value)]
        assert len(texts) > 10
        for text, longer in zip(["The river sings", *texts], texts, strict=False):
            assert longer.startswith(text)
            assert len(longer) > len(text)


@of("intermediate/text_generation")
def test_the_same_draws_write_the_same_text_again(sides):
    asked = [sides.demo.read(sides.first, "So", 1, 1, seed).value for seed in (3, 3, 4)]
    for framework in FRAMEWORKS:
        texts = [list(sides.answers(framework, each))[-1][0] for each in asked]
        assert texts[0] == texts[1]
        assert texts[0] != texts[2]


@of("intermediate/text_generation")
def test_what_the_networks_do_not_know_is_left_out(sides):
    read, first = sides.demo.read, sides.first
    asked = read(first, "no \N{SNOWMAN} no", 1, 1, 0)
    assert asked.value[0] == "no  no"
    assert asked.note.startswith("1 of 7 characters are unknown")
    with pytest.raises(InputError, match=r"no characters in it that the networks know"):
        read(first, "\N{SNOWMAN}\N{GRINNING FACE}", 1, 1, 0)
    asked = read(first, "so it is. " * 1000, 1, 1, 0)
    assert len(asked.value[0]) == 2000
    assert "the last 2,000 characters" in asked.note


@of("intermediate/text_generation")
@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (("so", 0, 1, 0), "Temperature must be a number from 0.1 to 2"),
        (("so", 1, "all", 0), "Top-p must be a number from 0.1 to 1"),
        (("so", 1, 1, None), "The seed must be a number"),
        (("so " * 40_000, 1, 1, 0), "which is too long"),
    ],
)
def test_a_text_that_cannot_be_gone_on_with_gets_a_sentence(sides, question, sentence):
    with pytest.raises(InputError, match=sentence):
        sides.demo.read(sides.first, *question)


@of("advanced/diffusion")
def test_a_digit_forms_and_the_same_noise_forms_the_same(sides):
    asked = [sides.demo.read(sides.first, "3", 2, 10, seed).value for seed in (0, 0, 1)]
    side = 4 * sides.first.side  # each pixel a square of four by four
    for framework in FRAMEWORKS:
        films = [[frame for frame, _ in sides.answers(framework, each)] for each in asked]
        assert len(films[0]) == 10
        for frame in films[0]:
            assert (frame.shape, frame.dtype) == ((2 * side, 6 * side, 3), np.uint8)
        assert np.abs(films[0][0].astype(int) - films[0][-1]).max() > 50
        np.testing.assert_array_equal(films[0], films[1])
        assert not np.array_equal(films[0][-1], films[2][-1])


@of("advanced/diffusion")
@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (("ten", 2, 50, 0), "The digit is none of those"),
        (("3", 9, 50, 0), "Guidance must be a number from 0 to 5"),
        (("3", 2, 1000, 0), "The number of steps must be a number from 5 to 250"),
        (("3", 2, 50, None), "The seed must be a number"),
    ],
)
def test_a_digit_that_cannot_be_drawn_gets_a_sentence(sides, question, sentence):
    with pytest.raises(InputError, match=sentence):
        sides.demo.read(sides.first, *question)


@of("advanced/vision_transformer")
def test_a_picture_is_lit_where_a_network_looks(sides, tmp_path):
    Image.new("RGB", (600, 400), "red").save(tmp_path / "picture.png")
    asked = sides.demo.read(sides.first, tmp_path / "picture.png").value
    assert asked.seen.shape == (1, 32, 32, 3)
    for framework in FRAMEWORKS:
        (((shown, ((light, title),)), _),) = sides.answers(framework, asked)
        assert light.shape == shown.size[::-1]
        assert 0 <= light.min() < light.max() <= 1
        assert light.max() > 0.9
        named = [part.rsplit(maxsplit=1) for part in title.split(", ")]
        assert {name for name, _ in named} < set(sides.first.data.class_names)
        shares = [int(share.rstrip("%")) for _, share in named]
        assert shares == sorted(shares, reverse=True)
        assert len(shares) == 3


@pytest.mark.nightly
@pytest.mark.parametrize("pair", PROJECTS, ids=lambda pair: pair.topic)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_demo_is_trained(pair, framework, tmp_path, monkeypatch):
    monkeypatch.setattr("sidebyside.demos.making.build_folder", lambda *_: tmp_path)
    shares = []
    make(pair, framework, "sample", lambda _, share, __: shares.append(share))
    assert shares == sorted(shares)
    assert missing_weights(demo_files(pair, "sample")) == [
        name for name in FRAMEWORKS if name != framework
    ]


@pytest.mark.nightly
@pytest.mark.parametrize("pair", PROJECTS, ids=lambda pair: pair.topic)
def test_a_space_of_a_project_runs_alone(pair, tmp_path):
    write_space(pair, hardly_trained(pair, tmp_path), tmp_path / "space")
    with running(tmp_path / "space"):  # both sides have answered an example
        pass
