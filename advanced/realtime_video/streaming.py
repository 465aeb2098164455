"""Live video through three threads: capture, detection, publishing.

Between them are bounded queues that drop the oldest frame: what is shown is
late by a few frames at most, and what was dropped is counted.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import av
import numpy as np

Item = TypeVar("Item")
Say = Callable[[str], None]
BROKEN = (av.error.FFmpegError, OSError)  # what a source raises


class LatestQueue(Generic[Item]):
    """A bounded queue; when it is full, the oldest item makes room."""

    def __init__(self, size: int | None) -> None:
        self.items: deque[Item] = deque(maxlen=size)
        self.changed = threading.Condition()
        self.dropped, self.closed = 0, False

    def is_full(self) -> bool:
        """Say whether one more item would push out another."""
        return len(self.items) == self.items.maxlen

    def put(self, item: Item, wait: bool = False) -> None:
        """Add an item: at once, or when there is room."""
        with self.changed:
            if wait:
                self.changed.wait_for(
                    lambda: self.closed or not self.is_full()
                )
            self.dropped += self.is_full()
            self.items.append(item)  # a deque that is full drops the oldest
            self.changed.notify_all()

    def get(self) -> Item | None:
        """Wait for an item; None when there will be no more."""
        with self.changed:
            self.changed.wait_for(lambda: self.items or self.closed)
            self.changed.notify_all()
            return self.items.popleft() if self.items else None

    def close(self) -> None:
        """Let `get` return None once the queue is empty."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


@dataclass(frozen=True)
class Frame:
    """One picture of the film."""

    number: int  # from 0; dropped ones count, too
    shown: np.ndarray  # RGB, (height, width, 3), as it is shown
    seen: np.ndarray  # as the network takes it
    captured: float  # time.monotonic() when it came


@dataclass(frozen=True)
class Source:
    """Where the film comes from, and how to behave when it does not."""

    address: str  # a file, a URL, or camera:0
    rate: float | None = None  # frames a second of a file, if not its own
    paced: bool = True  # a file's frames come when they are due
    repeat: bool = False  # a file begins again at its end
    patience: float = 3.0  # seconds without a frame: it stalls
    attempts: int = 4  # to open a live source again, before giving up
    pause: float = 0.5  # seconds before the first of them; then twice that

    @property
    def is_camera(self) -> bool:
        """Say whether it is a camera of this machine."""
        return self.address.startswith("camera:")

    @property
    def is_live(self) -> bool:
        """Say whether frames come when they come, and may come again."""
        return self.is_camera or "://" in self.address

    @property
    def keeps_all(self) -> bool:
        """Say whether frames wait in place of being dropped."""
        return not self.is_live and not self.paced

    def open(self) -> Any:
        """Open it with PyAV."""
        if self.is_camera:
            name = self.address.removeprefix("camera:")
            options = {"framerate": f"{self.rate:g}"} if self.rate else {}
            place, driver = {
                "linux": (f"/dev/video{name}", "v4l2"),
                "darwin": (name, "avfoundation"),
            }.get(sys.platform, (f"video={name}", "dshow"))
            return av.open(place, format=driver, options=options)
        if self.is_live:
            return av.open(self.address, timeout=self.patience)
        return av.open(self.address)


