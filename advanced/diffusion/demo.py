"""The live demo: choose a digit, and both networks of each side draw it."""

import numpy as np

from sidebyside.demos import Asked, Demo, read_choice, read_number

COLUMNS = 6  # digits that are drawn at once, out of different noises
ENLARGED = 4  # times, each pixel a square
FRAMES = 25  # pictures of the film, at most
LONGEST = 250  # steps
CHOICES = (*"0123456789", "any")


class Diffusion(Demo):
    """Digits form out of noise: by diffusion above, by the flow below."""

    intro = (
        "Choose a digit, and watch it form out of noise: above by diffusion "
        "(DDIM), below by flow matching. Both frameworks start from the same "
        "noise: where their digits differ, their trainings have made them "
        "differ."
    )
    train_until = "train-flow"
    counted = ""  # the training ends by the clock, not after some steps
    timed = ("train_seconds", "flow_train_seconds")
    keep = ("diffusion", "flow")
    cells = (
        "imports",
        "settings",
        "set-seed",
        "define-noise-levels",
        "define-samplers",
        "define-rates",
        "define-first-weights",
        "define-block",
        "define-model",
        "define-tensors",
        "define-predict",
        "define-guess",
    )

    def models(self, lesson):
        return {name: lesson.make_model() for name in self.keep}

    def inputs(self, lesson):
        from gradio import Dropdown, Number, Slider

        return [
            Dropdown(list(CHOICES), value="3", label="Digit"),
            Slider(0, 5, lesson.strength, step=0.5, label="Guidance"),
            Slider(5, LONGEST, 50, step=5, label="Steps"),
            Number(0, precision=0, label="Seed of the noise"),
        ]

    def output(self, lesson):
        from gradio import Image

        return Image(label="Above diffusion, below flow", format="png")

    def read(self, lesson, digit, strength, steps, seed):
        """Return the labels, the strength, the steps, and the noise."""
        digit = read_choice(digit, CHOICES, "The digit")
        label = lesson.NO_LABEL if digit == "any" else int(digit)
        strength = read_number(strength, 0, 5, "Guidance")
        steps = int(read_number(steps, 5, LONGEST, "The number of steps"))
        seed = int(read_number(seed, 0, 2**31 - 1, "The seed"))
        noise = np.random.default_rng(seed).standard_normal(
            (COLUMNS, lesson.side, lesson.side, 1)
        )
        return Asked((np.full(COLUMNS, label), strength, steps, noise))

    def pytorch(self, lesson, asked):
        labels, strength, steps, noise = asked
        ways = [
            (lesson.diffusion, lesson.diffuse_back),
            (lesson.flow, lesson.flow_back),
        ]
        films = []
        for model, sampler in ways:
            guess = lesson.make_guess(model, labels, strength)
            films.append(sampler(guess, noise, steps))
        shown = {round(n) for n in np.linspace(1, steps, FRAMES)}
        for number, states in enumerate(zip(*films, strict=True), start=1):
            if number in shown:
                yield sheet([state for state, _ in states])

    tensorflow = pytorch  # the notebooks' functions have the same names

    def examples(self, lesson, folder):
        return [["3", 2, 50, 0], ["8", 2, 50, 1], ["any", 0, 50, 2]]


def sheet(rows):
    """Return rows of pictures, from -1 to 1, as one, dark on white."""
    joined = np.concatenate(
        [np.concatenate(row[..., 0], axis=1) for row in rows]
    )
    grey = (255 * (1 - np.clip(joined, -1, 1)) / 2).round().astype(np.uint8)
    large = grey.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    return np.stack([large] * 3, axis=-1)  # (height, width, 3)
