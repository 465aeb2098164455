"""Live demos of the projects: one page, on which both frameworks answer side by side.

A project has a file ``demo.py`` beside its notebooks, in which a class derived from `Demo` says
which of the notebooks' cells make the model, what is kept of a training, and what the page asks
and shows. The models are the notebooks' own: their cells train them, and their cells answer.
"""

from sidebyside.demos.asking import read_choice, read_number, read_picture, read_text
from sidebyside.demos.cells import Lesson
from sidebyside.demos.definition import Asked, Demo
from sidebyside.errors import InputError

__all__ = [
    "Asked",
    "Demo",
    "InputError",
    "Lesson",
    "read_choice",
    "read_number",
    "read_picture",
    "read_text",
]
