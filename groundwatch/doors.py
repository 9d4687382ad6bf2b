"""The doors by which foreign devices are heard: which are open, on what topics, for whom."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundwatch.district import counted
from groundwatch.kept_key import kept_key
from groundwatch.settings import DoorSettings, Settings, YunzhuSettings
from ingest.codecs.formats import FORMATS, FormatOptions, Greet, Opened
from ingest.codecs.formats import opened as open_formats
from ingest.codecs.yunzhu import YunzhuOptions
from ingest.command import Commander
from ingest.mqtt import SourceStatus
from sensors.registry import Registry

_LOOK_EVERY_S = 0.5


def topics_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Give the topics of every format that is on."""
    return {name: given.topics or FORMATS[name].topics for name, given in _given(settings).items()}


def filters_of(settings: Settings) -> tuple[str, ...]:
    """Give the topic filters to subscribe to besides the native ones."""
    return tuple(dict.fromkeys(each for topics in topics_of(settings).values() for each in topics))


def open_doors(settings: Settings, registry: Registry) -> Opened:
    """Make what reads the formats that are on.

    Raises:
        OSError: the key that hashes what identifies a person cannot be read or made.
    """
    chosen = topics_of(settings)
    if not chosen:
        return Opened([], [])
    given = settings.private.key
    key = kept_key(settings.state / "private.key", given.get_secret_value() if given else None)
    return open_formats(
        chosen, registry, FormatOptions(private_key=key, yunzhu=_yunzhu(settings.doors.yunzhu))
    )


def used_doors(registry: Registry) -> dict[str, int]:
    """Count the devices of the site files by the door they are heard by."""
    used = Counter(door for device in registry.devices() for door in device.addresses)
    return dict(sorted(used.items()))


def look_at_doors(settings: Settings, registry: Registry) -> Iterator[tuple[bool, str]]:
    """Say of every door whether it is a fault as it is, and in words how it is."""
    used, names_on = used_doors(registry), list(_given(settings))
    for name, topics in topics_of(settings).items():
        door = FORMATS[name].door
        count = used.get(door, 0)
        said = f"{name} on {', '.join(topics)}, {door} addresses: {counted(count, 'device')}"
        yield count == 0, said if count else f"{said}; nothing it brings can be used"
    open_doors = {FORMATS[name].door for name in names_on}
    for door, count in used.items():
        formats = [name for name, entry in FORMATS.items() if entry.door == door]
        if formats and door not in open_doors:
            sections = " or ".join(f"[doors.{name}]" for name in formats)
            said = f"{door} addresses: {counted(count, 'device')}, which nobody hears"
            yield True, f"{said}; give {sections} in the settings"


@dataclass(slots=True, kw_only=True)
class Telling:
    """Tells devices what they must know: orders of codecs, and greetings on every connection."""

    commander: Commander
    greets: Sequence[Greet]
    status: Callable[[], SourceStatus]
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Publish orders, and greet whenever there is a new connection, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.commander.run(), name="orders")
            group.create_task(self._greet(), name="greetings")

    async def _greet(self) -> None:
        greeted: tuple[datetime, int] | None = None
        while True:
            status = self.status()
            connection = (status.since, status.n_reconnects)
            if status.connected and connection != greeted:
                greeted = connection
                for greet in self.greets:
                    self.commander.put(greet(self.now(), "we were away, births may be lost"))
            await asyncio.sleep(_LOOK_EVERY_S)


def _given(settings: Settings) -> Mapping[str, DoorSettings]:
    found = {name: getattr(settings.doors, name) for name in FORMATS}
    return {name: given for name, given in found.items() if given is not None}


def _yunzhu(given: YunzhuSettings | None) -> YunzhuOptions:
    if given is None:
        return YunzhuOptions()
    secret = given.secret.get_secret_value() if given.secret else None
    return YunzhuOptions(secret=secret, bit_order=given.bit_order)
