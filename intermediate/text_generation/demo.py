"""The live demo: begin a text, and both networks continue it."""

from types import SimpleNamespace

import numpy as np

from sidebyside.demos import Asked, Demo, InputError, read_number, read_text

LONGEST_PROMPT = 1000  # characters
MOST = 1000  # characters to write
AT_ONCE = 10  # characters, before the page shows them


class TextGeneration(Demo):
    """Both networks draw characters with the same random numbers."""

    intro = (
        "Begin a text, and both networks continue it, one character after "
        "the other. They draw with the same random numbers, but each has "
        "learnt weights of its own: the two texts part."
    )
    train_until = "measure-lstm"
    keep = ("model", "vocabulary", "vocabulary_size", "char_ids")
    cells = (
        "imports",
        "settings",
        "more-settings",
        "set-seed",
        "define-block",
        "define-model",
        "define-sampling",
        "define-reader",
        "define-generate",
    )

    def __init__(self):
        self.readers = {}  # one for each framework, made once

    def inputs(self, lesson):
        from gradio import Number, Slider, Textbox

        return [
            Textbox(label="A beginning", lines=3),
            Slider(10, MOST, 300, step=10, label="Characters to write"),
            Slider(0.2, 1.5, 0.8, step=0.1, label="Temperature"),
            Number(0, label="Seed of the random numbers", precision=0),
        ]

    def output(self, lesson):
        from gradio import Textbox

        return Textbox(label="The text", lines=14)

    def read(self, lesson, prompt, count, temperature, seed):
        """Return the beginning, its ids, the draws and the temperature."""
        prompt = read_text(prompt, LONGEST_PROMPT)
        count = int(read_number(count, 10, MOST, "The number of characters"))
        temperature = read_number(temperature, 0.2, 1.5, "The temperature")
        seed = int(read_number(seed, 0, 2**32 - 1, "The seed"))
        known = "".join(c for c in prompt if c in lesson.char_ids)
        if not known:
            raise InputError(
                "The networks know none of these characters: they know the "
                "letters and signs of the text that they learnt from."
            )
        note = ""
        if unknown := len(prompt) - len(known):
            note = f"{unknown:,} characters are unknown to them, and left out."
        return Asked(
            SimpleNamespace(
                prompt=known,
                ids=[lesson.char_ids[c] for c in known],
                draws=np.random.default_rng(seed).random(count),
                temperature=temperature,
            ),
            note,
        )

    def pytorch(self, lesson, asked):
        if lesson.framework not in self.readers:
            reader = lesson.make_reader(lesson.model)
            self.readers[lesson.framework] = reader
        text, shown = asked.prompt, 0
        ids = lesson.generate(
            self.readers[lesson.framework],
            asked.ids,
            asked.draws,
            temperature=asked.temperature,
        )
        for number in ids:
            text += lesson.vocabulary[number]
            if len(text) - shown >= AT_ONCE:
                shown = len(text)
                yield text
        yield text

    tensorflow = pytorch  # the notebooks' functions have the same names

    def examples(self, lesson, folder):
        return [
            ["ROMEO:\n", 200, 0.8, 0],
            ["To be, or not to be", 300, 0.5, 1],
            ["The king", 300, 1.2, 2],
        ]
