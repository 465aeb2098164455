"""The first weights of a small SqueezeNet: the sample of SqueezeNet 1.1.

It has the parts and the names of the large one as far as its fourth fire module, and fewer
channels. Nothing has been learnt: a lesson that works on the sample trains it first. The weights
are drawn as whole numbers and divided, so that every machine draws the same. Pixels go up to 255:
the first convolution's weights are so much smaller that what it sees is near 1.
"""

import math

import numpy as np

STEM = 16  # channels of the first convolution
FIRES = {"fire2": (8, 16), "fire3": (8, 16), "fire4": (12, 24), "fire5": (12, 24)}
"""Of each module: channels after its squeeze, and of each of its two expanding convolutions."""
PIXELS = 64  # about the spread of pixels
STEPS = 1000  # a weight is one of so many on each side of 0


def draw(seed: int) -> dict[str, np.ndarray]:
    """Draw first weights from `seed`.

    Returns
    -------
    arrays : float32, by layer and kind, ``fire2/squeeze1x1/kernel``; kernels (height, width, in,
        out)
    """
    random = np.random.default_rng(seed)
    arrays = {}

    def layer(name: str, side: int, before: int, after: int) -> None:
        shape = (side, side, before, after)
        bound = math.sqrt(6 / (side * side * before))  # He's
        bound /= PIXELS if name == "conv1" else 1
        drawn = random.integers(-STEPS, STEPS + 1, shape)
        arrays[f"{name}/kernel"] = (drawn * (bound / STEPS)).astype(np.float32)
        arrays[f"{name}/bias"] = np.zeros(after, np.float32)

    layer("conv1", 3, 3, STEM)
    channels = STEM
    for name, (squeezed, expanded) in FIRES.items():
        layer(f"{name}/squeeze1x1", 1, channels, squeezed)
        layer(f"{name}/expand1x1", 1, squeezed, expanded)
        layer(f"{name}/expand3x3", 3, squeezed, expanded)
        channels = 2 * expanded
    return arrays
