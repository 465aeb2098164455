"""The sample of the videos: MP4 files that were written by hand, and what is to be seen in them."""

import numpy as np
import pytest

from sidebyside import datasets
from sidebyside.samples import films

av = pytest.importorskip("av", reason="the extra 'video' is not installed")


@pytest.mark.parametrize("name", films.CLIPS)
def test_a_player_reads_every_frame(name):
    with av.open(str(getattr(datasets.videos(), name))) as film:
        stream = film.streams.video[0]
        frames = list(film.decode(stream))
        assert stream.frames == len(frames) == films.FRAMES
        assert stream.average_rate == films.RATE
    assert {(frame.width, frame.height) for frame in frames} == {(films.WIDTH, films.HEIGHT)}
    assert [frame.time for frame in frames] == [n / films.RATE for n in range(films.FRAMES)]


def test_frames_are_those_that_were_drawn():
    drawn = films.draw("people", 352)
    with av.open(str(datasets.videos().people)) as film:
        for picture, frame in zip(drawn, film.decode(video=0), strict=True):
            seen = frame.to_ndarray(format="rgb24").astype(int)
            assert abs(seen - picture).mean() < 3  # JPEG rounds


def test_shapes_pass_from_the_left_to_the_right():
    where = []
    for frame in films.draw("bottles", 353):
        bright = np.flatnonzero(frame.max(axis=(0, 2)) > 150)
        where.append(bright.max() if len(bright) else -1)
    assert where[0] < films.WIDTH // 4
    assert where[26] > films.WIDTH // 2
