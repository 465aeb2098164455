"""The live demo: what a picture shows, and where both networks look."""

from types import SimpleNamespace

import numpy as np

from sidebyside.demos import Asked, Demo, read_picture

SIDE = 32  # pixels, of the pictures that the networks know
SHOWN = 320  # pixels, of what the page shows
NAMED = 3  # classes


class VisionTransformer(Demo):
    """The paper's networks answer, and their attention lights the picture."""

    intro = (
        "Upload a picture of an animal or a vehicle. Both networks see the "
        "square in its middle, made as small as the pictures that they learnt "
        "from, 32 × 32 pixels in 64 patches. They say what it shows, and the "
        "colour shows where their class token looks."
    )
    keep = (
        "model",
        "mean",
        "std",
        "grid",
        "places",
        "classes",
        "data.class_names",
    )
    cells = (
        "imports",
        "settings",
        "set-seed",
        "measure-colours:normalize",
        "define-attend",
        "define-split-heads",
        "define-gelu",
        "define-block",
        "define-first-weights",
        "define-transformer",
        "define-model",
        "define-predict",
        "define-look",
        "define-rollout:rollout",
    )

    def keep_besides(self, lesson):
        """Keep the first test picture of each class, to click on."""
        classes = range(len(lesson.data.class_names))
        first = [np.argmax(lesson.data.test_labels == c) for c in classes]
        return {"examples": lesson.data.test_images[first]}

    def inputs(self, lesson):
        from gradio import Image

        return [Image(image_mode=None, type="filepath", label="Picture")]

    def output(self, lesson):
        from gradio import AnnotatedImage

        return AnnotatedImage(label="What it shows, and where it looks")

    def read(self, lesson, value):
        """Return what is shown, and what the networks see, near 0."""
        from PIL import Image, ImageOps

        asked = read_picture(value)
        box = Image.Resampling.BOX
        shown = ImageOps.fit(asked.value, (SHOWN, SHOWN), box)
        small = ImageOps.fit(asked.value, (SIDE, SIDE), box)
        seen = lesson.normalize(np.asarray(small)[None])  # (1, 32, 32, 3)
        return Asked(SimpleNamespace(shown=shown, seen=seen), asked.note)

    def pytorch(self, lesson, asked):
        # the page's machine may lack bfloat16, and one picture is soon done
        exact = lesson.given(use_bfloat16=False)
        probabilities = exact.predict(lesson.model, asked.seen)[0]
        shares = lesson.look(lesson.model, asked.seen)
        return self.lit(lesson, asked, probabilities, shares)

    tensorflow = pytorch  # the notebooks' functions have the same names

    def lit(self, lesson, asked, probabilities, shares):
        """Return the picture, and a mask with the likeliest classes."""
        from PIL import Image

        small = Image.fromarray(lesson.rollout(shares)[0].astype(np.float32))
        large = small.resize((SHOWN, SHOWN), Image.Resampling.BILINEAR)
        mask = np.clip(np.asarray(large), 0, 1)
        names = lesson.data.class_names
        best = np.argsort(-probabilities)[:NAMED]
        said = [f"{names[c]} {probabilities[c]:.0%}" for c in best]
        return asked.shown, [(mask, ", ".join(said))]

    def examples(self, lesson, folder):
        from PIL import Image

        for number, picture in enumerate(lesson.examples):
            path = folder / f"{number}.png"
            large = Image.fromarray(picture).resize((SHOWN, SHOWN), 0)
            large.save(path)  # 0: every pixel a square
            yield [path]
