"""The engine through its public door: cards, journal, restarts, people's actions, silence."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

import pytest

from alerting.deliver import Deliverer
from alerting.engine import Engine, EngineConfig, Parts, UnknownAlert
from alerting.errors import DeliveryError, JournalError
from alerting.escalate import Escalator
from alerting.gather.rules import GatherRules
from alerting.judge import Judge
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Card,
    Notice,
    NotifyReason,
    Receipt,
    Recipient,
    Severity,
    TransitionKind,
)
from alerting.route import Asked, Ladder, Rung
from alerting.tell.teller import TellRules
from sensors.model import Position, Report
from sensors.registry import Sensor
from tests.builders import at, judge, report, sensor
from tests.fakes import ListAside, MemoryJournal

DESIGN = {"datum": 0.0, "warning_stage_m": 3.0, "guaranteed_stage_m": 4.0, "record_stage_m": 5.0}


class HandClock:
    def __init__(self) -> None:
        self.time = at(0)

    def now(self) -> datetime:
        return self.time


class OneRecipient:
    """Names one person; who is asked after that says the ladder, if there is one."""

    person = Recipient(id="p1", name="Somebody", channel="list", address="here")
    people: ClassVar = {"p1": person, "p2": replace(person, id="p2", name="Somebody else")}

    def __init__(self, steps: Ladder | None = None) -> None:
        self.steps = steps

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Sequence[Recipient]]:
        del alert, now
        return [[self.person]]

    def ladder(self, alert: Alert, now: datetime) -> Ladder | None:
        del alert, now
        return self.steps

    def asked(self, alert: Alert, ladder: Ladder, rung: Rung, now: datetime) -> Asked:
        del alert, ladder, now
        return Asked(roads=tuple((self.people[name],) for name in rung.people or ("p1",)))

    def roads_of(self, people: Collection[str]) -> Sequence[Sequence[Recipient]]:
        return [(person,) for name, person in self.people.items() if name in people]


class ListChannel:
    name = "list"

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.refused: set[str] = set()
        self.is_busy = False
        self.is_down = False

    async def send(self, notice: Notice) -> Receipt:
        if notice.recipient.id in self.refused:
            raise DeliveryError("no such number", retryable=self.is_busy)
        if self.is_down:
            raise DeliveryError("nobody answers", retryable=True)
        self.notices.append(notice)
        return Receipt(notice_id=notice.id, at=at(0))


class Desk:
    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.n_asked = 0

    async def card(self, alert: Alert) -> Card:
        self.n_asked += 1
        await asyncio.sleep(self.delay_s)
        return Card(shortfall=(f"for {alert.hazard}",))


@dataclass
class MemoryLog:
    """The log's door that the engine uses, in memory."""

    kept: list[tuple[int, list[Report]]] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)

    def cursor(self, follower: str) -> int:
        return self.cursors.get(follower, 0)

    async def set_cursor(self, follower: str, seq: int) -> None:
        self.cursors[follower] = max(seq, self.cursors.get(follower, 0))

    async def blocks(self, after: int, max_reports: int) -> "list[BlockOf]":
        del max_reports
        return [BlockOf(seq, reports) for seq, reports in self.kept if seq > after]


@dataclass(frozen=True)
class BlockOf:
    seq: int
    reports: list[Report]


@dataclass
class World:
    engine: Engine
    journal: MemoryJournal
    channel: ListChannel
    clock: HandClock
    log: MemoryLog
    deliverer: Deliverer
    aside: ListAside

    async def feed(self, *reports: Report) -> None:
        for entry in reports:
            seq = len(self.log.kept) + 1
            self.log.kept.append((seq, [entry]))
            self.clock.time = max(self.clock.time, entry.received_at)
            await self.engine.take(seq, [entry])

    async def quiet(self) -> list[str]:
        """Wait until nothing is waiting or under way, and give the ids of what left, in order."""
        async with asyncio.timeout(5):
            while self.deliverer.status().waiting or self.deliverer.status().under_way:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return [notice.id for notice in self.channel.notices]

    async def told(self, count: int) -> list[Notice]:
        """Wait until so many notices have left, then see that no more are coming."""
        async with asyncio.timeout(5):
            while len(self.channel.notices) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert len(self.channel.notices) == count
        return self.channel.notices


