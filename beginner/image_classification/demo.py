"""The live demo: upload a picture, and both networks say what it shows."""

import numpy as np

from sidebyside.demos import Asked, Demo, read_picture

SIDE = 32  # pixels, of the pictures that the networks know
ENLARGED = 8 * SIDE  # of an example, which is to be clicked on


class ImageClassification(Demo):
    """Both networks see the middle of a picture, made small."""

    intro = (
        "Upload a picture of one thing. Both networks see the square in its "
        "middle, made as small as the pictures that they learnt from: 32 × 32 "
        "pixels."
    )
    keep = ("model", "mean", "std", "data.class_names")
    cells = (
        "imports",
        "settings",
        "define-normalization",
        "define-block",
        "define-model",
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
        from gradio import Label

        return Label(num_top_classes=5, label="What it shows")

    def read(self, lesson, value):
        """Return the picture as the networks see it, (32, 32, 3)."""
        from PIL import Image, ImageOps

        asked = read_picture(value)
        small = ImageOps.fit(asked.value, (SIDE, SIDE), Image.Resampling.BOX)
        return Asked(np.array(small), asked.note)

    def pytorch(self, lesson, picture):
        torch = lesson.torch
        image = torch.from_numpy(picture).permute(2, 0, 1)
        image = lesson.normalize(image[None])  # (1, 3, 32, 32)
        with torch.inference_mode():
            outputs = lesson.model(image)
        return self.named(lesson, outputs.softmax(dim=1).numpy())

    def tensorflow(self, lesson, picture):
        ops = lesson.ops
        image = lesson.normalize(picture[None])  # (1, 32, 32, 3)
        outputs = lesson.model(image, training=False)
        probabilities = ops.convert_to_numpy(ops.softmax(outputs, axis=1))
        return self.named(lesson, probabilities)

    def named(self, lesson, probabilities):
        """Return the classes' probabilities by name, from (1, classes)."""
        names = lesson.data.class_names
        return dict(zip(names, probabilities[0].tolist(), strict=True))

    def examples(self, lesson, folder):
        from PIL import Image

        for number, picture in enumerate(lesson.examples):
            path = folder / f"{number}.png"
            large = Image.fromarray(picture).resize((ENLARGED, ENLARGED), 0)
            large.save(path)  # 0: every pixel a square
            yield [path]
