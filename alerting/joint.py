"""Virtual sensors: values computed in event time from what several sensors said (contract C2).

A joint has inputs and a plain function; its output has a value at every instant at which one of
its triggering inputs was read, computed from the newest reading of each input up to that instant
(and, where it asks for a window, from those before). A reading that arrives out of order changes
the outputs between itself and the next reading of its sensor, so those are computed again: the
output is a function of the set of input readings, as if it were a sensor of its own.

An input that was silent for longer than it may be is unknown. A function that cannot say gives
None, and the output then has no value at that instant: nothing is raised, and nothing cleared.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alerting.history import Flag, History
from alerting.track import Track
from alerting.watch import NO_LULL, Lull, Watch
from sensors.model import Qc, SensorKey
from sensors.registry import Sensor

MAX_INPUTS = 256
_CAN_CLEAR = int(Flag.CAN_CLEAR)


class Seen(NamedTuple):
    """What one input says at an instant: its history, and where its newest reading by then lies.

    Readings behind that place lie in the future of the instant and must not be looked at.
    """

    history: History
    place: int

    @property
    def value(self) -> float:
        """Give the newest reading's value."""
        return self.history.values[self.place]

    @property
    def time_s(self) -> float:
        """Give when the newest reading was taken, in seconds since 1970."""
        return self.history.times[self.place]


