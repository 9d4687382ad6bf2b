"""The one interface of every detector that follows a single sensor: ready, examine, learn.

A detector is given settled readings only: in order of `taken_at`, on time, quality control passed.
For each reading the caller first asks `examine` and then calls `learn`; the detector itself decides
not to learn from a reading it has just flagged. Not ready, calm and surprising are three different
answers: whoever raises alerts must neither raise nor clear on `NotReady`.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol


class Readiness(NamedTuple):
    """Whether a detector has seen enough to be trusted; `reason` is a sentence when it has not."""

    is_ready: bool
    reason: str = ""


READY: Final = Readiness(is_ready=True)


@dataclass(frozen=True, slots=True)
class NotReady:
    """No judgement was made, and why; it means neither calm nor surprising."""

    reason: str


@dataclass(frozen=True, slots=True)
class Calm:
    """Judged, and nothing out of the ordinary."""


CALM: Final = Calm()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """Judged, and out of the ordinary.

    `score` counts how many times the bound was reached (always above 1). `value` is what surprised,
    `low` and `high` the interval it was expected in, all in `unit`. `reason` is one sentence that a
    person can check against the plotted series. `quantity` names what surprised where several were
    judged together; `reason_zh` is the sentence in Chinese where numbers alone do not say it.
    """

    score: float
    value: float
    low: float
    high: float
    unit: str
    reason: str
    quantity: str = ""
    reason_zh: str = ""


Answer = NotReady | Calm | Surprise


class Detector(Protocol):
    """Examines one sensor's readings as they come and keeps a small memory of what is usual."""

    @property
    def ready(self) -> Readiness:
        """Say whether answers can be trusted, or what is still missing."""
        ...

    def examine(self, taken_at_s: float, value: float) -> Answer:
        """Judge one reading against what was learned before it; changes nothing.

        `taken_at_s` is POSIX seconds (event time), `value` is in the base unit.

        Raises:
            ValueError: `value` or `taken_at_s` is not a finite number of sensible size.
        """
        ...

    def learn(self, taken_at_s: float, value: float) -> None:
        """Take one reading into memory, unless it would itself be flagged.

        Readings not newer than the newest learned one are ignored.

        Raises:
            ValueError: as `examine`.
        """
        ...

    def dump(self) -> bytes:
        """Give the whole memory as a few hundred bytes (MessagePack, versioned)."""
        ...

    def load(self, blob: bytes) -> None:
        """Replace the memory by one that `dump` gave.

        Raises:
            alerting.detect.errors.CheckpointError: damaged, or of another version or another
                detector; the memory is as it was before.
        """
        ...
