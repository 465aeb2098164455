"""An environment whose packages need a newer C library than this system may have.

TFX is built for glibc 2.39. Where the system has it, the environment is a plain virtual one. Where
it is older, a Debian 13 is unpacked beside it, as a folder, and the environment is made in there;
its ``bin/python`` is then a script that enters that folder, in which the temporary folder and the
working directory are where they are outside. Notebooks and tests need not know which of the two
it is.

``make .venv-tfx/installed`` runs this module. Where neither can be made it says why, and does
nothing; in continuous integration that is an error.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

GLIBC = (2, 39)  # what the packages ask for
SUITE = "trixie"  # Debian 13, which has glibc 2.41
# Python to run the packages, a compiler for those that come as source
PACKAGES = "python3,python3-venv,python3-dev,gcc,g++,ca-certificates"
TOOLS = ("debootstrap", "bwrap", "unshare")
INSIDE = "/opt/environment"  # the virtual environment, in the Debian
DONE = "installed"  # the file that make looks at
WRAPPER = f"""#!/bin/sh
# Runs the Python of the Debian beside this script. What it starts ends with it.
here=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
set -- {INSIDE}/bin/python "$@"
[ "$PWD" = / ] || set -- --bind "$PWD" "$PWD" --chdir "$PWD" "$@"
[ -z "$TMPDIR" ] || set -- --bind "$TMPDIR" "$TMPDIR" "$@"
exec bwrap --bind "$here/root" / --dev /dev --proc /proc --unshare-pid --die-with-parent \\
  --bind /tmp /tmp "$@"
"""


def is_new_enough(version: str) -> bool:
    """Return whether the packages run with a version of glibc; another C library has none."""
    parts = version.split(".")[:2]
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) >= GLIBC


def why_not() -> str:
    """Return a sentence on why a Debian cannot be unpacked and entered here, else nothing."""
    needed = f"TFX needs glibc {GLIBC[0]}.{GLIBC[1]}"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"{needed}, on Linux and x86-64: its lesson cannot be run here."
    if os.geteuid() != 0:
        return f"{needed}. This system's is older, and only root may unpack a Debian 13."
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        return (
            f"{needed}. This system's is older; to unpack a Debian 13, {' and '.join(missing)} "
            "must be installed: apt-get install debootstrap bubblewrap util-linux."
        )
    trial = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "true"]
    if subprocess.run(trial, capture_output=True, check=False).returncode:
        return f"{needed}. This system's is older, and it does not allow bwrap to enter another."
    return ""


def mirror() -> list[str]:
    """Return the mirror of Debian that this system takes its packages from, if it is a Debian.

    Where there is none, debootstrap knows one.
    """
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    if not shutil.which(command[0]):
        return []
    named = [*command, "Origin: Debian", "Label: Debian"]
    done = subprocess.run(named, capture_output=True, text=True, check=False)
    return done.stdout.split()[:1]


def make_environment(folder: Path, lock: Path, uv: Path) -> None:
    """Make a plain virtual environment, for a system that is new enough."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run(_install(uv, str(folder), lock), check=True)


def make_system(folder: Path, lock: Path, uv: Path) -> None:
    """Unpack a Debian 13, make the environment in there, and the script that enters it."""
    root = folder / "root"
    folder.mkdir(parents=True)
    bootstrap = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
    # what it mounts is gone when it ends, however it ends
    subprocess.run(["unshare", "--mount", *bootstrap, *mirror()], check=True)
    subprocess.run(_enter(root, ["/usr/bin/python3", "-m", "venv", INSIDE]), check=True)
    shown = [lock.resolve().parent, uv.resolve().parent]
    subprocess.run(_enter(root, _install(uv.resolve(), INSIDE, lock.resolve()), shown), check=True)
    shutil.rmtree(root / "var" / "cache" / "apt", ignore_errors=True)
    script = folder / "bin" / "python"
    script.parent.mkdir()
    script.write_text(WRAPPER, "utf-8")
    script.chmod(0o755)


def _install(uv: Path, environment: str, lock: Path) -> list[str]:
    """Return the command that installs a lock; wheels made here are kept for nobody else."""
    words = ["pip", "install", "--python", environment, "--compile-bytecode", "--no-cache"]
    return [str(uv), *words, "--require-hashes", "-r", str(lock)]


def _enter(root: Path, command: Sequence[str], shown: Sequence[Path] = ()) -> list[str]:
    """Return a command that runs another one in a Debian, with the network of this system."""
    words = ["bwrap", "--bind", str(root), "/", "--dev", "/dev", "--proc", "/proc"]
    words += ["--unshare-pid", "--die-with-parent", "--tmpfs", "/tmp"]
    for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs", *map(str, shown)):
        words += ["--ro-bind-try", name, name]
    return [*words, *command]


def build(folder: Path, lock: Path, uv: Path) -> str:
    """Make an environment; return a sentence if it cannot be made here, else nothing.

    It is made under another name, which it keeps until it is whole: one that was cut off is never
    taken for one that is done, and is made again.
    """
    partial = folder.with_name(folder.name + ".partial")
    new_enough = sys.platform == "linux" and is_new_enough(platform.libc_ver()[1])
    if not new_enough and (sentence := why_not()):
        return sentence
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    if new_enough:
        make_environment(folder, lock, uv)  # such an environment cannot be renamed
    else:
        make_system(partial, lock, uv)
        partial.rename(folder)
    (folder / DONE).touch()
    return ""


def main(words: Sequence[str]) -> int:
    """Make the environment in the folder and of the lock that the command line names."""
    folder, lock = map(Path, words)
    try:
        sentence = build(folder, lock, Path(sys.executable).parent / "uv")
    except subprocess.CalledProcessError as error:
        sentence = f"{folder} could not be made: {error}"
    if sentence:
        print(sentence, file=sys.stderr)
    return int(bool(sentence and os.environ.get("CI")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
