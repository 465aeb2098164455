"""What the dictionary knows of the installed packages, read from them and kept on record.

    python -m sidebyside.proof.recording defaults --save
    python -m sidebyside.proof.recording coverage --save
    python -m sidebyside.proof.recording signatures --save
    python -m sidebyside.proof.recording messages --save

The first reads the arguments' defaults from the signatures, for ``dictionary/defaults.json``. The
second goes through the model files that torchvision and Keras bring, and notes in
``dictionary/coverage.json`` which calls the dictionary does not know. The third notes the names of
the calls' parameters in ``dictionary/signatures.json``, for `translate`. The fourth runs every trap
that raises, and writes what its exception says into the chapters, where it is not there or no
longer said. What shows them needs neither framework; `changed` compares record and packages, for
the test.
"""

import argparse
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sidebyside.dictionary.coverage import Coverage, full_name
from sidebyside.dictionary.defaults import NO_ARGUMENT, REQUIRED, read_table, record
from sidebyside.dictionary.entries import FOLDER, Chapter, read_all
from sidebyside.dictionary.names import qualified, resolve
from sidebyside.dictionary.translate import OWNERS, Index, read_program, translate
from sidebyside.files import write_json, write_text
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.proof.differences import EntryFailed
from sidebyside.proof.messages import Place, is_said, stable_part, with_messages

PACKAGES = ("torch", "torchvision", "tensorflow", "keras")
# what the documentation of a call begins with, or where it says so again
SIGNATURE = re.compile(
    r"(?:^|\.\. (?:function|method):: )(?:\w+\.)*(\w+)\(((?:[^()]|\([^()]*\))*)\)", re.MULTILINE
)
PROGRAMS = {
    "torchvision/models": (
        "alexnet.py", "vgg.py", "resnet.py", "densenet.py", "googlenet.py", "mobilenetv3.py",
        "efficientnet.py", "convnext.py", "vision_transformer.py", "swin_transformer.py",
        "maxvit.py", "segmentation/deeplabv3.py", "detection/ssd.py", "detection/retinanet.py",
        "detection/roi_heads.py", "optical_flow/raft.py",
    ),
    "keras/src/applications": (
        "vgg16.py", "resnet.py", "densenet.py", "inception_v3.py", "xception.py",
        "mobilenet_v2.py", "mobilenet_v3.py", "efficientnet_v2.py", "convnext.py", "nasnet.py",
    ),
}  # fmt: skip


def default(name: str, framework: str) -> str:
    """Return an argument's default as the installed package has it; needs the framework.

    Raises
    ------
    LookupError
        If there is no such call, or it has no such argument.
    """
    call, _, argument = name.rstrip(")").partition("(")
    found: Any = resolve(qualified(call, framework))
    if not argument:
        return NO_ARGUMENT
    parameters = inspect.signature(found).parameters
    if argument not in parameters:
        raise LookupError(f"{call} has no argument {argument}, but {', '.join(parameters)}.")
    value = parameters[argument].default
    if value is inspect.Parameter.empty:
        return REQUIRED
    if inspect.isclass(value) or inspect.isfunction(value):
        return value.__name__
    return repr(getattr(value, "value", value))  # of an enumeration, what it stands for


def read_defaults(folder: Path = FOLDER) -> dict[str, str]:
    """Return the defaults of all arguments of the table, as the installed packages have them."""
    return {
        row[side]: default(row[side], side)
        for section in read_table(folder).values()
        for row in section["argument"]
        for side in FRAMEWORKS
    }


def changed(recorded: dict[str, str], installed: dict[str, str]) -> list[str]:
    """Return what is recorded otherwise than it is installed, one sentence each."""
    sentences = []
    for name in {**recorded, **installed}:
        old, new = recorded.get(name), installed.get(name)
        if old is None:
            sentences.append(f"{name} is {new}, and not recorded yet.")
        elif new is None:
            sentences.append(f"{name} is recorded, but no longer in the table.")
        elif old != new:
            sentences.append(f"{name} was {old}, and is {new} in the installed package.")
    return sentences


def versions() -> dict[str, str]:
    """Return the versions of the installed packages."""
    return {name: version(name) for name in PACKAGES}


def measure(chapters: list[Chapter]) -> list[Coverage]:
    """Return the coverage of every program; needs torchvision and Keras installed.

    What the programs call of their own package's inside is left out: nobody else can.
    """
    index, found = Index(chapters, read_methods()), []
    for folder, names in PROGRAMS.items():
        for name in names:
            translation = translate(read_program(_installed(folder) / name), index)
            unknown = {
                name: lines
                for name, lines in translation.unknown.items()
                if name.startswith(".") or _is_public(name)
            }
            found.append(Coverage(f"{folder}/{name}", len(translation.known), unknown))
    return found


def read_methods() -> dict[str, list[str]]:
    """Return the names of the methods that each framework's objects have, as installed.

    What other packages hang on its classes once they are imported, such as transformers on
    ``nn.Module``, does not count.
    """
    return {
        side: sorted(
            {
                name
                for owner in owners
                for name in _own_names(resolve(owner.removesuffix(".")))
                if not name.startswith("_")
            }
        )
        for side, owners in OWNERS.items()
    }


