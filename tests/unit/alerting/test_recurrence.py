"""A danger that comes back, or becomes another, before anybody signed it off is told again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from alerting.book import Change
from alerting.judge import Judge
from alerting.model import AlertState, NotifyReason, Severity, TransitionKind
from alerting.render import render_text
from alerting.response.model import Deed, Phase, Said
from alerting.standing import live_again
from alerting.tell.load import load_inhibitions
from alerting.tell.teller import TellRules
from sensors.model import Qc, Report
from tests.builders import at, judge, report, sensor
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import MemoryLog, World, world

GAUGE = sensor("settlement_mm", "formwork", every_s=10)
RED_MM, CALM_MM = 11.0, 1.0
RED = 137.5  # in per cent of 8 mm, as the rule counts
CALM_S = 900.0  # more than what counts as the end of a danger


def read(
    first_s: float, value: float, *, count: int = 2, delay_s: float = 1.0, qc: Qc = Qc.PASS
) -> list[Report]:
    """Read a prop's settlement every ten seconds, in mm."""
    name, flags = "settlement_mm", {"settlement_mm": int(qc)}
    return [
        report(first_s + 10.0 * n, {name: value}, kind="formwork", delay_s=delay_s, qc=flags)
        for n in range(count)
    ]


def calm(first_s: float) -> list[Report]:
    return read(first_s, CALM_MM, count=int(CALM_S / 10))


def run(judged: Judge, reports: Sequence[Report], first_seq: int = 1) -> list[Change]:
    return [
        change
        for seq, each in enumerate(reports, first_seq)
        for change in judged.take([each], seq, each.received_at)
        if change.alert.rule_id != "formwork_jump"
    ]


def told(changes: Sequence[Change]) -> list[tuple[NotifyReason, float]]:
    return [(each.notify, each.alert.value or 0.0) for each in changes if each.notify is not None]


def again(changes: Sequence[Change]) -> list[float]:
    return [value for reason, value in told(changes) if reason is NotifyReason.RECURRED]


TABLE, _ = load_inhibitions()
CODES = [sensor(name, "pit") for name in ("danger_sign", "danger_kind")]


def seen(at_s: float, **values: float) -> Report:
    return report(at_s, values, kind="pit")


def test_what_is_back_at_the_limit_before_a_sign_off_is_told_again() -> None:
    changes = run(judge(GAUGE), [*read(0, RED_MM), *calm(20), *read(1000, RED_MM)])
    last = changes[-1]
    assert told(changes)[1:] == [(NotifyReason.RECURRED, RED)]
    assert last.transition.kind is TransitionKind.RECURRED
    assert last.alert.severity is Severity.EXTREME
    assert last.alert.severity_at == last.transition.taken_at
    assert not last.alert.awaiting_sign_off


def test_it_is_told_once_for_each_time_it_had_become_calm() -> None:
    twice = [*read(1000, RED_MM, count=30), *calm(1300), *read(2300, RED_MM, count=30)]
    assert len(again(run(judge(GAUGE), [*read(0, RED_MM), *calm(20), *twice]))) == 2


def test_a_while_below_the_limit_is_no_calm_and_nothing_comes_back() -> None:
    dips = [each for n in range(20) for each in (*read(40.0 * n, RED_MM), *read(40.0 * n + 20, 1))]
    assert again(run(judge(GAUGE), dips)) == []


# A vehicle in water: orange from 0.15 m, red from 0.27 m, by one reading a minute.
DEPTH = sensor("vehicle_depth_m", "camera", every_s=60)
DRY_M, ORANGE_M, RED_M = 0.0, 0.16, 0.3


def depths(*runs: tuple[float, int]) -> list[Report]:
    """Read runs of (depth in m, how often), one a minute."""
    values = [value for value, count in runs for _ in range(count)]
    return [
        report(60.0 * n, {"vehicle_depth_m": value}, kind="camera")
        for n, value in enumerate(values)
    ]


def test_it_may_come_back_at_a_lower_level_and_rise_again() -> None:
    """A red alert that has become calm: orange is news, and so is red after it."""
    back = depths((RED_M, 2), (DRY_M, 14), (ORANGE_M, 9), (RED_M, 2))
    changes = run(judge(DEPTH), back)
    assert again(changes) == [ORANGE_M, RED_M]
    assert {each.alert.severity for each in changes} == {Severity.EXTREME}


def test_what_lingers_below_red_first_and_becomes_calm_later_may_come_back_at_orange() -> None:
    lingering = depths((RED_M, 2), (ORANGE_M, 20), (DRY_M, 14), (ORANGE_M, 2))
    assert again(run(judge(DEPTH), lingering)) == [ORANGE_M]


