"""Groups: alerts of one place and hazard that arise within a short wait travel in one notice.

An extreme alert never waits. Those that join later are told as an addition to what was told before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerting.gather.batch import Gathered, Occasion, Present, alone, gather, overtaken
from alerting.gather.rules import GatherRules
from alerting.model import (
    Alert,
    AlertState,
    Gathering,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Severity,
)

WAITING = "held for others of its place and hazard"
CAME_AND_WENT = "not sent, it was over before its group's notice left"
_WAITS = frozenset({NotifyReason.FIRST, NotifyReason.SEVERITY_ROSE, NotifyReason.RECURRED})
_ENDS = frozenset({NotifyReason.CLEARED, NotifyReason.WITHDRAWN})
MAX_GROUPS = 20_000

Key = tuple[str, str, str]


@dataclass(slots=True)
class _Group:
    due_at: datetime
    since: datetime
    held: dict[str, OutboxEntry] = field(default_factory=dict)


class Groups:
    """The notices that wait for company, by recipient, place and hazard."""

    def __init__(self, rules: GatherRules) -> None:
        """Start with none."""
        self._rules = rules
        self._groups: dict[Key, _Group] = {}
        self._told: dict[Key, dict[str, None]] = {}
        self._overtaken: list[OutboxEntry] = []

    def __len__(self) -> int:
        """Give how many groups wait."""
        return len(self._groups)

    def take(self, entry: OutboxEntry, now: datetime) -> OutboxEntry:
        """Hold a notice for a short while, or give it back to be sent at once."""
        notice = entry.notice
        wait = self._rules.waits[notice.alert.severity]
        key = _key(entry)
        if notice.reason in _ENDS:
            return self._ended(key, entry)
        if notice.reason not in _WAITS or not wait or notice.alert.severity is Severity.EXTREME:
            self._note_told(key, [entry])
            if notice.reason in _WAITS:
                self._overtake(key, entry, now)
            return entry
        group = self._groups.setdefault(key, _Group(now + wait, now))
        group.due_at = min(group.due_at, now + wait)
        held = replace(entry, state=NoticeState.HELD, last_error=WAITING, due_at=group.due_at)
        group.held[notice.id] = held
        return held

    def due(self, now: datetime, present: Present) -> Iterator[Gathered]:
        """Let the groups go whose wait is over, and settle what a worse notice overtook."""
        if self._overtaken:
            overtaken, self._overtaken = tuple(self._overtaken), []
            yield Gathered(settled=overtaken)
        for key, group in list(self._groups.items()):
            if group.due_at <= now or now < group.since:
                del self._groups[key]
                yield self._let_go(key, group, now, present)

    def about(self, alert_id: str) -> list[OutboxEntry]:
        """List what is held about an alert."""
        every = (entry for group in self._groups.values() for entry in group.held.values())
        return [entry for entry in every if entry.notice.alert.id == alert_id]

    def drop(self, alert_id: str) -> list[OutboxEntry]:
        """Give up what is held about an alert."""
        found: list[OutboxEntry] = []
        for key, group in list(self._groups.items()):
            for notice_id, entry in list(group.held.items()):
                if entry.notice.alert.id == alert_id:
                    found.append(group.held.pop(notice_id))
            if not group.held:
                del self._groups[key]
        return found

    def follow(self, alert: Alert) -> None:
        """Count an alert that is over no longer among those told before."""
        if alert.state is AlertState.FIRING:
            return
        for told in self._told.values():
            told.pop(alert.id, None)

    def _ended(self, key: Key, entry: OutboxEntry) -> OutboxEntry:
        """Tell no end of what was not told; what was held of it will see that it is over."""
        group = self._groups.get(key)
        about = entry.notice.alert.id
        held = group.held.values() if group is not None else ()
        if any(each.notice.alert.id == about for each in held):
            return replace(entry, state=NoticeState.MUTED, last_error=CAME_AND_WENT)
        return entry

    def _let_go(self, key: Key, group: _Group, now: datetime, present: Present) -> Gathered:
        alerts = {e.notice.alert.id: present(e.notice.alert) for e in group.held.values()}
        standing = [alert for alert in alerts.values() if alert.state is AlertState.FIRING]
        held = list(group.held.values())
        if not standing:
            gone = [
                replace(e, state=NoticeState.MUTED, last_error=CAME_AND_WENT, due_at=now)
                for e in held
            ]
            return Gathered(settled=tuple(gone))
        n_before = len(self._told.get(key, {}).keys() - alerts.keys())
        self._note_told(key, held)
        if len(alerts) == 1:
            return alone(held, now)
        occasion = Occasion(
            kind=Gathering.GROUP,
            place=self._rules.area_of(standing[0]),
            since=group.since,
            now=now,
            n_before=n_before,
        )
        return gather(held, occasion, list(alerts.values()))

    def _overtake(self, key: Key, entry: OutboxEntry, now: datetime) -> None:
        """Give up older notices of an alert that wait while a worse one of it leaves at once."""
        group = self._groups.get(key)
        if group is None:
            return
        about = entry.notice.alert.id
        older = [each for each in group.held.values() if each.notice.alert.id == about]
        for each in older:
            del group.held[each.notice.id]
        if not group.held:
            del self._groups[key]
        self._overtaken += overtaken(older, entry, now)

    def _note_told(self, key: Key, entries: Sequence[OutboxEntry]) -> None:
        told = self._told.setdefault(key, {})
        told.update(dict.fromkeys(entry.notice.alert.id for entry in entries))
        if len(self._told) > MAX_GROUPS:
            del self._told[next(iter(self._told))]


def _key(entry: OutboxEntry) -> Key:
    notice = entry.notice
    return (notice.recipient.id, notice.alert.site, notice.alert.hazard)
