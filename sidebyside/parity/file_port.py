"""Port from one file into a copy of another: PyTorch's weights and a Keras model."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sidebyside.errors import PortingError
from sidebyside.parity.libraries import keras
from sidebyside.parity.mapping import Mapping
from sidebyside.parity.porting import port_weights
from sidebyside.parity.told import Shapes
from sidebyside.parity.torch_sources import StateDict, read_weights, write_weights

KERAS = (".keras",)
TORCH = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


@dataclass(frozen=True)
class Options:
    """What the reader says; see `port_weights`."""

    pairs: dict[str, str]
    flattened: Shapes
    unflattened: Shapes


@dataclass(frozen=True)
class Ported:
    """What was ported, and how to store it.

    Attributes
    ----------
    mappings
        What was copied where.
    write
        Writes the result to a file, whatever its name.
    """

    mappings: list[Mapping]
    write: Callable[[Path], None]


def port_files(source: Path, target: Path, output: Path, options: Options) -> Ported:
    """Copy the weights in one file into what is in another.

    Parameters
    ----------
    source
        Where the weights are: a ``.keras`` file, or weights of PyTorch (`read_weights`).
    target
        A file of the other library: what is to have them. It stays as it is.
    output
        The name that the result is to have: of the target's kind.
    options
        What the reader says of names and orders.

    Raises
    ------
    PortingError
        If a file cannot be read, or the weights cannot be ported.
    """
    kinds = [_kind(path) for path in (source, target, output)]
    if kinds[0] == kinds[1]:
        raise PortingError(
            f"{source.name} and {target.name} are both files of {kinds[0]}. Give a Keras model "
            f"({', '.join(KERAS)}) and weights of PyTorch ({', '.join(TORCH)})."
        )
    if kinds[1] != kinds[2]:
        raise PortingError(f"{output.name} is not a name for a file of {kinds[1]}.")
    given, wanted = _read(source), _read(target)
    mappings = port_weights(
        given,
        wanted,
        pairs=options.pairs,
        flattened=options.flattened,
        unflattened=options.unflattened,
    )

    def write(path: Path) -> None:
        if isinstance(wanted, keras.Model):
            _save(wanted, path)
        else:
            write_weights(wanted, path, output.suffix)

    return Ported(mappings, write)


def _kind(path: Path) -> str:
    for kind, suffixes in (("Keras", KERAS), ("PyTorch", TORCH)):
        if path.suffix in suffixes:
            return kind
    raise PortingError(
        f"{path.name} is neither a Keras model ({', '.join(KERAS)}) nor weights of PyTorch "
        f"({', '.join(TORCH)}), by its name."
    )


def _read(path: Path) -> keras.Model | StateDict:
    if _kind(path) == "PyTorch":
        return read_weights(path)
    if not path.is_file():
        raise PortingError(f"There is no file {path}.")
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:  # what a file holds decides what loading raises
        first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise PortingError(
            f"{path} cannot be loaded as a Keras model: {first}. If it has layers of your own, "
            "load it in Python and use `sidebyside.parity.port_weights`."
        ) from error


def _save(model: keras.Model, path: Path) -> None:
    """Save a model under a name that Keras would refuse."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.keras"
        model.save(saved)
        shutil.copyfile(saved, path)