def test_red_after_a_while_at_orange_is_news_and_orange_after_red_is_none() -> None:
    steps = depths((RED_M, 2), (ORANGE_M, 20), (RED_M, 2), (ORANGE_M, 20))
    assert again(run(judge(DEPTH), steps)) == [RED_M]


def test_a_doubtful_reading_may_bring_it_back_and_says_so() -> None:
    doubtful = read(1000, RED_MM, qc=Qc.SUSPECT)
    changes = run(judge(GAUGE), [*read(0, RED_MM), *calm(20), *doubtful])
    assert again(changes) == [RED]
    assert "suspect" in changes[-1].transition.reason


def test_a_late_reading_may_bring_it_back_and_is_the_one_that_is_named() -> None:
    here = judge(GAUGE)
    run(here, [*read(0, RED_MM), *calm(20), *read(4000, CALM_MM, count=5)])
    changes = run(here, read(1000, RED_MM, delay_s=4000.0), first_seq=500)
    assert again(changes) == [RED]
    assert changes[-1].transition.taken_at in (at(1000), at(1010))
    assert again(run(here, read(4060, CALM_MM, count=40), first_seq=600)) == []


def test_a_late_reading_of_the_first_time_is_no_return() -> None:
    here = judge(GAUGE)
    run(here, [*read(0, RED_MM), *calm(20), *read(4000, CALM_MM, count=5)])
    late = read(12, RED_MM, delay_s=4100.0, count=1)
    assert again(run(here, late, first_seq=500)) == []


def test_a_backlog_between_live_readings_is_told_once() -> None:
    here = judge(GAUGE)
    run(here, [*read(0, RED_MM), *calm(20), *read(4000, CALM_MM, count=5)])
    changes = []
    for n in range(200):
        late = read(1000 + 10.0 * n, RED_MM, delay_s=3050.0, count=1)
        live = read(4050 + 10.0 * n, CALM_MM, count=1)
        changes += run(here, [*late, *live], first_seq=500 + 2 * n)
    assert again(changes) == [RED]
    assert changes[-1].transition.kind is TransitionKind.AWAITS_SIGN_OFF
    assert changes[-1].alert.awaiting_sign_off


def test_what_comes_and_goes_within_minutes_is_one_danger() -> None:
    contact = [seen(10.0 * n, danger_sign=float(n % 4 == 0)) for n in range(200)]
    changes = run(judge(CODES[0]), contact)
    assert [reason for reason, _ in told(changes)] == [NotifyReason.FIRST]


def test_order_within_the_lateness_changes_nothing() -> None:
    straight = [*read(0, RED_MM), *calm(20), *read(1000, RED_MM), *read(1020, CALM_MM, count=30)]
    mixed = [*straight[:90], *straight[94:98], *straight[90:94], *straight[98:]]
    assert again(run(judge(GAUGE), mixed)) == again(run(judge(GAUGE), straight)) == [RED]


def test_a_restart_neither_forgets_nor_repeats_it() -> None:
    before, after = judge(GAUGE), judge(GAUGE)
    run(before, [*read(0, RED_MM), *calm(20)])
    (key,) = before.points
    assert after.points.load(key, 92, before.points.dump(key)) is None
    track = after.find(GAUGE.key).tracks[0]  # type: ignore[union-attr]
    track.lives = before.find(GAUGE.key).tracks[0].lives  # type: ignore[union-attr]
    assert again(run(after, read(1000, RED_MM), first_seq=100)) == [RED]


async def acknowledged(here: World) -> str:
    await here.feed(*read(0, RED_MM), *calm(20))
    (alert,) = await here.journal.alerts(firing_only=True)
    await here.engine.acknowledge(alert.id, "An Example")
    assert alert.awaiting_sign_off
    return alert.id


async def test_an_acknowledgement_of_the_first_time_does_not_count_for_the_second() -> None:
    async with world(judge(GAUGE)) as here:
        alert_id = await acknowledged(here)
        await here.feed(*read(1000, RED_MM))
        notice = (await here.told(2))[-1]
        found = await here.journal.alert(alert_id)
        response = await here.journal.response(alert_id)
        acts = [(act.action, act.phase) for act in await here.journal.actions(alert_id)]
    assert found is not None
    assert response is not None
    assert (notice.reason, notice.alert.id) == (NotifyReason.RECURRED, alert_id)
    assert found.acknowledged_at is None
    assert found.state is AlertState.FIRING
    assert response.phase in (Phase.RAISED, Phase.NOTIFIED)
    assert "recurred" in [action for action, _ in acts]
    assert "Again" in render_text(notice, "en")
    assert "再次触发" in render_text(notice, "zh")


