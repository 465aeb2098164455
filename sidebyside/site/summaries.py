"""What a lesson says of itself, in its title cell."""

import re
from dataclasses import dataclass

from sidebyside.lessons.pairs import Pair


@dataclass(frozen=True)
class About:
    """A lesson in a few words, as Markdown.

    Attributes
    ----------
    sentence
        What it is about.
    facts
        The table's rows, by their heads: ``You learn``, ``Minutes``, ``Data``, ``You need``.
    """

    sentence: str
    facts: dict[str, str]

    @property
    def minutes(self) -> str:
        """How many minutes it takes, without what is said about the training."""
        found = re.match(r"\d+(\s*(to|–|-)\s*\d+)?", self.facts.get("Minutes", ""))
        return found[0] if found else ""


def about(pair: Pair) -> About:
    """Return what a pair's PyTorch notebook says of the lesson."""
    title = pair.read("pytorch").cells[0].source
    paragraphs = re.split(r"\n\s*\n", title)
    rows = re.findall(r"^\|\s*\*\*(.+?)\*\*\s*\|\s*(.*?)\s*\|\s*$", title, re.MULTILINE)
    return About(paragraphs[1].strip() if len(paragraphs) > 1 else "", dict(rows))