# Gives the output at an instant (seconds since 1970); an input that is unknown then is None.
Compute = Callable[[float, Sequence[Seen | None]], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a joint.

    `max_age_s` is how long a reading counts; one older than `fresh_s` makes the output doubtful.
    `window_s` is how far back the function looks behind the newest one. The output has a value at
    the instants of inputs that are triggers.
    """

    key: SensorKey
    max_age_s: float
    fresh_s: float = math.inf
    window_s: float = 0.0
    is_trigger: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """A virtual sensor: what it is called, what it is computed from, and how.

    `is_watched` says that its silence means blindness: one that is silent by its nature (formwork
    that is not being poured) is not watched for it. Where `wants_all`, an input that is unknown
    makes the output doubtful: it may raise and never clears. Where `pace_s`, the output has a value
    only at the first reading of its one trigger in each such span of event time.
    """

    output: Sensor
    inputs: tuple[Input, ...]
    compute: Compute
    is_watched: bool = False
    wants_all: bool = False
    pace_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what could not be computed or would cost without bound."""
        if not any(entry.is_trigger for entry in self.inputs):
            raise ValueError(f"{self.output.key}: no input is a trigger")
        if self.pace_s and sum(entry.is_trigger for entry in self.inputs) > 1:
            raise ValueError(f"{self.output.key}: a pace needs a single trigger")
        if len(self.inputs) > MAX_INPUTS:
            raise ValueError(f"{self.output.key}: more than {MAX_INPUTS} inputs")


class Computed(NamedTuple):
    """One value that was computed; `time_s` in seconds since 1970."""

    sensor: Sensor
    time_s: float
    value: float
    qc: Qc


class Outcome(NamedTuple):
    """The output's tracks whose state changed, and the values computed."""

    watch: Watch
    tracks: Sequence[Track]
    values: Sequence[Computed]


@dataclass(slots=True)
class JointWatch:
    """A joint at work: the watches of its inputs, and the watch that holds its output.

    Where it has a pace, `lull` begins at the first trigger of the newest span and ends with it.
    """

    joint: Joint
    sources: tuple[Watch, ...]
    watch: Watch
    lull: Lull = field(init=False, default_factory=Lull)
    _places: dict[SensorKey, int] = field(init=False)
    _triggers: tuple[History, ...] = field(init=False)
    _ages: tuple[tuple[History, float, float], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Index the inputs by sensor."""
        self._places = {source.key: place for place, source in enumerate(self.sources)}
        both = list(zip(self.joint.inputs, self.sources, strict=True))
        self._triggers = tuple(source.history for entry, source in both if entry.is_trigger)
        self.watch.behind_s = math.inf  # as far as its inputs may be, which are bounded themselves
        self._ages = tuple(
            (source.history, entry.max_age_s, entry.fresh_s) for entry, source in both
        )

    def take(self, keys: Collection[SensorKey], time_s: float) -> Outcome:
        """Bring the output up to date with inputs' readings at `time_s`, new in their histories."""
        values: list[Computed] = []
        if any(source.straggled_s for source in self.sources):
            self._wait_with(keys)
        instants = self._touched(keys, time_s)
        if instants == [time_s]:  # as nearly always
            return Outcome(self.watch, self._put(time_s, values), values)
        self._end_lull()
        changed: dict[int, Track] = {}
        if time_s not in instants:  # its reading was taken out: nothing holds at this instant
            for track in self.watch.put_computed(time_s, None, Qc.PASS):
                changed[id(track)] = track
        for instant in instants:
            for track in self._put(instant, values):
                changed[id(track)] = track
        return Outcome(self.watch, list(changed.values()), values)

    def _wait_with(self, keys: Iterable[SensorKey]) -> None:
        """Speak as the inputs do while theirs come out of order: the gaps close later."""
        for key in keys:
            source = self.sources[self._places[key]]
            if source.is_disordered:
                self.watch.expected_s = max(self.watch.expected_s, source.spoke_s)

    def catch_up(self) -> list[Computed]:
        """Compute again whatever the inputs' histories allow, and give it: after a restart."""
        values: list[Computed] = []
        both = zip(self.joint.inputs, self.sources, strict=True)
        first_s = max(0.0, *(source.whole_from_s(entry.window_s) for entry, source in both))
        known, n_settled = self.watch.history.times, self.watch.n_settled
        first_s = max([first_s, *known[max(0, n_settled - 1) :][:1]])
        instants = self._instants(first_s, math.inf)
        gone = {time_s for time_s in known[n_settled:] if time_s >= first_s} - set(instants)
        for time_s in sorted(gone):  # the reading behind it was taken out since
            self.watch.put_computed(time_s, None, Qc.PASS)
        for instant in instants:
            self._put(instant, values)
        return values

    def _touched(self, keys: Iterable[SensorKey], time_s: float) -> list[float]:
        """List the instants whose output may have changed; mostly there is only the newest one."""
        if all(len(each) and each.times[-1] <= time_s for each in self._triggers) and any(
            each.times[-1] == time_s for each in self._triggers
        ):
            return [time_s]
        return self._instants(time_s, max(self._until_s(self._places[key], time_s) for key in keys))

    def _until_s(self, place: int, time_s: float) -> float:
        """Give until when a reading of one input bears on the output."""
        entry, times = self.joint.inputs[place], self.sources[place].history.times
        after = bisect_right(times, time_s)
        next_s = times[after] if after < len(times) else math.inf
        until_s = min(next_s, math.nextafter(time_s + entry.max_age_s, math.inf))
        pace_s = self.joint.pace_s
        span_end_s = time_s - time_s % pace_s + pace_s if pace_s else 0.0
        return max(until_s, time_s + entry.window_s, span_end_s)

    def _instants(self, first_s: float, until_s: float) -> list[float]:
        """List the instants first <= t < until at which a triggering input was read."""
        found: set[float] = set()
        for entry, source in zip(self.joint.inputs, self.sources, strict=True):
            if entry.is_trigger:
                times = source.history.times
                if times and times[-1] >= first_s:
                    first = bisect_left(times, first_s)
                    found.update(times[first : bisect_left(times, until_s, first)])
        return sorted(found)

    def _put(self, time_s: float, values: list[Computed]) -> Sequence[Track]:
        seen: list[Seen | None] = []
        qc = Qc.PASS
        for history, max_age_s, fresh_s in self._ages:
            entry = _seen(history, max_age_s, time_s)
            seen.append(entry)
            if entry is None:
                if self.joint.wants_all:
                    qc = Qc.SUSPECT
            elif history.flags[entry.place] != _CAN_CLEAR or time_s - entry.time_s > fresh_s:
                qc = Qc.SUSPECT
        value = self.joint.compute(time_s, seen) if self._is_wanted(time_s) else None
        if value is not None:
            values.append(Computed(self.joint.output, time_s, value, qc))
        return self.watch.put_computed(time_s, value, qc)

    def _is_wanted(self, time_s: float) -> bool:
        """Say whether the output has a value at an instant: always, or once in each span."""
        pace_s = self.joint.pace_s
        if not pace_s:
            return True
        times, span_s = self._triggers[0].times, time_s - time_s % pace_s
        place = bisect_left(times, time_s)
        if place and times[place - 1] >= span_s:
            return False
        if times and times[-1] < span_s + pace_s:
            self.lull.after_s, self.lull.until_s = time_s, span_s + pace_s
        return True

    def _end_lull(self) -> None:
        """Look at every reading again until a span begins: its first trigger may be another now."""
        self.lull.after_s, self.lull.until_s = math.inf, -math.inf


def _seen(history: History, max_age_s: float, time_s: float) -> Seen | None:
    times = history.times
    index = len(times) - 1
    if index >= 0 and times[index] > time_s:
        index = bisect_right(times, time_s) - 1
    if index < 0 or time_s - times[index] > max_age_s:
        return None
    return Seen(history, index)


def joint_watches(
    joints: Iterable[Joint], find: Callable[[SensorKey], Watch | None]
) -> Mapping[SensorKey, tuple[JointWatch, ...]]:
    """Connect joints to the watches of their sensors; gives for each input what it feeds.

    An input rests with its joint; one that feeds several is looked at with every reading.

    Raises:
        ValueError: a joint names a sensor that has no watch.
    """
    feeds: dict[SensorKey, tuple[JointWatch, ...]] = {}
    for joint in joints:
        watches = [find(joint.output.key), *(find(entry.key) for entry in joint.inputs)]
        known = [watch for watch in watches if watch is not None]
        if len(known) < len(watches):
            raise ValueError(f"{joint.output.key}: an input or the output is not in the registry")
        output, *sources = known
        output.sources = tuple(sources)
        working = JointWatch(joint, tuple(sources), output)
        for entry, source in zip(joint.inputs, sources, strict=True):
            source.feed(entry.window_s + entry.max_age_s)
            source.lull = working.lull if source.lull is None else NO_LULL
            feeds[entry.key] = (*feeds.get(entry.key, ()), working)
    return feeds
