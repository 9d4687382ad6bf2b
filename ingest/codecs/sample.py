"""What every codec gives: samples it understood, and faults for what it did not."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sensors.fault import did_you_mean, listed


class Sample(NamedTuple):
    """What a device says it measured at one instant and point, in the device's own units.

    `part` says which of the message's parts (`Codec.parts`) it came from, `flags` what the device
    itself thinks of values: none is better than that. `known` is what it said of other quantities
    before, with its instant; see `ingest.codecs.heard.ForeignSample`.
    """

    taken_at: datetime
    seq: int | None
    point: str
    values: dict[str, float]
    part: int
    flags: Mapping[str, int] | None = None
    known: Mapping[str, tuple[datetime, float]] | None = None


class Fault(NamedTuple):
    """The bytes of a message, or of one part of it, that could not be read, and why."""

    reason: str
    payload: bytes


class Codec(Protocol):
    """Reads one wire format; a module with these two functions is one.

    Neither raises: whatever the bytes, `decode` answers with samples and faults.
    """

    def decode(self, payload: bytes, /) -> tuple[Sequence[Sample], Sequence[Fault]]:
        """Read a message."""
        ...

    def parts(self, payload: bytes, /) -> Sequence[bytes]:
        """Cut a message that `decode` could read into parts, each a whole message by itself."""
        ...


_MAX_SHOWN = 60


def shown(value: object) -> str:
    """Quote a value of a sender for a sentence: printable, and of bounded length."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def named(name: str) -> str:
    """Give a name that a sender chose, printable and of bounded length, without quotes."""
    return shown(name[:_MAX_SHOWN])[1:-1]


def meant(name: str, allowed: Iterable[str]) -> str:
    """Give `; did you mean 'x'?` where an allowed name is near, else `; allowed: …`."""
    names = sorted(allowed)
    near = did_you_mean(name, names)
    if near:
        return f"; {near}"
    return f"; allowed: {listed(names)}" if names else ""