@asynccontextmanager
async def world(
    judged: Judge,
    *,
    journal: MemoryJournal | None = None,
    log: MemoryLog | None = None,
    desk: Desk | None = None,
    deadline_s: float = 0.3,
    steps: Ladder | None = None,
    telling: TellRules | None = None,
    gathering: GatherRules | None = None,
    time: datetime | None = None,
) -> AsyncIterator[World]:
    journal, log, clock = journal or MemoryJournal(), log or MemoryLog(), HandClock()
    clock.time = time or clock.time
    channel = ListChannel()
    router = OneRecipient(steps)
    deliverer = Deliverer(journal=journal, channels={"list": channel}, clock=clock)
    escalator = Escalator(router=router, clock=clock)
    deliverer.listeners.append(escalator.note_outcome)
    aside = ListAside()
    parts = Parts(
        journal=journal,
        cards=desk or Desk(),
        router=router,
        deliverer=deliverer,
        clock=clock,
        aside=aside,
        escalator=escalator,
    )
    config = EngineConfig(
        card_deadline_s=deadline_s,
        late_card_deadline_s=2.0,
        telling=telling or TellRules(),
        gathering=gathering or GatherRules(),
    )
    engine = Engine(judge=judged, parts=parts, config=config)
    judged.silence.start(clock.now().timestamp())
    await engine.restore(log)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(deliverer.run())
        yield World(engine, journal, channel, clock, log, deliverer, aside)
        await deliverer.stop()
        running.cancel()


def stage(**design: float) -> Sensor:
    return sensor("stage_m", design=design or DESIGN)


def rising(first: int, count: int, start_m: float, step_m: float) -> list[Report]:
    return [report(300.0 * (first + n), {"stage_m": start_m + step_m * n}) for n in range(count)]


async def test_the_first_notice_carries_the_card_and_says_why() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (notice,) = await here.told(1)
    assert notice.reason is NotifyReason.FIRST
    assert notice.card is not None
    assert notice.card.shortfall == ("for river_flood",)
    assert notice.alert.severity is Severity.MODERATE
    assert "at or above 3 m" in notice.alert.reason
    assert notice.alert.provenance.source.startswith("warning stage")


async def test_a_slow_card_does_not_hold_the_notice_back_and_follows_it() -> None:
    async with world(judge(stage()), desk=Desk(0.2), deadline_s=0.01) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (first,) = await here.told(1)
        assert first.card is None
        assert first.remarks
        await here.engine.tick()
        notices = await here.told(2)
    assert notices[1].reason is NotifyReason.CARD
    assert notices[1].card is not None


async def test_a_card_that_was_to_follow_follows_after_a_restart() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(
        judge(stage()), journal=journal, log=log, desk=Desk(0.2), deadline_s=0.01
    ) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        assert (await here.told(1))[0].card is None
    expected = [[NotifyReason.CARD], []]  # it follows once, however often this program starts
    for reasons in expected:
        async with world(judge(stage()), journal=journal, log=log) as again:
            await again.engine.tick()
            await again.quiet()
            notices = again.channel.notices
        assert [notice.reason for notice in notices] == reasons
        assert all(notice.card is not None for notice in notices)


def many_gauges(count: int) -> tuple[Judge, list[Report]]:
    """As many gauges in as many places, and one block in which all of them are too high."""
    gauges = [
        replace(
            sensor("stage_m", design=DESIGN, device=f"D-{n:02}"),
            position=Position(23.0 + n / 100, 113.0),
        )
        for n in range(count)
    ]
    block = [
        report(at_s, {"stage_m": 3.2}, device=gauge.key.device)
        for gauge in gauges
        for at_s in (0, 300)
    ]
    return judge(*gauges), block


async def test_every_alert_of_a_large_block_has_its_card_however_many_there_are() -> None:
    judged, block = many_gauges(30)
    async with world(judged, desk=Desk(0.02), deadline_s=0.3) as here:
        await here.engine.take(1, block)
        notices = await here.told(30)
    assert [notice.remarks for notice in notices if notice.card is None] == []


async def test_a_look_up_that_hangs_holds_a_block_up_for_one_deadline_only() -> None:
    judged, block = many_gauges(30)
    desk = Desk(60.0)
    async with world(judged, desk=desk, deadline_s=0.05) as here:
        await here.engine.take(1, block)
        notices = await here.told(30)
        assert desk.n_asked == 1
    assert all(notice.remarks for notice in notices)


