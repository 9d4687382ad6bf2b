"""Sequences of events that once lost a warning, or ended one without evidence."""

import pytest

from alerting.errors import JournalError
from alerting.judge import Judge
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Card,
    NotifyReason,
    Severity,
)
from sensors.model import Report
from tests.builders import at, judge, report, sensor
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import Desk, MemoryLog, World, stage, world


def blind_alerts(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.kind is AlertKind.BLIND]


async def look_at(here: World, seconds: float) -> list[Alert]:
    here.clock.time = at(seconds)
    await here.engine.tick()
    return blind_alerts(await here.journal.alerts())


async def test_a_second_sensor_that_falls_silent_is_told_though_one_was_before() -> None:
    async with world(judge(stage(), sensor("battery_v"))) as here:
        await here.feed(report(100, {"stage_m": 1.0}))
        (alert,) = await look_at(here, 905)
        assert "1 of 2" in alert.reason
        await here.engine.acknowledge(alert.id, "An Example")
        await here.feed(report(900, {"stage_m": 1.0}))
        (alert,) = await look_at(here, 2000)
        await here.quiet()
        reasons = [notice.reason for notice in here.channel.notices]
    assert "2 of 2" in alert.reason
    assert alert.acknowledged_at is None
    assert reasons.count(NotifyReason.SEVERITY_ROSE) >= 1


async def test_a_line_that_breaks_often_does_not_hide_a_dead_gauge() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(0, {"stage_m": 1.0}))
        for seconds in range(800, 8000, 800):
            here.clock.time = at(seconds)
            here.engine.judge.silence.start(at(seconds).timestamp())
            await here.engine.tick()
            await look_at(here, seconds + 300)
        (alert,) = blind_alerts(await here.journal.alerts())
    assert alert.state is AlertState.FIRING


async def test_after_a_reconnect_nobody_is_asked_before_what_was_kept_can_arrive() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(0, {"stage_m": 1.0}))
        here.engine.judge.silence.start(at(5000).timestamp())
        assert await look_at(here, 5060) == []
        assert len(await look_at(here, 5130)) == 1


async def test_a_clock_set_back_does_not_make_everybody_seem_heard() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(36_000, {"stage_m": 1.0}))
        here.engine.judge.silence.start(at(0).timestamp())
        (alert,) = await look_at(here, 1000)
    assert "1 of 1" in alert.reason


async def test_an_alert_whose_rule_is_gone_stands_until_a_person_signs_it_off() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as before:
        await before.feed(report(0, {"stage_m": 5.5}), report(300, {"stage_m": 5.5}))
        await before.quiet()
    async with world(judge(sensor("battery_v")), journal=journal, log=log) as after:
        (alert,) = [a for a in await journal.alerts(firing_only=True) if a.rule_id == "stage"]
        assert alert.awaiting_sign_off
        closed = await after.engine.sign_off(alert.id, "An Example", "gauge taken away")
        assert closed.state is AlertState.RESOLVED
    assert not [a for a in await journal.alerts(firing_only=True) if a.rule_id == "stage"]


async def test_a_limit_that_was_raised_lowers_no_standing_alert_without_a_calm_reading() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(stage()), journal=journal, log=log) as before:
        await before.feed(report(0, {"stage_m": 5.5}), report(300, {"stage_m": 5.5}))
        await before.quiet()
    higher = {
        "datum": 0.0,
        "warning_stage_m": 5.0,
        "guaranteed_stage_m": 7.0,
        "record_stage_m": 8.0,
    }
    async with world(judge(stage(**higher)), journal=journal, log=log) as after:
        assert await after.quiet() == []
        (alert,) = [a for a in await journal.alerts(firing_only=True) if a.rule_id == "stage"]
        assert alert.severity is Severity.EXTREME
        await after.feed(*[report(600 + 300.0 * n, {"stage_m": 1.0}) for n in range(30)])
        assert not [a for a in await journal.alerts(firing_only=True) if a.rule_id == "stage"]


def worst(judged: Judge, reports: list[Report], seq: int = 1000) -> int:
    changes = [c for n, r in enumerate(reports) for c in judged.take([r], seq + n, r.received_at)]
    return max((int(c.alert.peak) for c in changes), default=0)


@pytest.mark.parametrize("is_backwards", [False, True])
def test_a_store_sent_backwards_is_judged_like_one_sent_in_order(is_backwards: bool) -> None:
    gauge = sensor("rain_mm", "rain", every_s=60)
    judged = judge(gauge)
    calm = [report(60.0 * n, {"rain_mm": 0.0}, kind="rain") for n in range(300)]
    assert worst(judged, calm, 1) == 0
    late = [
        report(3600 + 300.0 * n + 1, {"rain_mm": 20.0}, kind="rain", delay_s=20_000)
        for n in range(4)
    ]
    assert worst(judged, late[::-1] if is_backwards else late) == Severity.EXTREME


