"""What people do about an alert, through the engine's door: recorded, lasting, never hiding."""

from datetime import timedelta

import pytest

from alerting.errors import DeedRefused, JournalError
from alerting.model import AlertState, NotifyReason, Severity
from alerting.response.model import Deed, Phase, Said
from tests.builders import at, judge, report
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import MemoryLog, World, stage, world


async def raised(here: World, stage_m: float = 3.2) -> str:
    await here.feed(report(0, {"stage_m": stage_m}), report(300, {"stage_m": stage_m}))
    (alert,) = await here.journal.alerts(firing_only=True)
    return alert.id


async def phases(here: World, alert_id: str) -> list[tuple[str, str, str]]:
    actions = await here.journal.actions(alert_id)
    return [(act.action, act.actor, act.phase) for act in actions]


async def test_a_receipt_makes_it_notified_and_every_step_has_actor_time_and_note() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        await here.engine.tick()
        await here.engine.respond(alert_id, Deed.VERIFY, "甲某", "seen on camera 3")
        await here.engine.respond(alert_id, Deed.DISPATCH, "乙某", "pump team 2")
        found = await here.engine.respond(alert_id, Deed.ARRIVE, "丙某")
        assert found.phase is Phase.ON_SCENE
        assert await phases(here, alert_id) == [
            ("notified", "Somebody", "notified"),
            ("verify", "甲某", "notified"),
            ("dispatch", "乙某", "dispatched"),
            ("on_scene", "丙某", "on_scene"),
        ]
        assert await here.journal.response(alert_id) == found
        alert = await here.journal.alert(alert_id)
    assert alert is not None
    assert alert.acknowledged_by == "丙某"  # somebody is there: nobody need be reminded
    assert alert.state is AlertState.FIRING


async def test_a_receipt_that_a_crash_kept_from_the_record_is_recorded_after_it() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as before:
        alert_id = await raised(before)
        await before.told(1)
    async with world(judge(stage()), journal=journal, log=log) as after:
        await after.engine.tick()
        assert await phases(after, alert_id) == [("notified", "Somebody", "notified")]


async def test_false_keeps_the_condition_standing_and_a_rise_opens_it_again() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        found = await here.engine.respond(alert_id, Deed.FALSE, "甲某", "a branch on the gauge")
        assert found.phase is Phase.FALSE
        (standing,) = await here.journal.alerts(firing_only=True)
        assert standing.severity is Severity.MODERATE
        await here.feed(report(600, {"stage_m": 4.2}), report(900, {"stage_m": 4.2}))
        notices = await here.told(2)
        assert notices[1].reason is NotifyReason.SEVERITY_ROSE
        opened = await here.journal.response(alert_id)
        alert = await here.journal.alert(alert_id)
    assert opened is not None
    assert opened.phase is Phase.RAISED
    assert alert is not None
    assert alert.acknowledged_at is None


async def test_false_is_asked_about_again_when_the_condition_goes_on() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        await here.engine.respond(alert_id, Deed.FALSE, "甲某", "a branch on the gauge")
        here.clock.time += timedelta(hours=11)
        await here.engine.tick(is_listening=False)
        assert len(here.channel.notices) == 1
        here.clock.time += timedelta(hours=2)
        await here.engine.tick(is_listening=False)
        notices = await here.told(2)
    assert notices[1].reason is NotifyReason.RETURNED
    assert "still stands" in notices[1].transition.reason


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_shelf_is_quiet_until_it_comes_back_by_itself(*, is_restarted: bool) -> None:
    journal, log = MemoryJournal(), MemoryLog()
    until = at(300) + timedelta(hours=2)
    shelve = Said(deed=Deed.SHELVE, actor="甲某", note="pump test", until=until)
    async with world(judge(stage()), journal=journal, log=log) as here:
        alert_id = await raised(here)
        await here.told(1)
        found = await here.engine.people.respond(alert_id, shelve)
        assert found.shelf is not None
        if not is_restarted:
            here.clock.time = until
            await here.engine.tick(is_listening=False)
            assert (await here.told(2))[1].reason is NotifyReason.RETURNED
    if is_restarted:
        async with world(judge(stage()), journal=journal, log=log) as later:
            later.clock.time = until - timedelta(seconds=1)
            await later.engine.tick(is_listening=False)
            assert await later.quiet() == []
            later.clock.time = until
            await later.engine.tick(is_listening=False)
            assert (await later.told(1))[0].reason is NotifyReason.RETURNED
    kept = await journal.response(alert_id)
    assert kept is not None
    assert kept.shelf is None


