"""Drills through the engine's door: an identity of their own, beside whatever is real."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alerting.book import Change
from alerting.drill import PREFIX, DrillPlan, DrillStep
from alerting.errors import DeedRefused
from alerting.gather.rules import SHORT_WAITS, GatherRules, StormRules
from alerting.model import AlertState, Mark, NotifyReason, Severity
from alerting.mute import Matcher
from alerting.render import render_json, render_text
from alerting.response.model import Deed, Phase
from sensors.model import Position, SensorKey
from tests.builders import judge, report
from tests.fakes import MemoryJournal
from tests.unit.alerting.response.test_mutes import silence
from tests.unit.alerting.test_engine import MemoryLog, World, stage, world

PLAN = DrillPlan(
    name="dyke",
    title="Dyke",
    sensor=SensorKey("site", "D-01", "", "stage_m"),
    hazard="river_flood",
    position=Position(23.2, 113.2),
    lasts=timedelta(minutes=30),
    unit="m",
    limit=5.0,
    steps=(
        DrillStep(after=timedelta(0), severity=Severity.SEVERE, text="rising", value=4.5),
        DrillStep(
            after=timedelta(minutes=10), severity=Severity.EXTREME, text="over", text_zh="漫堤"
        ),
    ),
)


async def begun(here: World) -> str:
    return (await here.engine.drills.start(PLAN, "甲某", "yearly")).id


async def test_everything_about_a_drill_says_first_that_it_is_an_exercise() -> None:
    async with world(judge(stage())) as here:
        drill_id = await begun(here)
        (notice,) = await here.told(1)
        assert drill_id.startswith(PREFIX)
        assert notice.alert.id == drill_id
        assert notice.mark is Mark.EXERCISE
        for language, word in (("en", "[EXERCISE, NOT A REAL"), ("zh", "[演练，不是真实警报]")):
            assert render_text(notice, language).startswith(word)
        body = render_json(notice)
        assert body["exercise"] is True
        assert body["alert"]["exercise"] is True
        assert notice.alert.reason.startswith("EXERCISE, not a real alert: ")
        (act,) = await here.journal.actions(drill_id)
        assert (act.actor, act.action, act.note, act.detail) == ("甲某", "drill", "yearly", "dyke")


async def test_a_drill_goes_its_way_is_answered_and_leaves_nothing_behind() -> None:
    async with world(judge(stage())) as here:
        drill_id = await begun(here)
        await here.told(1)
        await here.engine.acknowledge(drill_id, "乙某")
        here.clock.time += timedelta(minutes=10)
        await here.engine.tick(is_listening=False)
        rose = (await here.told(2))[1]
        assert (rose.reason, rose.alert.severity) == (NotifyReason.SEVERITY_ROSE, Severity.EXTREME)
        assert rose.mark is Mark.EXERCISE
        await here.engine.respond(drill_id, Deed.DISPATCH, "乙某", "team 2")
        here.clock.time += timedelta(minutes=20)
        await here.engine.tick(is_listening=False)
        end = (await here.told(3))[2]
        assert (end.reason, end.mark) == (NotifyReason.CLEARED, Mark.EXERCISE)
        alert = await here.journal.alert(drill_id)
        response = await here.journal.response(drill_id)
        assert alert is not None
        assert alert.state is AlertState.RESOLVED
        assert response is not None
        assert response.phase is Phase.CLOSED
        assert await here.journal.exercises() == []
        assert list(here.engine.drills.ended) == [drill_id]
        await here.engine.tick(is_listening=False)
        await here.told(3)


async def test_a_real_alert_on_the_same_sensor_stands_beside_a_drill() -> None:
    heard: list[Change] = []

    def listen(changes: Sequence[Change]) -> None:
        heard.extend(changes)

    gathering = GatherRules(waits=SHORT_WAITS, storm=StormRules(most=1))
    async with world(judge(stage()), gathering=gathering) as here:
        here.engine.listeners.append(listen)
        drill_id = await begun(here)
        await here.told(1)
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        here.clock.time += timedelta(seconds=5)
        await here.engine.tick(is_listening=False)
        drilled, real = await here.told(2)
        assert (drilled.mark, real.mark) == (Mark.EXERCISE, Mark.ACTUAL)
        assert (real.reason, real.batch) == (NotifyReason.FIRST, None)
        (listed,) = await here.journal.alerts(firing_only=True)
        assert listed.id == real.alert.id != drill_id
        assert {change.alert.id for change in heard} == {listed.id}
        await here.engine.drills.end(drill_id, "甲某")
        standing = await here.journal.alert(listed.id)
    assert standing is not None
    assert standing.state is AlertState.FIRING


async def test_no_silence_of_real_alerts_holds_a_drill_and_a_drill_hides_nothing() -> None:
    async with world(judge(stage())) as here:
        matcher = Matcher(sites=frozenset({"site"}))
        await here.engine.silencing.add(silence(matcher=matcher))
        await begun(here)
        (notice,) = await here.told(1)
    assert notice.mark is Mark.EXERCISE


async def test_a_real_extreme_alert_ends_a_drill_at_once_and_none_begins() -> None:
    async with world(judge(stage())) as here:
        drill_id = await begun(here)
        await here.told(1)
        await here.feed(report(0, {"stage_m": 5.5}), report(300, {"stage_m": 5.5}))
        await here.engine.tick(is_listening=False)
        notices = await here.told(3)
        ended = next(n for n in notices if n.reason is NotifyReason.CLEARED)
        assert ended.alert.id == drill_id
        assert "there is a real extreme alert" in ended.transition.reason
        with pytest.raises(DeedRefused, match="people are needed there"):
            await begun(here)


async def test_a_restart_ends_a_drill_and_tells_so() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as here:
        drill_id = await begun(here)
        await here.told(1)
        time = here.clock.time
    async with world(judge(stage()), journal=journal, log=log) as later:
        later.clock.time = time + timedelta(minutes=1)
        await later.engine.tick(is_listening=False)
        (notice,) = await later.told(1)
        await later.engine.tick(is_listening=False)
        await later.told(1)
    assert (notice.alert.id, notice.reason, notice.mark) == (
        drill_id,
        NotifyReason.CLEARED,
        Mark.EXERCISE,
    )
    assert "the program was restarted" in notice.transition.reason


@pytest.mark.parametrize(
    ("wrong", "actor", "why"),
    [
        (PLAN, " ", "who you are"),
        (replace(PLAN, steps=()), "甲某", "at least one step"),
        (replace(PLAN, lasts=timedelta(days=1)), "甲某", "8:00:00 at most"),
    ],
)
async def test_a_drill_that_is_not_allowed_says_why(wrong: DrillPlan, actor: str, why: str) -> None:
    async with world(judge(stage())) as here:
        with pytest.raises(DeedRefused, match=why):
            await here.engine.drills.start(wrong, actor)
        with pytest.raises(DeedRefused, match="none of that id"):
            await here.engine.drills.end("drill-x", "甲某")