@pytest.mark.parametrize("is_backwards", [False, True])
def test_two_late_readings_raise_in_either_order(is_backwards: bool) -> None:
    judged = judge(stage())
    calm = [report(300.0 * n, {"stage_m": 1.0}) for n in range(30)]
    assert worst(judged, calm, 1) == 0
    late = [report(450.0 + n, {"stage_m": 5.5}, delay_s=20_000) for n in range(2)]
    assert worst(judged, late[::-1] if is_backwards else late) == Severity.EXTREME


def test_a_late_reading_does_not_bring_back_what_is_over() -> None:
    judged = judge(stage())
    flood = [report(300.0 * n, {"stage_m": 5.5 if 3 <= n < 6 else 1.0}) for n in range(60)]
    assert worst(judged, flood, 1) == Severity.EXTREME
    assert worst(judged, [report(1250.0, {"stage_m": 1.0}, delay_s=20_000)]) == 0


async def test_raised_withdrawn_and_raised_again_in_one_block_are_two_alerts() -> None:
    async with world(judge(stage())) as here:
        block = [
            report(0, {"stage_m": 5.5}, delay_s=700),
            report(600, {"stage_m": 5.5}, delay_s=100),
            report(300, {"stage_m": 1.0}, delay_s=400),
            report(450, {"stage_m": 5.5}, delay_s=250),
        ]
        here.clock.time = at(700)
        here.log.kept.append((1, block))
        await here.engine.take(1, block)
        await here.quiet()
        alerts = [a for a in await here.journal.alerts() if a.rule_id == "stage"]
        firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
        told = {n.alert.id for n in here.channel.notices if n.reason is NotifyReason.FIRST}
    assert len(firing) == 1
    assert firing[0].id in told
    assert len({alert.id for alert in alerts}) == len(alerts)


async def test_an_acknowledgement_waits_for_older_steps_and_is_not_overwritten() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (alert,) = await here.journal.alerts(firing_only=True)
        here.journal.is_away = True
        await here.feed(report(600, {"stage_m": 4.2}), report(900, {"stage_m": 4.2}))
        with pytest.raises(JournalError):
            await here.engine.acknowledge(alert.id, "An Example")
        here.journal.is_away = False
        await here.engine.acknowledge(alert.id, "An Example")
        await here.engine.tick()
        present = await here.journal.alert(alert.id)
    assert present is not None
    assert present.acknowledged_by == "An Example"
    assert present.severity is Severity.SEVERE


class BrokenDesk(Desk):
    async def card(self, alert: Alert) -> Card:
        raise KeyError(alert.hazard)


async def test_a_look_up_that_fails_holds_no_warning_back() -> None:
    async with world(judge(stage()), desk=BrokenDesk()) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (notice,) = await here.told(1)
    assert notice.card is not None
    assert "KeyError" in notice.card.missing


async def test_no_card_follows_an_acknowledgement() -> None:
    async with world(judge(stage()), desk=Desk(0.2), deadline_s=0.01) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        (first,) = await here.told(1)
        await here.engine.acknowledge(first.alert.id, "An Example")
        await here.engine.tick()
        await here.told(1)


async def test_signing_off_survives_a_crash_right_after() -> None:
    gauge = sensor("settlement_mm", "formwork", every_s=10)
    journal, log = MemoryJournal(), MemoryLog()
    async with world(judge(gauge), journal=journal, log=log) as before:
        await before.feed(
            *[report(10.0 * n, {"settlement_mm": 9.0}, kind="formwork") for n in range(3)]
        )
        (alert,) = await journal.alerts(firing_only=True)
        await before.engine.sign_off(alert.id, "An Example", "props checked")
    async with world(judge(gauge), journal=journal, log=log) as after:
        assert await after.quiet() == []
        assert not await journal.alerts(firing_only=True)


async def test_a_changed_scale_is_judged_afresh_over_what_is_remembered() -> None:
    journal, log = MemoryJournal(), MemoryLog()
    weak, strong = {"strut_capacity_kn": 1000.0}, {"strut_capacity_kn": 2000.0}
    readings = [report(600.0 * n, {"strut_force_kn": 1000.0}, kind="pit") for n in range(4)]
    strut = sensor("strut_force_kn", "pit", every_s=600, design=strong)
    async with world(judge(strut), journal=journal, log=log) as before:
        await before.feed(*readings)
        await before.engine.save_states(log, everything=True)
        assert not await journal.alerts()
    strut = sensor("strut_force_kn", "pit", every_s=600, design=weak)
    async with world(judge(strut), journal=journal, log=log):
        (alert,) = await journal.alerts(firing_only=True)
    assert alert.severity is Severity.EXTREME
