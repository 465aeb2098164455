"""What a data folder has of a data set, and what to do where it is not in order."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sidebyside.datasets.description import DataSet
from sidebyside.datasets.store import State, Store


@dataclass(frozen=True)
class Inspection:
    """The states of a data set's files.

    Attributes
    ----------
    data_set
        Which one.
    archive, files, sample
        The states, by their names in the registry: of the archive, if there is one, of the files
        out of it, and of the sample's.
    """

    data_set: DataSet[Any]
    archive: dict[str, State]
    files: dict[str, State]
    sample: dict[str, State]

    @property
    def state(self) -> str:
        """The original's state in a word or two."""
        state = summary(self.files.values())
        downloaded = state == "missing" and "verified" in self.archive.values()
        return "not unpacked" if downloaded else state

    @property
    def sample_state(self) -> str:
        """The sample's state in a word."""
        return summary(self.sample.values())

    @property
    def all_files(self) -> dict[str, State]:
        """All states."""
        return self.archive | self.files | self.sample

    def problems(self) -> list[str]:
        """Return a sentence or two for each thing that is not in order."""
        fetch = f"'sidebyside data fetch {self.data_set.name}'"
        found = []
        if damaged := _in_state("damaged", self.files):
            found.append(f"Damaged: {damaged}. {fetch} fetches what is damaged again.")
        if damaged := _in_state("damaged", self.sample):
            found.append(
                f"Damaged: {damaged}. It is of the sample, which is made again when a lesson "
                "next needs it."
            )
        if damaged := _in_state("damaged", self.archive):
            whole = self.state == "verified"
            advice = "It is no longer needed: delete it." if whole else f"{fetch} fetches it again."
            found.append(f"Damaged: {damaged}. {advice}")
        if unreadable := _in_state("unreadable", self.all_files):
            found.append(f"Cannot be read: {unreadable}. Ask the owner to make it readable.")
        return found


def inspect(data_set: DataSet[Any], store: Store) -> Inspection:
    """Check by their hashes all files that `store` has of a data set."""
    archive = [data_set.archive] if data_set.archive else []
    return Inspection(
        data_set=data_set,
        archive={name: store.state(name) for name in archive},
        files={name: store.state(name) for name in data_set.names("full", store)},
        sample={name: store.state(name) for name in data_set.names("sample", store)},
    )


def summary(states: Collection[State]) -> str:
    """Return one word for several files: ``incomplete`` if some are there and some are not."""
    found = set(states)
    for state in ("unreadable", "damaged"):
        if state in found:
            return state
    return found.pop() if len(found) == 1 else "incomplete"


def _in_state(state: State, files: dict[str, State]) -> str:
    return ", ".join(name for name, its in files.items() if its == state)
