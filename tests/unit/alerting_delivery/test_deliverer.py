"""Delivery as a whole, with a journal in memory and a clock moved by hand."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from alerting.deliver import Deliverer, DeliveryConfig, Policy
from alerting.model import (
    Alert,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Severity,
)
from alerting.ports import Channel, Effects
from alerting.render import NOT_RECORDED
from tests.fakes import MemoryJournal
from tests.unit.alerting_delivery.values import (
    ANN,
    BOB,
    NOW,
    HandClock,
    TestedChannel,
    fails,
    fails_times,
    make_alert,
    make_entry,
    make_summary,
    refuses,
)

POLICY = Policy(max_attempts=3, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=20))
ANN_B = replace(ANN, channel="b")


@dataclass
class Desk:
    """A deliverer with everything around it."""

    channel: TestedChannel = field(default_factory=TestedChannel)
    spare: TestedChannel = field(default_factory=lambda: TestedChannel(name="b"))
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: HandClock = field(default_factory=HandClock)
    config: DeliveryConfig = field(
        default_factory=lambda: DeliveryConfig(policy=POLICY, poll_every_s=60.0)
    )
    deliverer: Deliverer = field(init=False)

    def make(self) -> Deliverer:
        channels: dict[str, Channel] = {"a": self.channel, "b": self.spare}
        self.deliverer = Deliverer(
            journal=self.journal,
            channels=channels,
            clock=self.clock,
            config=self.config,
        )
        return self.deliverer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Deliverer]:
        deliverer = self.make()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(deliverer.run())
            await settled()
            yield deliverer
            await deliverer.stop()
            await task

    async def record(self, *entries: OutboxEntry, alert: Alert | None = None) -> None:
        """Do what the engine does: record, then hand over."""
        alert = alert or entries[0].notice.alert
        await self.journal.record(Effects(alerts=(alert,), notices=entries))

    async def give(self, *entries: OutboxEntry) -> None:
        await self.record(*entries)
        self.deliverer.put(entries)
        await settled()

    async def pass_time(self, **by: float) -> None:
        self.clock.move(**by)
        self.deliverer.wake()
        await settled()

    async def row(self, entry: OutboxEntry) -> OutboxEntry:
        rows = await self.journal.outbox(entry.notice.alert.id)
        return next(row for row in rows if row.notice.id == entry.notice.id)

    def reasons(self) -> list[NotifyReason]:
        return [notice.reason for notice in self.channel.taken]


async def settled() -> None:
    """Let everything that needs no time happen."""
    for _ in range(60):
        await asyncio.sleep(0)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that takes a little real time."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the state of the parts under test has no event
            await asyncio.sleep(0.002)


class TestSending:
    async def test_what_is_put_is_sent_at_once_and_the_journal_knows(self) -> None:
        desk = Desk()
        entry = make_entry()
        async with desk.running():
            await desk.give(entry)
            assert [notice.id for notice in desk.channel.taken] == [entry.notice.id]
            row = await desk.row(entry)
        assert (row.state, row.attempts, row.sent_at) == (NoticeState.SENT, 1, NOW)

    async def test_the_attempt_begins_within_the_call_of_put(self) -> None:
        desk = Desk()
        async with desk.running() as deliverer:
            await desk.record(make_entry())
            deliverer.put([make_entry()])
            assert deliverer.status().under_way == 1
            await asyncio.sleep(0)
            assert len(desk.channel.tried) == 1

    async def test_what_a_crash_left_behind_is_sent_at_the_start(self) -> None:
        desk = Desk()
        await desk.record(make_entry())
        async with desk.running():
            assert len(desk.channel.taken) == 1

    async def test_what_was_put_before_the_start_is_sent_once(self) -> None:
        desk = Desk()
        entry = make_entry()
        desk.make()
        await desk.record(entry)
        desk.deliverer.put([entry])
        assert desk.channel.tried == []
        async with asyncio.TaskGroup() as group:
            task = group.create_task(desk.deliverer.run())
            await settled()
            await desk.deliverer.stop()
            await task
        assert len(desk.channel.taken) == 1

    async def test_the_same_entry_put_and_read_again_is_sent_once(self) -> None:
        desk = Desk()
        desk.channel.gate = asyncio.Event()
        entry = make_entry()
        async with desk.running() as deliverer:
            await desk.give(entry)
            for _ in range(3):
                deliverer.put([entry])
                await desk.pass_time(seconds=1)
            desk.channel.gate.set()
            await settled()
            deliverer.put([entry])
            await desk.pass_time(seconds=1)
        assert len(desk.channel.tried) == 1

    async def test_an_unknown_channel_is_final_and_says_what_there_is(self) -> None:
        desk = Desk()
        entry = make_entry(to=replace(ANN, channel="pigeon"))
        async with desk.running():
            await desk.give(entry)
            row = await desk.row(entry)
        assert row.state is NoticeState.FAILED
        assert row.last_error == "no channel 'pigeon'; allowed: a, b"


class TestOrder:
    async def test_an_extreme_one_never_waits_behind_minors(self) -> None:
        desk = Desk(config=DeliveryConfig(slots_per_channel=8, poll_every_s=60.0))
        desk.channel.gate = asyncio.Event()
        minors = [a_notice(f"minor-{n}", Severity.MINOR) for n in range(50)]
        async with desk.running():
            await desk.give(*minors)
            assert len(desk.channel.tried) == 5
            await desk.give(a_notice("extreme", Severity.EXTREME))
            assert desk.channel.tried[-1].alert.id == "extreme"
            desk.channel.gate.set()
            await settled()
        assert len(desk.channel.taken) == 51
        assert desk.channel.most_at_once == 6

    async def test_those_that_wait_leave_most_severe_first(self) -> None:
        config = DeliveryConfig(slots_per_channel=4, poll_every_s=60.0)
        desk = Desk(config=config)
        desk.channel.gate = asyncio.Event()
        async with desk.running():
            await desk.give(*(a_notice(f"first-{n}", Severity.EXTREME) for n in range(4)))
            for severity in (Severity.MINOR, Severity.SEVERE, Severity.MODERATE, Severity.EXTREME):
                await desk.give(a_notice(severity.word, severity))
            desk.channel.gate.set()
            await settled()
        order = [notice.alert.id for notice in desk.channel.tried[4:]]
        assert order == ["extreme", "severe", "moderate", "minor"]

    async def test_one_slow_channel_does_not_hold_up_another(self) -> None:
        desk = Desk()
        desk.channel.gate = asyncio.Event()
        async with desk.running():
            await desk.give(*(a_notice(f"x{n}", Severity.EXTREME) for n in range(100)))
            await desk.give(make_entry(to=ANN_B))
            assert len(desk.spare.taken) == 1
            desk.channel.gate.set()
            await settled()


def a_notice(alert_id: str, severity: Severity) -> OutboxEntry:
    return make_entry(make_alert(severity, id=alert_id))


class TestRetrying:
    async def test_a_passing_failure_is_tried_again_later_and_counted(self) -> None:
        desk = Desk()
        desk.channel.answer = fails_times(2)
        entry = make_entry()
        async with desk.running() as deliverer:
            await desk.give(entry)
            assert len(desk.channel.tried) == 1
            row = await desk.row(entry)
            assert (row.state, row.attempts, row.last_error) == (NoticeState.PENDING, 1, "503")
            await desk.pass_time(seconds=0.4)
            assert len(desk.channel.tried) == 1
            await desk.pass_time(seconds=0.6)
            assert len(desk.channel.tried) == 2
            await desk.pass_time(seconds=2)
            assert len(desk.channel.taken) == 1
            status = deliverer.status()
        assert (status.sent, status.retried, status.failed) == (1, 2, 0)
        assert (status.channels["a"].sent, status.channels["a"].not_taken) == (1, 2)
        assert status.channels["a"].latency_p99_s is not None

    async def test_what_the_receiver_asks_for_is_waited_for(self) -> None:
        desk = Desk()
        desk.channel.answer = fails(retry_after_s=15)
        async with desk.running():
            await desk.give(make_entry())
            await desk.pass_time(seconds=14)
            assert len(desk.channel.tried) == 1
            await desk.pass_time(seconds=1)
            assert len(desk.channel.tried) == 2

    async def test_the_retry_is_timed_without_waiting_for_the_next_reading(self) -> None:
        desk = Desk()
        desk.config = replace(
            desk.config, policy=replace(POLICY, first_wait=timedelta(milliseconds=20))
        )
        desk.channel.answer = fails_times(1)
        async with desk.running():
            real = RealClock()
            desk.deliverer._clock = real  # noqa: SLF001 - the one test in which time passes
            await desk.give(replace(make_entry(), due_at=real.now()))
            await until(lambda: bool(desk.channel.taken))

    async def test_a_final_refusal_goes_to_the_next_road_at_once(self) -> None:
        desk = Desk()
        desk.channel.answer = refuses()
        entry = make_entry(fallbacks=(ANN_B,))
        async with desk.running():
            await desk.give(entry)
            row = await desk.row(entry)
        assert len(desk.channel.tried) == 1
        assert [notice.recipient for notice in desk.spare.taken] == [ANN_B]
        assert (row.state, row.notice.recipient) == (NoticeState.SENT, ANN_B)

    async def test_then_the_stand_in_is_told_with_a_notice_of_their_own(self) -> None:
        desk = Desk()
        desk.channel.answer = lambda: refuses()() if len(desk.channel.tried) == 1 else None
        entry = make_entry(fallbacks=(BOB,))
        async with desk.running() as deliverer:
            await desk.give(entry)
            rows = await desk.journal.outbox("alert-1")
            status = deliverer.status()
        told = {row.notice.recipient.id: row for row in rows if row.notice.reason == "first"}
        assert told["ann"].state is NoticeState.FAILED
        assert "Bob Example is told instead" in told["ann"].last_error
        assert told["bob"].state is NoticeState.SENT
        assert "in place of Ann Example" in desk.channel.taken[0].remarks[0]
        assert (status.handed_on, status.failed, status.sent) == (1, 1, 1)

    async def test_every_summary_of_a_storm_reaches_the_stand_in(self) -> None:
        desk = Desk()
        desk.channel.answer = refuses()
        bob = replace(BOB, channel="b")
        async with desk.running():
            for n in (1, 2):
                await desk.give(make_summary(f"summary-{n}", fallbacks=(bob,)))
        assert len({notice.id for notice in desk.spare.taken}) == 2

    async def test_a_clock_set_back_keeps_nothing_waiting(self) -> None:
        desk = Desk()
        desk.channel.answer = fails_times(1)
        async with desk.running():
            await desk.give(make_entry())
            assert desk.channel.taken == []
            await desk.pass_time(hours=-1)
            await desk.pass_time(seconds=1)
            assert len(desk.channel.taken) == 1

    async def test_a_clock_that_was_set_back_before_a_restart_keeps_nothing_waiting(self) -> None:
        desk = Desk()
        desk.make()
        await desk.record(make_entry())
        desk.clock.move(hours=-1)
        async with desk.running():
            await settled()
        assert len(desk.channel.taken) == 1

    async def test_when_every_road_failed_it_is_visible(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk = Desk()
        desk.channel.answer = fails()
        entry = make_entry()
        async with desk.running() as deliverer:
            await desk.give(entry)
            for _ in range(10):
                await desk.pass_time(seconds=20)
            assert len(desk.channel.tried) == POLICY.max_attempts
            row = await desk.row(entry)
            failure = deliverer.status().failures[0]
        assert row.state is NoticeState.FAILED
        assert (failure.recipient, failure.why) == ("Ann Example", "503")
        given_up = [record for record in caplog.records if "given up" in record.message]
        assert len(given_up) == 1
        assert all("x:1" not in str(vars(record)) for record in caplog.records)

    async def test_a_channel_that_hangs_is_given_its_time_and_tried_again(self) -> None:
        desk = Desk()
        desk.config = replace(desk.config, attempt_timeout_s=0.01)
        desk.channel.gate = asyncio.Event()
        entry = make_entry()
        async with desk.running():
            await desk.give(entry)
            await until(lambda: desk.deliverer.status().under_way == 0)
            row = await desk.row(entry)
            assert (row.state, row.last_error) == (
                NoticeState.PENDING, "a: no answer within 0.01 s",
            )  # fmt: skip
            desk.channel.gate.set()
            await desk.pass_time(seconds=2)
            assert len(desk.channel.taken) == 1

    async def test_a_mistake_in_a_channel_stops_nobody_else(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk = Desk()
        desk.channel.answer = lambda: KeyError("token-in-message")
        async with desk.running():
            await desk.give(make_entry(), make_entry(to=replace(BOB, channel="b")))
            row = await desk.row(make_entry())
        assert len(desk.spare.taken) == 1
        assert row.last_error == "a: unforeseen KeyError in the channel"
        assert "token-in-message" not in caplog.text


class RealClock:
    def now(self) -> datetime:
        return datetime.now(NOW.tzinfo)


class TestAcknowledging:
    async def acknowledge(self, desk: Desk) -> None:
        """Do what the engine does when somebody acknowledges."""
        alert = make_alert(acknowledged_at=desk.clock.now(), acknowledged_by="eve")
        await desk.journal.record(Effects(alerts=(alert,), cancelled=(alert.id,)))
        desk.deliverer.cancel(alert.id)

    async def test_it_stops_what_is_waiting_at_once(self) -> None:
        desk = Desk()
        desk.channel.answer = fails()
        entry = make_entry()
        async with desk.running() as deliverer:
            await desk.give(entry, make_entry(to=BOB))
            await self.acknowledge(desk)
            assert deliverer.status().waiting == 0
            for _ in range(5):
                await desk.pass_time(minutes=1)
            row = await desk.row(entry)
        assert len(desk.channel.tried) == 2
        assert row.state is NoticeState.CANCELLED

    async def test_in_the_middle_of_an_attempt_it_is_not_tried_again(self) -> None:
        desk = Desk()
        desk.channel.gate = asyncio.Event()
        desk.channel.answer = lambda: fails()() if len(desk.channel.tried) == 1 else None
        entries = [make_entry(), make_entry(to=BOB)]
        async with desk.running():
            await desk.give(*entries)
            await self.acknowledge(desk)
            desk.channel.gate.set()
            for _ in range(5):
                await desk.pass_time(minutes=10)
            rows = await desk.journal.outbox("alert-1")
        assert len(desk.channel.tried) == 2
        assert {row.state for row in rows} <= {NoticeState.CANCELLED, NoticeState.SENT}
        assert {row.notice.reason for row in rows} == {NotifyReason.FIRST}

    async def test_while_the_journal_is_being_read_nothing_slips_through(self) -> None:
        desk = Desk()
        slow = SlowJournal()
        desk.journal = slow
        await desk.record(make_entry())
        async with desk.running():
            await self.acknowledge(desk)
            slow.may_answer.set()
            await settled()
        assert desk.channel.tried == []

    async def test_another_alert_is_not_touched(self) -> None:
        desk = Desk()
        desk.channel.answer = fails_times(1)
        async with desk.running():
            await desk.give(a_notice("other", Severity.MINOR))
            await desk.record(make_entry())
            await self.acknowledge(desk)
            await desk.pass_time(seconds=5)
        assert [notice.alert.id for notice in desk.channel.taken] == ["other"]


class SlowJournal(MemoryJournal):
    """Reads what is due, and answers only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def due(self, now: datetime, limit: int = 100) -> list[OutboxEntry]:
        entries = await super().due(now, limit)
        await self.may_answer.wait()
        return entries


