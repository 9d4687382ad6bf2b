"""One scenario through the deciding code: codec, intake, rules, detectors, silence; at full speed.

Time is moved, never waited for: readings arrive when the scenario says, and the timers are asked
every few seconds of its time. Nothing is stored and nobody is told.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alerting.book import Change
from alerting.detect.robust import robust_for
from alerting.joint import Computed
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import Alert, AlertKind, Transition, TransitionKind
from groundwatch.district import District
from groundwatch.truth import Seen
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.model import Qc, Report, SensorKey
from sensors.registry import Registry

_TICK = timedelta(seconds=5)
# When the domain reference calls a crane that lifts stale, and at the least any other sensor. Three
# intervals must have passed as well.
_LIFTING = timedelta(seconds=5)
_SILENT = timedelta(seconds=60)
_INTERVALS = 3
_LIFT = "lift_state"
# On a line that is disturbed without end people are told of silence so often at most.
TELLINGS_AN_HOUR = 2
_HOUR = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Course:
    """What came of one scenario: alerts as told, and how much went through.

    `unheard` are blind alerts raised when a sensor's newest reading was really too old, but for
    those of a device that people were told of more than twice within the hour.
    """

    start: datetime
    end: datetime
    alerts: dict[str, Alert] = field(default_factory=dict[str, Alert])
    steps: dict[str, list[Transition]] = field(default_factory=dict[str, list[Transition]])
    unheard: set[str] = field(default_factory=set[str])
    messages: int = 0
    rejects: dict[str, int] = field(default_factory=dict[str, int])

    def seen(self) -> list[Seen]:
        """Give every alert with its transitions."""
        return [Seen(alert, self.steps[key]) for key, alert in self.alerts.items()]


class Trial:
    """The deciding parts of the program, for the devices of one scenario."""

    def __init__(self, district: District, truth: Mapping[str, Any], start: datetime) -> None:
        """Watch the devices that take part, from `start` on."""
        registry = _only(district.registry, truth["devices"])
        self._judge = Judge(
            registry=registry,
            packs=district.packs,
            detector_for=lambda sensor: robust_for(sensor.kind, sensor.key.quantity),
            joints=joints_for(registry),
        )
        self._judge.silence.start(start.timestamp())
        self._intake = Intake(registry)
        self._seq = 0
        self._now = start
        self._judge.on_computed = self._note_computed
        self._newest_s: dict[SensorKey, float] = {}
        self._lifting: set[tuple[str, str]] = set()
        self._told: dict[tuple[str, str], list[datetime]] = {}
        self._intervals = {
            (device.site, device.id): _INTERVALS * device.every for device in registry.devices()
        }
        self.course = Course(start=start, end=start + timedelta(seconds=truth["duration_s"]))

    async def run(self, messages: AsyncIterator[RawMessage]) -> Course:
        """Judge everything that arrives until the scenario ends."""
        waiting: list[RawMessage] = []
        async for message in messages:
            if message.received_at > self.course.end:
                continue
            if message.received_at >= self._now + _TICK:
                self._take(waiting)
                waiting = []
                self._tick_until(message.received_at)
            waiting.append(message)
        self._take(waiting)
        self._tick_until(self.course.end)
        return self.course

    def _take(self, batch: list[RawMessage]) -> None:
        """Judge message by message, each when it arrives."""
        for message in batch:
            decoded = self._intake.decode([message])
            self.course.messages += 1
            for reject in decoded.rejects:
                count = self.course.rejects.get(reject.reason, 0)
                self.course.rejects[reject.reason] = count + 1
            if decoded.reports:
                self._seq += 1
                self._intake.remember(decoded.reports)
                for report in decoded.reports:
                    self._hear(report)
                self._note(self._judge.take(decoded.reports, self._seq, message.received_at))

    def _tick_until(self, until: datetime) -> None:
        while self._now + _TICK <= until:
            self._now += _TICK
            self._note(self._judge.tick(self._now, self._seq))

    def _note(self, changes: Iterable[Change]) -> None:
        for change in changes:
            alert, step = change.alert, change.transition
            self.course.alerts[alert.id] = alert
            self.course.steps.setdefault(alert.id, []).append(step)
            is_silence = alert.kind is AlertKind.BLIND and step.kind is TransitionKind.RAISED
            if is_silence and self._is_unheard(alert.sensor, step.detected_at):
                self.course.unheard.add(alert.id)

    def _hear(self, report: Report) -> None:
        """Note how new the newest reading of each sensor is, and whether the device lifts."""
        taken_s = report.taken_at.timestamp()
        state, is_newest = report.values.get(_LIFT), False
        for quantity in report.values:
            key = SensorKey(report.site, report.device, report.point, quantity)
            if report.qc.get(quantity) != Qc.FAIL and taken_s > self._newest_s.get(key, 0.0):
                self._newest_s[key] = taken_s
                is_newest = is_newest or quantity == _LIFT
        if state is not None and is_newest:
            name = (report.site, report.device)
            (self._lifting.add if state > 0.0 else self._lifting.discard)(name)

    def _note_computed(self, values: Iterable[Computed]) -> None:
        for entry in values:
            key = entry.sensor.key
            self._newest_s[key] = max(entry.time_s, self._newest_s.get(key, 0.0))

    def _is_unheard(self, sensor: SensorKey, now: datetime) -> bool:
        """Say whether it is right to tell people now that a device is silent."""
        name = (sensor.site, sensor.device)
        told = [at for at in self._told.get(name, ()) if now - at < _HOUR]
        self._told[name] = [*told, now]
        least = max(_LIFTING if name in self._lifting else _SILENT, self._intervals[name])
        start_s = self.course.start.timestamp()
        keys = [each.key for each in self._judge.silence.sensors(name)]
        oldest_s = min(self._newest_s.get(key, start_s) for key in keys)
        is_old = now.timestamp() - oldest_s >= least.total_seconds()
        return is_old and len(told) < TELLINGS_AN_HOUR


def _only(registry: Registry, names: Iterable[str]) -> Registry:
    """Keep the devices with these names (`site/device`)."""
    wanted = set(names)
    sites = (
        replace(
            site,
            devices=tuple(each for each in site.devices if f"{each.site}/{each.id}" in wanted),
        )
        for site in registry.sites.values()
    )
    return Registry([site for site in sites if site.devices])