async def test_a_rise_in_severity_notifies_again_even_when_acknowledged() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.told(1)
        (alert,) = await here.journal.alerts(firing_only=True)
        acked = await here.engine.acknowledge(alert.id, "An Example", "seen")
        assert acked.acknowledged_by == "An Example"
        await here.feed(report(600, {"stage_m": 4.2}), report(900, {"stage_m": 4.2}))
        notices = await here.told(2)
        present = await here.journal.alert(alert.id)
    assert NotifyReason.SEVERITY_ROSE in {notice.reason for notice in notices}
    assert present is not None
    assert present.severity is Severity.SEVERE
    assert present.acknowledged_at is None


async def test_acknowledging_an_unknown_alert_is_refused() -> None:
    async with world(judge(stage())) as here:
        with pytest.raises(UnknownAlert):
            await here.engine.acknowledge("nosuchalert", "An Example")


@pytest.mark.parametrize("saves", [(), (3,), (6,), (3, 5, 7), (1, 2, 3, 4, 5, 6, 7, 8)])
async def test_a_restart_at_any_point_is_silent_and_changes_nothing(saves: tuple[int, ...]) -> None:
    readings = [
        *rising(0, 8, 2.0, 0.4),
        *[report(300.0 * (8 + n), {"stage_m": 3.2}) for n in range(20)],
        *[report(300.0 * (28 + n), {"stage_m": 1.0}) for n in range(40)],
    ]
    async with world(judge(stage())) as straight:
        await straight.feed(*readings)
        await straight.quiet()
        history, recorded = await _history(straight.journal), await _recorded(straight.journal)
    assert {kind for _, kind, _, _ in history} == {"raised", "upgraded", "cleared", "downgraded"}
    for cut in (2, 4, 7, 20, 40):
        journal, log = MemoryJournal(), MemoryLog()
        async with world(judge(stage()), journal=journal, log=log) as before:
            for n, entry in enumerate(readings[:cut], 1):
                await before.feed(entry)
                if n in saves:
                    await before.engine.save_states(log, everything=True)
            sent = await before.quiet()
        async with world(judge(stage()), journal=journal, log=log) as after:
            await after.engine.tick()
            assert await after.quiet() == []
            after.log.kept = log.kept
            await after.feed(*readings[cut:])
            sent += await after.quiet()
        where = f"cut at {cut}, saved at {saves}"
        assert await _history(journal) == history, where
        assert await _recorded(journal) == recorded, where
        assert len(sent) == len(set(sent)), where


async def test_a_window_reaches_back_over_a_restart() -> None:
    gauge = sensor("wind_ms", "crane", every_s=1)
    winds = [0.0] * 60 + [10.5] * 60 + [7.9] * 60  # the mean passes 8 m/s as the calm leaves it
    readings = [report(n, {"wind_ms": wind}, kind="crane") for n, wind in enumerate(winds)]
    for cut in (100, 121):
        journal, log = MemoryJournal(), MemoryLog()
        async with world(judge(gauge), journal=journal, log=log) as before:
            await before.feed(*readings[:cut])
            await before.engine.save_states(log, everything=True)
        assert not await journal.alerts()
        async with world(judge(gauge), journal=journal, log=log) as after:
            await after.feed(*readings[cut:])
        (alert,) = await journal.alerts()
        assert alert.severity is Severity.MINOR


async def test_states_that_could_not_be_saved_are_saved_later() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as here:
        await here.feed(report(0, {"stage_m": 1.0}), report(300, {"stage_m": 1.0}))
        journal.is_away = True
        with pytest.raises(JournalError):
            await here.engine.save_states(log, everything=True)
        assert log.cursor("engine") == 0
        journal.is_away = False
        await here.engine.save_states(log, everything=True)
        assert log.cursor("engine") == 2
        assert [state.seq for state in await journal.load_states()] == [2]


async def _recorded(journal: MemoryJournal) -> set[str]:
    """The ids of every notice that was ever to be sent."""
    return {
        entry.notice.id
        for alert in await journal.alerts(limit=1000)
        for entry in await journal.outbox(alert.id)
    }


async def _history(journal: MemoryJournal) -> list[tuple[str, str, int, datetime]]:
    rows = [
        (alert.rule_id, step.kind.value, int(step.severity), step.taken_at)
        for alert in await journal.alerts(limit=1000)
        for step in await journal.transitions(alert.id)
        if step.final
    ]
    return sorted(rows, key=lambda row: (row[3], row[0], row[1]))


