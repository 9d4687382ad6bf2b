"""Silences, inhibition and flapping through the engine's door: recorded, lasting, told later."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from alerting.errors import DeedRefused
from alerting.model import (
    AlertKind,
    AlertState,
    Notice,
    NoticeState,
    NotifyReason,
    Severity,
    TransitionKind,
)
from alerting.mute import Matcher, Silence
from alerting.render import render_text
from alerting.response.model import Deed, Said
from alerting.tell.flap import FlapRules
from alerting.tell.inhibit import Inhibition, InhibitionTable
from alerting.tell.teller import TellRules
from sensors.model import Report
from tests.builders import at, judge, report, sensor
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import DESIGN, MemoryLog, World, stage, world


def silence(hours: float = 2.0, *, minutes_ago: float = 0.0, **more: object) -> Silence:
    since = at(0) - timedelta(minutes=minutes_ago)
    plain: dict[str, object] = {
        "id": "s1",
        "matcher": Matcher(sites=frozenset({"site"})),
        "since": since,
        "until": since + timedelta(hours=hours),
        "author": "甲某",
        "comment": "gauge is being cleaned",
    }
    return Silence(**(plain | more))  # type: ignore[arg-type]


async def states(here: World, alert_id: str) -> list[tuple[NotifyReason, NoticeState]]:
    return [(e.notice.reason, e.state) for e in await here.journal.outbox(alert_id)]


async def raised(here: World, stage_m: float = 3.2) -> str:
    await here.feed(report(0, {"stage_m": stage_m}), report(300, {"stage_m": stage_m}))
    (alert,) = await here.journal.alerts(firing_only=True)
    return alert.id


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_silenced_notice_is_recorded_with_why_and_goes_out_when_the_silence_ends(
    *, is_restarted: bool
) -> None:
    journal, log = MemoryJournal(), MemoryLog()
    notices: list[Notice] = []
    async with world(judge(stage()), journal=journal, log=log) as here:
        await here.engine.silencing.add(silence())
        alert_id = await raised(here)
        await here.engine.tick()
        assert await here.quiet() == []
        ((reason, state),) = await states(here, alert_id)
        assert (reason, state) == (NotifyReason.FIRST, NoticeState.MUTED)
        (entry,) = await journal.outbox(alert_id)
        assert "silenced by 甲某 until" in entry.last_error
        assert "gauge is being cleaned" in entry.last_error
        kinds = [step.kind for step in await journal.transitions(alert_id)]
        assert kinds == [TransitionKind.RAISED, TransitionKind.MUTED]
        if not is_restarted:
            here.clock.time = at(0) + timedelta(hours=2)
            await here.engine.tick(is_listening=False)
            notices = await here.told(1)
    if is_restarted:
        async with world(judge(stage()), journal=journal, log=log) as later:
            await later.engine.tick(is_listening=False)
            assert await later.quiet() == []
            later.clock.time = at(0) + timedelta(hours=2)
            await later.engine.tick(is_listening=False)
            notices = await later.told(1)
            await later.engine.tick(is_listening=False)
            await later.told(1)
    (notice,) = notices
    assert notice.reason is NotifyReason.FIRST
    assert notice.card is not None
    assert "no longer silenced by 甲某" in notice.transition.reason
    chinese = render_text(notice, "zh")
    assert "重新通知（已结束：甲某静默至2026-06-01 " in chinese
    assert "silenced" not in chinese


async def test_a_silence_stops_reminders_of_what_was_told_and_ending_it_tells_again() -> None:
    async with world(judge(stage())) as here:
        alert_id = await raised(here)
        await here.told(1)
        await here.engine.silencing.add(silence())
        kinds = [step.kind for step in await here.journal.transitions(alert_id)]
        assert kinds[-1] is TransitionKind.MUTED
        await here.engine.silencing.end("s1", "乙某")
        notices = await here.told(2)
        assert notices[1].reason is NotifyReason.RETURNED
        with pytest.raises(DeedRefused, match="it is over"):
            await here.engine.silencing.end("s1", "乙某")


async def test_no_silence_holds_a_rise_to_extreme() -> None:
    async with world(judge(stage())) as here:
        await here.engine.silencing.add(silence())
        alert_id = await raised(here)
        await here.feed(report(600, {"stage_m": 5.2}), report(900, {"stage_m": 5.2}))
        (notice,) = await here.told(1)
        assert notice.alert.id == alert_id
    assert notice.alert.severity is Severity.EXTREME


async def test_a_silence_of_extreme_alerts_is_asked_for_by_itself_and_seen() -> None:
    every = Matcher(sites=frozenset({"site"}), at_most=Severity.EXTREME)
    async with world(judge(stage())) as here:
        with pytest.raises(DeedRefused, match="asked for by itself"):
            await here.engine.silencing.add(silence(matcher=every))
        with pytest.raises(DeedRefused, match="4:00:00 at most"):
            await here.engine.silencing.add(silence(5, matcher=every, allows_extreme=True))
        await here.engine.silencing.add(silence(matcher=every, allows_extreme=True))
        await here.engine.tick()
        (warning,) = await here.told(1)
        assert warning.alert.kind is AlertKind.SYSTEM
        assert "甲某 has silenced alerts up to extreme" in warning.alert.reason
        await here.feed(report(0, {"stage_m": 5.2}), report(300, {"stage_m": 5.2}))
        await here.told(1)
        here.clock.time = at(0) + timedelta(hours=3)
        await here.engine.tick(is_listening=False)
        notices = await here.told(3)
    assert {notice.reason for notice in notices[1:]} == {NotifyReason.FIRST, NotifyReason.CLEARED}


REFUSED = [
    ({"comment": " "}, "who you are and why"),
    ({"matcher": Matcher()}, "everything at once is never silenced"),
    ({"matcher": Matcher(kinds=frozenset({AlertKind.SYSTEM}))}, "never silenced"),
    ({"until": at(-1)}, "an instant in the future"),
    ({"until": at(0) + timedelta(days=8)}, "7 days, 0:00:00 at most"),
]


@pytest.mark.parametrize(("wrong", "why"), REFUSED)
async def test_a_silence_that_is_not_allowed_says_why(wrong: dict[str, Any], why: str) -> None:
    async with world(judge(stage())) as here:
        with pytest.raises(DeedRefused, match=why):
            await here.engine.silencing.add(silence(**wrong))


async def test_what_ended_untold_is_not_told_as_over_and_the_record_says_so() -> None:
    async with world(judge(stage())) as here:
        await here.engine.silencing.add(silence(5))
        alert_id = await raised(here)
        await here.feed(*[report(600 + 300.0 * n, {"stage_m": 1.0}) for n in range(20)])
        alert = await here.journal.alert(alert_id)
        assert alert is not None
        assert alert.state is AlertState.RESOLVED
        assert await here.quiet() == []
        entries = await here.journal.outbox(alert_id)
    assert {entry.state for entry in entries} == {NoticeState.MUTED}
    assert "nobody was told that it began" in entries[-1].last_error


def hiding(scope: str = "device", gateways: Iterable[tuple[str, str]] = ()) -> TellRules:
    line = Inhibition(
        name="flood_hides_rain",
        why="the water is the message",
        when=Matcher(hazards=frozenset({"river_flood"}), at_most=Severity.EXTREME),
        hides=Matcher(kinds=frozenset({AlertKind.BLIND}), at_most=Severity.EXTREME),
        scope=scope,
    )
    return TellRules(inhibitions=InhibitionTable(lines=(line,), gateways=dict(gateways)))


async def test_what_a_bigger_alert_hides_is_shown_and_told_when_that_one_ends() -> None:
    gauge, other = stage(), sensor("flow_m3s", design=DESIGN)
    async with world(judge(gauge, other), telling=hiding()) as here:
        await here.feed(report(0, {"stage_m": 3.2, "flow_m3s": 5.0}))
        await here.feed(report(300, {"stage_m": 3.2, "flow_m3s": 5.0}))
        await here.told(1)
        for n in range(2, 9):
            await here.feed(report(300.0 * n, {"stage_m": 3.2}))
        await here.engine.tick()
        await here.told(1)
        standing = {a.kind: a for a in await here.journal.alerts(firing_only=True)}
        blind = standing[AlertKind.BLIND]
        (entry,) = await here.journal.outbox(blind.id)
        assert entry.state is NoticeState.MUTED
        assert f"hidden by alert {standing[AlertKind.LIMIT].id}" in entry.last_error
        for n in range(9, 40):
            await here.feed(report(300.0 * n, {"stage_m": 1.0}))
        await here.engine.tick()
        notices = await here.told(3)
    assert (notices[-1].alert.id, notices[-1].reason) == (blind.id, NotifyReason.FIRST)


@pytest.mark.parametrize("is_shelved", [False, True])
async def test_a_bigger_alert_that_people_set_aside_hides_nothing(*, is_shelved: bool) -> None:
    gauge, other = stage(), sensor("flow_m3s", design=DESIGN)
    async with world(judge(gauge, other), telling=hiding()) as here:
        await here.feed(report(0, {"stage_m": 3.2, "flow_m3s": 5.0}))
        await here.feed(report(300, {"stage_m": 3.2, "flow_m3s": 5.0}))
        for n in range(2, 9):
            await here.feed(report(300.0 * n, {"stage_m": 3.2}))
        await here.engine.tick()
        (first,) = await here.told(1)
        if is_shelved:
            until = here.clock.now() + timedelta(minutes=10)
            said = Said(deed=Deed.SHELVE, actor="甲某", note="gauge is cleaned", until=until)
            await here.engine.people.respond(first.alert.id, said)
        else:
            flood = Matcher(hazards=frozenset({"river_flood"}), kinds=frozenset({AlertKind.LIMIT}))
            now = here.clock.now()
            muted = silence(matcher=flood, since=now, until=now + timedelta(hours=1))
            await here.engine.silencing.add(muted)
        await here.engine.tick()
        notices = await here.told(2)
    assert notices[-1].alert.kind is AlertKind.BLIND
    assert notices[-1].reason is NotifyReason.FIRST


async def test_what_people_say_is_false_hides_nothing_any_more() -> None:
    gauge, other = stage(), sensor("flow_m3s", design=DESIGN)
    async with world(judge(gauge, other), telling=hiding()) as here:
        await here.feed(report(0, {"stage_m": 3.2, "flow_m3s": 5.0}))
        await here.feed(report(300, {"stage_m": 3.2, "flow_m3s": 5.0}))
        for n in range(2, 9):
            await here.feed(report(300.0 * n, {"stage_m": 3.2}))
        await here.engine.tick()
        await here.told(1)
        standing = {a.kind: a for a in await here.journal.alerts(firing_only=True)}
        await here.engine.respond(standing[AlertKind.LIMIT].id, Deed.FALSE, "甲某", "a branch")
        await here.engine.tick()
        notices = await here.told(2)
    blind = standing[AlertKind.BLIND]
    assert (notices[-1].alert.id, notices[-1].reason) == (blind.id, NotifyReason.FIRST)


def wind(n: int, speed: float) -> Report:
    return report(float(n), {"wind_ms": speed}, kind="crane")


@pytest.mark.parametrize("set_back", [timedelta(0), timedelta(days=1)])
async def test_what_comes_and_goes_is_told_once_and_held_until_calm(set_back: timedelta) -> None:
    rules = TellRules(flapping=FlapRules(times=3, within=timedelta(hours=6)))
    hour = 3600
    async with world(judge(sensor("wind_ms", "crane", every_s=30)), telling=rules) as here:
        for burst in range(5):
            start = burst * hour
            await here.feed(*[wind(start + 30 * n, 9.0) for n in range(12)])
            await here.feed(*[wind(start + 360 + 30 * n, 2.0) for n in range(100)])
        alerts = await here.journal.alerts()
        assert len(alerts) == 5
        reasons = [notice.reason for notice in await here.told(5)]
        first, cleared = NotifyReason.FIRST, NotifyReason.CLEARED
        assert reasons == [first, cleared, first, cleared, first]
        told = here.channel.notices[-1]
        assert "it comes and goes (3 times" in told.remarks[0]
        assert re.search(r"注意：反复触发（\d+分钟内3次）：除非加重，", render_text(told, "zh"))
        (last, *_) = await here.journal.outbox(alerts[0].id)
        assert last.state is NoticeState.MUTED
        assert "held until calm" in last.last_error
        here.clock.time -= set_back
        await here.engine.tick(is_listening=False)
        here.clock.time += timedelta(minutes=15)
        await here.engine.tick(is_listening=False)
        notices = await here.told(6)
    assert notices[-1].reason is cleared
    assert "calm since" in notices[-1].transition.reason


async def test_the_warning_of_a_silence_that_ended_while_the_program_was_down_ends_too() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    every = Matcher(sites=frozenset({"site"}), at_most=Severity.EXTREME)
    async with world(judge(stage()), journal=journal, log=log) as here:
        await here.engine.silencing.add(silence(matcher=every, allows_extreme=True))
        await here.engine.tick()
        await here.told(1)
    later_on = at(0) + timedelta(hours=3)
    async with world(judge(stage()), journal=journal, log=log, time=later_on) as later:
        await later.engine.tick(is_listening=False)
        (notice,) = await later.told(1)
        assert notice.reason is NotifyReason.CLEARED
        assert await journal.alerts(firing_only=True) == []


async def test_alerts_that_hide_one_another_leave_one_that_is_told() -> None:
    both = Matcher(hazards=frozenset({"river_flood"}), at_most=Severity.EXTREME)
    line = Inhibition(name="either", why="one says it", when=both, hides=both, scope="site")
    telling = TellRules(inhibitions=InhibitionTable(lines=(line,)))
    made = [sensor("stage_m", design=DESIGN, device=name) for name in ("D-1", "D-2", "D-3")]
    async with world(judge(*made), telling=telling) as here:
        for n, name in enumerate(("D-1", "D-2", "D-3")):
            for at_s in (400 * n, 400 * n + 300):
                await here.feed(report(at_s, {"stage_m": 3.2}, device=name))
        for _ in range(3):
            await here.engine.tick(is_listening=False)
        alerts = await here.journal.alerts(firing_only=True)
        muted = [
            (await here.journal.transitions(alert.id))[-1].kind is TransitionKind.MUTED
            for alert in alerts
        ]
        assert sorted(muted) == [False, True, True]
        (notice,) = await here.told(1)
        assert notice.reason is NotifyReason.FIRST


async def test_a_rise_of_what_comes_and_goes_is_told() -> None:
    rules = TellRules(flapping=FlapRules(times=3, within=timedelta(hours=6)))
    hour = 3600
    async with world(judge(sensor("wind_ms", "crane", every_s=30)), telling=rules) as here:
        for burst in range(4):
            start = burst * hour
            await here.feed(*[wind(start + 30 * n, 9.0) for n in range(12)])
            if burst < 3:
                await here.feed(*[wind(start + 360 + 30 * n, 2.0) for n in range(100)])
        await here.told(5)
        await here.feed(*[wind(3 * hour + 360 + 30 * n, 15.0) for n in range(12)])
        gusts, risen = (await here.told(7))[5:]
        assert (gusts.reason, gusts.alert.rule_id) == (NotifyReason.FIRST, "crane_gust")
        assert (risen.reason, risen.alert.rule_id) == (NotifyReason.SEVERITY_ROSE, "crane_wind")
        assert risen.alert.severity == Severity.SEVERE