class Capture(threading.Thread):
    """Reads frames, makes them small, and puts them into a queue."""

    def __init__(
        self,
        source: Source,
        queue: LatestQueue[Frame],
        seen: tuple[int, int],
        say: Say,
        widest: int = 640,
        oldest: float = 0.1,
    ) -> None:
        super().__init__(name="capture", daemon=True)
        self.oldest, self.skipped = oldest, 0  # seconds; frames
        self.source, self.queue, self.say = source, queue, say
        self.seen, self.widest = seen, widest  # height and width; pixels
        self.captured = 0
        self.stopped = threading.Event()
        self.failed = False

    def run(self) -> None:
        """Read until the end, the last attempt, or `stopped`."""
        try:
            failures = 0
            while not self.stopped.is_set():
                before, sentence = self.captured, self.read()
                if self.stopped.is_set():
                    break
                if not self.source.is_live:
                    if sentence:
                        self.say(sentence)
                        self.failed = self.captured == 0
                    if sentence or not self.source.repeat:
                        break
                    continue
                failures = 1 if self.captured > before else failures + 1
                if failures > self.source.attempts:
                    self.say(f"{sentence} That was the last attempt.")
                    self.failed = True
                    break
                pause = self.source.pause * 2 ** (failures - 1)
                self.say(f"{sentence} Trying again in {pause:g} s.")
                self.stopped.wait(pause)
        finally:
            self.queue.close()

    def read(self) -> str:
        """Read the source once; return what is to be said of its end."""
        count, expected, address = 0, 0, self.source.address
        try:
            with self.source.open() as container:
                if not container.streams.video:
                    return f"{address} has no pictures."
                expected = container.streams.video[0].frames
                for frame, captured in self.paced(container):
                    if self.stopped.is_set():
                        return ""
                    self.put(frame, captured)
                    count += 1
        except BROKEN as error:
            return self.sentence(error, count, expected)
        if self.source.is_live:
            return f"The stream ended after {count} frames."
        if count < expected:
            return f"The file ends after {count} of {expected} frames."
        return "" if count else f"{address} has no frames."

    def sentence(self, error: Exception, count: int, expected: int) -> str:
        """Say what went wrong, and when."""
        what = "camera" if self.source.is_camera else "file"
        if "://" in self.source.address:
            what = "stream"
        stalls = isinstance(error, av.error.ExitError | TimeoutError)
        reason = getattr(error, "strerror", None) or str(error)
        if stalls:
            return (
                f"The {what} stalls after {count} frames: nothing came for "
                f"{self.source.patience:g} s."
            )
        if count:
            known = expected and not self.source.is_live
            of = f" of {expected}" if known else ""
            return f"The {what} broke off after {count}{of} frames: {reason}."
        return f"The {what} {self.source.address} cannot be opened: {reason}."

    def paced(self, container: Any) -> Iterator[tuple[av.VideoFrame, float]]:
        """Yield frames with the time at which they came, or were due."""
        stream, start = container.streams.video[0], time.monotonic()
        first, count = None, 0
        for packet in container.demux(stream):
            came = time.monotonic()
            for frame in packet.decode():
                if not self.source.is_live and self.source.paced:
                    if self.source.rate:
                        due = count / self.source.rate
                    else:
                        first = frame.time if first is None else first
                        due = frame.time - first
                    came = start + due
                    self.stopped.wait(max(0.0, came - time.monotonic()))
                elif not self.source.is_live:
                    came = time.monotonic()
                count += 1
                yield frame, came

    def put(self, frame: av.VideoFrame, captured: float) -> None:
        """Scale a frame twice, and hand it on, if it is not too late."""
        number, self.captured = self.captured, self.captured + 1
        late = time.monotonic() - captured > self.oldest
        if late and not self.source.keeps_all:
            self.skipped += 1
            return
        width = min(frame.width, self.widest) // 2 * 2
        height = round(frame.height * width / frame.width / 2) * 2
        shown = frame.reformat(width, height, "rgb24").to_ndarray()
        seen = frame.reformat(self.seen[1], self.seen[0], "rgb24")
        item = Frame(number, shown, seen.to_ndarray(), captured)
        self.queue.put(item, wait=self.source.keeps_all)


@dataclass(frozen=True)
class Result:
    """A frame, and what was found in it."""

    frame: Frame
    tracks: list[Any]
    counts: dict[tuple[int, str], int]


@dataclass
class Statistics:
    """How fast and how late frames are shown; messages."""

    window: int = 300  # frames
    shown: int = 0
    times: deque[float] = field(default_factory=deque)
    latencies: list[float] = field(default_factory=list)
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    lock: threading.Lock = field(default_factory=threading.Lock)
    listener: Say | None = None  # hears each message

    def say(self, sentence: str) -> None:
        """Keep a message, and hand it on."""
        with self.lock:
            self.messages.append(sentence)
        if self.listener:
            self.listener(sentence)

    def add(self, captured: float) -> None:
        """Count a frame that is shown now."""
        now = time.monotonic()
        with self.lock:
            self.shown += 1
            self.times.append(now)
            self.latencies.append(now - captured)
            if len(self.times) > self.window:
                self.times.popleft()
                del self.latencies[0]

    def summary(self) -> dict[str, Any]:
        """Return the figures of the last frames."""
        with self.lock:
            took = self.times[-1] - self.times[0] if self.shown > 1 else 0.0
            late = 1000 * np.array(self.latencies or [0.0])
            return {
                "shown": self.shown,
                "frames_per_second": (len(self.times) - 1) / took
                if took
                else 0.0,
                "latency_p50_ms": float(np.percentile(late, 50)),
                "latency_p95_ms": float(np.percentile(late, 95)),
                "messages": list(self.messages),
            }


