"""What a file of the dictionary may hold: the one place where its keys stand.

The classes are what the files are read into; an unknown key or a wrong type is an error.
`sidebyside.dictionary.documenting` makes from them the JSON schema for editors and the tables of
keys in ``dictionary/README.md``.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from sidebyside.frameworks import FRAMEWORKS

Framework = Literal["pytorch", "tensorflow"]
Verdict = Literal["same", "set", "none"]

# what an entry says of its two sides, and how that is shown
VERDICTS: dict[Verdict, str] = {
    "same": "same",
    "set": "same if you set …",
    "none": "no counterpart",
}
KEY = "[a-z0-9]+(-[a-z0-9]+)*"  # an entry's key

Text = Annotated[str, Meta(min_length=1)]
Size = Annotated[float, Meta(ge=0)]
Words = tuple[Text, ...]


class Trap(Struct, frozen=True, eq=False, kw_only=True, forbid_unknown_fields=True):
    """A naive translation, which differs, and what is proved of it.

    It needs one of ``difference``, ``gradient_difference``, ``raises`` and ``gives``.
    """

    note: Annotated[Text, Meta(description="what goes wrong, in a sentence")]
    pytorch: Annotated[
        str, Meta(description="its lines, if it is one in PyTorch, in place of the entry's own")
    ] = ""
    tensorflow: Annotated[str, Meta(description="its lines, if it is one in TensorFlow/Keras")] = ""
    difference: Annotated[
        Size | None,
        Meta(
            description="the largest absolute difference of its values from the other side's, to "
            "two digits"
        ),
    ] = None
    gradient_difference: Annotated[
        Size | None,
        Meta(description="the same of the gradients, for a trap whose values agree"),
    ] = None
    raises: Annotated[
        Text | None, Meta(description="or the name of the exception that it ends with")
    ] = None
    message: Annotated[
        Text | None,
        Meta(
            description="with `raises`: what the exception says. `…` stands for what changes from "
            "case to case, such as a shape. `lookup` finds the entry by it. "
            "`python -m sidebyside.proof.recording messages --save` writes it"
        ),
    ] = None
    gives: Annotated[
        Text | None,
        Meta(
            description="or what it gives instead, as text: `shape (2, 3)`, `dtype float64`, "
            "`nan`, `False`"
        ),
    ] = None

    def __post_init__(self) -> None:
        """Check what no type can say; strip the texts."""
        _strip(self, "note", *FRAMEWORKS)
        if bool(self.pytorch) == bool(self.tensorflow):
            raise ValueError("a trap needs lines of one side: pytorch or tensorflow")
        proved = (self.difference, self.gradient_difference, self.raises, self.gives)
        if sum(value is not None for value in proved) != 1:
            raise ValueError(
                "a trap needs one of difference, gradient_difference, raises and gives"
            )
        if self.message and not self.raises:
            raise ValueError("a trap's message goes with raises, the exception's name")

    @property
    def framework(self) -> Framework:
        """The side that its lines are of."""
        return "pytorch" if self.pytorch else "tensorflow"

    @property
    def lines(self) -> str:
        """Its code, in place of the entry's own."""
        return self.pytorch or self.tensorflow

    @property
    def outcome(self) -> str:
        """What is proved of it, in a few words."""
        if self.raises:
            return f"raises {self.raises}"
        if self.gives:
            return f"gives {self.gives}"
        if self.gradient_difference is not None:
            return f"gradients off by {self.gradient_difference:g}"
        return f"off by {self.difference:g}"