async def test_with_the_journal_away_the_warning_goes_out_and_is_recorded_later() -> None:
    async with world(judge(stage())) as here:
        here.journal.is_away = True
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (notice,) = await here.told(1)
        assert notice.remarks
        here.journal.is_away = False
        assert not await here.journal.alerts()
        await here.engine.tick()
        (alert,) = await here.journal.alerts()
    assert alert.id == notice.alert.id


async def test_silence_is_one_alert_per_device_and_escalates_when_an_alert_stands_on_it() -> None:
    async with world(judge(stage(), sensor("battery_v"))) as here:
        await here.feed(report(0, {"stage_m": 3.2, "battery_v": 12.0}))
        await here.feed(report(300, {"stage_m": 3.2, "battery_v": 12.0}))
        here.clock.time = at(300 + 901)
        await here.engine.tick()
        blind = [a for a in await here.journal.alerts() if a.kind is AlertKind.BLIND]
        assert [alert.severity for alert in blind] == [Severity.SEVERE]
        assert "2 of 2 sensors" in blind[0].reason
        standing = [a for a in await here.journal.alerts() if a.kind is AlertKind.LIMIT]
        assert standing[0].state is AlertState.FIRING
        await here.feed(report(1300, {"stage_m": 3.2, "battery_v": 12.0}))
        await here.engine.tick()
        blind = [a for a in await here.journal.alerts() if a.kind is AlertKind.BLIND]
        assert blind[0].state is AlertState.RESOLVED


async def test_a_sensor_never_seen_is_overdue_too() -> None:
    async with world(judge(stage())) as here:
        here.clock.time = at(899)
        await here.engine.tick()
        assert not await here.journal.alerts()
        here.clock.time = at(902)
        await here.engine.tick()
        (alert,) = await here.journal.alerts()
    assert "never heard from" in alert.reason


async def test_a_blind_alert_stays_over_a_restart_and_is_not_told_again() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as before:
        before.clock.time = at(902)
        await before.engine.tick()
        await before.told(1)
    async with world(judge(stage()), journal=journal, log=log) as after:
        after.clock.time = at(2000)
        after.engine.judge.silence.start(at(2000).timestamp())
        await after.engine.tick()
        (alert,) = await journal.alerts()
        assert alert.state is AlertState.FIRING
        kinds = {n.reason for n in after.channel.notices}
    assert NotifyReason.FIRST not in kinds


async def test_an_alert_stands_on_when_the_memory_of_its_readings_is_gone() -> None:
    journal = MemoryJournal()
    async with world(judge(stage()), journal=journal) as before:
        await before.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await before.told(1)
    forgotten = MemoryLog(kept=[(n, []) for n in (1, 2)], cursors={"engine": 2})
    async with world(judge(stage()), journal=journal, log=forgotten) as after:
        (alert,) = await journal.alerts(firing_only=True)
        await after.feed(report(600, {"stage_m": 2.0}, qc={"stage_m": 3}))
        assert await journal.alerts(firing_only=True)
        await after.feed(*[report(900 + 300.0 * n, {"stage_m": 2.0}) for n in range(20)])
        assert not await journal.alerts(firing_only=True)
        kinds = [step.kind for step in await journal.transitions(alert.id)]
    assert kinds[-1] is TransitionKind.CLEARED
    assert TransitionKind.WITHDRAWN not in kinds


async def test_missing_stages_are_not_judged_and_the_rest_is() -> None:
    judged = judge(stage(warning_stage_m=3.0, datum=0.0))
    track = judged.find(stage().key).tracks[0]  # type: ignore[union-attr]
    assert [(m.severity, m.reason) for m in track.rule.not_judged] == [
        (Severity.SEVERE, "the site file gives no guaranteed_stage_m"),
        (Severity.EXTREME, "the site file gives no record_stage_m"),
    ]
    async with world(judged) as here:
        await here.feed(report(0, {"stage_m": 9.0}), report(300, {"stage_m": 9.0}))
        alerts = await here.journal.alerts()
    assert {alert.severity for alert in alerts if alert.rule_id == "stage"} == {Severity.MODERATE}


