"""Samples of a known device to reports: find the sensors, calibrate, judge, drop duplicates.

The hot half of the intake: one multiplication and two comparisons per value, and little else. What
cannot be used comes back as a sentence; `ingest.intake` puts it in quarantine.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import NamedTuple, TypeVar

from ingest.codecs.sample import Codec, Sample, meant, named
from ingest.memory import PointMemory, as_kept
from ingest.source import Decoded, RawMessage, Undecodable
from ingest.unlisted import Unlisted
from sensors.derive import NOTHING_KNOWN, Ready, derive
from sensors.model import Qc, Report
from sensors.plausible import MAX_AHEAD, why_clock_refused, why_not_plausible
from sensors.recipes.table import ready_for
from sensors.registry import ClockRule, Device, FutureRule, Sensor

log = logging.getLogger(__name__)

_MAX_KEPT = 50_000
MAX_NAMED = 8
_HOLDS = 10  # so many usual intervals what a sender of changes said before counts as how it is
K = TypeVar("K")
V = TypeVar("V")
_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class IntakeCounts:
    """What went through since the start; counts only grow.

    `ahead` are samples refused because they were taken after they arrived, `unnamed` values of
    foreign senders that no site file asks for, `ignored` their messages that say nothing to us, by
    door and reason.
    """

    messages: int = 0
    reports: int = 0
    rejects: int = 0
    duplicates: int = 0
    restamped: int = 0
    ahead: int = 0
    implausible: int = 0
    statuses: int = 0
    unforeseen: int = 0
    unnamed: int = 0
    ignored: dict[tuple[str, str], int] = field(default_factory=dict)


class Gauge(NamedTuple):
    """What the hot path needs of one sensor, without attribute look-ups."""

    scale: float
    offset: float
    low: float
    high: float
    sensor: Sensor


class Point(NamedTuple):
    """The sensors of one point by quantity, what it reported last, and what is derived there."""

    gauges: dict[str, Gauge]
    memory: PointMemory
    ready: tuple[Ready, ...]


class Desk(NamedTuple):
    """Everything about one topic, looked up once."""

    codec: Codec | None
    device: Device
    clock: ClockRule
    points: dict[str, Point]


class Turn:
    """What one call of `decode` has gathered so far; `fresh` are values not owned yet.

    `onward` leads from instants that are taken, by point, towards one that is free.
    """

    __slots__ = ("decoded", "fresh", "is_replay", "onward", "rejects", "reports")

    def __init__(self, *, is_replay: bool) -> None:
        self.reports: list[Report] = []
        self.rejects: list[Undecodable] = []
        self.decoded = Decoded(self.reports, self.rejects)
        self.is_replay = is_replay
        self.fresh: dict[tuple[int, float], dict[str, float]] = {}
        self.onward: dict[tuple[int, datetime], datetime] = {}


class Taking:
    """Takes samples of known devices; what it noted about senders is bounded."""

    def __init__(self, counts: IntakeCounts, unlisted: Unlisted) -> None:
        self.counts = counts
        self._unlisted = unlisted
        self._no_sensors: dict[tuple[str, str, str, tuple[str, ...]], str] = {}
        self._restamped: set[tuple[str, str]] = set()

    def take(
        self, turn: Turn, message: RawMessage, desk: Desk, samples: Sequence[Sample]
    ) -> list[tuple[int, str]]:
        """Take what is good of samples of one device; give part and reason of what is not."""
        refused: list[tuple[int, str]] = []
        latest = message.received_at + MAX_AHEAD
        not_before = desk.clock.not_before
        newest_broken: datetime | None = None
        for sample in samples:
            if not_before <= sample.taken_at <= latest:
                reason = self._take_sample(turn, message, desk, sample)
            else:
                newest_broken = newest_broken or _newest_beyond(samples, not_before, latest)
                reason = self._take_misdated(turn, message, desk, (sample, newest_broken))
                self.counts.ahead += reason is not None and sample.taken_at > latest
            if reason is not None:
                refused.append((sample.part, reason))
        return refused

    def take_reckoned(
        self, turn: Turn, message: RawMessage, desk: Desk, sample: Sample
    ) -> list[tuple[int, str]]:
        """Take values whose instant was reckoned from arrival, because the sender gave none."""
        reason = why_clock_refused(sample.taken_at, message.received_at, desk.clock)
        if reason is None:
            memory = desk.points[sample.point].memory
            stamped = sample._replace(taken_at=_free_instant(sample.taken_at, memory, turn))
            reason = self._take_sample(turn, message, desk, stamped, is_restamped=True)
        return [(sample.part, reason)] if reason else []

    def _take_sample(
        self,
        turn: Turn,
        message: RawMessage,
        desk: Desk,
        sample: Sample,
        *,
        is_restamped: bool = False,
    ) -> str | None:
        """Take what is good of a sample; give the reason for the rest, or None.

        A value whose instant we chose is suspect at best: it may raise, and never clears.
        """
        point = desk.points.get(sample.point)
        if point is None:
            return self._unheard_of(turn, desk.device, _why_no_point(desk.device, sample.point))
        gauges = point.gauges
        values: dict[str, float] = {}
        qc: dict[str, int] = {}
        wrong: list[str] = []
        for quantity, raw in sample.values.items():
            gauge = gauges.get(quantity)
            if gauge is None:
                wrong.append(quantity)
                continue
            value = raw * gauge[0] + gauge[1]
            if not gauge[2] <= value <= gauge[3]:
                if not isfinite(value):
                    wrong.append(quantity)
                    continue
                qc[quantity] = int(why_not_plausible(value, gauge[4])[0])
            values[quantity] = value
        if is_restamped or sample.flags:
            _worsen(qc, dict.fromkeys(values, int(Qc.SUSPECT)) if is_restamped else {})
            _worsen(qc, sample.flags or {})
        where = (desk.device, sample.point)
        reason = self._why_wrong(turn, where, wrong, gauges) if wrong else None
        instant = sample.taken_at.timestamp()
        key = (id(point.memory), instant)
        owned = point.memory.at(instant) if instant <= point.memory.newest else None
        if owned is not None or key in turn.fresh:
            known = {**(owned or {}), **turn.fresh.get(key, {})}
            conflict = self._drop_known(values, known)
            reason = "; ".join(each for each in (reason, conflict) if each) or None
            turn.fresh[key] = {**turn.fresh.get(key, {}), **values}
        else:
            turn.fresh[key] = values
        if values:
            if point.ready:
                derive(values, qc, point.ready, instant, _still_known(sample, gauges))
            self._report(turn, message, (desk.device, sample), values, qc)
        return reason

    def _report(
        self,
        turn: Turn,
        message: RawMessage,
        origin: tuple[Device, Sample],
        values: dict[str, float],
        qc: dict[str, int],
    ) -> None:
        device, sample = origin
        if qc:
            qc = {each: flag for each, flag in qc.items() if each in values and flag != Qc.PASS}
            self.counts.implausible += len(qc)
        turn.reports.append(
            Report(
                device.site,
                device.id,
                device.kind,
                sample.point,
                sample.taken_at,
                message.received_at,
                values,
                qc,
                sample.seq,
            )
        )

    def _unheard_of(self, turn: Turn, device: Device, reason: str) -> str:
        if not turn.is_replay:
            self._unlisted.hear(f"{device.site}/{device.id}", reason)
        return reason

    def _why_wrong(
        self,
        turn: Turn,
        where: tuple[Device, str],
        wrong: Sequence[str],
        gauges: dict[str, Gauge],
    ) -> str:
        """Say which quantities have no sensor; a device that sends one sends it every time."""
        device, point = where
        key = (device.site, device.id, point, tuple(wrong))
        reason = self._no_sensors.get(key)
        if reason is None:
            reason = _why_no_sensor(device, point, wrong, gauges)
            keep(self._no_sensors, key, reason)
        is_known = gauges.keys() >= set(wrong)  # values beyond all numbers, of sensors there are
        return reason if is_known else self._unheard_of(turn, device, reason)

    def _drop_known(self, values: dict[str, float], known: dict[str, float]) -> str | None:
        """Take out of `values` what is known; say which of it was known with another value."""
        again = [quantity for quantity in values if quantity in known]
        new, owned = as_kept(map(values.__getitem__, again)), as_kept(map(known.__getitem__, again))
        pairs = zip(again, new, owned, strict=True)
        other = [quantity for quantity, one, another in pairs if one != another]
        told = [f"{each} {values[each]:g}, owned is {known[each]:g}" for each in other[:MAX_NAMED]]
        for quantity in again:
            del values[quantity]
        if again and not values and not other:
            self.counts.duplicates += 1
        return f"conflicts with a reading already owned: {', '.join(told)}" if told else None

    def _take_misdated(
        self,
        turn: Turn,
        message: RawMessage,
        desk: Desk,
        misdated: tuple[Sample, datetime],
    ) -> str | None:
        """Refuse a sample whose clock cannot be believed, or stamp it anew, as the site says.

        Samples of one message keep their distances: the last of the misdated ones (its instant is
        the second of `misdated`) gets the time of arrival.
        """
        sample, newest = misdated
        reason = why_clock_refused(sample.taken_at, message.received_at, desk.clock)
        if desk.clock.future is not FutureRule.RESTAMP:
            return reason
        before_arrival = newest - sample.taken_at
        if before_arrival > message.received_at - desk.clock.not_before:
            return reason
        taken_at = message.received_at - before_arrival
        point = desk.points.get(sample.point)
        if point is not None:
            taken_at = _free_instant(taken_at, point.memory, turn)
        self._note_restamped(desk.device, reason)
        stamped = sample._replace(taken_at=taken_at)
        return self._take_sample(turn, message, desk, stamped, is_restamped=True)

    def _note_restamped(self, device: Device, reason: str | None) -> None:
        self.counts.restamped += 1
        key = (device.site, device.id)
        if key not in self._restamped:
            self._restamped.add(key)
            log.warning("%s/%s is stamped with the time of arrival: %s", *key, reason)


def point_of(device: Device, sensors: Collection[Sensor], window: int) -> Point:
    gauges = {
        sensor.key.quantity: Gauge(
            sensor.scale, sensor.offset, sensor.suspect_low, sensor.suspect_high, sensor
        )
        for sensor in sensors
        if not sensor.derived  # computed here, and never taken from a sender
    }
    return Point(gauges, PointMemory(gauges, window), ready_for(device, sensors))


def keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep an answer; keys are chosen by senders, so that the number kept is bounded."""
    if len(kept) >= _MAX_KEPT:
        kept.clear()
    kept[key] = value


