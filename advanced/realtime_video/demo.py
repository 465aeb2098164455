"""The live demo: a picture or a short film in, boxes and tracks out."""

import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from sidebyside.demos import Asked, Demo, InputError, read_number

FILMS = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
LONGEST = 150  # frames
LARGEST = 480  # pixels of the longer side of what is shown
COLOURS = ("#e6194b", "#3c7a3c", "#4363d8", "#b35900", "#911eb4", "#008080")


def read_frames(path):
    """Return a file's first frames, small, and their rate; with a note."""
    import av

    frames, note = [], ""
    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            rate = float(stream.average_rate or 12)
            for frame in film.decode(stream):
                if len(frames) == LONGEST:
                    note = f"The first {LONGEST} frames are used."
                    break
                share = min(1, LARGEST / max(frame.width, frame.height))
                width, height = (
                    max(2, round(side * share / 2) * 2)
                    for side in (frame.width, frame.height)
                )
                frames.append(
                    frame.reformat(width, height, "rgb24").to_ndarray()
                )
    except (av.error.FFmpegError, OSError, IndexError, ValueError):
        if not frames:
            raise InputError(
                "This is neither a picture nor a film that can be read."
            ) from None
        note = f"The file breaks off after {len(frames)} frames."
    if not frames:
        raise InputError("There is no picture in this file.")
    return frames, rate, note


class RealtimeVideo(Demo):
    """Both networks find what moves through a film, and number it."""

    intro = (
        "Upload a short film, or a picture: both networks put a box around "
        "what they know, and each object keeps its number as long as it is "
        "in the film."
    )
    train_until = "train"
    keep = ("shapes_model",)
    cells = (
        "imports",
        "settings",
        "set-seed",
        "load-data",
        "define-first-weights",
        "define-block",
        "define-unit",
        "define-model",
        "rename",
        "define-load",
        "define-prepare",
        "define-predict",
        "define-decode",
        "define-overlap",
        "define-find",
        "define-shapes",
        "define-noise",
        "define-kalman",
        "define-way",
        "define-assign",
        "define-track",
        "define-tracker",
    )
    then = ("load-arrays",)

    def models(self, lesson):
        """Make the model that learnt shapes; COCO's has its own weights."""
        return {"shapes_model": lesson.make_model(len(lesson.KINDS))}

    def inputs(self, lesson):
        from gradio import File, Slider

        return [
            File(label="Film or picture", type="filepath"),
            Slider(0.1, 0.9, 0.4, step=0.05, label="Least score of a box"),
        ]

    def output(self, lesson):
        from gradio import Video

        return Video(label="Tracks")

    def read(self, lesson, value, least):
        """Return the frames, their rate and the least score."""
        path = value.get("path") if isinstance(value, Mapping) else None
        path = value if isinstance(value, Path) else path
        if not path:  # a text is not believed to be a path
            raise InputError(
                "There is no film yet: upload one, or click on an example."
            )
        frames, rate, note = read_frames(path)
        least = read_number(least, 0.1, 0.9, "The least score")
        return Asked(
            SimpleNamespace(frames=frames, rate=rate, least=least), note
        )

    def pytorch(self, lesson, asked):
        """Return the path of the annotated film."""
        model, classes = lesson.shapes_model, list(lesson.KINDS)
        if lesson.full:
            model, classes = lesson.model, list(lesson.data.class_names)
        tracker, still = lesson.Tracker(), len(asked.frames) == 1
        if still:
            tracker.hits = 1  # there is no second look
        pictures = []
        for frame in asked.frames:
            seen = small(frame, lesson.width, lesson.height)
            size = frame.shape[1], frame.shape[0]
            found = lesson.find(lesson.predict(model, seen), size, asked.least)
            pictures.append(marked(frame, tracker.update(*found), classes))
        return write_film(pictures * (12 if still else 1), asked.rate)

    tensorflow = pytorch  # the notebooks' functions have the same name

    def examples(self, lesson, folder):
        import shutil

        for name in ("people", "bottles"):
            path = folder / f"{name}.mp4"
            shutil.copy(getattr(lesson.films, name), path)
            yield [path, 0.4]


def small(frame, width, height):
    """Return a frame as the network sees it."""
    from PIL import Image

    return np.asarray(Image.fromarray(frame).resize((width, height)))


def marked(frame, tracks, classes):
    """Return a frame with the boxes and the numbers of its tracks."""
    from PIL import Image, ImageDraw

    picture = Image.fromarray(frame)
    pen = ImageDraw.Draw(picture)
    for track in tracks:
        colour = COLOURS[track.id % len(COLOURS)]
        left, top, right, bottom = track.box
        pen.rectangle((left, top, right, bottom), outline=colour, width=2)
        text, place = f"{classes[track.label]} {track.id}", (left + 2, top)
        pen.rectangle(pen.textbbox(place, text), fill=colour)
        pen.text(place, text, "white")
    return np.asarray(picture)


def write_film(pictures, rate):
    """Write a film that a browser plays; return its path."""
    import av

    path = Path(FILMS.name) / f"{uuid.uuid4().hex}.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=max(1, round(rate)))
        stream.height, stream.width, _ = pictures[0].shape
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return str(path)
