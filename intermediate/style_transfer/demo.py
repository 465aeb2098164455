"""The live demo: upload a photograph, and both networks paint it."""

import numpy as np

from sidebyside.demos import Asked, Demo, read_picture

LARGEST = {"full": 640, "sample": 192}  # pixels of the longer side
SMALLEST = 32
EXAMPLES = 320  # pixels of an example's longer side


class StyleTransfer(Demo):
    """Both feed-forward networks paint in the one style they learnt."""

    intro = (
        "Upload a photograph, and both networks paint it in the style that "
        "they have learnt, in one pass each."
    )
    keep = ("model",)
    cells = (
        "imports",
        "settings",
        "set-seed",
        "load-data:prepare",
        "define-tensors",
        "define-block",
        "define-model",
        "define-paint",
    )

    def keep_besides(self, lesson):
        """Keep the photographs, made small, to click on."""
        from PIL import Image

        kept = {}
        for name, pixels in lesson.data.photographs.items():
            picture = Image.fromarray(pixels)
            picture.thumbnail((EXAMPLES, EXAMPLES))
            kept[f"example_{name}"] = np.asarray(picture)
        return kept

    def inputs(self, lesson):
        from gradio import Image

        return [Image(image_mode=None, type="filepath", label="Photograph")]

    def output(self, lesson):
        from gradio import Image

        return Image(label="Painted", format="jpeg")

    def read(self, lesson, value):
        """Return the picture in 0..1: (1, height, width, 3)."""
        asked = read_picture(value)
        picture = asked.value
        largest = LARGEST["full" if lesson.full else "sample"]
        before = picture.size
        picture.thumbnail((largest, largest))
        width, height = (max(SMALLEST, n // 8 * 8) for n in picture.size)
        pixels = np.asarray(picture.resize((width, height)))
        notes = [asked.note] if asked.note else []
        if max(before) > largest:
            notes.append(f"The picture was made {width} × {height} pixels.")
        return Asked(lesson.prepare(pixels, width), " ".join(notes))

    def pytorch(self, lesson, picture):
        painted = lesson.paint(picture)[0]  # (height, width, 3)
        return (255 * painted).round().clip(0, 255).astype(np.uint8)

    tensorflow = pytorch  # the notebooks' functions have the same name

    def examples(self, lesson, folder):
        from PIL import Image

        for name, pixels in lesson.defined.items():
            if name.startswith("example_"):
                path = folder / f"{name.removeprefix('example_')}.jpg"
                Image.fromarray(pixels).save(path, quality=90)
                yield [path]
