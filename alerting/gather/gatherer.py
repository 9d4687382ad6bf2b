"""Everything that is about to be told goes through here: sent at once, or held for company.

    notice ─ storm of its recipient? ─ group of its place and hazard? ─> sent now

What is held is in the outbox as `held` and leaves it as `gathered` with the notice that tells of
it, in one transaction: a crash in between changes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alerting.gather.batch import Gathered, Present
from alerting.gather.group import Groups
from alerting.gather.rules import GatherRules
from alerting.gather.storm import Storms
from alerting.model import Alert, Mark, NoticeState, OutboxEntry

_MAX_OPEN = 2_000


class Gatherer:
    """Holds notices per recipient, and lets them go together."""

    def __init__(self, rules: GatherRules) -> None:
        """Start with nothing held."""
        self._storms = Storms(rules.storm, rules.area_of) if rules.storm is not None else None
        self._open: dict[str, set[str]] = {}
        self._groups = Groups(rules)

    def take(self, entries: Iterable[OutboxEntry], now: datetime) -> list[OutboxEntry]:
        """Give every notice back as it is to be recorded: pending, or held."""
        return [
            self._one(entry, now) if entry.state is NoticeState.PENDING else entry
            for entry in entries
        ]

    def due(self, now: datetime, present: Present) -> list[Gathered]:
        """Give what leaves now."""
        found = list(self._groups.due(now, present))
        if self._storms is not None:
            found += self._storms.due(now, present)
        for gathered in found:
            for entry in gathered.sent:
                self._keep_open(entry)
        return found

    def held_about(self, alert_id: str) -> list[OutboxEntry]:
        """List what is held about an alert, and leave it held."""
        storms = self._storms.about(alert_id) if self._storms is not None else []
        return [*self._groups.about(alert_id), *storms]

    def drop(self, alert_id: str, state: NoticeState, why: str) -> list[OutboxEntry]:
        """Give up what is held about an alert; the entries say what became of them."""
        found = self._groups.drop(alert_id)
        if self._storms is not None:
            found += self._storms.drop(alert_id)
        return [replace(entry, state=state, last_error=why) for entry in found]

    def follow(self, alert: Alert) -> None:
        """Take notice of an alert as it is now."""
        self._groups.follow(alert)

    def answered(self, alert_id: str) -> list[str]:
        """Name the notices about several alerts that nobody needs once this one is answered."""
        return [batch_id for batch_id, left in self._open.items() if left <= {alert_id}]

    def note_answered(self, alert_id: str) -> None:
        """Learn that an alert was answered: nothing of it is held, or open, any more."""
        self.drop(alert_id, NoticeState.CANCELLED, "")
        for batch_id, left in list(self._open.items()):
            left.discard(alert_id)
            if not left:
                del self._open[batch_id]

    def note_receipt(self, entry: OutboxEntry) -> None:
        """Learn that a notice was taken."""
        self._open.pop(entry.notice.id, None)

    def restore(
        self,
        lately: Sequence[tuple[str, str, datetime]],
        held: Sequence[OutboxEntry],
        now: datetime,
    ) -> list[OutboxEntry]:
        """Take up what recipients were told lately, and what was held before a restart.

        Gives what need not be held any more, as it is from now on: pending, or not sent with why.
        """
        for recipient_id, alert_id, at in lately:
            if self._storms is not None:
                self._storms.count(recipient_id, alert_id, at)
        taken = (
            self._one(replace(entry, state=NoticeState.PENDING, last_error=""), now)
            for entry in held
        )
        return [
            replace(entry, due_at=now) for entry in taken if entry.state is not NoticeState.HELD
        ]

    def restore_open(self, pending: Iterable[OutboxEntry], unanswered: Collection[str]) -> None:
        """Take up the notices about several alerts that had not left before a restart."""
        for entry in pending:
            self._keep_open(entry)
            left = self._open.pop(entry.notice.id, set()) & set(unanswered)
            if left:
                self._open[entry.notice.id] = left

    def _one(self, entry: OutboxEntry, now: datetime) -> OutboxEntry:
        notice = entry.notice
        is_alone = notice.task or notice.mark is not Mark.ACTUAL or notice.recipient.is_system
        if notice.batch is not None or is_alone:
            return entry
        held = self._storms.take(entry, now) if self._storms is not None else None
        return held or self._groups.take(entry, now)

    def _keep_open(self, entry: OutboxEntry) -> None:
        batch = entry.notice.batch
        if batch is None:
            return
        self._open[entry.notice.id] = set(batch.alert_ids)
        if len(self._open) > _MAX_OPEN:
            del self._open[next(iter(self._open))]


def merged(
    entries: Iterable[OutboxEntry], gathered: Iterable[Gathered]
) -> tuple[tuple[OutboxEntry, ...], tuple[OutboxEntry, ...]]:
    """Give what is new in the outbox and what is settled there; `entries` are of this step."""
    new = {entry.notice.id: entry for entry in entries}
    settled: list[OutboxEntry] = []
    for each in gathered:
        for entry in each.settled:
            if entry.notice.id in new:
                new[entry.notice.id] = entry
            else:
                settled.append(entry)
        new.update((e.notice.id, e) for e in each.sent if e.notice.batch is not None)
    return tuple(new.values()), tuple(settled)