class TestJournalAway:
    async def test_unrecorded_notices_go_out_and_say_so(self) -> None:
        desk = Desk()
        async with desk.running() as deliverer:
            desk.journal.is_away = True
            deliverer.send_unrecorded([make_entry()])
            await settled()
            assert desk.channel.taken[0].remarks == (NOT_RECORDED,)
            assert deliverer.status().unsaved == 1
            assert deliverer.status().journal_away
            desk.journal.is_away = False
            await desk.pass_time(seconds=1)
            assert deliverer.status().unsaved == 0
            row = await desk.row(make_entry())
        assert row.state is NoticeState.SENT

    async def test_recorded_again_afterwards_they_are_not_sent_twice(self) -> None:
        desk = Desk()
        async with desk.running() as deliverer:
            desk.journal.is_away = True
            deliverer.send_unrecorded([make_entry()])
            await settled()
            desk.journal.is_away = False
            await desk.give(make_entry())
            await desk.pass_time(seconds=1)
            await desk.pass_time(seconds=1)
        assert len(desk.channel.tried) == 1

    async def test_they_are_tried_a_bounded_number_of_times(self) -> None:
        desk = Desk()
        desk.channel.answer = fails()
        async with desk.running() as deliverer:
            desk.journal.is_away = True
            deliverer.send_unrecorded([make_entry()])
            for _ in range(20):
                await desk.pass_time(minutes=1)
            assert len(desk.channel.tried) == POLICY.max_attempts
            assert deliverer.status().failed == 1

    async def test_outcomes_are_written_when_it_is_back_and_nothing_is_sent_again(self) -> None:
        desk = Desk()
        entries = [make_entry(), make_entry(to=BOB)]
        async with desk.running() as deliverer:
            await desk.record(*entries)
            desk.journal.is_away = True
            deliverer.put(entries)
            await settled()
            await desk.pass_time(seconds=5)
            desk.journal.is_away = False
            await desk.pass_time(seconds=5)
            rows = [await desk.row(entry) for entry in entries]
        assert [row.state for row in rows] == [NoticeState.SENT] * 2
        assert len(desk.channel.tried) == 2

    async def test_a_journal_that_hangs_holds_up_no_notice(self) -> None:
        desk = Desk(journal=SlowJournal())
        async with desk.running() as deliverer:
            deliverer.put([make_entry()])
            await settled()
            assert len(desk.channel.taken) == 1

    async def test_one_refused_outcome_does_not_hold_up_the_others(self) -> None:
        desk = Desk(journal=PickyJournal())
        bad, good = make_entry(), make_entry(to=BOB)
        async with desk.running() as deliverer:
            await desk.record(bad, good)
            desk.journal.is_away = True
            deliverer.put([bad, good])
            await settled()
            desk.journal.is_away = False
            for _ in range(3):
                await desk.pass_time(seconds=1)
            row = await desk.row(good)
        assert row.state is NoticeState.SENT


