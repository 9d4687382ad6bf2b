"""Messages to trusted reports: decode, find the sensors, calibrate, judge, and drop duplicates.

Everything a topic needs (codec, device, sensors, clock rule) is looked up once and kept, so that a
message costs its decoding, one multiplication and two comparisons per value, and little else. Each
thing that cannot be used becomes an `Undecodable` with a sentence; nothing is lost silently.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import NamedTuple, TypeVar

import msgspec

from ingest.codecs import status
from ingest.codecs.sample import Codec, Sample, meant, named, shown
from ingest.codecs.table import LANES, Lane, lane_of
from ingest.memory import DEFAULT_WINDOW, PointMemory, as_kept
from ingest.source import Decoded, DeviceStatus, RawMessage, Undecodable
from sensors.model import Qc, Report
from sensors.plausible import MAX_AHEAD, why_clock_refused, why_not_plausible
from sensors.registry import ClockRule, Device, FutureRule, Registry, Sensor

log = logging.getLogger(__name__)

_MAX_KEPT = 50_000
_MAX_REJECTS_PER_MESSAGE = 50
_MAX_NAMED = 8
K = TypeVar("K")
V = TypeVar("V")
_MICROSECOND = timedelta(microseconds=1)
# What a fault in a codec or in here could raise on some message that nobody thought of.
_UNFORESEEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)


@dataclass(slots=True)
class IntakeCounts:
    """What went through since the start; counts only grow.

    `ahead` are samples refused because they were taken after they arrived.
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


class _Gauge(NamedTuple):
    """What the hot path needs of one sensor, without attribute look-ups."""

    scale: float
    offset: float
    low: float
    high: float
    sensor: Sensor


class _Point(NamedTuple):
    gauges: dict[str, _Gauge]
    memory: PointMemory


class _Desk(NamedTuple):
    """Everything about one topic, looked up once."""

    codec: Codec | None
    device: Device
    clock: ClockRule
    points: dict[str, _Point]


class _Turn:
    """What one call of `decode` has gathered so far; `fresh` are values not owned yet.

    `onward` leads from instants that are taken, by point, towards one that is free.
    """

    __slots__ = ("fresh", "onward", "rejects", "reports", "statuses")

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.rejects: list[Undecodable] = []
        self.statuses: list[DeviceStatus] = []
        self.fresh: dict[tuple[int, float], dict[str, float]] = {}
        self.onward: dict[tuple[int, datetime], datetime] = {}


