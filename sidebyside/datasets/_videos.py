"""Three short films: people, bottles and cars, for detection on live video."""

from dataclasses import dataclass
from pathlib import Path

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import films, jpeg, mp4

FILES = {
    "people": "one-by-one-person-detection.mp4",
    "bottles": "bottle-detection.mp4",
    "cars": "car-detection.mp4",
}


@dataclass(frozen=True)
class Videos:
    """Three films as files, because a program for live video reads them frame by frame.

    Attributes
    ----------
    people, bottles, cars
        The paths of the files: people who walk through a room one by one, 1,394 frames; bottles
        on a table, 1,189; cars on a road, seen from above, 377. H.264 (sample: 52 frames of 192 x
        128 pixels, shapes that pass by, Motion JPEG). Read them, and leave them as they are.
    size
        ``full`` or ``sample``.
    """

    people: Path
    bottles: Path
    cars: Path
    size: str


def videos() -> Videos:
    """Load three films, downloading them (7 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, films of drawn shapes under the same names, made on this
    machine.

    Raises
    ------
    DataError
        If a film cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/intel-iot-devkit/sample-videos
    """
    return VIDEOS.load()


def _read(files: Files, size: str) -> Videos:
    people, bottles, cars = (files[name] for name in FILES.values())
    return Videos(people, bottles, cars, size)


def _sample_files() -> dict[str, bytes]:
    made = {}
    for seed, (name, file) in enumerate(FILES.items(), 352):
        frames = [jpeg.encode(frame) for frame in films.draw(name, seed)]
        made[file] = mp4.pack(frames, films.WIDTH, films.HEIGHT, films.RATE)
    return made


VIDEOS = DataSet(
    name="videos",
    title="Videos",
    folder="videos",
    files=tuple(FILES.values()),
    download=6_608_432,
    licence="CC BY 4.0",
    source="https://github.com/intel-iot-devkit/sample-videos",
    read=_read,
    sample=_sample_files,
)
