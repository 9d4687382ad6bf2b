"""Flapping: a condition that comes and goes faster than people can follow is told of once.

One series is one rule on one sensor. With the last change of a burst people learn that it flaps;
what follows is recorded and held until it has been calm for a while. A rise above what was told is
not held, and extreme alerts never are.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerting.model import Alert, NotifyReason, Severity
from alerting.mute import Muted, Stage

MAX_SERIES = 20_000

_COUNTED = frozenset({NotifyReason.FIRST, NotifyReason.SEVERITY_ROSE, NotifyReason.RECURRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapRules:
    """So many times raised within a span is flapping, until calm for a span (confidence D)."""

    times: int = 5
    within: timedelta = timedelta(minutes=15)
    calm: timedelta = timedelta(minutes=15)


@dataclass(slots=True)
class _Series:
    at: deque[datetime] = field(default_factory=deque)
    flaps_since: datetime | None = None
    told: str = ""
    worst: Severity = Severity.MINOR
    last_at: datetime | None = None
    last: Alert | None = None


class Flaps:
    """Which series flap."""

    def __init__(self, rules: FlapRules) -> None:
        """Start with none."""
        self._rules = rules
        self._series: dict[str, _Series] = {}

    def __bool__(self) -> bool:
        """Say whether any series flaps."""
        return any(each.flaps_since is not None for each in self._series.values())

    def follow(self, alert: Alert, reason: NotifyReason | None, now: datetime) -> str:
        """Count a change; give the remark for people when this one makes its series flap."""
        if reason is None:
            return ""
        name = _name(alert)
        series = self._series.setdefault(name, _Series())
        _heed(series, now)
        series.last_at, series.last = now, alert
        if reason in _COUNTED:
            series.at.append(now)
        while series.at and series.at[0] <= now - self._rules.within:
            series.at.popleft()
        self._forget_oldest()
        begins = series.flaps_since is None and len(series.at) >= self._rules.times
        is_worse = series.flaps_since is not None and alert.severity > series.worst
        if begins or (is_worse and reason in _COUNTED):
            series.flaps_since, series.told, series.worst = now, alert.id, alert.severity
            return self._remark(series)
        return ""

    def why_held(self, alert: Alert, now: datetime) -> Muted | None:
        """Say that an alert's series flaps; None when it does not, or people hear so just now."""
        series = self._series.get(_name(alert))
        if series is None or series.flaps_since is None or alert.severity is Severity.EXTREME:
            return None
        is_told_now = series.flaps_since == now and series.told == alert.id
        if is_told_now or series.last_at is None:
            return None
        until = series.last_at + self._rules.calm
        why = f"it comes and goes: raised {len(series.at)} times lately; held until calm"
        zh = f"反复触发：近期触发{len(series.at)}次，平稳前不通知"
        return Muted(stage=Stage.FLAPPING, why=why, why_zh=zh, until=until)

    def calmed(self, now: datetime) -> list[Alert]:
        """Give the newest alert of every series that is calm again; it flaps no more."""
        found = []
        for series in self._series.values():
            if series.flaps_since is None or series.last_at is None or series.last is None:
                continue
            _heed(series, now)
            if now - series.last_at >= self._rules.calm:
                series.flaps_since = None
                series.at.clear()
                found.append(series.last)
        return found

    def _remark(self, series: _Series) -> str:
        minutes = self._rules.within.total_seconds() / 60
        calm = self._rules.calm.total_seconds() / 60
        return (
            f"it comes and goes ({len(series.at)} times in {minutes:g} min):"
            f" no more notices unless it gets worse, until it has been calm for {calm:g} min"
        )

    def _forget_oldest(self) -> None:
        if len(self._series) > MAX_SERIES:
            idle = next((n for n, each in self._series.items() if each.flaps_since is None), None)
            if idle is not None:
                del self._series[idle]


def _heed(series: _Series, now: datetime) -> None:
    """Let nothing lie in the future: a clock that was set back would hold alerts for as long."""
    if series.last_at is not None and series.last_at > now:
        series.last_at = now
        series.at = deque(min(each, now) for each in series.at)


def _name(alert: Alert) -> str:
    return f"{alert.rule_id}|{alert.sensor}"