async def test_what_else_happens_in_the_same_block_does_not_bring_the_answer_back() -> None:
    async with world(judge(GAUGE)) as here:
        alert_id = await acknowledged(here)
        block = [*read(1000, RED_MM), *calm(1020)]
        here.clock.time = block[-1].received_at
        await here.engine.take(len(here.log.kept) + 1, block)
        found = await here.journal.alert(alert_id)
    assert found is not None
    assert found.awaiting_sign_off
    assert found.acknowledged_at is None


async def test_a_shelf_holds_what_comes_back_and_a_false_one_is_opened() -> None:
    async with world(judge(GAUGE)) as here:
        alert_id = await acknowledged(here)
        until = here.clock.time + timedelta(minutes=10)
        shelve = Said(deed=Deed.SHELVE, actor="An Example", note="rods are moved", until=until)
        await here.engine.people.respond(alert_id, shelve)
        await here.feed(*read(1000, RED_MM), *calm(1020))
        await here.quiet()
        assert len(here.channel.notices) == 1
        await here.engine.respond(alert_id, Deed.UNSHELVE, "An Example")
        await here.engine.tick()
        await here.told(2)
        await here.engine.respond(alert_id, Deed.FALSE, "An Example", "somebody leant on it")
        await here.feed(*read(2000, RED_MM))
        reasons = [notice.reason for notice in await here.told(3)]
    assert reasons == [NotifyReason.FIRST, NotifyReason.RETURNED, NotifyReason.RECURRED]


async def test_after_a_restart_it_is_told_once() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(GAUGE), journal=journal, log=log) as before:
        await acknowledged(before)
        await before.feed(*read(1000, RED_MM))
        await before.told(2)
    async with world(judge(GAUGE), journal=journal, log=log) as after:
        await after.feed(*read(1020, RED_MM, count=5))
        await after.quiet()
        assert [n.reason for n in after.channel.notices] == []


def test_another_kind_of_danger_is_told_while_the_first_one_stands() -> None:
    kinds = [3.0, 3.0, 1.0, 3.0, 0.0, 1.0, 2.0, 2.4]
    changes = run(judge(CODES[1]), [seen(60.0 * n, danger_kind=k) for n, k in enumerate(kinds)])
    assert told(changes) == [
        (NotifyReason.FIRST, 3.0),
        (NotifyReason.RECURRED, 1.0),
        (NotifyReason.RECURRED, 2.0),
    ]


def test_another_kind_that_comes_late_is_told_and_then_known() -> None:
    here = judge(CODES[1])
    run(here, [seen(60.0 * n, danger_kind=3.0) for n in range(60)])
    late = report(1000, {"danger_kind": 1.0}, kind="pit", delay_s=2600.0)
    assert again(run(here, [late], first_seq=500)) == [1.0]
    assert again(run(here, [seen(3660, danger_kind=1.0)], first_seq=600)) == []


def test_a_kind_that_a_late_reading_raised_is_known() -> None:
    here = judge(CODES[1])
    run(here, [seen(60.0 * n, danger_kind=0.0) for n in range(60)])
    run(here, [report(1000, {"danger_kind": 3.0}, kind="pit", delay_s=2600.0)], first_seq=500)
    assert again(run(here, [seen(3660, danger_kind=3.0)], first_seq=600)) == []
    assert again(run(here, [seen(3720, danger_kind=1.0)], first_seq=700)) == [1.0]


def test_the_kind_of_an_alert_whose_memory_is_gone_is_no_news() -> None:
    here = judge(CODES[1])
    (raised,) = run(here, [seen(0, danger_kind=3.0)])
    after = judge(CODES[1])
    track = after.find(CODES[1].key).tracks[0]  # type: ignore[union-attr]
    track.lives = [live_again(raised.alert, [raised.transition])]
    assert again(after.end_quiet(at(60), 2)) == []
    assert again(run(after, [seen(120, danger_kind=3.0)], first_seq=10)) == []
    assert again(run(after, [seen(180, danger_kind=1.0)], first_seq=20)) == [1.0]


@pytest.mark.parametrize("kind", [0.0, 3.0])
async def test_a_sign_that_comes_back_is_told_once(kind: float) -> None:
    """With its kind by the kind; where the kind is not given, the sign itself is told."""
    async with world(judge(*CODES), telling=TellRules(inhibitions=TABLE)) as here:
        await here.feed(seen(0, danger_sign=1.0, danger_kind=3.0))
        await here.told(1)
        await here.feed(*(seen(60.0 * n, danger_sign=0.0, danger_kind=0.0) for n in range(1, 16)))
        await here.feed(seen(3600, danger_sign=1.0, danger_kind=kind))
        notice = (await here.told(2))[-1]
        await here.quiet()
        n_told = len(here.channel.notices)
    assert n_told == 2
    assert notice.reason is NotifyReason.RECURRED
    assert notice.alert.sensor.quantity == ("danger_kind" if kind else "danger_sign")
