"""Inhibition: an alert that says more hides those that only follow from it.

The table is data (`inhibitions.yaml` here, more beside the site files). What is hidden is recorded
and shown, and told when what hid it is over. An extreme alert is hidden only by the same event told
with more words, at the same point, severity and time. Of alerts that hide one another, two or more
in a circle, the worst is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerting.model import Alert, AlertState, Severity
from alerting.mute import Matcher, Muted, Stage

SCOPES = ("device", "site", "gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """One line of the table: an alert of `when` hides those of `hides` in the same `scope`.

    In the scope `gateway` the first is on the gateway itself, the others on devices behind it. With
    `same_within` both tell of one event where they begin within that span, and the first has more
    words for it.
    """

    name: str
    why: str
    when: Matcher
    hides: Matcher
    scope: str = "device"
    same_within: timedelta | None = None

    def covers(self, other: Alert, alert: Alert) -> bool:
        """Say whether one alert that this line is about may hide the other."""
        if self.same_within is None:
            return alert.severity is not Severity.EXTREME
        if other.sensor.point != alert.sensor.point:
            return False  # two places of one device are two events
        apart = abs(other.started_at - alert.started_at)
        behind = alert.severity_at - other.severity_at  # what came back by itself is told
        is_same = apart <= self.same_within and behind <= self.same_within
        return is_same and other.severity >= alert.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitionTable:
    """All lines, and which gateway (`site/device`) each device is behind."""

    lines: tuple[Inhibition, ...] = ()
    gateways: Mapping[str, str] = field(default_factory=dict)


class Inhibitors:
    """The alerts that stand and hide others, by line and place."""

    def __init__(self, table: InhibitionTable) -> None:
        """Start with none."""
        self._table = table
        self._standing: dict[tuple[str, str], dict[str, Alert]] = {}

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return any(self._standing.values())

    def follow(self, alert: Alert) -> None:
        """Take notice of an alert as it is now."""
        for line in self._table.lines:
            here = self._standing.setdefault((line.name, _own_place(line, alert)), {})
            if alert.state is AlertState.FIRING and line.when.takes(alert):
                here[alert.id] = alert
            else:
                here.pop(alert.id, None)
            if not here:
                del self._standing[line.name, _own_place(line, alert)]

    def is_same_event(self, first: Alert, other: Alert) -> bool:
        """Say whether an alert tells of the same event as another, in more words."""
        return any(
            line.same_within is not None
            and line.when.takes(first)
            and line.hides.takes(other)
            and _own_place(line, first) == self._place(line, other)
            and line.covers(first, other)
            for line in self._table.lines
        )

    def why_hidden(
        self, alert: Alert, is_set_aside: Callable[[Alert], bool] = lambda _: False
    ) -> Muted | None:
        """Say which alert hides this one; None when none does.

        What people set aside or say is false hides nothing: of two alerts neither would be told.
        """
        found = self._hider(alert, is_set_aside)
        if found is None or self._is_told_for_its_circle(alert, is_set_aside):
            return None
        line, other = found
        why = f"hidden by alert {other.id}: {line.why}"
        zh = f"已由警报{other.id}涵盖"
        return Muted(stage=Stage.INHIBITION, why=why, why_zh=zh, by=other.id)

    def _hider(
        self, alert: Alert, is_set_aside: Callable[[Alert], bool]
    ) -> tuple[Inhibition, Alert] | None:
        """Give the worst, then oldest alert that hides one."""
        found = [
            (line, other)
            for line in self._table.lines
            if line.hides.takes(alert)
            for other in self._standing.get((line.name, self._place(line, alert)), {}).values()
            if other.id != alert.id and line.covers(other, alert) and not is_set_aside(other)
        ]
        return min(found, key=lambda each: _rank(each[1]), default=None)

    def _is_told_for_its_circle(self, alert: Alert, is_set_aside: Callable[[Alert], bool]) -> bool:
        """Say whether alerts hide one another in a circle, and this is the one that is told."""
        path = {alert.id: alert}
        last = alert
        while (found := self._hider(last, is_set_aside)) is not None:
            last = found[1]
            if last.id in path:
                ids = list(path)
                circle = [path[name] for name in ids[ids.index(last.id) :]]
                return min(circle, key=_rank).id == alert.id
            path[last.id] = last
        return False

    def _place(self, line: Inhibition, alert: Alert) -> str:
        if line.scope == "gateway":
            return self._table.gateways.get(_device(alert), "")
        return _own_place(line, alert)


def _own_place(line: Inhibition, alert: Alert) -> str:
    return alert.sensor.site if line.scope == "site" else _device(alert)


def _rank(alert: Alert) -> tuple[int, datetime, str]:
    return (-alert.severity, alert.detected_at, alert.id)


def _device(alert: Alert) -> str:
    return f"{alert.sensor.site}/{alert.sensor.device}"
