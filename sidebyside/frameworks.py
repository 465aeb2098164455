"""The two frameworks: their names, their modules, whether they are installed, how to get them."""

import importlib.util

from sidebyside.errors import MissingFrameworkError

FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow/Keras"}
# the module that shows whether a framework is there, and all that belong to it
MODULE = {"pytorch": "torch", "tensorflow": "tensorflow"}
OWNERS = {
    "torch": "pytorch",
    "torchvision": "pytorch",
    "tensorflow": "tensorflow",
    "keras": "tensorflow",
}
# the packages whose versions a result depends on, with their names for people
LIBRARIES = {
    "torch": "PyTorch",
    "torchvision": "torchvision",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "numpy": "NumPy",
}


def other(framework: str) -> str:
    """Return the other framework."""
    return next(name for name in FRAMEWORKS if name != framework)


def missing() -> dict[str, str]:
    """Return the frameworks that are not installed here, each with a sentence on what to do."""
    return {
        framework: how_to_install(module)
        for framework, module in MODULE.items()
        if importlib.util.find_spec(module) is None
    }


def require(*frameworks: str) -> None:
    """Check that these frameworks are installed.

    Raises
    ------
    MissingFrameworkError
        If one is not; the message says how to install it.
    """
    absent = missing()
    if sentences := [absent[framework] for framework in frameworks if framework in absent]:
        raise MissingFrameworkError(" ".join(sentences))


def how_to_install(module: str) -> str:
    """Return a sentence on how to install what a module belongs to."""
    return (
        f"{module} is not installed in this environment. Install everything with "
        f"'pip install -r requirements.txt', or this framework alone with "
        f"'pip install -e .[{OWNERS[module]}]'."
    )
