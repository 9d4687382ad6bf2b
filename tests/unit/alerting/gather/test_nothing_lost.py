"""What is held for company is never lost: refused deeds, long outages, clocks set back, rises."""

from datetime import timedelta

import pytest

from alerting.errors import JournalError
from alerting.gather.batch import MAX_GATHERED
from alerting.gather.rules import SHORT_WAITS, GatherRules, StormRules
from alerting.gather.storm import Storms
from alerting.model import NoticeState, NotifyReason, Severity
from alerting.ports import Effects
from tests.builders import judge, report, sensor
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import DESIGN, MemoryLog, World, many_gauges, world
from tests.unit.alerting_delivery.values import NOW, make_alert, make_entry

GROUPS = GatherRules(waits=SHORT_WAITS)
STORM = GatherRules(storm=StormRules())


class FullJournal(MemoryJournal):
    """Answers questions and takes nothing while `is_full`, like a database on a full disk."""

    is_full = False

    async def record(self, effects: Effects) -> None:
        if self.is_full:
            raise JournalError("the disk is full (fake)")
        await super().record(effects)


async def pass_time(here: World, seconds: float) -> None:
    here.clock.time += timedelta(seconds=seconds)
    await here.engine.tick(is_listening=False)


async def test_an_acknowledgement_that_is_not_recorded_leaves_what_is_held_where_it_is() -> None:
    journal = FullJournal()
    made = sensor("stage_m", design=DESIGN)
    async with world(judge(made), journal=journal, gathering=GROUPS) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (alert,) = await journal.alerts()
        journal.is_full = True
        with pytest.raises(JournalError):
            await here.engine.acknowledge(alert.id, "甲某")
        journal.is_full = False
        await pass_time(here, 5)
        (notice,) = await here.told(1)
        assert notice.alert.id == alert.id


async def test_an_extreme_alert_held_in_a_storm_goes_out_after_a_long_outage() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    judged, block = many_gauges(20)
    async with world(judged, journal=journal, log=log, gathering=STORM) as here:
        log.kept.append((1, block))
        await here.engine.take(1, block)
        await pass_time(here, 10)  # the summary of the others leaves
        for n, name in ((2, "D-13"), (3, "D-14")):
            red = [report(at_s, {"stage_m": 5.5}, device=name) for at_s in (600, 900)]
            log.kept.append((n, red))
            await here.engine.take(n, red)
        await here.quiet()
        (red_entry,) = await journal.held()
        assert red_entry.notice.alert.severity is Severity.EXTREME
        time = here.clock.time + timedelta(hours=1)
    judged, _ = many_gauges(20)
    async with world(judged, journal=journal, log=log, gathering=STORM, time=time) as later:
        await later.engine.tick(is_listening=False)
        await later.quiet()
        told = [notice for notice in later.channel.notices if notice.id == red_entry.notice.id]
        assert len(told) == 1
        assert await journal.held() == []


async def test_a_clock_set_back_holds_no_summary_of_a_storm() -> None:
    judged, block = many_gauges(20)
    async with world(judged, gathering=STORM) as here:
        await here.engine.take(1, block)
        await pass_time(here, 10)
        await here.quiet()
        n_before = len(here.channel.notices)
        red = [report(at_s, {"stage_m": 5.5}, device="D-13") for at_s in (600, 900)]
        await here.engine.take(2, red)
        await here.quiet()
        assert len(here.channel.notices) == n_before + 1
        here.clock.time -= timedelta(hours=1)
        red = [report(at_s, {"stage_m": 5.5}, device="D-14") for at_s in (600, 900)]
        await here.engine.take(3, red)
        await pass_time(here, 5)
        await here.quiet()
        told = [notice.alert.sensor.device for notice in here.channel.notices[n_before:]]
        assert told == ["D-13", "D-14"]


async def test_a_rise_to_extreme_overtakes_the_lesser_notice_that_waited() -> None:
    made = sensor("stage_m", design=DESIGN)
    async with world(judge(made), gathering=GROUPS) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (alert,) = await here.journal.alerts()
        seq = len(here.log.kept) + 1
        red = [report(at_s, {"stage_m": 5.5}) for at_s in (301, 601)]
        await here.engine.take(seq, red)
        await pass_time(here, 5)
        (notice,) = await here.told(1)
        assert notice.reason is NotifyReason.SEVERITY_ROSE
        assert notice.alert.severity is Severity.EXTREME
        entries = await here.journal.outbox(alert.id)
        (first,) = [entry for entry in entries if entry.notice.reason is NotifyReason.FIRST]
        assert first.state is NoticeState.GATHERED
        assert notice.id in first.last_error


def test_the_newest_alert_is_in_the_closing_summary_of_a_storm_of_thousands() -> None:
    storms = Storms(StormRules(), lambda alert: alert.site)
    for n in range(MAX_GATHERED + 20):
        storms.take(make_entry(make_alert(id=f"alert-{n}")), NOW)
    for seconds in (10, 130):
        list(storms.due(NOW + timedelta(seconds=seconds), lambda alert: alert))
    late = make_entry(make_alert(id="the-last"))
    storms.take(late, NOW + timedelta(seconds=200))
    list(storms.due(NOW + timedelta(seconds=599), lambda alert: alert))
    late = make_entry(make_alert(id="the-very-last"))
    storms.take(late, NOW + timedelta(seconds=601))
    (closing,) = storms.due(NOW + timedelta(seconds=602), lambda alert: alert)
    assert [entry.notice.id for entry in closing.settled] == [late.notice.id]
    (sent,) = closing.sent
    assert "the-very-last" in sent.notice.about
