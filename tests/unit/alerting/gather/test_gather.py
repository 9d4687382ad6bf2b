"""Groups and storms through the engine's door: who gets what, and that nothing is lost."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from alerting.gather.rules import SHORT_WAITS, GatherRules, StormRules
from alerting.model import Gathering, Notice, NoticeState, NotifyReason, Severity
from tests.builders import judge, report, sensor
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import DESIGN, MemoryLog, World, many_gauges, world

GROUPS = GatherRules(waits=SHORT_WAITS)
STORM = GatherRules(
    storm=StormRules(), area_of=lambda alert: f"town {int(alert.sensor.device[2:]) % 2}"
)


def gauges(*devices: str) -> list[object]:
    return [sensor("stage_m", design=DESIGN, device=name) for name in devices]


async def rise(here: World, stage_m: float, *devices: str, start: float = 0.0) -> None:
    for at_s in (start, start + 300):
        for device in devices:
            await here.feed(report(at_s, {"stage_m": stage_m}, device=device))


def named(notice: Notice) -> list[str]:
    assert notice.batch is not None
    return [member.device for member in notice.batch.members]


async def pass_time(here: World, seconds: float) -> None:
    here.clock.time += timedelta(seconds=seconds)
    await here.engine.tick(is_listening=False)


async def test_alerts_of_one_place_and_hazard_within_a_short_wait_are_one_notice() -> None:
    async with world(judge(*gauges("D-1", "D-2", "D-3")), gathering=GROUPS) as here:  # type: ignore[arg-type]
        await rise(here, 3.2, "D-1", "D-2", "D-3")
        await here.engine.tick()
        assert await here.quiet() == []
        await pass_time(here, 5)
        (notice,) = await here.told(1)
        assert notice.reason is NotifyReason.GROUP
        assert sorted(named(notice)) == ["D-1", "D-2", "D-3"]
        assert notice.batch is not None
        assert notice.batch.counts == (0, 3, 0, 0)
        for alert in await here.journal.alerts():
            held, together = await here.journal.outbox(alert.id)
            assert held.state is NoticeState.GATHERED
            assert together.notice.id in held.last_error
        await here.engine.tick()
        responses = await here.journal.standing_responses()
        assert {each.phase.value for each in responses} == {"notified"}


async def test_one_alert_alone_goes_as_it_is_after_the_wait() -> None:
    async with world(judge(*gauges("D-1")), gathering=GROUPS) as here:  # type: ignore[arg-type]
        await rise(here, 3.2, "D-1")
        await pass_time(here, 4)
        assert await here.quiet() == []
        await pass_time(here, 1)
        (notice,) = await here.told(1)
    assert notice.reason is NotifyReason.FIRST
    assert notice.card is not None
    assert notice.batch is None


async def test_later_members_are_told_as_an_addition() -> None:
    async with world(judge(*gauges("D-1", "D-2", "D-3", "D-4")), gathering=GROUPS) as here:  # type: ignore[arg-type]
        await rise(here, 3.2, "D-1", "D-2")
        await pass_time(here, 5)
        await here.told(1)
        await rise(here, 3.2, "D-3", "D-4", start=600)
        await pass_time(here, 5)
        notices = await here.told(2)
    assert notices[1].batch is not None
    assert notices[1].batch.n_before == 2
    assert sorted(named(notices[1])) == ["D-3", "D-4"]


async def test_an_extreme_alert_never_waits() -> None:
    async with world(judge(*gauges("D-1", "D-2")), gathering=GROUPS) as here:  # type: ignore[arg-type]
        await rise(here, 5.5, "D-1")
        (notice,) = await here.told(1)
    assert (notice.reason, notice.alert.severity) == (NotifyReason.FIRST, Severity.EXTREME)


async def test_what_is_acknowledged_while_it_waits_is_not_sent() -> None:
    async with world(judge(*gauges("D-1", "D-2")), gathering=GROUPS) as here:  # type: ignore[arg-type]
        await rise(here, 3.2, "D-1", "D-2")
        first, second = await here.journal.alerts()
        await here.engine.acknowledge(first.id, "甲某")
        await pass_time(here, 5)
        (notice,) = await here.told(1)
        assert notice.alert.id == second.id
        (held,) = await here.journal.outbox(first.id)
    assert held.state is NoticeState.CANCELLED
    assert held.last_error == "not sent, ack by 甲某"


async def test_what_was_held_survives_a_restart_and_goes_once() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    made = gauges("D-1", "D-2")
    async with world(judge(*made), journal=journal, log=log, gathering=GROUPS) as here:  # type: ignore[arg-type]
        await rise(here, 3.2, "D-1", "D-2")
        assert await here.quiet() == []
        time = here.clock.time
    async with world(judge(*made), journal=journal, log=log, gathering=GROUPS) as later:  # type: ignore[arg-type]
        later.clock.time = time
        await later.engine.tick(is_listening=False)
        await pass_time(later, 5)
        (notice,) = await later.told(1)
        await pass_time(later, 60)
        await later.told(1)
    assert sorted(named(notice)) == ["D-1", "D-2"]


def standing(notices: Sequence[Notice]) -> list[Notice]:
    return [notice for notice in notices if notice.reason is NotifyReason.STORM]


def red_ones(notices: Sequence[Notice]) -> list[Notice]:
    return [notice for notice in notices if notice.alert.severity is Severity.EXTREME]


async def test_what_waits_to_be_tried_again_is_not_sent_once_all_of_it_was_acknowledged() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    devices = ("D-1", "D-2")
    made = [sensor("stage_m", design=DESIGN, device=name) for name in devices]
    async with world(
        judge(*made),
        journal=journal,
        log=log,
        gathering=GROUPS,
    ) as here:
        here.channel.is_down = True
        await rise(here, 3.2, *devices)
        await pass_time(here, 5)
        await asyncio.sleep(0.1)  # tried once, and to be tried again
        time = here.clock.time
        assert here.channel.notices == []
    (waiting,) = [e for e in await journal.due(time + timedelta(days=1)) if e.notice.batch]
    async with world(
        judge(*made),
        journal=journal,
        log=log,
        gathering=GROUPS,
        time=time,
    ) as again:
        for alert in await journal.alerts(firing_only=True):
            await again.engine.acknowledge(alert.id, "Ann", "")
        await pass_time(again, 600)
        assert waiting.notice.id not in await again.quiet()
    assert await journal.due(time + timedelta(days=1)) == []


async def test_a_storm_is_one_notice_an_area_with_counts_and_a_closing_summary() -> None:
    judged, block = many_gauges(40)
    async with world(judged, gathering=STORM) as here:
        await here.engine.take(1, block)
        await here.quiet()
        firsts = [n for n in here.channel.notices if n.reason is NotifyReason.FIRST]
        assert len(firsts) == 10
        assert standing(here.channel.notices) == []
        await pass_time(here, 10)
        await here.quiet()
        storms = standing(here.channel.notices)
        assert {n.batch.place for n in storms if n.batch} == {"town 0", "town 1"}
        counted = [sum(n.batch.counts) for n in storms if n.batch]
        assert sum(counted) == 30
        assert len(here.channel.notices) == 12
        for alert in await here.journal.alerts(limit=100):
            entries = await here.journal.outbox(alert.id)
            assert any(entry.state is NoticeState.SENT for entry in entries), alert.id
        for _ in range(12):
            await pass_time(here, 60)
        await here.quiet()
    (closing,) = [n for n in here.channel.notices if n.reason is NotifyReason.STORM_OVER]
    assert closing.batch is not None
    assert closing.batch.kind is Gathering.STORM_OVER
    assert sum(closing.batch.counts) == 30
    assert len(here.channel.notices) == 13


async def test_red_ones_leave_a_storm_at_once_by_name() -> None:
    judged, block = many_gauges(40)
    async with world(judged, gathering=STORM) as here:
        await here.engine.take(1, block)
        await here.quiet()
        red = [report(at_s, {"stage_m": 5.5}, device="D-33") for at_s in (600, 900)]
        await here.engine.take(2, red)
        await here.quiet()
        (notice,) = red_ones(here.channel.notices)
        assert notice.alert.sensor.device == "D-33"
        assert notice.batch is None, "one alert is told by itself, with its value and its card"
        assert notice.card is not None
        more = [report(at_s, {"stage_m": 5.5}, device="D-34") for at_s in (600, 900)]
        await here.engine.take(3, more)
        await here.quiet()
        assert len(red_ones(here.channel.notices)) == 1
        await pass_time(here, 5)
        await here.quiet()
        assert red_ones(here.channel.notices)[-1].alert.sensor.device == "D-34"


async def test_a_storm_goes_on_after_a_restart_and_tells_what_was_held() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    judged, block = many_gauges(40)
    async with world(judged, journal=journal, log=log, gathering=STORM) as here:
        log.kept.append((1, block))
        await here.engine.take(1, block)
        await here.quiet()
        n_first = len(here.channel.notices)
    assert n_first == 10
    judged, _ = many_gauges(40)
    async with world(judged, journal=journal, log=log, gathering=STORM) as later:
        await pass_time(later, 10)
        await later.quiet()
        storms = standing(later.channel.notices)
        assert len(later.channel.notices) == len(storms) == 2
        assert sum(sum(n.batch.counts) for n in storms if n.batch) == 30


async def test_who_was_told_hears_the_end_that_a_person_declares_in_a_storm() -> None:
    judged, block = many_gauges(40)
    async with world(judged, gathering=STORM) as here:
        await here.engine.take(1, block)
        await here.quiet()
        red = [report(at_s, {"stage_m": 5.5}, device="D-33") for at_s in (600, 900)]
        await here.engine.take(2, red)
        await here.quiet()
        (told,) = red_ones(here.channel.notices)
        await here.engine.acknowledge(told.alert.id, "Ann", "")
        await here.engine.sign_off(told.alert.id, "Ann", "looked at it: nothing is wrong")
        await pass_time(here, 120)
        await here.quiet()
        ends = [
            entry.state
            for entry in await here.journal.outbox(told.alert.id)
            if entry.notice.reason is NotifyReason.CLEARED
        ]
    assert ends == [NoticeState.GATHERED], "told with others; never given up"


async def test_what_changed_while_it_was_held_in_a_storm_is_told_as_it_stands_now() -> None:
    """Held orange, red meanwhile: the area's message must not come after as a new orange one."""
    judged, block = many_gauges(11)
    async with world(judged, gathering=STORM) as here:
        await here.engine.take(1, block)
        await here.quiet()
        assert len(here.channel.notices) == 10
        red = [report(at_s, {"stage_m": 5.5}, device="D-10") for at_s in (600, 900)]
        await here.engine.take(2, red)
        await here.quiet()
        await pass_time(here, 10)
        await here.quiet()
        about = [n for n in here.channel.notices if n.alert.sensor.device == "D-10"]
    assert [notice.alert.severity for notice in about] == [Severity.EXTREME] * 2
    assert [notice.batch is None for notice in about] == [True, False]
