"""PyTorch's files of weights, read and written without PyTorch.

There are two formats, and `torch.load` reads both. What `torch.save` wrote until version 1.5: a few
pickles one after another, the last but one with names and shapes, the last with the keys of the
storages; then the storages' numbers. And since then a zip archive: one pickle, with names and
shapes, and a file for each storage. A pickle can name any function to be called, so that only the
four names are allowed which a state dict needs.
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from sidebyside.errors import DamagedDataError

MAGIC = 0x1950A86A20F9469CFC6C  # with which such a file begins
VERSION = 1001
SYSTEM = {
    "protocol_version": VERSION,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}
ZIP = b"PK"  # with which a zip archive begins
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
NOT_ONE = (  # what reading another file may raise
    pickle.UnpicklingError, EOFError, ValueError, AttributeError, KeyError, TypeError,
    struct.error, zipfile.BadZipFile,
)  # fmt: skip


@dataclass(frozen=True)
class _Storage:
    """Where the numbers of one or more tensors lie."""

    key: str
    dtype: "np.dtype[Any]"


@dataclass(frozen=True)
class _Tensor:
    """Which of a storage's numbers a tensor has, as its pickle says."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Reads a state dict's pickle, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, stride, *_: _Tensor(
                storage, offset, tuple(shape), tuple(stride)
            )
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not a part of a state dict")

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, *_ = pid
        return _Storage(str(key), dtype)


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file of weights, by their names, in the file's order.

    Raises
    ------
    DamagedDataError
        If it is not a state dict.
    """
    try:
        with open(path, "rb") as stream:
            zipped = stream.read(len(ZIP)) == ZIP
            stream.seek(0)
            return _read_zipped(stream) if zipped else _read(stream)
    except NOT_ONE as error:
        raise DamagedDataError(f"{path} is not a file of weights as it should be: {error}.") from (
            error
        )


def _read(stream: IO[bytes]) -> dict[str, np.ndarray]:
    if (_Unpickler(stream).load(), _Unpickler(stream).load()) != (MAGIC, VERSION):
        raise ValueError("it begins in another way")
    _Unpickler(stream).load()  # of the machine that wrote it
    tensors = _Unpickler(stream).load()
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    numbers = {}
    for key in _Unpickler(stream).load():
        (count,) = struct.unpack("<q", stream.read(8))
        numbers[key] = stream.read(count * dtypes[key].itemsize)
    return {name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_zipped(stream: IO[bytes]) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(stream) as archive:
        (pickled,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = pickled.removesuffix("data.pkl")
        order = f"{folder}byteorder"  # older files have none: they are "little", too
        if order in archive.namelist() and archive.read(order) != b"little":
            raise ValueError("its numbers begin with their largest byte")
        tensors = _Unpickler(archive.open(pickled)).load()
        return {
            name: _array(tensor, archive.read(f"{folder}data/{tensor.storage.key}"))
            for name, tensor in tensors.items()
        }


def _array(tensor: _Tensor, numbers: bytes) -> np.ndarray:
    size = tensor.storage.dtype.itemsize
    strides = [size * step for step in tensor.stride]
    array: np.ndarray = np.ndarray(
        tensor.shape, tensor.storage.dtype, numbers, size * tensor.offset, strides
    )
    return array.copy()  # the bytes of the file cannot be written to


def state_dict_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return float32 and int64 arrays as a file of weights: the same bytes on every machine.

    It has the format of PyTorch 1.5 and before.
    """
    file = io.BytesIO()
    for value in (MAGIC, VERSION, SYSTEM):
        file.write(pickle.dumps(value, protocol=2))
    file.write(_pickle_of(arrays))
    keys = [str(number) for number in range(len(arrays))]
    file.write(pickle.dumps(keys, protocol=2))
    for array in arrays.values():
        file.write(struct.pack("<q", array.size))
        file.write(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return file.getvalue()


def zipped_state_dict_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return float32 and int64 arrays as a file of weights, in the format since PyTorch 1.6."""
    members = {"data.pkl": _pickle_of(arrays, views=b""), "byteorder": b"little", "version": b"3\n"}
    for number, array in enumerate(arrays.values()):
        members[f"data/{number}"] = array.astype(array.dtype.newbyteorder("<")).tobytes()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(f"archive/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else it depends on the machine
            archive.writestr(entry, content)
    return file.getvalue()


def _pickle_of(arrays: Mapping[str, np.ndarray], views: bytes = b"N") -> bytes:
    """Return the pickle with the names and shapes.

    It names functions of PyTorch, which a pickler would import: so it is put together here. The
    letters are the operations of a pickle: c a global name, ( the mark of a tuple, t its end, Q a
    reference to a storage, R a call, u the end of a dictionary's items. `views` is what the older
    format has besides in each reference.
    """
    names = {dtype: name for name, dtype in TYPES.items()}
    ordered_dict = b"ccollections\nOrderedDict\n)R"
    items = []
    for number, (name, array) in enumerate(arrays.items()):
        strides = [step // array.itemsize for step in np.ascontiguousarray(array).strides]
        storage = (
            b"(" + _text("storage") + f"ctorch\n{names[array.dtype]}\n".encode()
            + _text(str(number)) + _text("cpu") + _whole(array.size) + views + b"tQ"
        )  # fmt: skip
        shape, stride = _tuple(array.shape), _tuple(strides[: array.ndim])
        call = b"(" + storage + _whole(0) + shape + stride + b"\x89" + ordered_dict + b"tR"
        items.append(_text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n" + call)
    return b"\x80\x02" + ordered_dict + b"(" + b"".join(items) + b"u."


def _text(text: str) -> bytes:
    content = text.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def _whole(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def _tuple(numbers: Iterable[int]) -> bytes:
    return b"(" + b"".join(map(_whole, numbers)) + b"t"
