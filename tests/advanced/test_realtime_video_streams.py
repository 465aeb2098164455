"""Sources that fail: the program says so, and goes on or ends."""

import itertools
import urllib.error
import urllib.request

import numpy as np
import pytest
from realtime_video_stand_ins import (
    CLASSES,
    HEIGHT,
    WIDTH,
    answers,
    network_camera,
    pictures,
    write_film,
)

av = pytest.importorskip("av", reason="the extra 'video' is not installed")

from app import Watch  # noqa: E402
from engines import Card  # noqa: E402
from page import Broadcast, Server  # noqa: E402
from streaming import Frame, LatestQueue, Pipeline, Recorder, Result, Source  # noqa: E402
from tracking import Kalman, LineCounter, Track  # noqa: E402

QUICK = {"patience": 1, "attempts": 1, "pause": 0.1}


def run(source, detect=lambda frame: Result(frame, [], {})):
    """Run a source to its end; return the figures."""
    pipeline = Pipeline(source, (64, 64), detect, lambda result: None)
    pipeline.start()
    assert pipeline.wait(60)
    return pipeline.summary() | {"failed": pipeline.capture.failed, "error": pipeline.error}


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("films") / "film.mp4", pictures(40))


@pytest.fixture(scope="module")
def camera():
    with network_camera() as address:
        yield address


def test_a_whole_film_is_shown_and_nothing_is_said(film):
    figures = run(Source(str(film), paced=False))
    assert (figures["captured"], figures["shown"], figures["dropped"]) == (40, 40, 0)
    assert figures["messages"] == []


def test_a_film_comes_at_its_own_rate(film):
    figures = run(Source(str(film)))
    assert figures["frames_per_second"] < 33
    assert figures["captured"] == figures["shown"] + figures["dropped"] == 40


def test_frames_that_are_read_too_late_are_dropped(film):
    """So that a film that is read too slowly stays in time, too."""
    pipeline = Pipeline(Source(str(film)), (64, 64), lambda f: Result(f, [], {}), lambda r: None)
    pipeline.capture.oldest = -1
    pipeline.start()
    assert pipeline.wait(60)
    assert pipeline.summary()["dropped"] == pipeline.summary()["captured"] == 40


def test_a_film_that_is_cut_off_is_shown_as_far_as_it_goes(film, tmp_path):
    content = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) * 6 // 10])
    figures = run(Source(str(tmp_path / "cut.mp4"), paced=False))
    assert 0 < figures["shown"] < 40
    (sentence,) = figures["messages"]
    assert "of 40 frames" in sentence


@pytest.mark.parametrize("name", ["none.mp4", "text.mp4"])
def test_what_is_no_film_is_named(tmp_path, name):
    (tmp_path / "text.mp4").write_text("no film", "utf-8")
    figures = run(Source(str(tmp_path / name)))
    assert figures["failed"]
    assert f"{name} cannot be opened" in figures["messages"][0]


