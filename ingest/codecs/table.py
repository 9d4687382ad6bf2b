"""Which topics carry what: one line per kind of topic, and the codec that reads it.

The native topics are always heard. Those of foreign formats are set by the operator; which formats
there are stands in `ingest.codecs.formats`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingest.codecs import native, reply
from ingest.codecs.heard import Cleaning, Read
from ingest.codecs.sample import Codec


class Address(NamedTuple):
    """Whose message it is, as the topic says."""

    site: str
    device: str


class Lane(NamedTuple):
    """One kind of topic: its filter, how to read its readings, and whose they are.

    Without a codec the topic carries status messages (`ingest.codecs.status`).
    """

    filter: str
    codec: Codec | None
    address: Callable[[Sequence[str]], Address]


def _native_address(levels: Sequence[str]) -> Address:
    return Address(levels[2], levels[3])


class ForeignLane(NamedTuple):
    """One kind of topic behind a foreign door, and how its messages are read.

    Senders behind a door that `is_selective` say much that nobody asked for: names without a sensor
    are counted there and not refused. `cleaning` takes what must not be kept in clear (national
    ids, names of people) out of what goes to quarantine.
    """

    filter: str
    door: str
    read: Read
    is_selective: bool = False
    cleaning: Cleaning = Cleaning()


AnyLane = Lane | ForeignLane

LANES: tuple[AnyLane, ...] = (
    Lane("gw/1/+/+/telemetry", native, _native_address),
    Lane("gw/1/+/+/event", native, _native_address),
    Lane("gw/1/+/+/status", None, _native_address),
    ForeignLane("gw/1/+/+/command/reply", "reply", reply.read),
)


def lane_of(topic: str, lanes: Sequence[AnyLane] = LANES) -> tuple[AnyLane, list[str]] | None:
    """Find the first lane whose filter matches, and the levels of the topic."""
    levels = topic.split("/")
    for lane in lanes:
        if _matches(lane.filter.split("/"), levels):
            return lane, levels
    return None


def _matches(wanted: Sequence[str], levels: Sequence[str]) -> bool:
    """Match as MQTT does: `+` is one level, a last `#` is the rest."""
    if wanted[-1] == "#":
        head = wanted[:-1]
        return len(levels) >= len(head) and _matches_each(head, levels[: len(head)])
    return len(wanted) == len(levels) and _matches_each(wanted, levels)


def _matches_each(wanted: Sequence[str], levels: Sequence[str]) -> bool:
    return all(want in ("+", level) for want, level in zip(wanted, levels, strict=True))
