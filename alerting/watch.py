"""One sensor under watch: its history, the rules on it, and how far the past is settled.

With L the pack's lateness and T the newest `taken_at` seen, everything up to T - L is settled:
readings within the lateness have all arrived and what the fold says there is final. Readings older
than that are late: they may raise and never clear.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from alerting.detect.detector import Detector
from alerting.history import Flag, History
from alerting.rules import BoundRule, Pack
from alerting.track import Track
from sensors.model import Qc
from sensors.registry import Sensor

_KEEP_AT_LEAST = 64
_SLACK = 192
_NEVER_S = float("inf")
_JUST_S = 1e-6


@dataclass(frozen=True, slots=True)
class Timing:
    """How long readings may be under way, and how long silence is tolerated, in seconds."""

    lateness_s: float
    stale_s: float
    offline_s: float


_NO_PACK = Timing(60.0, 60.0, 600.0)


def timing_of(sensor: Sensor, packs: Sequence[Pack], slack_s: float) -> Timing:
    """Give a sensor's timing by the packs that speak of its quantity, else all of its kind.

    Of several, the longest lateness and the shortest patience count.
    """
    name = sensor.key.quantity
    speaking = [pack for pack in packs if any(name in rule.quantities for rule in pack.spec.rules)]
    asked = [pack.spec for pack in speaking or packs]
    lateness_s, stale_s, offline_s = _NO_PACK.lateness_s, _NO_PACK.stale_s, _NO_PACK.offline_s
    if asked:
        lateness_s = max(spec.lateness.total_seconds() for spec in asked)
        stale_s = min(spec.stale.total_seconds() for spec in asked)
        offline_s = min(spec.offline.total_seconds() for spec in asked)
    every_s = sensor.every.total_seconds()
    return Timing(
        lateness_s,
        max(stale_s, 3 * every_s) + slack_s,
        max(offline_s, 6 * every_s) + slack_s,
    )


class Watch:
    """The recent past of one sensor and the fold of every rule on it.

    Also this sensor's silence timer (`alerting.blind.Patience`): `newest_s` is when its newest
    believable reading was taken, in seconds since 1970.
    """

    __slots__ = (
        "_keep_s",
        "_trim_at",
        "detector",
        "examine_from_s",
        "history",
        "is_busy",
        "is_idle",
        "is_late",
        "key",
        "lateness_s",
        "n_settled",
        "newest_s",
        "offline_s",
        "sensor",
        "stale_s",
        "tracks",
    )

    def __init__(
        self,
        *,
        sensor: Sensor,
        rules: Sequence[BoundRule],
        timing: Timing,
        detector: Detector | None = None,
    ) -> None:
        """Start with an empty history."""
        self.sensor = sensor
        self.key = sensor.key
        self.history = History()
        self.tracks = tuple(Track(rule=rule, history=self.history) for rule in rules)
        self.detector = detector
        self.lateness_s = timing.lateness_s
        self.stale_s = timing.stale_s
        self.offline_s = timing.offline_s
        self.newest_s = 0.0
        self.n_settled = 0
        self.is_late = False
        self.is_busy = False  # an announced alert of some track is not settled yet
        self.is_idle = not rules and detector is None  # only its silence matters
        self.examine_from_s = 0.0 if detector is not None else _NEVER_S
        self._keep_s = max((rule.window_s + rule.stale_s for rule in rules), default=0.0)
        self._trim_at = _KEEP_AT_LEAST + _SLACK

    def put(self, time_s: float, value: float, qc: int, delay_s: float) -> Sequence[Track]:
        """Take one reading and give the tracks whose state changed.

        `qc` must not be FAIL (the caller keeps failed values out); `delay_s` is arrival minus
        taken. A reading for an instant already here changes nothing.
        """
        if time_s > self.newest_s:
            self.newest_s = time_s
        history = self.history
        n_before = len(history.times)
        self.is_late = delay_s > self.lateness_s or (
            n_before > 0 and time_s <= history.times[-1] - self.lateness_s
        )
        index = history.insert(time_s, value, _flag(qc, is_late=self.is_late))
        if index is None:
            return ()
        if index == n_before:
            if len(self.tracks) == 1:
                track = self.tracks[0]
                return (track,) if track.append() else ()
            return [track for track in self.tracks if track.append()]
        return self._put_between(index)

    def put_again(
        self, time_s: float, value: float | None, qc: int, delay_s: float
    ) -> Sequence[Track]:
        """Take a computed value, which may replace the one of its instant, or take it back (None).

        The settled past is not rewritten: a value that differs there counts as a late reading just
        behind it, which may raise and never clears.
        """
        history = self.history
        place = bisect_left(history.times, time_s)
        if place == len(history.times) or history.times[place] != time_s:
            return () if value is None else self.put(time_s, value, qc, delay_s)
        flag = _flag(qc, is_late=bool(history.flags[place] & Flag.LATE))
        if value == history.values[place] and flag == history.flags[place]:
            return ()
        if place < self.n_settled or history.times[place] <= history.times[-1] - self.lateness_s:
            return () if value is None else self.put(time_s + _JUST_S, value, qc, _NEVER_S)
        if value is None:
            history.remove(place)
            return [track for track in self.tracks if track.remove(place)]
        history.replace(place, value, flag)
        return [track for track in self.tracks if track.replace(place)]

    def feed(self, window_s: float) -> None:
        """Keep a history for a computed value that looks back so far, in seconds."""
        self.is_idle = False
        self._keep_s = max(self._keep_s, window_s + self.stale_s)

    def _put_between(self, index: int) -> list[Track]:
        """Fold in a reading that is not the newest: into the open past, or as a late one."""
        history = self.history
        bound = history.times[-1] - self.lateness_s
        if history.times[index] > bound and index >= self.n_settled:
            return [track for track in self.tracks if track.insert(index)]
        self.n_settled = bisect_right(history.times, bound)
        return [track for track in self.tracks if track.insert_late(index, self.n_settled)]

    def settle(self) -> tuple[int, int]:
        """Move the settled boundary up to T - lateness; give the indices first <= i < last."""
        first = self.n_settled
        times = self.history.times
        bound = times[-1] - self.lateness_s
        last = first
        count = len(times)
        if first < count and times[first] <= bound:
            last = bisect_right(times, bound, first, count)
            self.n_settled = last
        return first, last

    def settle_all(self) -> tuple[int, int]:
        """Settle everything up to the newest reading, when a person closes the past."""
        first, self.n_settled = self.n_settled, len(self.history)
        return first, self.n_settled

    @property
    def wants_settling(self) -> bool:
        """Say whether the boundary matters now.

        It does while an alert stands, when the detector's next look is due, and when there is much
        to forget.
        """
        times = self.history.times
        return (
            self.is_busy
            or times[-1] - self.lateness_s >= self.examine_from_s
            or len(times) >= self._trim_at
        )

    def trim_if_long(self) -> None:
        """Forget what no decision can look back at any more, once there is much of it."""
        if len(self.history) < self._trim_at:
            return
        times = self.history.times
        keep_from_s = times[max(0, self.n_settled - 1)] - self._keep_s
        count = bisect_right(times, keep_from_s) - 1  # a counter's first step begins before
        count = min(count, self.n_settled - 1, len(times) - _KEEP_AT_LEAST)
        if count > 0:
            self.history.drop_first(count)
            for track in self.tracks:
                track.drop_first(count)
            self.n_settled -= count
        self._trim_at = max(_KEEP_AT_LEAST, len(times)) + _SLACK


def _flag(qc: int, *, is_late: bool) -> int:
    flag = int(Flag.LATE) if is_late else 0
    if qc == Qc.SUSPECT:
        return flag | Flag.SUSPECT
    return flag if is_late else int(Flag.CAN_CLEAR)
