"""The points of every device: their watches, the last log block each has seen, and what is unsaved.

The memory of a point is written as one blob, and put back from it after a restart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alerting import memory
from alerting.watch import Watch
from sensors.model import SensorKey

PointKey = tuple[str, str, str]


@dataclass(slots=True)
class Point:
    """The watches of one device point, by quantity, and the last log block they have seen."""

    watches: dict[str, Watch] = field(default_factory=dict[str, Watch])
    seq: int = 0


class Points:
    """Every point by site, device and point; `changed` has the first block seen since the save."""

    def __init__(self) -> None:
        """Start with none."""
        self.by_key: dict[PointKey, Point] = {}
        self.changed: dict[PointKey, int] = {}

    def __contains__(self, key: PointKey) -> bool:
        """Say whether a point is known."""
        return key in self.by_key

    def __iter__(self) -> Iterator[PointKey]:
        """Go through the keys of all points."""
        return iter(self.by_key)

    def add(self, watch: Watch) -> None:
        """Put a sensor's watch at its point."""
        point = self.by_key.setdefault(_place(watch.key), Point())
        point.watches[watch.key.quantity] = watch

    def find(self, key: SensorKey) -> Watch | None:
        """Give the watch of one sensor."""
        point = self.by_key.get(_place(key))
        return point.watches.get(key.quantity) if point is not None else None

    def watches(self) -> Iterator[Watch]:
        """Go through every watch."""
        for point in self.by_key.values():
            yield from point.watches.values()

    def watches_of(self, devices: set[tuple[str, str]]) -> Iterator[Watch]:
        """Go through the watches of some devices."""
        for (site, device, _), point in self.by_key.items():
            if (site, device) in devices:
                yield from point.watches.values()

    def load(self, key: PointKey, seq: int, blob: bytes) -> str | None:
        """Put one point's memory back; give a sentence when it could not be used."""
        point = self.by_key.get(key)
        if point is None:
            return None
        why_not = memory.load(blob, point.watches)
        if why_not is None:
            point.seq = seq
        return why_not

    def dump(self, key: PointKey) -> bytes:
        """Write one point's memory, without what is not judged any more."""
        watches = self.by_key[key].watches
        return memory.dump({q: watch for q, watch in watches.items() if not watch.is_broken})

    def note_changed(self, key: SensorKey, seq: int) -> None:
        """Put a sensor's point on the list of changed ones, unless it is there."""
        self.changed.setdefault(_place(key), seq)

    def unsaved(self) -> Mapping[PointKey, int]:
        """Give the points changed since their memory was saved, with the first block each saw."""
        return self.changed

    def count_as_saved(self, keys: Iterable[PointKey]) -> None:
        """Take points off the list of changed ones."""
        for key in keys:
            self.changed.pop(key, None)

    def count_as_changed(self, points: Iterable[tuple[PointKey, int]]) -> None:
        """Put points back on the list, with the first block whose effect is not saved."""
        for key, first_seq in points:
            self.changed[key] = min(first_seq, self.changed.get(key, first_seq))


def _place(key: SensorKey) -> PointKey:
    return key.site, key.device, key.point
