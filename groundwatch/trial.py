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
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import Alert, AlertKind, Transition, TransitionKind
from groundwatch.district import District
from groundwatch.truth import Seen
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.registry import Registry

_TICK = timedelta(seconds=5)
# The least time without a word after which the domain reference calls any sensor stale.
_SILENT = timedelta(seconds=60)
# The least for a line on which nothing arrives: a crane that lifts, and three intervals of others.
_LINE_SILENT = timedelta(seconds=5)
_INTERVALS = 3


@dataclass(slots=True, kw_only=True)
class Course:
    """What came of one scenario: alerts as told, and how much went through.

    `unheard` are blind alerts raised when nothing had really arrived for long enough.
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
        self._heard: dict[tuple[str, str], datetime] = {}
        self._arrived: dict[tuple[str, str], datetime] = {}
        self._line_silent = {
            (device.site, device.id): max(_LINE_SILENT, _INTERVALS * device.every)
            for device in registry.devices()
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
                    name = (report.site, report.device)
                    self._heard[name] = max(report.taken_at, self._heard.get(name, report.taken_at))
                    self._arrived[name] = message.received_at
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
            if alert.kind is AlertKind.BLIND and step.kind is TransitionKind.RAISED:
                name = (alert.sensor.site, alert.sensor.device)
                heard = self._heard.get(name, self.course.start)
                line = step.detected_at - self._arrived.get(name, self.course.start)
                if step.detected_at - heard >= _SILENT or line >= self._line_silent[name]:
                    self.course.unheard.add(alert.id)


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