async def test_a_rise_ends_a_shelf_at_once() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        until = here.clock.time + timedelta(hours=2)
        said = Said(deed=Deed.SHELVE, actor="甲某", note="pump test", until=until)
        await here.engine.people.respond(alert_id, said)
        await here.feed(report(600, {"stage_m": 5.2}), report(900, {"stage_m": 5.2}))
        notices = await here.told(2)
        kept = await here.journal.response(alert_id)
    assert notices[1].alert.severity is Severity.EXTREME
    assert kept is not None
    assert kept.shelf is None


async def test_what_is_over_is_closed_by_a_person_and_what_stands_is_not() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here, 4.2)
        with pytest.raises(DeedRefused, match="still stands"):
            await here.engine.respond(alert_id, Deed.CLOSE, "甲某", "home time")
        await here.feed(*[report(600 + 300.0 * n, {"stage_m": 1.0}) for n in range(20)])
        alert = await here.journal.alert(alert_id)
        assert alert is not None
        assert alert.state is AlertState.RESOLVED
        found = await here.engine.respond(alert_id, Deed.CLOSE, "甲某", "looked at the bank")
        assert found.phase is Phase.CLOSED
        with pytest.raises(DeedRefused, match="reopen it first"):
            await here.engine.respond(alert_id, Deed.DISPATCH, "乙某")
        reopened = await here.engine.respond(alert_id, Deed.REOPEN, "乙某", "wrong bank")
    assert reopened.phase is not Phase.CLOSED


async def test_what_cannot_be_recorded_was_not_done() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        here.journal.is_away = True
        with pytest.raises(JournalError):
            await here.engine.respond(alert_id, Deed.DISPATCH, "甲某")
        here.journal.is_away = False
        assert await here.journal.actions(alert_id) == []
        found = await here.engine.respond(alert_id, Deed.VERIFY, "甲某")
    assert found.reached(Phase.DISPATCHED) is None


async def test_a_shelf_comes_back_in_time_although_the_journal_is_away() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        until = at(300) + timedelta(hours=2)
        shelve = Said(deed=Deed.SHELVE, actor="甲某", note="pump test", until=until)
        await here.engine.people.respond(alert_id, shelve)
        here.journal.is_away = True
        here.clock.time = until
        await here.engine.tick(is_listening=False)
        notices = await here.told(2)
        assert notices[1].reason is NotifyReason.RETURNED
        here.journal.is_away = False
        await here.engine.tick(is_listening=False)
        response = await here.journal.response(alert_id)
    assert response is not None
    assert response.shelf is None


async def test_a_denial_and_its_recall_are_one_step_of_the_record() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        await here.engine.respond(alert_id, Deed.FALSE, "甲某", "a branch on the gauge")
        here.clock.time += timedelta(hours=13)
        before = len(here.journal.recorded)
        await here.engine.tick(is_listening=False)
        await here.told(2)
        recalled = [
            effects
            for effects in here.journal.recorded[before:]
            if any(response.phase is not Phase.FALSE for response in effects.responses)
        ]
    (first, *_) = recalled
    assert [notice.notice.reason for notice in first.notices] == [NotifyReason.RETURNED]
    assert [alert.acknowledged_at for alert in first.alerts] == [None]
    assert [action.action for action in first.actions] == ["return"]


async def test_a_reopened_alert_is_unacknowledged_in_the_very_step_that_reopens_it() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        await here.engine.respond(alert_id, Deed.FALSE, "甲某", "a branch on the gauge")
        before = len(here.journal.recorded)
        await here.engine.respond(alert_id, Deed.REOPEN, "乙某", "it was no branch")
        reopening = here.journal.recorded[before]
    assert [response.phase for response in reopening.responses] == [Phase.RAISED]
    assert [alert.acknowledged_at for alert in reopening.alerts] == [None]
