"""The one interface of every model that judges whole rows of a kind of device."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from alerting.detect.detector import Answer
from alerting.detect.features import Sample

# How many rows of a device point any model may want to see before those it judges.
MOST_CONTEXT: Final = 10


class Learned(Protocol):
    """A model that was trained from stored rows.

    `name` is unique among all models, `kind` the kind of device whose rows it judges, `quantity`
    what of a device point its alerts are about (empty: all of it together).
    """

    @property
    def name(self) -> str:
        """Give its name."""
        ...

    @property
    def kind(self) -> str:
        """Give the kind of device it judges."""
        ...

    @property
    def quantity(self) -> str:
        """Give the quantity its alerts are about."""
        ...

    @property
    def n_rows(self) -> int:
        """Count the rows it was trained on."""
        ...

    @property
    def trained_until_s(self) -> float:
        """Give the newest instant it was trained on, POSIX seconds."""
        ...

    @property
    def known(self) -> Sequence[str]:
        """Name the device points it can judge."""
        ...

    @property
    def lacking(self) -> Mapping[str, str]:
        """Say of device points in the history that it cannot judge what they lack."""
        ...

    def examine(self, rows: Sequence[Sample], n_context: int = 0) -> list[Answer]:
        """Judge rows in order of time; the first `n_context` are only what came before.

        Gives one answer per row after the context.
        """
        ...
