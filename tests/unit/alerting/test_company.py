"""Sensors held against each other: doubt blocks clearing, is told, and ends by agreement only."""

from dataclasses import replace

import pytest

from alerting.book import Change
from alerting.judge import Judge
from alerting.model import AlertKind, AlertState, TransitionKind
from sensors.model import Position, Qc, Report
from sensors.registry import Sensor
from tests.builders import at, judge, report, sensor

HOUR_S = 3600.0
STAGES = {
    "gauge_zero_m": 0.0,
    "warning_stage_m": 3.0,
    "guaranteed_stage_m": 4.0,
    "record_stage_m": 5.0,
}


def gauge(name: str, lat: float) -> Sensor:
    made = sensor("rain_mm", "rain", device=name, every_s=60)
    return replace(made, position=Position(lat, 113.2))


def four_gauges() -> list[Sensor]:
    return [gauge(f"R{n}", 23.20 + 0.01 * n) for n in range(4)]


def rain(device: str, minute: int, value: float) -> Report:
    return report(60.0 * minute, {"rain_mm": value}, kind="rain", device=device)


def fall(judged: Judge, hours: range, per_minute: dict[str, float]) -> list[Change]:
    """Let it rain for some hours, with a look every minute."""
    changes: list[Change] = []
    for minute in range(60 * hours.start, 60 * hours.stop):
        for device, value in per_minute.items():
            changes += judged.take([rain(device, minute, value)], minute + 1, at(60.0 * minute))
        changes += judged.tick(at(60.0 * minute + 30), minute + 1)
    return changes


def doubtful(changes: list[Change]) -> list[tuple[str, TransitionKind]]:
    return [
        (change.alert.sensor.device, change.transition.kind)
        for change in changes
        if change.alert.kind is AlertKind.DOUBTFUL
    ]


def test_a_blocked_gauge_is_doubted_after_the_settled_hour_and_believed_when_it_agrees() -> None:
    judged = judge(*four_gauges())
    wet = {"R1": 0.4, "R2": 0.4, "R3": 0.4}
    changes = fall(judged, range(3), {"R0": 0.0, **wet})
    assert doubtful(changes) == [("R0", TransitionKind.RAISED)]
    watch = judged.find(four_gauges()[0].key)
    assert watch is not None
    assert watch.is_doubted
    assert {(f.sensor.key.device, f.found.qc) for f in judged.belief.flags.take()} == {
        ("R0", Qc.SUSPECT)
    }
    dry = dict.fromkeys(wet, 0.0)
    assert not doubtful(fall(judged, range(3, 6), {"R0": 0.0, **dry})), "dry hours prove nothing"
    changes = fall(judged, range(6, 9), {"R0": 0.3, **wet})
    assert doubtful(changes) == [("R0", TransitionKind.CLEARED)]
    assert not watch.is_doubted


def test_a_doubted_gauge_clears_nothing() -> None:
    judged = judge(*four_gauges())
    storm = {"R0": 1.0, "R1": 1.0, "R2": 1.0, "R3": 1.0}
    raised = [c for c in fall(judged, range(2), storm) if c.alert.sensor.device == "R0"]
    assert any(change.alert.kind is AlertKind.LIMIT for change in raised)
    blocked = storm | {"R0": 0.0}
    changes = fall(judged, range(2, 5), blocked)
    assert ("R0", TransitionKind.RAISED) in doubtful(changes)
    dry = dict.fromkeys(storm, 0.0)
    changes = fall(judged, range(5, 24), dry)
    cleared = {
        change.alert.sensor.device
        for change in changes
        if change.alert.kind is AlertKind.LIMIT and change.alert.state is AlertState.RESOLVED
    }
    assert "R0" not in cleared
    assert {"R1", "R2", "R3"} <= cleared


@pytest.mark.parametrize("n_gauges", [3, 4])
def test_too_few_neighbours_say_nothing(n_gauges: int) -> None:
    judged = judge(*four_gauges()[:n_gauges])
    per_minute = {f"R{n}": 0.4 if n else 0.0 for n in range(n_gauges)}
    assert bool(doubtful(fall(judged, range(3), per_minute))) is (n_gauges == 4)


def test_a_stage_that_stands_still_in_the_rain_is_doubted() -> None:
    stage = sensor("stage_m", device="W", design=STAGES)
    judged = judge(stage, *four_gauges()[1:2])
    changes: list[Change] = []
    for minute in range(8 * 60):
        now = at(60.0 * minute)
        changes += judged.take([rain("R1", minute, 0.2)], 2 * minute + 1, now)
        if minute % 5 == 0:
            level = report(60.0 * minute, {"stage_m": 1.5}, device="W")
            changes += judged.take([level], 2 * minute + 2, now)
        changes += judged.tick(at(60.0 * minute + 30), 2 * minute + 2)
    assert doubtful(changes) == [("W", TransitionKind.RAISED)]


def test_a_load_that_never_changes_while_lifting_is_doubted_and_a_restart_keeps_the_doubt() -> None:
    load = sensor("load_t", "crane", device="C", every_s=1)
    state = sensor("lift_state", "crane", device="C", every_s=1)
    judged = judge(load, state)

    def lift(judged: Judge, seconds: range, value: float | None, lifting: float) -> list[Change]:
        changes: list[Change] = []
        for second in seconds:
            weight = 2.0 + 0.1 * (second % 3) if value is None else value
            values = {"load_t": weight, "lift_state": lifting}
            entry = report(second, values, kind="crane", device="C")
            changes += judged.take([entry], second + 1, entry.received_at)
            changes += judged.tick(entry.received_at, second + 1)
        return changes

    assert not doubtful(lift(judged, range(300), 0.0, 0.0)), "idle is no lift"
    assert not doubtful(lift(judged, range(300, 600), None, 1.0)), "a load that moves is believed"
    assert doubtful(lift(judged, range(600, 900), 2.5, 1.0)) == [("C", TransitionKind.RAISED)]
    after = judge(load, state)
    (key,) = after.points
    assert after.points.load(key, 900, judged.points.dump(key)) is None
    found = after.find(load.key)
    assert found is not None
    assert found.is_doubted
    alert = judged.belief.doubts.get(load.key)
    assert alert is not None
    assert after.roll.restore(alert, [])
    changes = lift(after, range(900, 1200), None, 1.0)
    assert doubtful(changes) == [("C", TransitionKind.CLEARED)]
