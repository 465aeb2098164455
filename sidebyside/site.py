"""The pages that are published: a page a pair, and one that lists them.

Called by ``make site``: ``python -m sidebyside.site build/site``.
"""

import sys
from pathlib import Path

import jinja2

from sidebyside.cli import write_text
from sidebyside.compare import compare
from sidebyside.page import render
from sidebyside.pairs import FRAMEWORKS, find_pairs

INDEX = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sidebyside: every lesson in PyTorch and in TensorFlow/Keras</title>
<style>body { font: 1rem/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 45rem;
padding: 0 1rem; color-scheme: light dark; }</style>
</head>
<body>
<h1>sidebyside</h1>
<p>Every lesson twice, step for step: in PyTorch and in TensorFlow/Keras.</p>
<ul>
{% for pair in pairs %}
<li><a href="{{ pair.topic }}.html">{{ pair.title }}</a> ({{ pair.level }})</li>
{% endfor %}
</ul>
</body>
</html>
"""


def build(folder: Path) -> list[Path]:
    """Write the pages of every complete pair, and the list of them; return their paths."""
    pairs = [pair for pair in find_pairs() if all(pair.path(f).is_file() for f in FRAMEWORKS)]
    pages = [folder / f"{pair.topic}.html" for pair in pairs]
    for pair, page in zip(pairs, pages, strict=True):
        write_text(page, render(compare(pair)))
    environment = jinja2.Environment(autoescape=True, trim_blocks=True)
    write_text(folder / "index.html", environment.from_string(INDEX).render(pairs=pairs))
    return [folder / "index.html", *pages]


if __name__ == "__main__":
    for written in build(Path(sys.argv[1])):
        print(f"Written: {written}")