class PickyJournal(MemoryJournal):
    """Never takes the outcome of a notice to Ann."""

    async def save_outcome(self, entry: OutboxEntry) -> None:
        if entry.notice.recipient.id == "ann":
            self.is_away, was_away = True, self.is_away
            try:
                self._answer()
            finally:
                self.is_away = was_away
        await super().save_outcome(entry)


class TestBounds:
    async def test_what_memory_cannot_hold_comes_back_from_the_journal(self) -> None:
        config = DeliveryConfig(policy=POLICY, max_waiting=5, poll_every_s=60.0)
        desk = Desk(config=config)
        desk.channel.gate = asyncio.Event()
        entries = [a_notice(f"alert-{n}", Severity.MINOR) for n in range(40)]
        async with desk.running() as deliverer:
            for entry in entries:
                await desk.record(entry)
            deliverer.put(entries)
            assert deliverer.status().put_out == 35
            assert deliverer.status().waiting <= 5
            desk.channel.gate.set()
            for _ in range(20):
                await settled()
        assert sorted(notice.alert.id for notice in desk.channel.taken) == sorted(
            entry.notice.alert.id for entry in entries
        )

    async def test_a_lost_notice_is_counted_and_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk = Desk(config=DeliveryConfig(max_waiting=1, poll_every_s=60.0))
        desk.channel.gate = asyncio.Event()
        deliverer = desk.make()
        deliverer.send_unrecorded([a_notice(f"x{n}", Severity.MINOR) for n in range(3)])
        assert deliverer.status().lost == 2
        assert "never recorded is lost" in caplog.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"slots_per_channel": 3},
            {"max_waiting": 0},
            {"attempt_timeout_s": 0.0},
            {"stop_within_s": -1.0},
        ],
    )
    def test_settings_that_cannot_work_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="must be"):
            DeliveryConfig(**wrong)  # type: ignore[arg-type]

    def test_every_severity_has_slots_and_higher_ones_have_more(self) -> None:
        for total in range(4, 70):
            slots = [DeliveryConfig(slots_per_channel=total).slots(s) for s in Severity]
            assert slots == sorted(set(slots))
            assert slots[0] >= 1
            assert slots[-1] == total


