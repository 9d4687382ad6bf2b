"""Which topics carry what: one line per kind of topic, and the codec that reads it.

A new wire format is one more line here and one more file beside this one.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingest.codecs import native
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


LANES: tuple[Lane, ...] = (
    Lane("gw/1/+/+/telemetry", native, _native_address),
    Lane("gw/1/+/+/event", native, _native_address),
    Lane("gw/1/+/+/status", None, _native_address),
)


def lane_of(topic: str, lanes: Sequence[Lane] = LANES) -> tuple[Lane, Address] | None:
    """Find the first lane whose filter matches, and the address in the topic."""
    levels = topic.split("/")
    for lane in lanes:
        if _matches(lane.filter.split("/"), levels):
            return lane, lane.address(levels)
    return None


def _matches(wanted: Sequence[str], levels: Sequence[str]) -> bool:
    """Match as MQTT does: `+` is one level, a last `#` is the rest."""
    if wanted[-1] == "#":
        head = wanted[:-1]
        return len(levels) >= len(head) and _matches_each(head, levels[: len(head)])
    return len(wanted) == len(levels) and _matches_each(wanted, levels)


def _matches_each(wanted: Sequence[str], levels: Sequence[str]) -> bool:
    return all(want in ("+", level) for want, level in zip(wanted, levels, strict=True))