class Entry(Struct, frozen=True, eq=False, kw_only=True, forbid_unknown_fields=True):
    """One entry: what is done, on both sides.

    Its `key` is the name of its table in the file: ``conv2d-same``.
    """

    key: Annotated[str, Meta(pattern=f"^{KEY}$")]
    name: Annotated[Text, Meta(description="what is done, in words")]
    verdict: Annotated[
        Verdict,
        Meta(
            description="`same`; `set`: same if you set what `set` says, and a trap proves what "
            "happens otherwise; `none`: no counterpart on the side `missing`, whose lines show "
            "the idiom"
        ),
    ]
    set: Annotated[str, Meta(description="what has to be set, for the verdict `set`; Markdown")] = (
        ""
    )
    missing: Annotated[
        Framework | None, Meta(description="the side without a counterpart, for the verdict `none`")
    ] = None
    pytorch_names: Annotated[
        Words,
        Meta(
            description="the calls that the entry is about, as one writes them: `nn.Linear`, "
            "`Tensor.view`. They must exist, and one of them must be in the lines. `lookup`, "
            "`translate` and the site's search go by them"
        ),
    ] = ()
    tensorflow_names: Annotated[
        Words,
        Meta(description="the same for TensorFlow/Keras: `layers.Dense`, `Model.fit`, `tf.cast`"),
    ] = ()
    also: Annotated[Words, Meta(description="other words to find it by")] = ()
    inputs: Annotated[
        str,
        Meta(
            description="NumPy code. Besides `np` and `rng` there are `normal(4, 3)`, "
            "`uniform(4, 3)`, `integers(5, 4, 3)`: below 5. Fractions become float32. What is "
            "not an array is passed as it is"
        ),
    ] = ""
    precision: Annotated[
        Literal["float32", "float64"], Meta(description="the type of the inputs' fractions")
    ] = "float32"
    pytorch: Annotated[
        Text,
        Meta(
            description="the lines. `torch`, `nn`, `F`, `optim`, `np` and `math` are there. At "
            "most 64 columns"
        ),
    ]
    tensorflow: Annotated[
        Text,
        Meta(description="the lines. `tf`, `keras`, `layers`, `ops`, `np` and `math` are there"),
    ]
    pytorch_check: Annotated[
        str,
        Meta(
            description="assertions that run after the lines, in the same names (`result` is the "
            "list of results): for effects that are no value to compare"
        ),
    ] = ""
    tensorflow_check: Annotated[str, Meta(description="the same for TensorFlow/Keras")] = ""
    note: Annotated[Text, Meta(description="what differs, in a sentence or two; Markdown")]
    tolerance: Annotated[
        Size | None,
        Meta(
            description="how far apart the results may be, relative to the largest number; 0 where "
            "nothing is computed. Without it nothing is compared, and both sides need a check"
        ),
    ] = None
    because: Annotated[str, Meta(description="the reason for the tolerance")] = ""
    gradient_tolerance: Annotated[
        Size | None, Meta(description="the tolerance of the gradients, if it is another")
    ] = None
    without_gradients: Annotated[
        str,
        Meta(
            description="why no gradients are compared, where there would be some; inputs then "
            "need none"
        ),
    ] = ""
    dtypes: Annotated[
        str, Meta(description='if the types of the results differ: `"int64, int32"`')
    ] = ""
    compare: Annotated[
        Literal["values", "distribution"],
        Meta(
            description='`"distribution"` compares quantiles, mean and spread, relative to the '
            "spread: for random numbers"
        ),
    ] = "values"
    channels: Annotated[
        Words,
        Meta(
            description="inputs that PyTorch gets channels first, where Keras has them last: "
            '`["x"]` for x of (batch, height, width, channels). Results of three axes and more '
            "are moved back"
        ),
    ] = ()
    port: Annotated[
        Words,
        Meta(
            description="variables, the same on both sides, that are layers or models: after the "
            "lines ran once, the weights are copied from PyTorch to Keras, and the last line runs "
            "again"
        ),
    ] = ()
    alone: Annotated[
        bool,
        Meta(
            description="`true` runs the entry in a process of its own, because it changes what "
            "cannot be changed back. It costs ten seconds"
        ),
    ] = False
    traps: Annotated[tuple[Trap, ...], Meta(description="naive translations; see below")] = field(
        name="trap", default=()
    )

    def __post_init__(self) -> None:
        """Check what no type can say; strip the texts."""
        _strip(self, "note", "inputs", "set", "because", "without_gradients", "pytorch",
               "tensorflow", "pytorch_check", "tensorflow_check")  # fmt: skip
        for sentence in _lacks(self):
            raise ValueError(sentence)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The calls that it is about, for each side."""
        return {"pytorch": self.pytorch_names, "tensorflow": self.tensorflow_names}

    @property
    def lines(self) -> dict[str, str]:
        """The code of each side."""
        return {"pytorch": self.pytorch, "tensorflow": self.tensorflow}

    @property
    def check(self) -> dict[str, str]:
        """The assertions of each side that has some."""
        given = {"pytorch": self.pytorch_check, "tensorflow": self.tensorflow_check}
        return {side: lines for side, lines in given.items() if lines}


class Head(Struct, frozen=True, eq=False, kw_only=True, forbid_unknown_fields=True):
    """The table ``[chapter]``, with which a file begins."""

    title: Annotated[Text, Meta(description="its heading")]
    about: Annotated[Text, Meta(description="what it is about; Markdown")]
    pytorch: Annotated[
        str, Meta(description="lines that run before those of each entry, and are shown once")
    ] = ""
    tensorflow: Annotated[str, Meta(description="the same for TensorFlow/Keras")] = ""

    @property
    def setup(self) -> dict[str, str]:
        """The lines of each side that has some."""
        given = {"pytorch": self.pytorch, "tensorflow": self.tensorflow}
        return {side: lines for side, lines in given.items() if lines}


def _strip(struct: Struct, *names: str) -> None:
    for name in names:
        text = getattr(struct, name)
        if text[:1].isspace() or text[-1:].isspace():
            msgspec.structs.force_setattr(struct, name, text.strip())


def _lacks(entry: Entry) -> list[str]:
    """Return what an entry lacks, or has too much of, one sentence each."""
    rules = {
        "the verdict 'set' goes with a text 'set', which says what to set":
            (entry.verdict == "set") == bool(entry.set),
        "the verdict 'set' needs a trap: what happens if it is not set":
            entry.verdict != "set" or bool(entry.traps),
        "the verdict 'none' goes with 'missing': pytorch or tensorflow":
            (entry.verdict == "none") == (entry.missing is not None),
        "a tolerance goes with its reason, 'because'":
            (entry.tolerance is not None) == bool(entry.because),
        "it needs a tolerance to compare with, or a check of both sides":
            entry.tolerance is not None or len(entry.check) == len(FRAMEWORKS),
    }  # fmt: skip
    for side in FRAMEWORKS:
        rules[f"it needs {side}_names, the calls that it is about"] = (
            bool(entry.names[side]) or side == entry.missing
        )
    return [sentence for sentence, holds in rules.items() if not holds]
