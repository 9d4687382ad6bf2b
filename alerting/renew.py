"""Renews what was told over roads whose messages expire, for as long as the alert stands.

A message of CAP holds for some hours. People acknowledge and are left in peace, but a receiver
that is only posted to would take its message for over when it expires: a false clear. So whoever
was told over such a road is told again before that, acknowledged or held, until the alert is over.
One whose message failed for good is tried again sooner: it has nothing that stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerting.model import Alert, NoticeState, NotifyReason, OutboxEntry, Transition
from alerting.parts import Parts, Present, Turn
from alerting.ports import Effects
from alerting.publish import Publisher
from alerting.route import notice_id

_MOST = 100_000  # as many as a restart takes up
_MEANT = (NoticeState.SENT, NoticeState.PENDING, NoticeState.FAILED)
AGAIN_AFTER = timedelta(minutes=30)  # a failure for good is told to people (`notices`) meanwhile


def due_again(
    entries: Iterable[OutboxEntry], channel: str, every: timedelta, now: datetime
) -> list[OutboxEntry]:
    """Give the newest notice of each recipient over a channel that is `every` old or older.

    One that failed for good is due `AGAIN_AFTER`, where that is sooner.
    """
    newest: dict[str, OutboxEntry] = {}
    for entry in entries:
        notice = entry.notice
        is_meant = notice.recipient.channel == channel and entry.state in _MEANT
        if is_meant and not notice.task and notice.batch is None:
            before = newest.get(notice.recipient.id)
            if before is None or before.notice.created_at < notice.created_at:
                newest[notice.recipient.id] = entry
    return [each for each in newest.values() if now - each.notice.created_at >= _wait(each, every)]


def _wait(entry: OutboxEntry, every: timedelta) -> timedelta:
    return min(every, AGAIN_AFTER) if entry.state is NoticeState.FAILED else every


@dataclass(slots=True, kw_only=True)
class Renewals:
    """Renews, in turn with the engine's own steps; `every` is how old a message may become."""

    parts: Parts
    publisher: Publisher
    present: Present
    turn: Turn

    async def look(self, channel: str, every: timedelta) -> int:
        """Tell again whom it is time for, over one channel; says how many.

        Raises:
            JournalError: the alerts or their notices cannot be read.
        """
        journal, count = self.parts.journal, 0
        for alert in await journal.alerts(firing_only=True, limit=_MOST):
            now = self.parts.clock.now()
            due = due_again(await journal.outbox(alert.id), channel, every, now)
            steps = await journal.transitions(alert.id) if due else []
            if steps:
                count += await self._renew(alert, steps[-1], due, now)
        return count

    async def _renew(
        self, alert: Alert, step: Transition, due: list[OutboxEntry], now: datetime
    ) -> int:
        async with self.turn.lock:
            if self.publisher.teller.standing(alert.id) is None:
                return 0  # over since: its end is told
            present = self.present.of(alert)
            made = tuple(_renewed(entry, present, step, now) for entry in due)
            await self.publisher.recorder.take(Effects(notices=made))
            return len(made)


def _renewed(entry: OutboxEntry, alert: Alert, step: Transition, now: datetime) -> OutboxEntry:
    """Make the same notice again, of now; the same one however often it is made at one instant."""
    since_s = int((now - alert.started_at).total_seconds())
    to = entry.notice.recipient
    notice = replace(
        entry.notice,
        id=notice_id(alert.id, step.ordinal, NotifyReason.RENEWED, to.id, n=max(since_s, 1)),
        reason=NotifyReason.RENEWED,
        alert=alert,
        transition=step,
        created_at=now,
        card=None,
        remarks=(),
    )
    return OutboxEntry(notice=notice, due_at=now)
