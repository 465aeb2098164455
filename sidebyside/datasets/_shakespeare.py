"""Shakespeare, as character models learn him: scenes out of his plays in one text file."""

from dataclasses import dataclass

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import plays

FILE = "input.txt"
TRAINING = 0.9  # of the characters; what follows is for validation


@dataclass(frozen=True)
class Shakespeare:
    """The text, or its sample, cut where nanoGPT cuts it.

    Attributes
    ----------
    train_text
        The first nine tenths: 1,003,854 characters (sample: 108,000).
    val_text
        The rest: 111,540 characters (sample: 12,000).
    characters
        The different characters of both, sorted: 65 in the full text.
    size
        ``full`` or ``sample``.
    """

    train_text: str
    val_text: str
    characters: str
    size: str


def shakespeare() -> Shakespeare:
    """Load Shakespeare's text from the data folder, downloading it (1 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, a play that a small grammar writes on this machine.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/karpathy/char-rnn
    """
    return SHAKESPEARE.load()


def _read(files: Files, size: str) -> Shakespeare:
    text = files[FILE].read_bytes().decode("ascii")
    border = int(TRAINING * len(text))
    return Shakespeare(
        train_text=text[:border],
        val_text=text[border:],
        characters="".join(sorted(set(text))),
        size=size,
    )


def _sample_files() -> dict[str, bytes]:
    return {FILE: plays.write(120_000, seed=12).encode("ascii")}


SHAKESPEARE = DataSet(
    name="shakespeare",
    title="Shakespeare",
    folder="tinyshakespeare",
    files=(FILE,),
    download=1_115_394,
    licence="public domain",
    source="https://github.com/karpathy/char-rnn",
    read=_read,
    sample=_sample_files,
)
