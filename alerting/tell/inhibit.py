"""Inhibition: an alert that says more hides those that only follow from it.

The table is data (`inhibitions.yaml` here, more beside the site files). What is hidden is recorded
and shown, and told when what hid it is over. An extreme alert is never hidden.
Of alerts that hide one another one is told; one that is silenced or shelved hides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerting.model import Alert, AlertState, Severity
from alerting.mute import Matcher, Muted, Stage

SCOPES = ("device", "site", "gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """One line of the table: an alert of `when` hides those of `hides` in the same `scope`.

    In the scope `gateway` the first is on the gateway itself, the others on devices behind it.
    """

    name: str
    why: str
    when: Matcher
    hides: Matcher
    scope: str = "device"


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

    def why_hidden(self, alert: Alert, is_set_aside: Callable[[Alert], bool]) -> Muted | None:
        """Say which alert hides this one; None when none does.

        What people set aside hides nothing: of two alerts neither would be told.
        """
        if alert.severity is Severity.EXTREME:
            return None
        for line in self._table.lines:
            if not line.hides.takes(alert):
                continue
            here = self._standing.get((line.name, self._place(line, alert)), {})
            for other in here.values():
                if other.id == alert.id or self._is_told_instead(alert, other):
                    continue
                if not is_set_aside(other):
                    why = f"hidden by alert {other.id} ({other.rule_id}): {line.why}"
                    return Muted(stage=Stage.INHIBITION, why=why, by=other.id)
        return None

    def _is_told_instead(self, alert: Alert, other: Alert) -> bool:
        """Say whether, of two that hide one another, this one is told: the worse, or older."""
        if other.severity is Severity.EXTREME or _rank(alert) > _rank(other):
            return False
        return any(
            line.hides.takes(other)
            and alert.id in self._standing.get((line.name, self._place(line, other)), {})
            for line in self._table.lines
        )

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
