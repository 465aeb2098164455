"""What the dictionary still lacks: the calls of well-known model files that it does not know.

The files are those that torchvision and Keras bring. What is found is kept in
``dictionary/coverage.json``, where the site has it from:

    python -m sidebyside.dictionary.coverage --save
"""

import argparse
import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from sidebyside.dictionary.defaults import versions, write_json
from sidebyside.dictionary.entries import FOLDER, Chapter, read_all
from sidebyside.dictionary.names import PREFIXES, qualified, resolve
from sidebyside.dictionary.translate import OWNERS, Index, read_program, translate

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


@dataclass(frozen=True)
class Coverage:
    """How many calls of a program are known, and the lines of those that are not, by name."""

    program: str
    known: int
    unknown: dict[str, list[int]]

    @property
    def calls(self) -> int:
        """How many calls of the frameworks it has."""
        return self.known + sum(map(len, self.unknown.values()))


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
    """Return the names of the methods that each framework's objects have, as installed."""
    return {
        side: sorted(
            {
                name
                for owner in owners
                for name in dir(resolve(owner.removesuffix(".")))
                if not name.startswith("_")
            }
        )
        for side, owners in OWNERS.items()
    }


def methods(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Return the names of methods that are on record."""
    file = folder / "coverage.json"
    return json.loads(file.read_text("utf-8"))["methods"] if file.is_file() else {}


def _is_public(name: str) -> bool:
    """Return whether a name can be called by anyone, and is no part of a package's inside."""
    try:
        resolve(full_name(name))
    except LookupError:
        return False
    return not any(part.startswith("_") for part in name.split("."))


def recorded(folder: Path = FOLDER) -> list[Coverage]:
    """Return what is on record."""
    file = folder / "coverage.json"
    if not file.is_file():
        return []
    return [Coverage(**row) for row in json.loads(file.read_text("utf-8"))["programs"]]


def full_name(name: str) -> str:
    """Return a name in full, of whichever framework it is."""
    first = name.partition(".")[0]
    framework = next((side for side, known in PREFIXES.items() if first in known), "pytorch")
    return qualified(name, framework)


def _installed(folder: str) -> Path:
    package, _, rest = folder.partition("/")
    # found without being imported
    return Path(importlib.util.find_spec(package).origin).parent / rest


def main(words: list[str] | None = None) -> int:
    """Print what is known and what is not; with --save, record it."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=__doc__)
    parser.add_argument("--save", action="store_true", help="write dictionary/coverage.json")
    chosen = parser.parse_args(words)
    import sidebyside.porting  # noqa: F401  PyTorch before TensorFlow

    rows = measure(read_all())
    for row in rows:
        print(f"{row.program}: {row.known} of {row.calls}; {', '.join(row.unknown) or 'all known'}")
    if chosen.save:
        programs = [vars(row) for row in rows]
        record = {"versions": versions(), "programs": programs, "methods": read_methods()}
        write_json(FOLDER / "coverage.json", record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
