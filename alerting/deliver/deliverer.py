"""Brings every notice in the outbox to a person: prompt, most severe first, until it is taken.

    put ─┐
         ├─ waiting room ─ (a slot of the channel) ─ attempt ─ step ─ journal
    due ─┘         ^────────────── later ────────────────┘

The engine hands entries over by `put` right after recording them, and the attempt begins in that
very call when a slot is free. What memory cannot hold, and what a crash left behind, is read from
the journal. When the journal is away notices go out all the same.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from alerting.deliver.attempt import about, send_once
from alerting.deliver.config import (
    ChannelCount,
    Counts,
    DeliveryConfig,
    DeliveryStatus,
    Failure,
)
from alerting.deliver.ledger import Ledger, Outcome
from alerting.deliver.ports import AckLink, Clock, NoteOutcome, SiteName
from alerting.deliver.step import Step, cancelled, next_step, taken
from alerting.deliver.waiting import Held, WaitingRoom
from alerting.errors import JournalError
from alerting.model import Notice, NoticeState, OutboxEntry, Severity
from alerting.ports import Channel, Journal
from alerting.render import NOT_RECORDED

_LOG = logging.getLogger(__name__)
_SET_BACK = timedelta(seconds=1)


def _no_link(_: Notice) -> str:
    return ""


def _no_name(_: str) -> str:
    return ""


@dataclass(slots=True)
class _Flight:
    """An attempt under way."""

    held: Held
    is_cancelled: bool = False


class Deliverer:
    """Sends what is put and what is due; its methods belong to one event loop."""

    def __init__(
        self,
        *,
        journal: Journal,
        channels: Mapping[str, Channel],
        clock: Clock,
        config: DeliveryConfig | None = None,
        ack_link: AckLink = _no_link,
        site_name: SiteName = _no_name,
    ) -> None:
        """Hold the parts; nothing is sent before `run`."""
        self._ack_link = ack_link
        self._site_name = site_name
        self._config = config or DeliveryConfig()
        self._channels = dict(channels)
        self.listeners: list[NoteOutcome] = []
        self._clock = clock
        self._ledger = Ledger(
            journal,
            timeout_s=self._config.journal_timeout_s,
            max_kept=self._config.max_unsaved,
        )
        self._waiting = WaitingRoom(self._config.max_waiting)
        self._flights: dict[str, _Flight] = {}
        self._finished: dict[str, None] = {}
        self._cancelled_while_reading: set[str] | None = None
        self._is_more_in_journal = False
        self._counts = Counts()
        self._channel_counts = {name: ChannelCount() for name in channels}
        self._newest = clock.now()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._time_moved = asyncio.Event()
        self._read_now = asyncio.Event()
        self.on_receipt: Callable[[OutboxEntry], None] | None = None
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    # --- what the rest of the program calls ---

    async def run(self) -> None:
        """Deliver until `stop`, or until cancelled; what is unfinished stays in the journal."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                keepers = [
                    group.create_task(self._keep_time(), name="delivery timer"),
                    group.create_task(self._follow_journal(), name="delivery journal reader"),
                ]
                await self._stopping.wait()
                self._group = None
                for keeper in keepers:
                    keeper.cancel()
                await self._finish()
        finally:
            self._group = None
            self._stopped.set()

    async def stop(self) -> None:
        """Begin nothing new, let attempts under way end within the deadline, and return."""
        was_running = self._group is not None
        self._stopping.set()
        if was_running:
            await self._stopped.wait()

    def put(self, entries: Iterable[OutboxEntry]) -> None:
        """Take entries that were just recorded; each begins at once when its channel has a slot.

        What memory cannot hold is left to the journal, so nothing is refused.
        """
        for entry in entries:
            self._accept(entry, is_recorded=True)
        self._dispatch()

    def send_unrecorded(self, entries: Iterable[OutboxEntry]) -> None:
        """Take entries the journal could not record; their text says so.

        They are tried like any other, from memory only, and written to the journal when it is back.
        """
        for entry in entries:
            notice = entry.notice
            marked = replace(notice, remarks=(*notice.remarks, NOT_RECORDED))
            self._accept(replace(entry, notice=marked), is_recorded=False)
        self._dispatch()

    def cancel(self, alert_id: str) -> None:
        """Stop everything that is waiting about an alert, now; the journal is the caller's.

        An attempt under way cannot be called back; it is not tried again.
        """
        for held in self._waiting.about(alert_id):
            self._waiting.remove(held)
            self._counts.cancelled += 1
        if self._cancelled_while_reading is not None:
            self._cancelled_while_reading.add(alert_id)
        for flight in self._flights.values():
            if flight.held.alert_id == alert_id:
                flight.is_cancelled = True

    def wake(self) -> None:
        """Look again at the time and the journal now; for clocks that are moved by hand."""
        self._time_moved.set()
        self._read_now.set()

    def status(self) -> DeliveryStatus:
        """Give counters since the start and what is before us."""
        counts = self._counts
        return DeliveryStatus(
            sent=counts.sent,
            failed=counts.failed,
            retried=counts.retried,
            cancelled=counts.cancelled,
            handed_on=counts.handed_on,
            put_out=counts.put_out,
            lost=counts.lost,
            waiting=len(self._waiting),
            under_way=len(self._flights),
            unsaved=len(self._ledger),
            journal_away=self._ledger.is_away,
            failures=tuple(counts.failures),
            channels={name: count.status() for name, count in self._channel_counts.items()},
        )

    # --- coming in ---

    def _accept(self, entry: OutboxEntry, *, is_recorded: bool) -> None:
        """Hold an entry unless it is here already, under way, or done."""
        notice_id = entry.notice.id
        if notice_id in self._flights or notice_id in self._finished:
            return
        if notice_id in self._waiting or notice_id in self._ledger:
            return
        self._hold(Held(entry, is_recorded))

    def _hold(self, held: Held) -> None:
        out = self._waiting.put(held)
        if out is None:
            return
        if out.is_recorded:
            self._counts.put_out += 1
            self._is_more_in_journal = True
            return
        self._counts.lost += 1
        _LOG.error("a notice that was never recorded is lost", extra=about(out.entry.notice))

    async def _follow_journal(self) -> None:
        while True:
            await self._read_journal()
            await _first_of(self._read_now, self._config.poll_every_s)

    async def _read_journal(self) -> None:
        """Write what the journal missed, then take from it what is due and not here."""
        await self._ledger.flush()
        n_ready = self._waiting.n_ready
        if n_ready >= self._config.poll_batch:
            return
        limit = n_ready + len(self._flights) + len(self._ledger) + self._config.poll_batch
        self._cancelled_while_reading = set()
        try:
            now = self._clock.now()
            entries = await self._ledger.due(now, limit)
        except JournalError:
            return  # the ledger has said so; the next reading tries again
        else:
            skipped = self._cancelled_while_reading
            for entry in entries:
                if entry.notice.subject not in skipped:
                    due = replace(entry, due_at=min(entry.due_at, now))
                    self._accept(due, is_recorded=True)
        finally:
            self._cancelled_while_reading = None
        self._dispatch()

    # --- going out ---

    async def _keep_time(self) -> None:
        while True:
            self._dispatch()
            due_at = self._waiting.next_due()
            wait_s = self._config.poll_every_s
            if due_at is not None:
                wait_s = min(wait_s, (due_at - self._clock.now()).total_seconds())
            await _first_of(self._time_moved, max(wait_s, 0.001))

    def _dispatch(self) -> None:
        """Begin every attempt that is due and has a slot."""
        group = self._group
        if group is None:
            return
        now = self._clock.now()
        if now < self._newest - _SET_BACK:
            self._waiting.hasten(now)
            self._newest = now
        self._newest = max(now, self._newest)
        while (held := self._waiting.take(now, self._has_slot)) is not None:
            flight = _Flight(held)
            self._flights[held.id] = flight
            self._count(held.channel).under_way += 1
            task = group.create_task(self._carry(flight), name=f"notice {held.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._is_more_in_journal and 2 * len(self._waiting) <= self._config.max_waiting:
            self._is_more_in_journal = False
            self._read_now.set()

    def _has_slot(self, channel: str, severity: Severity) -> bool:
        return self._count(channel).under_way < self._config.slots(severity)

    async def _carry(self, flight: _Flight) -> None:
        """Make one attempt, then see what becomes of the entry."""
        held = flight.held
        channel = held.channel
        try:
            step = await self._attempt(held.entry)
        finally:
            self._count(channel).under_way -= 1
            del self._flights[held.id]
        outcome = self._conclude(flight, step)
        self._dispatch()
        await self._ledger.save(outcome)

    async def _attempt(self, entry: OutboxEntry) -> Step:
        count = self._count(entry.notice.recipient.channel)
        if entry.attempts:
            self._counts.retried += 1
        began_s = time.monotonic()
        notice = replace(
            entry.notice,
            ack_link=self._ack_link(entry.notice),
            site_name=self._site_name(entry.notice.alert.site),
        )
        error = await send_once(self._channels, notice, self._config.attempt_timeout_s)
        now = self._clock.now()
        if error is None:
            count.took(time.monotonic() - began_s)
            return Step(taken(entry, now))
        count.not_taken += 1
        _LOG.warning(
            "notice not taken: %s", error.reason, extra=about(entry.notice, entry.attempts + 1)
        )
        return next_step(entry, error, now, self._config.policy)

    # --- what becomes of it ---

    def _conclude(self, flight: _Flight, step: Step) -> Outcome:
        """Count, hold what is tried again or follows, and give what the journal must know."""
        entry = step.entry
        if flight.is_cancelled:
            if entry.state is not NoticeState.SENT:
                entry = cancelled(entry, "acknowledged or over while it was being sent")
            self._finish_entry(entry)
            return Outcome(entry)
        if entry.state is NoticeState.PENDING:
            self._hold(replace(flight.held, entry=entry))
            self._time_moved.set()
            return Outcome(entry)
        self._finish_entry(entry)
        for listener in self.listeners:
            listener(entry, step.handed_to)
        if step.handed_to is None:
            return Outcome(entry)
        self._counts.handed_on += 1
        self._hold(Held(step.handed_to, flight.held.is_recorded))
        return Outcome(entry, (step.handed_to,))

    def _finish_entry(self, entry: OutboxEntry) -> None:
        notice = entry.notice
        self._finished[notice.id] = None
        if len(self._finished) > self._config.max_waiting:
            del self._finished[next(iter(self._finished))]
        if entry.state is NoticeState.SENT:
            self._counts.sent += 1
            if self.on_receipt is not None:
                self.on_receipt(entry)
        elif entry.state is NoticeState.CANCELLED:
            self._counts.cancelled += 1
        else:
            self._counts.failed += 1
            self._counts.failures.append(
                Failure(
                    at=self._clock.now(),
                    notice_id=notice.id,
                    alert_id=notice.alert.id,
                    recipient=notice.recipient.name,
                    why=entry.last_error,
                )
            )
            _LOG.error("notice given up: %s", entry.last_error, extra=about(notice))

    async def _finish(self) -> None:
        """Wait for the attempts under way, then give up on them; say what only memory had."""
        tasks = set(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._config.stop_within_s)
            for task in late:
                task.cancel()
        await self._ledger.flush()
        n_lost = self._waiting.n_unrecorded
        if n_lost or len(self._ledger):
            _LOG.error(
                "stopped with %d notices never recorded and %d outcomes not written",
                n_lost,
                len(self._ledger),
            )

    def _count(self, channel: str) -> ChannelCount:
        return self._channel_counts.setdefault(channel, ChannelCount())


async def _first_of(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event or the time, whichever comes first, and reset the event."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()
