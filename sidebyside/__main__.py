"""``python -m sidebyside`` is the command ``sidebyside``."""

import sys


def main() -> None:
    """Run the command; say what to install if the package was installed without it."""
    try:
        from sidebyside.cli import main as command
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing == "sidebyside":
            raise
        sys.exit(
            f"The command needs {missing}, which is not installed. Install the extra that has it: "
            "pip install 'sidebyside-frameworks[cli]'"
        )
    command()


if __name__ == "__main__":
    main()
