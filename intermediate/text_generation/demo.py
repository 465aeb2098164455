"""The live demo: begin a text, and both networks go on writing it."""

from sidebyside.demos import Asked, Demo, InputError, read_number, read_text

LENGTH = 400  # characters that are written
LONGEST = 2000  # characters of a beginning that are read
AT_ONCE = 4  # characters between two answers, for the page's sake


class TextGeneration(Demo):
    """Both LSTMs go on, character by character, with the same draws."""

    intro = (
        "Type the beginning of a text, and both networks go on writing it, "
        "character by character. Both get the same random numbers: where "
        "their texts part, their trainings have made them differ."
    )
    keep = ("model", "characters", "choices")
    cells = (
        "imports",
        "settings",
        "set-seed",
        "define-encode",
        "define-block",
        "define-model",
        "define-copy",
        "define-choose",
        "define-reader",
        "define-generate",
    )
    then = ("make-reader",)

    def inputs(self, lesson):
        from gradio import Number, Slider, Textbox

        return [
            Textbox(label="The beginning", lines=3),
            Slider(0.1, 2, 0.8, step=0.1, label="Temperature"),
            Slider(0.1, 1, 0.95, step=0.05, label="Top-p (the nucleus)"),
            Number(0, precision=0, label="Seed of the draws"),
        ]

    def output(self, lesson):
        from gradio import Textbox

        return Textbox(label="The text", lines=14)

    def read(self, lesson, text, temperature, top_p, seed):
        """Return the beginning, the draws' seed, and how they are used."""
        text = read_text(text)
        how = {
            "temperature": read_number(temperature, 0.1, 2, "Temperature"),
            "top_p": read_number(top_p, 0.1, 1, "Top-p"),
        }
        seed = int(read_number(seed, 0, 2**31 - 1, "The seed"))
        known = lesson.decode(lesson.encode(text))
        if not known:
            raise InputError(
                "There are no characters in it that the networks know: they "
                "have learnt letters without accents and a few signs."
            )
        notes = []
        if len(known) < len(text):
            notes.append(
                f"{len(text) - len(known):,} of {len(text):,} characters are "
                "unknown to them and were left out."
            )
        if len(known) > LONGEST:
            known = known[-LONGEST:]
            notes.append(f"Both read the last {LONGEST:,} characters.")
        return Asked((known, seed, how), " ".join(notes))

    def pytorch(self, lesson, asked):
        text, seed, how = asked
        ids = lesson.encode(text)
        written = lesson.generate(lesson.read, ids, LENGTH, seed=seed, **how)
        for place, number in enumerate(written, start=1):
            text += lesson.characters[number]
            if place % AT_ONCE == 0:
                yield text

    tensorflow = pytorch  # the notebooks' functions have the same name

    def examples(self, lesson, folder):
        return [
            ["The night is long, and", 0.8, 0.95, 0],
            ["QUEEN:\nWho has seen my", 0.8, 0.95, 1],
            ["KING:\nNo more of this!", 0.4, 1, 2],
            ["A stranger came by the water", 1.2, 1, 3],
        ]