class Pipeline:
    """Capture, detection and publishing, each in a thread of its own.

    Parameters
    ----------
    detect
        Turns a frame into a `Result`.
    publish
        Draws a result and shows it.
    """

    def __init__(
        self,
        source: Source,
        seen: tuple[int, int],
        detect: Callable[[Frame], Result],
        publish: Callable[[Result], None],
        size: int = 2,
    ) -> None:
        self.detect, self.publish = detect, publish
        self.statistics = Statistics()
        self.frames: LatestQueue[Frame] = LatestQueue(size)
        self.results: LatestQueue[Result] = LatestQueue(size)
        self.capture = Capture(source, self.frames, seen, self.statistics.say)
        self.threads = [
            self.capture,
            threading.Thread(target=self.work, name="detection", daemon=True),
            threading.Thread(target=self.show, name="publishing", daemon=True),
        ]
        self.error: Exception | None = None

    def start(self) -> None:
        """Start the threads."""
        for thread in self.threads:
            thread.start()

    def work(self) -> None:
        """Detect and track, frame after frame."""
        size = None
        try:
            while (frame := self.frames.get()) is not None:
                height, width, _ = frame.shown.shape
                if size not in {None, (width, height)}:
                    self.statistics.say(
                        f"The frames change from {size[0]} × {size[1]} to "
                        f"{width} × {height} pixels: the tracks begin again."
                    )
                size = width, height
                keep = self.capture.source.keeps_all
                self.results.put(self.detect(frame), wait=keep)
        except Exception as error:
            self.fail("detection", error)
        finally:
            self.results.close()

    def show(self) -> None:
        """Publish results; what comes later than the newest is dropped."""
        try:
            while (result := self.results.get()) is not None:
                self.publish(result)
                self.statistics.add(result.frame.captured)
        except Exception as error:
            self.fail("publishing", error)

    def fail(self, where: str, error: Exception) -> None:
        """Say that a thread cannot go on, and end the others."""
        self.error = error
        reason = f"{type(error).__name__}: {error}"
        self.statistics.say(f"The {where} cannot go on. {reason}")
        self.stop()
        self.frames.close()
        self.results.close()

    def stop(self) -> None:
        """Read no more frames; what is on its way is still shown."""
        self.capture.stopped.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all threads have ended; say whether they have."""
        end = None if seconds is None else time.monotonic() + seconds
        for thread in self.threads:
            thread.join(
                None if end is None else max(0, end - time.monotonic())
            )
        return not any(thread.is_alive() for thread in self.threads)

    def summary(self) -> dict[str, Any]:
        """Return what a page, or a log, says of the film so far."""
        return {
            "captured": self.capture.captured,
            "dropped": self.capture.skipped
            + self.frames.dropped
            + self.results.dropped,
        } | self.statistics.summary()


class Recorder:
    """Writes pictures into a film; the first one decides its size.

    It is written in pieces of a second, so that what is there can be read
    even when the program is killed.
    """

    def __init__(self, path: Path, say: Say) -> None:
        self.path, self.say = path, say
        self.container: Any = None
        self.started, self.last = 0.0, -1
        self.warned = False

    def write(self, picture: np.ndarray, captured: float) -> None:
        """Add a picture at the time at which it was captured."""
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        if self.container is None:
            self.begin(frame, captured)
        if (frame.width, frame.height) != (
            self.stream.width,
            self.stream.height,
        ):
            if not self.warned:
                self.say(f"{self.path.name} keeps the size it began with.")
            self.warned = True
        milliseconds = round(1000 * (captured - self.started))
        frame = frame.reformat(
            self.stream.width, self.stream.height, "yuv420p"
        )
        frame.pts = self.last = max(milliseconds, self.last + 1)
        frame.time_base = self.stream.codec_context.time_base
        self.container.mux(self.stream.encode(frame))

    def begin(self, frame: av.VideoFrame, captured: float) -> None:
        """Open the file."""
        from fractions import Fraction

        pieces = {"movflags": "frag_keyframe+empty_moov", "flush_packets": "1"}
        self.container = av.open(str(self.path), "w", options=pieces)
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        fast = {"preset": "ultrafast", "tune": "zerolatency"}
        options = fast if codec == "libx264" else {}
        self.stream = self.container.add_stream(
            codec, rate=30, options=options
        )
        self.stream.codec_context.gop_size = 30  # frames of a piece
        self.stream.width, self.stream.height = frame.width, frame.height
        self.stream.pix_fmt = "yuv420p"
        self.stream.codec_context.time_base = Fraction(1, 1000)
        self.started = captured

    def close(self) -> None:
        """Write what is left."""
        if self.container is not None:
            self.container.mux(self.stream.encode())
            self.container.close()
            self.container = None
