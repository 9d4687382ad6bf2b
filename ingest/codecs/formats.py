"""The foreign formats there are: one entry each with its door, usual topics, and what reads it.

A new format is one entry here and a file beside this one. Which of them are heard, and on which
topics, is the operator's to say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ingest.codecs import crane_alarm, regulator
from ingest.codecs.chirpstack import Chirpstack
from ingest.codecs.frigate import Frigate
from ingest.codecs.heard import Cleaning, Read
from ingest.codecs.private import Cleaner
from ingest.codecs.senml import Senml
from ingest.codecs.table import ForeignLane
from ingest.codecs.yunzhu import Yunzhu, YunzhuOptions
from ingest.source import Order
from sensors.registry import Registry

Greet = Callable[[datetime, str], list[Order]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """What formats need besides the registry; `private_key` hashes what identifies a person."""

    private_key: bytes = field(repr=False)
    yunzhu: YunzhuOptions = field(default_factory=YunzhuOptions)


class Reader(NamedTuple):
    """How one format is read; `greet` is what its senders are asked after we were away."""

    read: Read
    cleaning: Cleaning = Cleaning()
    greet: Greet | None = None


class Format(NamedTuple):
    """A format: the door of its addresses, the topics it usually has, and how it is opened."""

    door: str
    topics: tuple[str, ...]
    open: Callable[[Registry, FormatOptions], Reader]
    is_selective: bool = True


class Opened(NamedTuple):
    """Formats that are heard: their lanes, and what to ask on every new connection."""

    lanes: list[ForeignLane]
    greets: list[Greet]


def _sparkplug(registry: Registry, _: FormatOptions) -> Reader:
    from ingest.codecs.sparkplug import Sparkplug  # its protobuf takes 3 MB where it is heard

    reader = Sparkplug(registry.addresses("sparkplug"))
    return Reader(reader.read, greet=reader.rebirths)


def _frigate(registry: Registry, options: FormatOptions) -> Reader:
    zones = {
        point: device.addresses["frigate"]
        for device in registry.devices()
        if "frigate" in device.addresses
        for point in device.points
        if point
    }
    return Reader(Frigate(registry.addresses("frigate"), zones).read, _cleaning(options))


def _cleaning(options: FormatOptions) -> Cleaning:
    cleaner = Cleaner(options.private_key)
    return Cleaning(cleaner.safe_copy, cleaner.safe_text)


def _yunzhu(_: Registry, options: FormatOptions) -> Reader:
    cleaner = Cleaner(options.private_key)
    reader = Yunzhu(cleaner, options.yunzhu)
    return Reader(reader.read, Cleaning(reader.safe_copy, cleaner.safe_text))


FORMATS: dict[str, Format] = {
    "senml": Format(
        "senml",
        ("senml/#",),
        lambda registry, _: Reader(Senml(registry.addresses("senml")).read),
        is_selective=False,
    ),
    "sparkplug": Format("sparkplug", ("spBv1.0/#",), _sparkplug),
    "chirpstack": Format(
        "chirpstack",
        ("application/+/device/+/event/+",),
        lambda registry, _: Reader(Chirpstack(registry.addresses("chirpstack")).read),
    ),
    "frigate": Format(
        "frigate",
        ("frigate/available", "frigate/events", "frigate/stats", "frigate/reviews"),
        _frigate,
    ),
    "yunzhu": Format("vendor", ("yunzhu/#",), _yunzhu),
    "regulator": Format(
        "vendor",
        ("regulator/#",),
        lambda _, options: Reader(regulator.read, _cleaning(options)),
    ),
    "crane_alarm": Format(
        "vendor",
        ("crane_alarm/#",),
        lambda _, options: Reader(crane_alarm.read, _cleaning(options)),
    ),
}


def opened(
    chosen: Mapping[str, Sequence[str]], registry: Registry, options: FormatOptions
) -> Opened:
    """Open the chosen formats; `chosen` gives the topics of each, none for its usual ones."""
    found = Opened([], [])
    for name, topics in chosen.items():
        entry = FORMATS[name]
        reader = entry.open(registry, options)
        found.lanes.extend(
            ForeignLane(topic, entry.door, reader.read, entry.is_selective, reader.cleaning)
            for topic in topics or entry.topics
        )
        if reader.greet is not None:
            found.greets.append(reader.greet)
    return found
