"""Blind alerts that stand: raised, told again when more falls silent, cleared when all speak."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerting.blind import Blindness, SilenceTimers, why_blind
from alerting.book import Change, Moment, open_alert, step_alert
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Finding,
    Form,
    NotifyReason,
    Provenance,
    TransitionKind,
)
from alerting.sentence import plain, say
from alerting.steady import Steadiness
from sensors.model import Position, SensorKey

BLIND_RULE = "blind"
_SOURCE = Provenance(source="the registry of sensors", confidence="D")

Name = tuple[str, str]


class Sight:
    """Which devices cannot be seen, and what people have been told of them."""

    def __init__(self, timers: SilenceTimers) -> None:
        """Start with nothing blind."""
        self._timers = timers
        self._standing: dict[Name, Alert] = {}
        self._told: dict[Name, set[SensorKey]] = {}
        self._lines: dict[Name, Steadiness] = {}
        self.positions: dict[Name, Position] = {}

    def restore(self, alert: Alert) -> bool:
        """Take up a blind alert that stood before a restart; False when its device is gone."""
        name = (alert.sensor.site, alert.sensor.device)
        if name not in self.positions:
            return False
        self._standing[name] = alert
        self._timers.mark(name, is_blind=True)
        return True

    def keep(self, alert: Alert) -> None:
        """Take a changed copy of a standing alert."""
        self._standing[alert.sensor.site, alert.sensor.device] = alert

    def standing(self, name: Name) -> Alert | None:
        """Give the blind alert of a device."""
        return self._standing.get(name)

    def look(self, now: datetime, seq: int, has_alert: Callable[[SensorKey], bool]) -> list[Change]:
        """Ask the silence timers that have run out; give what changed."""
        now_s = now.timestamp()
        changes: list[Change] = []
        for name in self._timers.due(now_s):
            standing = self._standing.get(name)
            watching_s = self._timers.watching_s
            if standing is not None:
                watching_s = min(watching_s, standing.started_at.timestamp())
            blindness = why_blind(
                self._timers.sensors(name),
                now_s=now_s,
                watching_s=watching_s,
                has_alert=has_alert,
            )
            moment = Moment(now, seq, self.positions[name])
            change = self._change(name, standing, blindness, moment)
            if change is not None:
                changes.append(change)
        return changes

    def _change(
        self, name: Name, standing: Alert | None, blindness: Blindness | None, moment: Moment
    ) -> Change | None:
        if standing is None and blindness is None:
            return None
        line = self._lines.setdefault(name, Steadiness())
        is_disordered = self._timers.is_disordered(name)
        if blindness is None:
            is_over = line.has_spoken(moment.now, is_disordered=is_disordered)
            return self._cleared(name, standing, moment) if standing and is_over else None
        if standing is None:
            line.fall_silent(moment.now, is_disordered=is_disordered)
            return self._raised(name, _held(blindness, line.hold), moment)
        line.stay_silent()
        return self._silent_still(name, standing, _held(blindness, line.hold), moment)

    def _silent_still(
        self, name: Name, standing: Alert, blindness: Blindness, moment: Moment
    ) -> Change | None:
        """Tell of what is worse than when people were told last."""
        silent = set(blindness.silent)
        # One more of eighteen is no news; as many more as are silent since people were told is.
        told = self._told[name] = self._told.get(name, silent) & silent
        n_more = len(silent - told)
        is_worse = n_more > 0 and n_more >= len(told)
        if not is_worse and blindness.severity <= standing.severity:
            return None
        self._told[name] = silent
        severity = max(standing.severity, blindness.severity)
        alert = replace(
            standing,
            severity=severity,
            peak=max(standing.peak, severity),
            severity_at=moment.now,
            reason=say(blindness.said),
            said=blindness.said,
            value=float(len(blindness.silent)),
        )
        kind, notify = TransitionKind.UPGRADED, NotifyReason.SEVERITY_ROSE
        alert, transition = step_alert(alert, kind, moment.now, moment, said=blindness.said)
        self._standing[name] = alert
        return Change(alert, transition, notify)

    def _raised(self, name: Name, blindness: Blindness, moment: Moment) -> Change:
        started_at = datetime.fromtimestamp(blindness.since_s, UTC)
        finding = _finding(name, blindness, moment.now)
        alert = open_alert(finding, "sensor_silent", AlertKind.BLIND, started_at, moment)
        kind = TransitionKind.RAISED
        alert, transition = step_alert(alert, kind, moment.now, moment, said=blindness.said)
        self._standing[name] = alert
        self._told[name] = set(blindness.silent)
        self._timers.mark(name, is_blind=True)
        return Change(alert, transition, NotifyReason.FIRST)

    def _cleared(self, name: Name, standing: Alert, moment: Moment) -> Change:
        del self._standing[name]
        self._told.pop(name, None)
        self._timers.mark(name, is_blind=False)
        alert = replace(standing, state=AlertState.RESOLVED, ended_at=moment.now)
        said = plain(Form.SPOKEN)
        kind = TransitionKind.CLEARED
        alert, transition = step_alert(alert, kind, moment.now, moment, said=said)
        return Change(alert, transition, NotifyReason.CLEARED)


def _held(blindness: Blindness, hold: timedelta) -> Blindness:
    """Say with a silence for how long the device must speak before it is over."""
    if not hold:
        return blindness
    numbers = (*blindness.said.numbers, hold.total_seconds())
    return replace(blindness, said=replace(blindness.said, numbers=numbers))


def _finding(name: Name, blindness: Blindness, now: datetime) -> Finding:
    return Finding(
        rule_id=BLIND_RULE,
        pack="silence",
        sensor=SensorKey(name[0], name[1], "", ""),
        severity=blindness.severity,
        taken_at=now,
        value=float(len(blindness.silent)),
        limit=None,
        unit="count",
        reason=say(blindness.said),
        provenance=_SOURCE,
        said=blindness.said,
    )