class TestStopping:
    async def test_attempts_under_way_are_let_finish_and_the_rest_stays(self) -> None:
        desk = Desk(config=DeliveryConfig(slots_per_channel=4, poll_every_s=60.0))
        desk.channel.gate = asyncio.Event()
        entries = [a_notice(f"x{n}", Severity.MINOR) for n in range(3)]
        deliverer = desk.make()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(deliverer.run())
            await settled()
            await desk.give(*entries)
            assert len(desk.channel.tried) == 1
            stopping = group.create_task(deliverer.stop())
            await settled()
            assert not stopping.done()
            desk.channel.gate.set()
            await stopping
            await running
        rows = [await desk.row(entry) for entry in entries]
        assert [row.state for row in rows].count(NoticeState.SENT) == 1
        assert [row.state for row in rows].count(NoticeState.PENDING) == 2
        assert len(desk.channel.tried) == 1

    async def test_the_deadline_for_stopping_holds(self) -> None:
        desk = Desk(config=DeliveryConfig(stop_within_s=0.01, poll_every_s=60.0))
        desk.channel.gate = asyncio.Event()
        async with asyncio.timeout(2):
            async with desk.running():
                await desk.give(make_entry())
        assert (await desk.row(make_entry())).state is NoticeState.PENDING

    async def test_after_kill_everything_pending_is_sent_again_with_the_same_id(self) -> None:
        desk = Desk()
        desk.channel.gate = asyncio.Event()
        entry = make_entry()
        running = asyncio.get_running_loop().create_task(desk.make().run())
        await settled()
        await desk.give(entry)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await desk.row(entry)).state is NoticeState.PENDING
        desk.channel.gate.set()
        async with desk.running():
            await settled()
        assert [notice.id for notice in desk.channel.tried] == [entry.notice.id] * 2
        assert (await desk.row(entry)).state is NoticeState.SENT

    async def test_a_crash_between_the_two_writes_sends_again_rather_than_never(self) -> None:
        desk = Desk(journal=DyingJournal())
        desk.channel.answer = lambda: refuses()() if len(desk.channel.tried) == 1 else None
        entry = make_entry(fallbacks=(BOB,))
        async with desk.running():
            await desk.give(entry)
            told = [row.notice.recipient.id for row in await desk.journal.outbox("alert-1")]
            assert sorted(told) == ["ann", "bob"]
        desk.journal.__class__ = MemoryJournal
        async with desk.running():
            await settled()
            rows = await desk.journal.outbox("alert-1")
        assert {row.state for row in rows} == {NoticeState.SENT}
        assert len(rows) == 2

    async def test_what_the_journal_missed_is_written_before_stopping(self) -> None:
        desk = Desk()
        async with desk.running():
            desk.journal.is_away = True
            desk.deliverer.send_unrecorded([make_entry()])
            await settled()
            desk.journal.is_away = False
        assert (await desk.row(make_entry())).state is NoticeState.SENT

    async def test_stopping_what_never_ran_returns(self) -> None:
        await Desk().make().stop()

    async def test_nothing_is_said_when_nothing_was_lost(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        desk = Desk()
        async with desk.running():
            await desk.give(make_entry())
        assert caplog.records == []


class DyingJournal(MemoryJournal):
    """Takes what follows a notice and dies before its outcome."""

    async def save_outcome(self, entry: OutboxEntry) -> None:
        self.is_away = True
        try:
            await super().save_outcome(entry)
        finally:
            self.is_away = False
