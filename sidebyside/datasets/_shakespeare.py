"""Tiny Shakespeare (Karpathy 2015): a million characters out of Shakespeare's plays."""

from dataclasses import dataclass

from sidebyside.datasets.description import DataSet, Files
from sidebyside.samples import plays

TRAIN_TENTHS = 9  # the first nine tenths are for training, as nanoGPT splits them
SAMPLE_CHARACTERS = 60_000


@dataclass(frozen=True)
class Shakespeare:
    """Tiny Shakespeare, or its sample: scenes of plays, as one text.

    Attributes
    ----------
    train_text
        The first nine tenths: 1,003,854 characters (sample: 54,000).
    val_text
        The rest, which follows: 111,540 characters (sample: 6,000). nanoGPT splits the text in
        the same way.
    size
        ``full`` or ``sample``.
    """

    train_text: str
    val_text: str
    size: str


def shakespeare() -> Shakespeare:
    """Load Tiny Shakespeare from the data folder, downloading it (1 MB) on first use.

    With ``SIDEBYSIDE_DATA=sample``, a play made of the Zen of Python, in the same file.

    Raises
    ------
    DataError
        If the data cannot be had; the message says which file is wanted and what to do.

    Source: https://github.com/karpathy/char-rnn
    """
    return SHAKESPEARE.load()


def _read(files: Files, size: str) -> Shakespeare:
    text = files["input.txt"].read_bytes().decode("utf-8")
    border = len(text) * TRAIN_TENTHS // 10
    return Shakespeare(train_text=text[:border], val_text=text[border:], size=size)


def _sample_files() -> dict[str, bytes]:
    return {"input.txt": plays.write(SAMPLE_CHARACTERS, seed=1564).encode()}


SHAKESPEARE = DataSet(
    name="shakespeare",
    title="Tiny Shakespeare",
    folder="tinyshakespeare",
    download=1_115_394,
    licence="public domain",
    source="https://github.com/karpathy/char-rnn",
    read=_read,
    sample=_sample_files,
)
