"""FastestDet (Ma 2022), learnt on COCO: the weights of a published detector."""

from dataclasses import dataclass

import numpy as np

from sidebyside.datasets.description import DataSet, Files
from sidebyside.datasets.state_dicts import read_state_dict, zipped_state_dict_bytes
from sidebyside.samples import small_fastestdet

FILE = "fastestdet_coco.pth"
_NAMES = """
person, bicycle, car, motorbike, aeroplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite,
baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork,
knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake,
chair, sofa, pottedplant, bed, diningtable, toilet, tvmonitor, laptop, mouse, remote, keyboard,
cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear,
hair drier, toothbrush
"""
CLASS_NAMES = tuple(name.strip() for name in _NAMES.split(","))


@dataclass(frozen=True)
class FastestDet:
    """The weights of FastestDet, or its sample, as arrays.

    Attributes
    ----------
    arrays
        By their names in the file, ``backbone.first_conv.0.weight``, in PyTorch's layout: float32,
        in all 244,490 weights besides running statistics, and int64 counters. It takes pictures
        of 352 x 352 pixels, blue, green and red from 0 to 1. The sample has the parts and the
        names of the large one, fewer and smaller, and has learnt nothing.
    class_names
        The 80 classes of COCO, in the order of the answers.
    size
        ``full`` or ``sample``.
    """

    arrays: dict[str, np.ndarray]
    class_names: tuple[str, ...]
    size: str


def fastestdet() -> FastestDet:
    """Load FastestDet's weights, downloading them (1 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, the first weights of a small network with the same parts, made
    on this machine and stored in the same file format.

    Raises
    ------
    DataError
        If the weights cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/dog-qiuqiu/FastestDet
    """
    return FASTESTDET.load()


def _read(files: Files, size: str) -> FastestDet:
    return FastestDet(read_state_dict(files[FILE]), CLASS_NAMES, size)


def _sample_files() -> dict[str, bytes]:
    return {FILE: zipped_state_dict_bytes(small_fastestdet.draw(seed=352))}


FASTESTDET = DataSet(
    name="fastestdet",
    title="FastestDet",
    folder="weights",
    files=(FILE,),
    download=1_157_945,
    licence="BSD-3-Clause",
    source="https://github.com/dog-qiuqiu/FastestDet",
    read=_read,
    sample=_sample_files,
)