class Intake:
    """Decodes batches against a registry; `remember` tells it what has become owned.

    Values that were remembered for the same sensor and instant are duplicates and dropped; other
    values for them are refused. Remember reports only once they are owned: what was decoded and
    then not owned must come through again when the broker sends it again.
    """

    def __init__(
        self, registry: Registry, *, lanes: Sequence[Lane] = LANES, window: int = DEFAULT_WINDOW
    ) -> None:
        self.counts = IntakeCounts()
        self._registry = registry
        self._lanes = lanes
        self._desks: dict[str, _Desk] = {}
        self._refusals: dict[str, str] = {}
        self._no_sensors: dict[tuple[str, str, str, tuple[str, ...]], str] = {}
        self._restamped: set[tuple[str, str]] = set()
        self._points = {
            (device.site, device.id): {
                point: _point(sensors.values(), window) for point, sensors in device.points.items()
            }
            for device in registry.devices()
        }

    def decode(self, batch: Sequence[RawMessage]) -> Decoded:
        """Turn messages into reports to own, rejects for quarantine, and device statuses."""
        turn = _Turn()
        for message in batch:
            try:
                self._take(turn, message)
            except _UNFORESEEN as fault:
                self._refuse_unforeseen(turn, message, fault)
        counts = self.counts
        counts.messages += len(batch)
        counts.reports += len(turn.reports)
        counts.rejects += len(turn.rejects)
        counts.statuses += len(turn.statuses)
        return Decoded(turn.reports, turn.rejects, turn.statuses)

    def remember(self, reports: Iterable[Report]) -> None:
        """Note reports that are owned: those just written, or after a start the newest ones."""
        for report in reports:
            points = self._points.get((report.site, report.device))
            point = points.get(report.point) if points else None
            if point is not None:
                point.memory.remember(report.taken_at.timestamp(), report.values)

    # Topics

    def _desk(self, topic: str) -> _Desk | str:
        """Look a topic up, or say why it cannot be used; both answers are kept."""
        known = self._refusals.get(topic)
        if known is not None:
            return known
        desk = self._look_up(topic)
        if isinstance(desk, str):
            _keep(self._refusals, topic, desk)
        else:
            _keep(self._desks, topic, desk)
        return desk

    def _look_up(self, topic: str) -> _Desk | str:
        found = lane_of(topic, self._lanes)
        if found is None:
            return f"no codec is set for the topic {named(topic)}; see docs/wire-format.md"
        lane, address = found
        site = self._registry.sites.get(address.site)
        if site is None:
            hint = meant(address.site, self._registry.sites)
            return f"the site '{named(address.site)}' is not in the site files{hint}"
        device = self._registry.device(address.site, address.device)
        if device is None:
            hint = meant(address.device, [each.id for each in site.devices])
            return f"site '{site.id}' has no device '{named(address.device)}'{hint}"
        return _Desk(lane.codec, device, site.clock, self._points[(site.id, device.id)])

    # Messages

    def _take(self, turn: _Turn, message: RawMessage) -> None:
        desk = self._desks.get(message.topic) or self._desk(message.topic)
        if isinstance(desk, str):
            self._reject(turn, message, message.payload, desk)
        elif desk.codec is None:
            self._take_status(turn, message, desk.device)
        else:
            self._take_readings(turn, message, desk, desk.codec)

    def _refuse_unforeseen(self, turn: _Turn, message: RawMessage, fault: Exception) -> None:
        """Put a message aside that our own code stumbled over; the others must not wait for it."""
        self.counts.unforeseen += 1
        reason = f"could not be read: {type(fault).__name__}: {shown(str(fault))}"
        if self.counts.unforeseen.bit_count() == 1:  # the 1st, 2nd, 4th, 8th, …
            log.error("%s on %s", reason, named(message.topic), exc_info=fault)
        self._reject(turn, message, message.payload, reason)

    def _take_status(self, turn: _Turn, message: RawMessage, device: Device) -> None:
        said = status.decode(message.payload)
        if isinstance(said, str):
            self._reject(turn, message, message.payload, said)
            return
        turn.statuses.append(
            DeviceStatus(
                device.site, device.id, said.is_online, said.at, message.received_at, said.detail
            )
        )

    def _take_readings(self, turn: _Turn, message: RawMessage, desk: _Desk, codec: Codec) -> None:
        samples, faults = codec.decode(message.payload)
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
        if refused or faults:
            rejected = [(fault.payload, fault.reason) for fault in faults]
            if refused:
                parts = codec.parts(message.payload)
                rejected += [(parts[part], reason) for part, reason in refused]
            self._reject_all(turn, message, rejected)

    def _take_sample(
        self,
        turn: _Turn,
        message: RawMessage,
        desk: _Desk,
        sample: Sample,
        *,
        is_restamped: bool = False,
    ) -> str | None:
        """Take what is good of a sample; give the reason for the rest, or None.

        A value whose instant we chose is suspect at best: it may raise, and never clears.
        """
        point = desk.points.get(sample.point)
        if point is None:
            return _why_no_point(desk.device, sample.point)
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
            if is_restamped:
                qc[quantity] = max(qc.get(quantity, 0), int(Qc.SUSPECT))
            values[quantity] = value
        reason = self._why_wrong(desk.device, sample.point, wrong, gauges) if wrong else None
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
            self._report(turn, message, (desk.device, sample), values, qc)
        return reason

    def _report(
        self,
        turn: _Turn,
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

    def _why_wrong(
        self, device: Device, point: str, wrong: Sequence[str], gauges: dict[str, _Gauge]
    ) -> str:
        """Say which quantities have no sensor; a device that sends one sends it every time."""
        key = (device.site, device.id, point, tuple(wrong))
        reason = self._no_sensors.get(key)
        if reason is None:
            reason = _why_no_sensor(device, point, wrong, gauges)
            _keep(self._no_sensors, key, reason)
        return reason

    def _drop_known(self, values: dict[str, float], known: dict[str, float]) -> str | None:
        """Take out of `values` what is known; say which of it was known with another value."""
        again = [quantity for quantity in values if quantity in known]
        new, owned = as_kept(map(values.__getitem__, again)), as_kept(map(known.__getitem__, again))
        pairs = zip(again, new, owned, strict=True)
        other = [quantity for quantity, one, another in pairs if one != another]
        told = [f"{each} {values[each]:g}, owned is {known[each]:g}" for each in other[:_MAX_NAMED]]
        for quantity in again:
            del values[quantity]
        if again and not values and not other:
            self.counts.duplicates += 1
        return f"conflicts with a reading already owned: {', '.join(told)}" if told else None

    def _take_misdated(
        self,
        turn: _Turn,
        message: RawMessage,
        desk: _Desk,
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

    # Rejects

    def _reject_all(
        self, turn: _Turn, message: RawMessage, rejected: list[tuple[bytes, str]]
    ) -> None:
        if len(rejected) > _MAX_REJECTS_PER_MESSAGE:
            reason = f"{len(rejected)} parts are refused, the first because: {rejected[0][1]}"
            rejected = [(message.payload, reason)]
        for payload, reason in rejected:
            self._reject(turn, message, payload, reason)

    def _reject(self, turn: _Turn, message: RawMessage, payload: bytes, reason: str) -> None:
        turn.rejects.append(Undecodable(message.topic, payload, message.received_at, reason))


def _point(sensors: Iterable[Sensor], window: int) -> _Point:
    gauges = {
        sensor.key.quantity: _Gauge(
            sensor.scale, sensor.offset, sensor.suspect_low, sensor.suspect_high, sensor
        )
        for sensor in sensors
        if not sensor.derived  # computed here, and never taken from a sender
    }
    return _Point(gauges, PointMemory(gauges, window))


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep an answer; keys are chosen by senders, so that the number kept is bounded."""
    if len(kept) >= _MAX_KEPT:
        kept.clear()
    kept[key] = value


def _newest_beyond(samples: Iterable[Sample], earliest: datetime, latest: datetime) -> datetime:
    """Give the newest instant outside `earliest` to `latest`; there is one."""
    return max(each.taken_at for each in samples if not earliest <= each.taken_at <= latest)


def _free_instant(taken_at: datetime, memory: PointMemory, turn: _Turn) -> datetime:
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


def _why_no_point(device: Device, point: str) -> str:
    where = f"device '{device.site}/{device.id}'"
    if not point:
        return f"{where} needs `point`{meant('', device.points)}"
    return f"{where} has no point '{named(point)}'{meant(point, device.points)}"


def _why_no_sensor(
    device: Device, point: str, wrong: Sequence[str], gauges: dict[str, _Gauge]
) -> str:
    where = "/".join(part for part in (device.site, device.id, point) if part)
    told = [
        f"a value of '{each}' that is beyond all numbers"
        if each in gauges
        else f"no sensor for '{named(each)}'{meant(each, gauges)}"
        for each in wrong[:_MAX_NAMED]
    ]
    more = f" and {len(wrong) - _MAX_NAMED} more" if len(wrong) > _MAX_NAMED else ""
    return f"'{where}' has {', '.join(told)}{more}"
