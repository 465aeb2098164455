"""The live demo: type a review, and both networks say if it is praise."""

from sidebyside.demos import Asked, Demo, InputError, read_text


class SentimentAnalysis(Demo):
    """Both networks read a text word by word and give one verdict."""

    intro = (
        "Type what you think of a film, in English, and both networks say "
        "whether it is praise or complaint."
    )
    keep = ("model", "word_ids")
    cells = (
        "imports",
        "settings",
        "set-seed",
        "define-to-words",
        "define-encode:encode",
        "define-batches",
        "define-evaluate",
        "define-block",
        "define-model",
        "define-judge",
    )

    def inputs(self, lesson):
        from gradio import Textbox

        return [Textbox(label="A review", lines=5)]

    def output(self, lesson):
        from gradio import Label

        return Label(label="The verdict")

    def read(self, lesson, value):
        """Return the text, if there are words in it."""
        text = read_text(value)
        words = lesson.to_words(text)
        if not words:
            raise InputError(
                "There are no words in it that the networks could read: they "
                "know the letters a to z and digits only."
            )
        notes = []
        if len(words) > lesson.max_words:
            notes.append(
                f"The text has {len(words):,} words: both networks read the "
                f"first {lesson.max_words}."
            )
        unknown = sum(word not in lesson.word_ids for word in words)
        if unknown:
            notes.append(
                f"{unknown:,} of {len(words):,} words are unknown to them."
            )
        return Asked(text, " ".join(notes))

    def pytorch(self, lesson, text):
        positive = float(lesson.judge(lesson.model, [text])[0])
        return {"positive": positive, "negative": 1 - positive}

    tensorflow = pytorch  # the notebooks' functions have the same name

    def examples(self, lesson, folder):
        return [
            ["The acting was great and the music was wonderful."],
            ["The plot was weak, and I was bored from start to finish."],
            ["The film was not good at all."],
            ["The plot was not bad at all."],
            ["I did not find the story boring."],
        ]