def _newest_beyond(samples: Iterable[Sample], earliest: datetime, latest: datetime) -> datetime:
    """Give the newest instant outside `earliest` to `latest`; there is one."""
    return max(each.taken_at for each in samples if not earliest <= each.taken_at <= latest)


def _free_instant(taken_at: datetime, memory: PointMemory, turn: Turn) -> datetime:
    """Move an instant that we chose by microseconds until it is no other sample's.

    Where a walk ended is noted for all it passed, so that many samples of one instant cost no
    more each than one of them.
    """
    point, passed = id(memory), []
    while True:
        onward = turn.onward.get((point, taken_at))
        if onward is None:
            instant = taken_at.timestamp()
            if (point, instant) not in turn.fresh and memory.at(instant) is None:
                break
            onward = taken_at + _MICROSECOND
        passed.append(taken_at)
        taken_at = onward
    for each in passed:
        turn.onward[point, each] = taken_at
    return taken_at


def _still_known(sample: Sample, gauges: Mapping[str, Gauge]) -> Mapping[str, float]:
    """Give what was said before and still holds: in its usual range, and not too long ago."""
    if not sample.known:
        return NOTHING_KNOWN
    found: dict[str, float] = {}
    for quantity, (at, raw) in sample.known.items():
        gauge = gauges.get(quantity)
        if gauge is None or not timedelta(0) <= sample.taken_at - at <= gauge.sensor.every * _HOLDS:
            continue
        value = raw * gauge.scale + gauge.offset
        if gauge.low <= value <= gauge.high:
            found[quantity] = value
    return found


def _worsen(qc: dict[str, int], flags: Mapping[str, int]) -> None:
    """Let no flag be better than another of the same value says."""
    for quantity, flag in flags.items():
        qc[quantity] = max(qc.get(quantity, 0), flag)


def _why_no_point(device: Device, point: str) -> str:
    where = f"device '{device.site}/{device.id}'"
    if not point:
        return f"{where} needs `point`{meant('', device.points)}"
    return f"{where} has no point '{named(point)}'{meant(point, device.points)}"


def _why_no_sensor(
    device: Device, point: str, wrong: Sequence[str], gauges: dict[str, Gauge]
) -> str:
    where = "/".join(part for part in (device.site, device.id, point) if part)
    told = [
        f"a value of '{each}' that is beyond all numbers"
        if each in gauges
        else f"no sensor for '{named(each)}'{meant(each, gauges)}"
        for each in wrong[:MAX_NAMED]
    ]
    more = f" and {len(wrong) - MAX_NAMED} more" if len(wrong) > MAX_NAMED else ""
    return f"'{where}' has {', '.join(told)}{more}"
