"""What a walk through two programs finds, and how it is reported."""

from dataclasses import dataclass, field

PLACES = (
    "data",
    "layers",
    "first weights",
    "activations",
    "predictions",
    "training mode",
    "loss",
    "gradients",
    "optimiser steps",
    "running statistics",
    "settings",
)


@dataclass(frozen=True)
class Finding:
    """Where two programs part.

    Attributes
    ----------
    place
        One of `PLACES`.
    where
        What differs: the layers of both models, a weight, an input.
    reason
        The likely reason, as sentences.
    entry
        The key of the dictionary's entry about it; empty if there is none.
    difference
        How far apart the two are, in parts of the largest number; None if it is no number.
    proved
        Whether the reason was tried: with that one thing changed, both give the same.
    """

    place: str
    where: str
    reason: str
    entry: str = ""
    difference: float | None = None
    proved: bool = False

    def __str__(self) -> str:
        apart = "" if self.difference is None else f" They differ by {self.difference:.1e}."
        proof = " With that changed, both give the same." if self.proved else ""
        look = f" See `sidebyside lookup {self.entry}`." if self.entry else ""
        return f"{self.place}: {self.where}.{apart} {self.reason}{proof}{look}"


@dataclass
class Walked:
    """How far two programs are the same.

    Attributes
    ----------
    seen
        For each place that was looked at, in order, what was seen there.
    left_out
        The places that were not looked at, each with the reason.
    finding
        The first place where the two part; None if they do not.
    """

    seen: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    finding: Finding | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None

    def summary(self) -> str:
        """One line for each place up to the first at which the two part, then the reason."""
        lines = [f"{'same':7} {place:19} {what}" for place, what in self.seen.items()]
        lines += [f"{'-':7} {place:19} {why}" for place, why in self.left_out.items()]
        order = {place: number for number, place in enumerate(PLACES)}
        lines.sort(key=lambda line: order[line[8:27].strip()])
        if self.finding is not None:
            found = self.finding
            lines.append(f"{'APART':7} {found.place:19} {found.where}")
            lines += ["", str(found)]
        return "\n".join(lines)