async def test_a_rule_with_sign_off_clears_by_a_person_only() -> None:
    gauge = sensor("settlement_mm", "formwork", every_s=10)
    steps = [report(10.0 * n, {"settlement_mm": 9.0}, kind="formwork") for n in range(3)]
    calm = [report(30 + 10.0 * n, {"settlement_mm": 1.0}, kind="formwork") for n in range(60)]
    async with world(judge(gauge)) as here:
        await here.feed(*steps, *calm)
        (alert,) = await here.journal.alerts(firing_only=True)
        assert alert.awaiting_sign_off
        closed = await here.engine.sign_off(alert.id, "An Example", "props checked")
        assert closed.state is AlertState.RESOLVED
        assert not await here.journal.alerts(firing_only=True)
        kinds = [step.kind for step in await here.journal.transitions(alert.id)]
        assert kinds[-1] is TransitionKind.SIGNED_OFF
        again = [report(700 + 10.0 * n, {"settlement_mm": 9.0}, kind="formwork") for n in range(2)]
        await here.feed(*again)
        (second,) = await here.journal.alerts(firing_only=True)
    assert second.id != alert.id


async def test_the_programs_own_trouble_is_an_alert_raised_once() -> None:
    async with world(judge(stage())) as here:
        for _ in range(3):
            await here.engine.raise_problem("broker", "the broker is away", Severity.SEVERE)
        await here.told(1)
        await here.engine.clear_problem("broker")
        await here.engine.clear_problem("broker")
        notices = await here.told(2)
    assert [notice.reason for notice in notices] == [NotifyReason.FIRST, NotifyReason.CLEARED]


async def test_news_of_the_programs_own_trouble_is_told_and_asks_again() -> None:
    async with world(judge(stage())) as here:
        await here.engine.tell_more("broker", "nobody", "it does not stand")
        await here.engine.raise_problem("broker", "one is away", Severity.MINOR)
        (alert,) = await here.journal.alerts()
        await here.engine.acknowledge(alert.id, "tester")
        await here.engine.tell_more("broker", "two are away", "one more is away")
        (alert,) = await here.journal.alerts(firing_only=True)
        await here.engine.clear_problem("broker")
        (ended,) = await here.journal.alerts()
        steps = await here.journal.transitions(alert.id)
    assert (alert.reason, alert.acknowledged_at, alert.severity) == (
        *("two are away", None, Severity.MINOR),
    )
    assert ended.state is AlertState.RESOLVED
    kinds = ["raised", "acknowledged", "upgraded", "cleared"]
    assert [step.kind.value for step in steps] == kinds
    assert steps[2].reason == "one more is away"


async def test_readings_the_log_could_not_take_are_judged_and_not_told_twice() -> None:
    async with world(judge(stage())) as here:
        first = [report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2})]
        await here.engine.judge_unowned(first)
        await here.told(1)
        await here.feed(*[replace_delay(entry) for entry in first])
        await here.told(1)
        (alert,) = await here.journal.alerts()
    assert alert.state is AlertState.FIRING


async def test_readings_the_log_could_not_take_add_up_to_a_warning() -> None:
    """Each batch counts, not only the first that came for a sensor."""
    async with world(judge(stage())) as here:
        await here.engine.judge_unowned([report(0, {"stage_m": 3.2})])
        await here.engine.judge_unowned([report(300, {"stage_m": 3.2})])
        await here.told(1)


def replace_delay(entry: Report) -> Report:
    """The same reading, given again by the broker a little later."""
    return Report(
        *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
        entry.received_at + timedelta(seconds=5),
        entry.values,
        entry.qc,
    )


async def test_what_the_journal_never_takes_is_put_aside_and_holds_nothing_up() -> None:
    journal = MemoryJournal()
    journal.refused_hazard = "river_flood"
    gauges = (stage(), sensor("ponding_depth_m", device="D-02"))
    async with world(judge(*gauges), journal=journal) as here:
        block = [
            *(report(at_s, {"stage_m": 3.2}) for at_s in (0, 300)),
            *(report(at_s, {"ponding_depth_m": 0.2}, device="D-02") for at_s in (0, 300)),
        ]
        await here.engine.take(1, block)
        notices = await here.told(2)
        assert here.engine.n_refused == 1
        assert here.engine.n_unrecorded == 0
        assert await journal.recorded_seq() == 1
    assert {notice.alert.hazard for notice in notices} == {"river_flood", "ponding"}
    assert {alert.hazard for alert in await journal.alerts()} == {"ponding"}
    ((kept, why),) = here.aside.kept
    assert {alert.hazard for alert in kept.alerts} == {"river_flood"}
    assert "no place for river_flood" in why


