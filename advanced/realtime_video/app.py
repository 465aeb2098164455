"""Detect, track and count on live video; watch it in the browser.

    python app.py camera:0 --model models/detector.onnx
    python app.py film.mp4 --model models/detector.pt2 --record out.mp4
    python app.py rtsp://camera.example/1 --model models/saved --port 8000

The first line on the standard output has the page's address, the last one the
figures of the whole film, both as JSON. Messages go to the standard error.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from detection import find
from drawing import Line, draw, to_jpeg
from engines import Card, Engine, load_engine
from page import Broadcast, Server
from streaming import Frame, Pipeline, Recorder, Result, Source
from tracking import LineCounter, Tracker


class Watch:
    """What is done with each frame: detect, track, count, draw, publish."""

    def __init__(
        self,
        source: Source,
        engine: Engine,
        card: Card,
        wanted: list[str],
        line: list[float] | None = None,
        record: Path | None = None,
    ) -> None:
        unknown = [name for name in wanted if name not in card.classes]
        if unknown:
            raise ValueError(
                f"The model does not know {', '.join(unknown)}. It knows "
                f"{', '.join(card.classes)}."
            )
        self.engine, self.card, self.wanted = engine, card, wanted
        self.broadcast = Broadcast()
        seen = card.height, card.width
        self.pipeline = Pipeline(source, seen, self.detect, self.publish)
        say = self.pipeline.statistics.say
        self.recorder = Recorder(record, say) if record else None
        self.size: tuple[int, int] | None = None  # width and height
        self.last: int | None = None  # the number of the frame before
        self.tracker = Tracker()
        self.relative_line = line
        self.line: Line | None = None
        self.counter: LineCounter | None = None

    def begin(self, size: tuple[int, int]) -> None:
        """Start with new tracks, for frames of this size.

        No number is given twice, and what was counted stays.
        """
        self.size, self.last = size, None
        born, self.tracker = self.tracker.born, Tracker()
        self.tracker.born = born
        if self.relative_line:
            x, y, other_x, other_y = self.relative_line
            width, height = size
            start = x * width, y * height
            end = other_x * width, other_y * height
            self.line = start, end
            before, self.counter = self.counter, LineCounter(start, end)
            if before:
                self.counter.counts = before.counts

    def detect(self, frame: Frame) -> Result:
        """Find the objects of a frame, and which track each belongs to."""
        height, width, _ = frame.shown.shape
        if self.size != (width, height):
            self.begin((width, height))
        passed = 1 if self.last is None else frame.number - self.last
        self.last = frame.number
        output = self.engine(frame.seen)
        boxes, labels, scores = find(output, self.size, self.card.least_score)
        names = [self.card.classes[label] for label in labels]
        rows = [
            row
            for row, name in enumerate(names)
            if not self.wanted or name in self.wanted
        ]
        found = boxes[rows], labels[rows], scores[rows]
        tracks = self.tracker.update(*found, passed)
        counts: dict[tuple[int, str], int] = {}
        if self.counter:
            self.counter.update(tracks)
            counts = dict(self.counter.counts)
        return Result(frame, tracks, counts)

    def publish(self, result: Result) -> None:
        """Draw a result, show it, and write it into the film."""
        text = ", ".join(
            f"{name} {count}"
            for name, count in self.named(result.counts).items()
        )
        picture = draw(
            result.frame.shown,
            result.tracks,
            self.card.classes,
            self.line,
            text,
        )
        self.broadcast.publish(to_jpeg(picture), result.frame.captured)
        if self.recorder:
            self.recorder.write(np.asarray(picture), result.frame.captured)

    def named(self, counts: dict[tuple[int, str], int]) -> dict[str, int]:
        """Return counts by words in place of numbers."""
        return {
            f"{self.card.classes[label]} {way}": count
            for (label, way), count in counts.items()
        }

    def figures(self) -> dict[str, Any]:
        """Return what the page shows beside the film."""
        counts = self.counter.counts if self.counter else {}
        return self.pipeline.summary() | {
            "counts": self.named(dict(counts)),
            "tracks": self.tracker.born,
        }

    def close(self) -> None:
        """End the film, what is recorded, and the page."""
        self.pipeline.stop()
        self.pipeline.wait(10)
        if self.recorder:
            self.recorder.close()
        self.broadcast.close()


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", help="a file, a URL, or camera:0")
    add(
        "--model",
        type=Path,
        required=True,
        help=".pt2, .pte, .onnx, .tflite, folder",
    )
    add(
        "--classes",
        default="",
        help="those to look for, with commas; else all",
    )
    add("--line", help="to count across: x,y,x,y in parts of the picture")
    add("--record", type=Path, help="the annotated film, .mp4")
    add("--host", default="127.0.0.1", help="0.0.0.0 in a container")
    add("--port", type=int, default=0, help="0: a free one")
    add("--threads", type=int, default=1, help="for the network")
    add("--rate", type=float, help="frames a second, if not the film's own")
    add(
        "--unpaced", action="store_true", help="read a file as fast as it goes"
    )
    add("--repeat", action="store_true", help="begin a file again at its end")
    add(
        "--patience",
        type=float,
        default=3.0,
        help="seconds until a stream stalls",
    )
    add("--attempts", type=int, default=4, help="to open a stream again")
    add(
        "--end-with-stdin", action="store_true", help="end with who started it"
    )
    return parser.parse_args(arguments)


def watch_of(options: argparse.Namespace) -> Watch:
    """Make what the command line asks for."""
    source = Source(
        options.source,
        rate=options.rate,
        paced=not options.unpaced,
        repeat=options.repeat,
        patience=options.patience,
        attempts=options.attempts,
    )
    line = None
    if options.line:
        line = [float(number) for number in options.line.split(",")]
        if len(line) != 4:
            raise ValueError("A line is four numbers: x,y,x,y.")
    engine = load_engine(options.model, options.threads)
    card = Card.beside(options.model)
    engine(blank(card))  # the first call costs more than the others
    wanted = [name for name in options.classes.split(",") if name]
    return Watch(source, engine, card, wanted, line, options.record)


def blank(card: Card) -> np.ndarray:
    """Return a black picture."""
    return np.zeros((card.height, card.width, 3), np.uint8)


def run(options: argparse.Namespace) -> int:
    """Show a film until it ends; return the exit code."""
    watch = watch_of(options)
    server = Server(
        (options.host, options.port), watch.broadcast, watch.figures
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watch.pipeline.stop())
    if options.end_with_stdin:
        threading.Thread(
            target=lambda: (sys.stdin.read(), watch.pipeline.stop()),
            daemon=True,
        ).start()
    watch.pipeline.statistics.listener = tell
    print(json.dumps({"address": server.start()}), flush=True)
    watch.pipeline.start()
    try:
        while not watch.pipeline.wait(0.2):
            pass
    finally:
        watch.close()
        server.end()
        print(json.dumps(watch.figures()), flush=True)
    failed = watch.pipeline.capture.failed or watch.pipeline.error
    return 1 if failed else 0


def tell(sentence: str) -> None:
    """Print a message."""
    print(sentence, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run, and say what is wrong in a sentence."""
    try:
        return run(parse(arguments))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
