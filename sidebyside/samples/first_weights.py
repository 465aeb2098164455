"""The first weights of a small EfficientNet: the sample of EfficientNet-Lite0.

It has the parts and the names of the large one, with three stages in place of seven and fewer
channels. Nothing has been learnt: a lesson that works on the sample trains it first. The weights
are drawn as whole numbers and divided, so that every machine draws the same.
"""

import math

import numpy as np

STEM, HEAD, CLASSES = 16, 128, 6  # channels before and after the blocks, and outputs
STAGES = ((1, 3, 1, 1, 16), (1, 3, 2, 4, 24), (1, 5, 2, 4, 40))
"""Of each stage: blocks, size of the kernel, stride of the first block, widening, channels."""
STEPS = 1000  # a weight is one of so many on each side of 0


def draw(seed: int) -> dict[str, np.ndarray]:
    """Draw first weights from `seed`.

    Returns
    -------
    arrays : by their names in a state dict of `efficientnet_lite_pytorch`: float32, and int64 for
        the counters of the normalisations
    """
    random = np.random.default_rng(seed)
    arrays = {}

    def layer(name: str, shape: tuple[int, ...]) -> None:
        bound = math.sqrt(6 / math.prod(shape[1:]))  # He's
        drawn = random.integers(-STEPS, STEPS + 1, shape)
        arrays[f"{name}.weight"] = (drawn * (bound / STEPS)).astype(np.float32)

    def norm(name: str, channels: int) -> None:
        arrays[f"{name}.weight"] = np.ones(channels, np.float32)
        arrays[f"{name}.bias"] = np.zeros(channels, np.float32)
        arrays[f"{name}.running_mean"] = np.zeros(channels, np.float32)
        arrays[f"{name}.running_var"] = np.ones(channels, np.float32)
        arrays[f"{name}.num_batches_tracked"] = np.zeros((), np.int64)

    layer("_conv_stem", (STEM, 3, 3, 3))
    norm("_bn0", STEM)
    number, channels = 0, STEM
    for blocks, kernel, _, widening, after in STAGES:
        for _ in range(blocks):
            name, wide = f"_blocks.{number}", channels * widening
            if widening > 1:
                layer(f"{name}._expand_conv", (wide, channels, 1, 1))
                norm(f"{name}._bn0", wide)
            layer(f"{name}._depthwise_conv", (wide, 1, kernel, kernel))
            norm(f"{name}._bn1", wide)
            layer(f"{name}._project_conv", (after, wide, 1, 1))
            norm(f"{name}._bn2", after)
            number, channels = number + 1, after
    layer("_conv_head", (HEAD, channels, 1, 1))
    norm("_bn1", HEAD)
    layer("_fc", (CLASSES, HEAD))
    arrays["_fc.bias"] = np.zeros(CLASSES, np.float32)
    return arrays