def _own_names(owner: type) -> list[str]:
    """Return the names in a class, without functions that another package has put there."""
    packages = {base.__module__.partition(".")[0] for base in owner.__mro__}
    return [
        name
        for name in dir(owner)
        if not inspect.isfunction(found := getattr(owner, name))
        or found.__module__.partition(".")[0] in packages
    ]


def parameters(found: Any, name: str) -> list[str]:
    """Return the names of a call's parameters, by their places; those after a star by name only.

    PyTorch's built-in functions have no signature; their documentation begins with it, and with
    several where a call can be made in several ways: the longest counts.
    """
    try:
        known = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        known = None
    if known is not None and any(one.kind is not one.VAR_KEYWORD for one in known
                                 if one.kind is not one.VAR_POSITIONAL):  # fmt: skip
        names = [one.name for one in known if one.kind in (one.POSITIONAL_ONLY,
                                                           one.POSITIONAL_OR_KEYWORD)]  # fmt: skip
        return [one for one in names if one not in ("self", "cls")]
    short, documented = name.rpartition(".")[2], inspect.getdoc(found) or ""
    listed = [
        text for called, text in SIGNATURE.findall(documented) if called in (short, "__init__")
    ]
    places = [re.split(r",\s*\*\s*,|,\s*/", text)[0] for text in listed]
    split = [[one.partition("=")[0].partition(":")[0].strip() for one in text.split(",")]
             for text in places]  # fmt: skip
    plain = [[one for one in names if re.fullmatch(r"\*?\w+", one)] for names in split]
    return max(plain, key=len, default=[])


def read_signatures(index: Index) -> dict[str, list[str]]:
    """Return the parameters of all calls that entries and pairs name, as installed."""
    found = {}
    for name in sorted(index.names):
        try:
            names = parameters(resolve(name), name)
        except LookupError:
            continue
        if names:
            found[name] = names
    return found


def _is_public(name: str) -> bool:
    """Return whether a name can be called by anyone, and is no part of a package's inside."""
    try:
        resolve(full_name(name))
    except LookupError:
        return False
    return not any(part.startswith("_") for part in name.split("."))


def _installed(folder: str) -> Path:
    package, _, rest = folder.partition("/")
    found = importlib.util.find_spec(package)  # without being imported
    if found is None or found.origin is None:
        raise LookupError(f"{package} is not installed.")
    return Path(found.origin).parent / rest


def unsaid(chapters: list[Chapter]) -> dict[Path, dict[Place, str]]:
    """Return the messages that are not in the chapters, or are no longer said, by file.

    Every trap that raises is run, which needs both frameworks.
    """
    from sidebyside.proof.proving import error_of

    found: dict[Path, dict[Place, str]] = {}
    for chapter in chapters:
        for entry in chapter.entries:
            for number, trap in enumerate(entry.traps):
                if not trap.raises:
                    continue
                error = error_of(entry, chapter, trap)
                if error is None or isinstance(error, EntryFailed):
                    continue  # the entry does not hold, which its proof says
                message = stable_part(str(error))
                if message and not (trap.message and is_said(trap.message, str(error))):
                    found.setdefault(chapter.file, {})[entry.key, number] = message
    return found


def main(words: list[str] | None = None) -> int:
    """Say what changed, or what is lacking; with --save, record it."""
    parser = argparse.ArgumentParser(prog="python -m sidebyside.proof.recording")
    parser.add_argument("what", choices=list(RECORDERS))
    parser.add_argument("--save", action="store_true", help="write it into the folder dictionary")
    chosen = parser.parse_args(words)
    import sidebyside.parity.porting  # noqa: F401  PyTorch before TensorFlow

    return RECORDERS[chosen.what](chosen.save)


def _defaults(save: bool) -> int:
    installed = read_defaults()
    sentences = changed(record()["defaults"], installed)
    print("\n".join(sentences) or "The record is up to date.")
    if save:
        write_json(FOLDER / "defaults.json", {"versions": versions(), "defaults": installed})
        return 0
    return len(sentences) > 0


def _coverage(save: bool) -> int:
    rows = measure(read_all())
    for row in rows:
        print(f"{row.program}: {row.known} of {row.calls}; {', '.join(row.unknown) or 'all known'}")
    if save:
        programs = [vars(row) for row in rows]
        content = {"versions": versions(), "programs": programs, "methods": read_methods()}
        write_json(FOLDER / "coverage.json", content)
    return 0


def _signatures(save: bool) -> int:
    found = read_signatures(Index(read_all()))
    print(f"{len(found)} calls have parameters.")
    if save:
        content = {"versions": versions(), "parameters": found}
        write_json(FOLDER / "signatures.json", content)
    return 0


def _messages(save: bool) -> int:
    found = unsaid(read_all())
    for file, messages in found.items():
        for (key, number), message in messages.items():
            print(f"{file.name}: {key}, trap {number + 1}: {message}")
        if save:
            write_text(file, with_messages(file.read_text("utf-8"), messages))
    if not found:
        print("The messages are up to date.")
    return 0 if save else len(found) > 0


RECORDERS: dict[str, Callable[[bool], int]] = {
    "defaults": _defaults,
    "coverage": _coverage,
    "signatures": _signatures,
    "messages": _messages,
}

if __name__ == "__main__":
    sys.exit(main())