async def test_with_the_broker_away_only_devices_with_another_line_are_called_silent() -> None:
    other = sensor("stage_m", design=DESIGN, device="D-02")
    async with world(judge(stage(), other)) as here:
        here.engine.judge.silence.hear_only(frozenset({("site", "D-02")}))
        here.clock.time = at(902)
        await here.engine.tick()
        assert [alert.sensor.device for alert in await here.journal.alerts()] == ["D-02"]
        here.engine.judge.silence.hear_only(None)
        here.clock.time = at(910)
        await here.engine.tick()
        assert {alert.sensor.device for alert in await here.journal.alerts()} == {"D-01", "D-02"}


PASSED_ON = Ladder(
    name="test",
    rungs=(
        Rung(name="first", wait=timedelta(minutes=10)),
        Rung(name="next", wait=timedelta(minutes=5), people=("p2",)),
    ),
    every=timedelta(minutes=5),
)
FIRST, PASSED, AGAIN = NotifyReason.FIRST, NotifyReason.ESCALATED, NotifyReason.REPEAT


async def minutes(here: World, count: int) -> None:
    """Let minutes pass, with the engine's timer."""
    for _ in range(count):
        here.clock.time += timedelta(minutes=1)
        await here.engine.tick(is_listening=False)
        here.deliverer.wake()
    await here.quiet()


def told(here: World) -> list[tuple[str, NotifyReason]]:
    return [(notice.recipient.id, notice.reason) for notice in here.channel.notices]


async def test_nobody_answers_so_the_next_is_asked_and_then_everybody() -> None:
    async with world(judge(stage()), steps=PASSED_ON) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await minutes(here, 9)
        assert told(here) == [("p1", FIRST)]
        await minutes(here, 1)
        assert told(here) == [("p1", FIRST), ("p2", PASSED)]
        assert here.channel.notices[1].card is not None
        await minutes(here, 5)
        assert told(here)[2:] == [("p1", AGAIN)]
        steps = await here.journal.steps(here.channel.notices[0].alert.id)
    assert [(step.n, step.kind.value, step.rung) for step in steps] == [
        (0, "begun", "first notices"),
        (1, "called", "next"),
        (2, "round", "round: everybody and the last resort"),
    ]


async def test_an_acknowledgement_ends_the_asking_at_once_and_a_rise_begins_it_again() -> None:
    async with world(judge(stage()), steps=PASSED_ON) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.told(1)
        await here.engine.acknowledge(here.channel.notices[0].alert.id, "Eve")
        await minutes(here, 60)
        assert told(here) == [("p1", FIRST)]
        later = [report(300 * n, {"stage_m": 4.2}) for n in (14, 15)]
        await here.feed(*later)
        await minutes(here, 10)
    rose = NotifyReason.SEVERITY_ROSE
    assert told(here) == [("p1", FIRST), ("p1", rose), ("p2", PASSED)]


async def test_everybody_who_was_asked_hears_the_end_of_it() -> None:
    async with world(judge(stage()), steps=PASSED_ON) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await minutes(here, 10)
        await here.feed(*rising(3, 20, 2.0, 0.0))
        await here.quiet()
    cleared = [who for who, reason in told(here) if reason is NotifyReason.CLEARED]
    assert sorted(cleared) == ["p1", "p2"]


async def test_a_restart_goes_on_with_the_next_step_and_repeats_none() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log, steps=PASSED_ON) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await minutes(here, 10)
        then = here.clock.time
        await here.engine.save_states(log, everything=True)
    async with world(judge(stage()), journal=journal, log=log, steps=PASSED_ON) as here:
        here.clock.time = then + timedelta(minutes=4)
        await here.engine.tick(is_listening=False)
        await here.quiet()
        assert told(here) == []
        await minutes(here, 1)
        assert told(here) == [("p1", AGAIN)]


async def test_with_the_journal_away_the_asking_goes_on() -> None:
    async with world(judge(stage()), steps=PASSED_ON) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.told(1)
        here.journal.is_away = True
        await minutes(here, 10)
        assert told(here) == [("p1", FIRST), ("p2", PASSED)]
        here.journal.is_away = False
        await here.engine.tick(is_listening=False)
        steps = await here.journal.steps(here.channel.notices[0].alert.id)
    assert [step.n for step in steps] == [0, 1]


async def test_when_nobody_of_a_rung_is_reached_the_next_is_asked_at_once() -> None:
    async with world(judge(stage()), steps=PASSED_ON) as here:
        here.channel.refused = {"p1"}
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.quiet()
        await here.engine.tick(is_listening=False)
        await here.quiet()
    assert told(here) == [("p2", PASSED)]
