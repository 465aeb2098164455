"""The live demo: upload a picture of blood, and both networks find cells."""

from types import SimpleNamespace

import numpy as np

from sidebyside.demos import Asked, Demo, read_number, read_picture

LARGEST = 1024  # pixels of the longer side of what is shown
EXAMPLES = 4  # test pictures
EDGE = 3  # pixels, the width of a box's line


def draw_frame(mask, box):
    """Set the line around a box to 1; what is inside stays."""
    left, top, right, bottom = box
    rows = slice(top + EDGE, max(bottom - EDGE, top + EDGE))
    columns = slice(left + EDGE, max(right - EDGE, left + EDGE))
    inside = mask[rows, columns].copy()
    mask[top:bottom, left:right] = 1
    mask[rows, columns] = inside


class ObjectDetection(Demo):
    """Both networks put a box around each cell, and count them."""

    intro = (
        "Upload a picture of blood under a microscope, and both networks put "
        "a box around each cell. This is no medical device."
    )
    keep = ("model", "names", "classes", "whole")
    cells = (
        "imports",
        "settings",
        "set-seed",
        "define-iou",
        "define-levels",
        "define-anchors",
        "define-encode",
        "define-stages",
        "define-first-weights",
        "define-conv",
        "define-block",
        "define-backbone",
        "define-head",
        "define-model",
        "define-suppress",
        "define-find",
    )

    def keep_besides(self, lesson):
        """Keep test pictures, to click on."""
        rows = lesson.data.test_rows[:EXAMPLES]
        return {
            "examples": np.stack([lesson.data.images[row] for row in rows])
        }

    def inputs(self, lesson):
        from gradio import Image, Slider

        return [
            Image(image_mode=None, type="filepath", label="Picture"),
            Slider(0.1, 0.9, 0.4, step=0.05, label="Least score of a box"),
        ]

    def output(self, lesson):
        from gradio import AnnotatedImage

        return AnnotatedImage(label="Cells")

    def read(self, lesson, value, least):
        """Return what is shown, and what the networks see, near 0."""
        asked = read_picture(value)
        shown = asked.value
        shown.thumbnail((LARGEST, LARGEST))
        seen = shown.resize((lesson.width, lesson.height), resample=2)
        pixels = (np.asarray(seen, np.float32)[None] - 127) / 128
        least = read_number(least, 0.1, 0.9, "The least score")
        return Asked(
            SimpleNamespace(shown=shown, pixels=pixels, least=least),
            asked.note,
        )

    def pytorch(self, lesson, asked):
        torch = lesson.torch
        pixels = torch.from_numpy(asked.pixels).permute(0, 3, 1, 2)
        with torch.inference_mode():
            outputs = lesson.model(pixels.to(lesson.device)).cpu().numpy()
        return self.marked(lesson, asked, outputs[0])

    def tensorflow(self, lesson, asked):
        outputs = lesson.model(asked.pixels, training=False)
        outputs = lesson.ops.convert_to_numpy(outputs)
        return self.marked(lesson, asked, outputs[0])

    def marked(self, lesson, asked, output):
        """Return the picture and the lines of each class's boxes.

        `output` is (anchors, classes + 4).
        """
        whole = np.array([0, 0, *asked.shown.size], np.float32)
        found = lesson.given(whole=whole).find_cells(output)
        kept = found[1] >= asked.least
        boxes, labels = found[0][kept], found[2][kept].astype(int)
        counts = np.bincount(labels, minlength=lesson.classes)
        masks = np.zeros((lesson.classes, *asked.shown.size[::-1]))
        for box, label in zip(boxes.round().astype(int), labels, strict=True):
            draw_frame(masks[label], box)
        titles = [
            f"{name}: {count}"
            for name, count in zip(lesson.names, counts, strict=True)
        ]
        return asked.shown, list(zip(masks, titles, strict=True))

    def examples(self, lesson, folder):
        from PIL import Image

        for number, picture in enumerate(lesson.examples):
            path = folder / f"{number}.jpg"
            Image.fromarray(picture).save(path, quality=90)
            yield [path, 0.4]
