"""The errors that a reader can mend: the command line turns them into one sentence.

Every other exception is a bug, and keeps its traceback.
"""


class SidebysideError(Exception):
    """Something cannot be done as asked; the message says what, why, and what to do."""


class TopicError(SidebysideError, LookupError):
    """There is no such topic; the message names those that come near."""


class NotebookError(SidebysideError, ValueError):
    """A file is not a notebook that can be read, or lacks what every lesson has."""


class MissingFrameworkError(SidebysideError):
    """A framework is not installed; the message says how to install it."""


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


class BenchmarkError(SidebysideError):
    """A pair cannot be measured; the message says why."""
