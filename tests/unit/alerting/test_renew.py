"""What was told over a road whose messages expire is told again while the alert stands."""

from datetime import timedelta

from alerting.model import AlertState, NotifyReason
from tests.builders import judge, report
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import MemoryLog, World, stage, world

EVERY = timedelta(hours=12)


async def raised_and_acknowledged(here: World) -> str:
    await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
    (notice,) = await here.told(1)
    await here.engine.acknowledge(notice.alert.id, "甲某")
    return notice.alert.id


async def look(here: World, hours: float) -> list[NotifyReason]:
    here.clock.time += timedelta(hours=hours)
    before = len(here.channel.notices)
    await here.engine.renewals.look("list", EVERY)
    await here.quiet()
    return [notice.reason for notice in here.channel.notices[before:]]


async def test_an_acknowledged_alert_is_renewed_in_time_and_not_more_often() -> None:
    async with world(judge(stage())) as here:
        await raised_and_acknowledged(here)
        assert await look(here, 11) == []
        assert await look(here, 1) == [NotifyReason.RENEWED]
        assert await look(here, 0) == []
        assert await look(here, 12) == [NotifyReason.RENEWED]
        newest = here.channel.notices[-1]
    assert newest.alert.acknowledged_by == "甲某"
    assert newest.created_at == here.clock.now()


async def test_it_goes_on_after_a_restart_and_nothing_is_told_over_other_roads() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as here:
        await raised_and_acknowledged(here)
        assert await look(here, 12) == [NotifyReason.RENEWED]
        time = here.clock.now()
    async with world(judge(stage()), journal=journal, log=log, time=time) as again:
        assert await look(again, 11) == []
        assert await again.engine.renewals.look("sms", EVERY) == 0
        assert await look(again, 1) == [NotifyReason.RENEWED]


async def test_an_end_is_not_renewed() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised_and_acknowledged(here)
        for n in range(2, 20):
            await here.feed(report(300.0 * n, {"stage_m": 1.0}))
        await here.quiet()
        alert = await here.journal.alert(alert_id)
        assert alert is not None
        assert alert.state is AlertState.RESOLVED
        assert await look(here, 30) == []


async def test_a_receiver_whose_first_message_failed_for_good_is_tried_again() -> None:
    async with world(judge(stage())) as here:
        here.channel.refused = {"p1"}
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.quiet()
        assert await look(here, 0.4) == []
        here.channel.refused = set()
        assert await look(here, 0) == []  # it is not hammered
        assert await look(here, 0.2) == [NotifyReason.RENEWED]
        assert await look(here, 0.6) == []
        assert await look(here, 11.4) == [NotifyReason.RENEWED]


async def test_one_that_fails_again_and_again_is_tried_every_half_hour() -> None:
    async with world(judge(stage())) as here:
        here.channel.refused = {"p1"}
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.quiet()
        for _ in range(12):
            await look(here, 0.25)
        (alert,) = await here.journal.alerts(firing_only=True)
        assert len(await here.journal.outbox(alert.id)) == 1 + 6
