"""Counters and the time to a stage through the judge: the order of arrival changes nothing."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judge import Judge
from alerting.model import AlertState, Severity
from alerting.rules import PACK_FOLDER, load_packs, rules_for
from sensors.model import Report
from sensors.registry import Sensor
from tests.builders import judge, report, sensor
from tests.unit.alerting.test_event_time import history, run

STATION = {"warning_stage_m": 3.0, "datum": 0.0}
GAUGE = sensor("rain_total_mm", "rain", every_s=60.0)
RIVER = sensor("stage_m", design=STATION)
LATENESS_S = 1800.0


def judged_in_every_order(gauge: Sensor, reports: Sequence[Report], seed: int) -> None:
    chance = random.Random(seed)
    keys = [r.taken_at.timestamp() + chance.uniform(0, LATENESS_S - 1) for r in reports]
    order = sorted(range(len(reports)), key=keys.__getitem__)
    straight = run(judge(gauge), list(reports))
    mixed = run(judge(gauge), [reports[place] for place in order])
    assert history(mixed) == history(straight)


steps = st.lists(
    st.one_of(st.just(0.0), st.floats(0.2, 12.0), st.sampled_from([-1.0, 500.0, 55.0])),
    min_size=5,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 2**32 - 1))
def test_a_counter_in_any_order(amounts: list[float], seed: int) -> None:
    total, reports = 20.0, []
    for number, amount in enumerate([*amounts, *[0.0] * 40]):
        total = 0.0 if amount < 0.0 else round(total + amount, 3)
        reports.append(report(300.0 * number, {"rain_total_mm": total}, kind="rain"))
    judged_in_every_order(GAUGE, reports, seed)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-0.3, 0.6), min_size=8, max_size=50),
    st.integers(0, 2**32 - 1),
)
def test_the_time_to_a_stage_in_any_order(rises: list[float], seed: int) -> None:
    stage, reports = 1.5, []
    for number, rise in enumerate([*rises, *[-0.02] * 40]):
        stage = max(0.5, round(stage + rise, 3))
        reports.append(report(300.0 * number, {"stage_m": stage}))
    judged_in_every_order(RIVER, reports, seed)


def level(judged: Judge, gauge: Sensor, rule: str) -> int:
    watch = judged.find(gauge.key)
    assert watch is not None
    return next(track for track in watch.tracks if track.rule.id == rule).newest.level


def test_rain_of_a_gap_raises_at_its_end_also_when_much_has_come_since() -> None:
    """The reading before the gap must not be forgotten while a window still begins behind it."""
    judged = judge(GAUGE)
    calm = [report(60.0 * n, {"rain_total_mm": 10.0}, kind="rain") for n in range(400)]
    end_s = 60.0 * 400 + 4 * 3600.0
    after = [report(end_s + 10.0 * n, {"rain_total_mm": 85.0}, kind="rain") for n in range(1200)]
    changes = run(judged, calm + after)
    raised = [c for c in changes if c.alert.rule_id == "rain_counter"]
    assert raised[0].alert.severity is Severity.EXTREME
    assert "75 mm" in raised[0].transition.reason
    # 12 h of it are still in the window: blue stands, and nothing was lost by forgetting.
    assert level(judged, GAUGE, "rain_counter") >= Severity.MINOR
    assert raised[-1].alert.state is AlertState.FIRING


@pytest.mark.parametrize(
    ("per_hour", "colour"),
    [(0.4, 0), (0.55, Severity.MODERATE), (1.3, Severity.SEVERE)],
)
def test_the_time_to_the_warning_stage_has_two_colours(per_hour: float, colour: int) -> None:
    judged = judge(RIVER)
    rows = [report(300.0 * n, {"stage_m": 2.5 - per_hour * (12 - n) / 12}) for n in range(13)]
    run(judged, rows)
    assert level(judged, RIVER, "stage_soon") == colour


def test_a_river_that_turns_keeps_its_warning_for_an_hour_and_clears() -> None:
    judged = judge(RIVER)
    rising = [report(300.0 * n, {"stage_m": 1.8 + 0.07 * n}) for n in range(14)]
    changes = run(judged, rising)
    assert level(judged, RIVER, "stage_soon") == Severity.SEVERE
    steady = [report(300.0 * (14 + n), {"stage_m": 2.71}) for n in range(40)]
    for seq, entry in enumerate(steady, 100):
        changes += judged.take([entry], seq, entry.received_at)
    assert level(judged, RIVER, "stage_soon") == 0
    assert [c.alert.state for c in changes if c.alert.rule_id == "stage_soon"][-1] is (
        AlertState.RESOLVED
    )


def not_judged(gauge: Sensor) -> dict[str, set[str]]:
    packs, _ = load_packs(PACK_FOLDER)
    rules = rules_for(gauge, packs[gauge.kind])
    return {rule.id: {entry.reason for entry in rule.not_judged} for rule in rules}


def test_what_is_missing_is_not_judged_and_said() -> None:
    bare = not_judged(sensor("stage_m", design={"warning_stage_m": 3.0}))
    assert bare["stage"] == {"the site file gives no datum and no gauge_zero_m"}
    assert bare["stage_soon"] == {"the site file gives no datum and no gauge_zero_m"}
    tidal = not_judged(sensor("stage_m", design={**STATION, "tidal": 1.0}))
    assert tidal["stage_rise"] == {"the site file says tidal, where this means nothing"}
    hourly = not_judged(sensor("stage_m", design=STATION, every_s=3600.0))
    assert hourly["stage_soon"] == {"it reports every 60 min, and 4 readings are needed in 60 min"}
