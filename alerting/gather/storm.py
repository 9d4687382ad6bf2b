"""Storms: too many alerts for one person become one notice per area, and nothing is lost.

    calm ──more than 10 in 10 min──> storm: areas, each a notice every 2 min; red ones every 5 s
      ^______fewer than 5 in 10 min, with a closing summary______/

Whatever would have gone to this person is held, recorded as such, and settled with the summary that
tells of it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.gather.batch import (
    MAX_GATHERED,
    MAX_RED_NAMED,
    Gathered,
    Occasion,
    Present,
    alone,
    gather,
)
from alerting.gather.rules import StormRules
from alerting.model import (
    Alert,
    AlertState,
    Gathering,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Severity,
)
from sensors.local_time import shown_time

RED = ""
_NEW = frozenset(
    {
        NotifyReason.FIRST,
        NotifyReason.SEVERITY_ROSE,
        NotifyReason.RECURRED,
        NotifyReason.RETURNED,
    }
)
_COUNTED = _NEW | {NotifyReason.REPEAT, NotifyReason.ESCALATED}
_MAX_REMEMBERED = 20_000


@dataclass(slots=True)
class _Basket:
    """What waits for the next notice of one area; the area "" is that of all extreme alerts."""

    held: dict[str, OutboxEntry] = field(default_factory=dict)
    first_at: datetime | None = None
    has_news: bool = False
    sent_at: datetime | None = None


@dataclass(slots=True)
class _Load:
    """What one recipient was told lately, and the storm they are in."""

    lately: deque[tuple[datetime, str]] = field(default_factory=deque)
    since: datetime | None = None
    baskets: dict[str, _Basket] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    last: OutboxEntry | None = None


class Storms:
    """How much every recipient is told, and what is held for those in a storm."""

    def __init__(self, rules: StormRules, area_of: Callable[[Alert], str]) -> None:
        """Start calm."""
        self._area_of = area_of
        self._rules = rules
        self._loads: dict[str, _Load] = {}

    def n_stormy(self) -> int:
        """Count the recipients who are in a storm."""
        return sum(load.since is not None for load in self._loads.values())

    def count(self, recipient_id: str, alert_id: str, at: datetime) -> None:
        """Count something told to a recipient, in this run or before a restart."""
        load = self._loads.setdefault(recipient_id, _Load())
        load.lately.append((at, alert_id))
        self._forget(load, at)
        is_much = len({each for _, each in load.lately}) > self._rules.most
        if load.since is None and is_much:
            load.since = at

    def take(self, entry: OutboxEntry, now: datetime) -> OutboxEntry | None:
        """Hold a notice for a summary; None when its recipient is in no storm."""
        notice = entry.notice
        recipient = notice.recipient.id
        if notice.reason in _COUNTED:
            self.count(recipient, notice.alert.id, now)
        load = self._loads.get(recipient)
        if load is None or load.since is None:
            return None
        why = f"held: more than {self._rules.most} alerts since {shown_time(load.since)}"
        held = replace(entry, state=NoticeState.HELD, last_error=why, due_at=now)
        if len(load.alerts) < _MAX_REMEMBERED:
            load.alerts[notice.alert.id] = notice.alert
        load.last = held
        self._put(load, held, now)
        return held

    def due(self, now: datetime, present: Present) -> Iterator[Gathered]:
        """Give the summaries whose time has come, and the closing ones."""
        for load in self._loads.values():
            if load.since is None:
                continue
            self._forget(load, now)
            for area, basket in load.baskets.items():
                if basket.held and self._due_at(area, basket, now) <= now:
                    yield self._summary(load, area, basket, now, present)
            if self._is_calm(load, now):
                yield from self._close(load, now, present)

    def about(self, alert_id: str) -> list[OutboxEntry]:
        """List what is held about an alert."""
        every = (basket for load in self._loads.values() for basket in load.baskets.values())
        return [e for basket in every for e in basket.held.values() if _is_about(e, alert_id)]

    def drop(self, alert_id: str) -> list[OutboxEntry]:
        """Give up what is held about an alert."""
        found = self.about(alert_id)
        for entry in found:
            for basket in self._loads[entry.notice.recipient.id].baskets.values():
                basket.held.pop(entry.notice.id, None)
        return found

    def _put(self, load: _Load, held: OutboxEntry, now: datetime) -> None:
        notice = held.notice
        is_red = notice.alert.severity is Severity.EXTREME and notice.reason in _COUNTED
        area = RED if is_red else self._area_of(notice.alert) or notice.alert.site or "?"
        basket = load.baskets.setdefault(area, _Basket())
        if not basket.held:
            basket.first_at, basket.has_news = now, False
        basket.held[notice.id] = held
        basket.has_news = basket.has_news or notice.reason in _NEW

    def _due_at(self, area: str, basket: _Basket, now: datetime) -> datetime:
        """Give when the next notice of an area is due; at once when the clock was set back."""
        rules, first = self._rules, basket.first_at or now
        if now < max(first, basket.sent_at or first):
            return now
        if area == RED:
            every = rules.red_every if basket.has_news else rules.remind_every
            return first if basket.sent_at is None else basket.sent_at + every
        return first + rules.first_after if basket.sent_at is None else basket.sent_at + rules.every

    def _summary(
        self, load: _Load, area: str, basket: _Basket, now: datetime, present: Present
    ) -> Gathered:
        """Tell what waits in one basket, as much of it as fits into one notice."""
        most = MAX_RED_NAMED if area == RED else MAX_GATHERED
        taken: list[OutboxEntry] = []
        alerts: dict[str, Alert] = {}
        for notice_id, entry in list(basket.held.items()):
            alert = entry.notice.alert
            if alert.id not in alerts and len(alerts) >= most:
                break
            alerts[alert.id] = present(alert)
            taken.append(basket.held.pop(notice_id))
        basket.sent_at = now
        load.alerts.update(alerts)
        if len(taken) == 1 and _is_as_it_was(taken[0], alerts[taken[0].notice.alert.id]):
            return alone(taken, now)  # one alert is no storm to read: it says more by itself
        kind = Gathering.STORM
        since = load.since or now
        occasion = Occasion(kind=kind, place=area, since=since, now=now)
        return gather(taken, occasion, list(alerts.values()))

    def _close(self, load: _Load, now: datetime, present: Present) -> Iterator[Gathered]:
        """Leave the storm with a summary of what came in it and what of it still stands."""
        left = [entry for basket in load.baskets.values() for entry in basket.held.values()]
        since, last = load.since or now, load.last
        meant = {e.notice.alert.id: e.notice.alert for e in left} | load.alerts
        alerts = [present(alert) for alert in meant.values()]
        load.since, load.last = None, None
        load.baskets.clear()
        load.alerts.clear()
        if last is None:
            return
        occasion = Occasion(kind=Gathering.STORM_OVER, place="", since=since, now=now)
        gathered = gather(left or [last], occasion, alerts[:MAX_GATHERED])
        yield gathered if left else Gathered(sent=gathered.sent)

    def _is_calm(self, load: _Load, now: datetime) -> bool:
        if load.since is None or now - load.since < self._rules.within:
            return False
        return len({each for _, each in load.lately}) < self._rules.calm_below

    def _forget(self, load: _Load, now: datetime) -> None:
        begin = now - max(self._rules.within, timedelta(0))
        while load.lately and load.lately[0][0] <= begin:
            load.lately.popleft()


def _is_as_it_was(entry: OutboxEntry, alert: Alert) -> bool:
    """Say whether a held notice that asks to be acknowledged still says how its alert stands."""
    then = entry.notice.alert
    is_same = alert.severity is then.severity and alert.acknowledged_at == then.acknowledged_at
    return entry.notice.reason in _COUNTED and alert.state is AlertState.FIRING and is_same


def _is_about(entry: OutboxEntry, alert_id: str) -> bool:
    return entry.notice.alert.id == alert_id