def test_a_film_without_pictures_is_named(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as sound:
        stream = sound.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame(format="s16", layout=stream.layout.name, samples=800)
        frame.sample_rate = 8000
        sound.mux(stream.encode(frame))
        sound.mux(stream.encode())
    assert "has no pictures" in run(Source(str(path)))["messages"][0]


def test_a_camera_that_is_not_there_is_tried_again_and_given_up():
    figures = run(Source("camera:77", **QUICK))
    assert figures["failed"]
    assert [s.split(". ")[-1] for s in figures["messages"]] == [
        "Trying again in 0.1 s.",
        "That was the last attempt.",
    ]


class Unplugged(Source):
    """A camera whose cable is pulled out after ten packets, and put in again."""

    def open(self):
        if next(plugged) == 1:
            raise FileNotFoundError(2, "No such file or directory")
        return Torn(av.open(self.address.removeprefix("camera:")))


class Torn:
    def __init__(self, container):
        self.container, self.streams = container, container.streams

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.container.close()

    def demux(self, stream):
        for number, packet in enumerate(self.container.demux(stream)):
            if number == 10:
                raise OSError(19, "No such device")
            yield packet


plugged = itertools.count()


def test_a_camera_that_is_unplugged_is_told_and_taken_up_again(film):
    source = Unplugged(f"camera:{film}", attempts=2, pause=0.05)
    pipeline = Pipeline(source, (64, 64), lambda f: Result(f, [], {}), lambda r: None)
    pipeline.start()
    while pipeline.capture.captured < 15 and not pipeline.wait(0.05):
        pass
    pipeline.stop()
    assert pipeline.wait(10)
    said = pipeline.summary()["messages"]
    assert "broke off" in said[0] and "No such device" in said[0]
    assert "cannot be opened" in said[1]
    assert pipeline.capture.captured >= 15


@pytest.mark.parametrize(
    ("fault", "word"),
    [("stalled", "stalls"), ("broken", "broke off"), ("resized", "frames change")],
)
def test_a_stream_with_a_fault_goes_on(camera, fault, word):
    figures = run(Source(f"{camera}/{fault}", **QUICK))
    assert any(word in sentence for sentence in figures["messages"])
    assert figures["captured"] > 20
    assert figures["captured"] == figures["shown"] + figures["dropped"]
    assert "last attempt" in figures["messages"][-1]


def test_what_was_counted_stays_when_the_size_changes():
    """And no number is given twice."""
    places = iter((column + 0.5) / 12 for column in (3, 4, 5, 6, 7, 8, 8, 8))
    card = Card(HEIGHT, WIDTH, CLASSES, 0.4)
    line = [0.5, 0, 0.5, 1]
    watch = Watch(Source("none"), lambda seen: answers(next(places)), card, [], line)
    seen = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for number in range(5):
        watch.detect(Frame(number, seen, seen, 0.0))
    before = dict(watch.counter.counts)
    assert before == {(0, "to the right"): 1}
    half = seen[::2, ::2]
    for number in range(5, 8):
        result = watch.detect(Frame(number, half, seen, 0.0))
    assert result.counts == before
    assert [track.id for track in result.tracks] == [2]


@pytest.mark.parametrize(
    ("line", "step", "way"),
    [
        ((50, 0, 50, 99), (4, 0), "to the right"),
        ((50, 99, 50, 0), (4, 0), "to the right"),
        ((50, 0, 50, 99), (-4, 0), "to the left"),
        ((0, 50, 99, 50), (0, 4), "down"),
        ((99, 50, 0, 50), (0, -4), "up"),
    ],
)
def test_a_way_is_named_as_it_is_seen(line, step, way):
    """Whichever end of the line is its first."""
    counter = LineCounter(line[:2], line[2:])
    box = np.array([40.0, 40, 60, 60]) - 5 * np.tile(step, 2)
    for number in range(11):
        track = Track(1, Kalman(box + number * np.tile(step, 2)), 0, 1.0)
        counter.update([track])
    assert counter.counts == {(0, way): 1}


def test_a_page_without_new_pictures_is_not_healthy():
    server = Server(("127.0.0.1", 0), Broadcast(), dict, oldest=0.5)
    health = f"{server.start()}/health"
    try:
        server.broadcast.publish(b"", 0.0)
        with urllib.request.urlopen(health, timeout=20) as answer:
            assert answer.read() == b"ok\n"
        server.broadcast.since -= 1
        with pytest.raises(urllib.error.HTTPError, match="503: No picture for 1 seconds"):
            urllib.request.urlopen(health, timeout=20)
    finally:
        server.end()


def test_a_detector_that_fails_ends_the_rest(film):
    def detect(frame):
        if frame.number == 3:
            raise RuntimeError("out of memory")
        return Result(frame, [], {})

    figures = run(Source(str(film), paced=False), detect)
    assert isinstance(figures["error"], RuntimeError)
    assert "detection cannot go on. RuntimeError: out of memory" in figures["messages"][0]


def test_the_oldest_frame_makes_room():
    queue = LatestQueue(2)
    for number in range(5):
        queue.put(number)
    queue.close()
    assert [queue.get(), queue.get(), queue.get()] == [3, 4, None]
    assert queue.dropped == 3


def test_a_film_whose_recording_was_cut_off_can_be_read(tmp_path):
    recorder = Recorder(tmp_path / "out.mp4", print)
    for number, picture in enumerate(pictures(50) * 2):
        recorder.write(picture, number / 30)
    content = (tmp_path / "out.mp4").read_bytes()  # what is there when the program is killed
    recorder.close()
    (tmp_path / "killed.mp4").write_bytes(content)
    with av.open(str(tmp_path / "killed.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) >= 60


def test_a_recorded_film_keeps_time_and_size(tmp_path):
    said = []
    recorder = Recorder(tmp_path / "out.mp4", said.append)
    for number, picture in enumerate(pictures(20)):
        recorder.write(picture, 5 + number / 10)
    recorder.write(pictures(1, (96, 96))[0], 7)
    recorder.write(pictures(1, (96, 96))[0], 7.1)
    recorder.close()
    recorder.close()  # a second time does nothing
    with av.open(str(tmp_path / "out.mp4")) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 22
    assert {(frame.width, frame.height) for frame in frames} == {(192, 128)}
    assert float(frames[-1].time - frames[0].time) == pytest.approx(2.1, abs=0.01)
    assert said == ["out.mp4 keeps the size it began with."]
