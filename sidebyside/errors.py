"""The errors that a reader can mend: the command line turns them into one sentence.

Every other exception is a bug, and keeps its traceback.
"""

from pathlib import Path


class SidebysideError(Exception):
    """Something cannot be done as asked; the message says what, why, and what to do."""


class CheckoutError(SidebysideError):
    """Something needs a checkout of the repository, and there is an installed package only."""


class TopicError(SidebysideError, LookupError):
    """There is no such topic; the message names those that come near."""


class NotebookError(SidebysideError, ValueError):
    """A notebook lacks what every lesson has, or cannot be read; the message says what is wrong."""


class BrokenNotebookError(NotebookError):
    """A file cannot be read as a notebook.

    Attributes
    ----------
    file
        Which file.
    reason
        What is wrong with it, without a full stop.
    """

    def __init__(self, file: Path, reason: str):
        super().__init__(f"{file} cannot be read as a notebook: {reason}.")
        self.file, self.reason = file, reason


class RecordError(SidebysideError, ValueError):
    """A file that a command wrote earlier cannot be read; the message names it and the reason."""


class LatencyError(SidebysideError, ValueError):
    """Latencies cannot be read or compared; the message says why."""


class PlaceError(SidebysideError, ValueError):
    """A new pair cannot have the place that is asked for; the message says which it can have."""


class AddressError(SidebysideError, ValueError):
    """An address is not one of a repository; the message says what one looks like."""


class PageError(SidebysideError, ValueError):
    """A page lacks what a command writes into it; the message names the page and says what."""


class JupyterError(SidebysideError, RuntimeError):
    """JupyterLab refused something; the message has its reason."""


class MissingFrameworkError(SidebysideError):
    """A framework is not installed; the message says how to install it."""


class MissingExtraError(SidebysideError):
    """A package that one lesson needs is not installed; the message says how to install it."""


class WriteError(SidebysideError, OSError):
    """A file cannot be written; the message names it and the reason."""


class DataError(SidebysideError):
    """A data set cannot be had as asked; the message says what to do."""


class MissingDataError(DataError):
    """A file is not there and could not be downloaded."""


class DamagedDataError(DataError):
    """A file does not have the hash that the registry gives for it."""


class UnsafeArchiveError(DataError):
    """An archive holds a member that would land outside the data folder."""


class DictionaryError(SidebysideError, ValueError):
    """A file of the dictionary is not in order; the message says which, where and what to do."""


class ProgramError(SidebysideError, ValueError):
    """A file that cannot be read as a program; the message says why."""


class PortingError(SidebysideError, ValueError):
    """Weights cannot be ported; the message names the layers and says what to do."""


class OpenPairingError(PortingError):
    """It is open which layer belongs to which, or in which order features come."""


class BenchmarkError(SidebysideError):
    """A pair cannot be measured; the message says why."""


class DemoError(SidebysideError):
    """A demo cannot be shown or written; the message says why."""


class InputError(SidebysideError, ValueError):
    """What a visitor of a demo asks cannot be answered; the message says why."""
