"""What one camera sees over time: a count per zone, as a function of the set of events.

Each event tells the whole state of one object at its `frame_time`. The count at an instant is that
of the objects whose newest state until then is in the zone, whatever order the events came in. An
event that comes late also changes counts that were said already; those are said once more, a
microsecond later, because a reading that is owned is never changed.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.codecs.instant import from_posix

QUANTITY_OF = {
    "person": "persons",
    "car": "vehicles",
    "truck": "vehicles",
    "bus": "vehicles",
    "motorcycle": "vehicles",
    "van": "vehicles",
}
QUANTITIES = ("persons", "vehicles")
# States older than this, against the newest, are folded into one; objects that ended are dropped.
KEPT_S = 120.0
# Frigate tells of every object it follows at least once a minute. Who was not told of for so long
# is gone, also if the end was lost; and so long after the start somebody may be there unheard of.
GONE_AFTER_S = 300.0
SETTLED_AFTER_S = 180.0
_FOLD_EVERY_S = 10.0
MAX_OBJECTS = 500
MAX_STATES = 200
_MICROSECOND = timedelta(microseconds=1)


class Seen(NamedTuple):
    """The state of one object at one instant, in seconds since 1970."""

    id: str
    quantity: str
    frame_time: float
    zones: frozenset[str]
    is_over: bool
    is_false: bool


class Counted(NamedTuple):
    """How many of a quantity are in a zone ("" is the whole picture) at an instant."""

    at: datetime
    zone: str
    quantity: str
    n: int
    is_settled: bool


class _State(NamedTuple):
    time: float
    zones: frozenset[str]
    is_there: bool


def _order(state: _State) -> tuple[float, bool, list[str]]:
    """Order states by time; of several at one instant the end is the last word."""
    return state.time, not state.is_there, sorted(state.zones)


@dataclass(slots=True)
class _Object:
    quantity: str
    states: list[_State] = field(default_factory=list)

    def at(self, time: float) -> _State | None:
        """Give the newest state until `time`."""
        after = bisect_right(self.states, time, key=lambda state: state.time)
        return self.states[after - 1] if after else None

    def is_in(self, zone: str, time: float) -> bool:
        """Tell whether it was there, and in the zone, at `time`."""
        state = self.at(time)
        if state is None or not state.is_there or time - state.time > GONE_AFTER_S:
            return False
        return not zone or zone in state.zones


@dataclass(slots=True)
class Scene:
    """The objects of one camera and what was said of them; both bounded in time and number.

    `zones` are those that somebody asks for; each event says the counts of all of them.
    """

    _objects: dict[str, _Object] = field(default_factory=dict)
    _said: dict[tuple[str, str], dict[float, list[Counted]]] = field(default_factory=dict)
    zones: set[str] = field(default_factory=set)
    _newest: float = float("-inf")
    _since: float = float("inf")
    _folded: float = float("-inf")

    def clear(self) -> None:
        """Forget every object; the zones stay."""
        self._objects.clear()
        self._said.clear()
        self._since = float("inf")

    def take(self, seen: Seen) -> list[Counted] | None:
        """Take an event; give the counts of its instant, and those it changed.

        None is given for one too old to be counted among the others of its time.
        """
        if seen.frame_time < self._newest - KEPT_S:
            return None
        self._since = min(self._since, seen.frame_time)
        before = self._objects.get(seen.id)
        if before is None and len(self._objects) >= MAX_OBJECTS:
            self._drop_oldest()
        entry = self._objects.setdefault(seen.id, _Object(seen.quantity))
        state = _State(seen.frame_time, seen.zones, not seen.is_over)
        if state not in entry.states:
            insort(entry.states, state, key=_order)
            del entry.states[:-MAX_STATES]
        # Zones nobody asked for are said where they are seen, so that people learn of them.
        zones = sorted({"", *self.zones, *seen.zones})
        counted = list(self._say(zones, (entry.quantity,), seen.frame_time))
        self._newest = max(self._newest, seen.frame_time)
        self._fold()
        return counted

    def look(self, time: float) -> list[Counted]:
        """Give every count as it is at `time`."""
        self._since = min(self._since, time)
        counted = list(self._say(sorted({"", *self.zones}), QUANTITIES, time))
        self._newest = max(self._newest, time)
        self._fold()
        return counted

    def _say(
        self, zones: Iterable[str], quantities: Iterable[str], time: float
    ) -> Iterator[Counted]:
        """Say the counts at `time`, again if they were said, and later ones that are now others."""
        for zone in zones:
            for quantity in quantities:
                said = self._said.setdefault((zone, quantity), {})
                said.setdefault(time, [])
                is_newest = time >= self._newest
                for instant in [time] if is_newest else sorted(t for t in said if t >= time):
                    counts = said[instant]
                    count = self._count(zone, quantity, instant)
                    at = from_posix(instant)
                    if at is not None and (not counts or counts[-1].n != count):
                        moved = at + _MICROSECOND * len(counts)
                        is_settled = instant - self._since >= SETTLED_AFTER_S
                        counts.append(Counted(moved, zone, quantity, count, is_settled))
                        yield from counts if instant == time else counts[-1:]
                    elif instant == time:
                        yield from counts

    def _count(self, zone: str, quantity: str, time: float) -> int:
        return sum(
            entry.is_in(zone, time)
            for entry in self._objects.values()
            if entry.quantity == quantity
        )

    def _fold(self) -> None:
        """Forget what is too old to be changed by anything that is still taken."""
        oldest = self._newest - KEPT_S
        if oldest - self._folded < _FOLD_EVERY_S:
            return
        self._folded = oldest
        for key, said in list(self._said.items()):
            for instant in [each for each in said if each < oldest]:
                del said[instant]
            if not said:
                del self._said[key]
        for name, entry in list(self._objects.items()):
            last_old = entry.at(oldest)
            if last_old is not None:
                entry.states = [each for each in entry.states if each.time >= last_old.time]
                is_gone = self._newest - last_old.time > GONE_AFTER_S + KEPT_S
                if len(entry.states) == 1 and (is_gone or not last_old.is_there):
                    del self._objects[name]

    def _drop_oldest(self) -> None:
        oldest = min(self._objects, key=lambda name: self._objects[name].states[-1].time)
        del self._objects[oldest]
