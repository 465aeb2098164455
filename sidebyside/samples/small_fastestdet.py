"""The first weights of a small FastestDet: the sample of the one that learnt COCO.

It has the parts and the names of the large one, with fewer units and fewer channels. Nothing has
been learnt: a lesson that works on the sample trains it first. The weights are drawn as whole
numbers and divided, so that every machine draws the same.
"""

import math

import numpy as np

CHANNELS = (8, 24, 48, 64)  # after the first convolution and after each stage
UNITS = (1, 2, 1)  # of each stage
CLASSES = 80
STEPS = 1000  # a weight is one of so many on each side of 0


def draw(seed: int) -> dict[str, np.ndarray]:
    """Draw first weights from `seed`.

    Returns
    -------
    arrays : by their names in the published file: float32, and int64 for the counters of the
        normalisations
    """
    random = np.random.default_rng(seed)
    arrays = {}

    def layer(name: str, number: int, before: int, after: int, side: int = 1) -> None:
        """Draw a convolution and its normalisation; `before` is 1 if each channel is by itself."""
        shape = (after, before, side, side)
        bound = math.sqrt(6 / math.prod(shape[1:]))  # He's
        drawn = random.integers(-STEPS, STEPS + 1, shape)
        arrays[f"{name}.{number}.weight"] = (drawn * (bound / STEPS)).astype(np.float32)
        norm = f"{name}.{number + 1}"
        arrays[f"{norm}.weight"] = np.ones(after, np.float32)
        arrays[f"{norm}.bias"] = np.zeros(after, np.float32)
        arrays[f"{norm}.running_mean"] = np.zeros(after, np.float32)
        arrays[f"{norm}.running_var"] = np.ones(after, np.float32)
        arrays[f"{norm}.num_batches_tracked"] = np.zeros((), np.int64)

    layer("backbone.first_conv", 0, 3, CHANNELS[0], 3)
    before = CHANNELS[0]
    for stage, (units, after) in enumerate(zip(UNITS, CHANNELS[1:], strict=True), 2):
        for unit in range(units):
            place, own = f"backbone.stage{stage}.{unit}", before if unit == 0 else after // 2
            layer(f"{place}.branch_main", 0, own, after // 2)
            layer(f"{place}.branch_main", 3, 1, after // 2, 3)
            layer(f"{place}.branch_main", 5, after // 2, after - own)
            if unit == 0:
                layer(f"{place}.branch_proj", 0, 1, own, 3)
                layer(f"{place}.branch_proj", 2, own, own)
        before = after
    wide = CHANNELS[-2]
    layer("SPP.Conv1x1.conv1x1", 0, sum(CHANNELS[1:]), wide)
    for branch in (1, 2, 3):
        for number in range(branch):
            layer(f"SPP.S{branch}", 3 * number, 1, wide, 5)
    layer("SPP.output", 0, 3 * wide, wide)
    layer("detect_head.conv1x1.conv1x1", 0, wide, wide)
    for head, answers in (("obj", 1), ("reg", 4), ("cls", CLASSES)):
        layer(f"detect_head.{head}_layers.conv5x5", 0, 1, wide, 5)
        layer(f"detect_head.{head}_layers.conv5x5", 3, wide, answers)
    arrays["detect_head.obj_layers.conv5x5.4.bias"] -= 3  # at first, a point seldom has an object
    return arrays
