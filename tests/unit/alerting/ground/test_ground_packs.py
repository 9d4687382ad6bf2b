"""The shipped pit and formwork packs through the judge: B4 to B7, C2 and C3, row by row."""

import math
from collections.abc import Mapping

import pytest

from alerting.book import Change
from alerting.judge import Judge
from alerting.model import Severity
from alerting.rules import PACK_FOLDER
from sensors.danger import DANGER_SIGNS
from sensors.lifecycle import StageChange
from sensors.model import Report
from sensors.registry import Sensor
from tests.builders import at, packs_of, sensor
from tests.unit.alerting.ground.built import a_report, change, district, firing, run

DAY_S = 86400.0
PIT_DESIGN = {
    "safety_grade": 1.0,
    "wall_top_h_limit_mm": 1000.0,
    "wall_top_h_rate_mm_per_d": 3.0,
    "noise_mm": 0.02,
}


def shipped(*sensors: Sensor, stages: Mapping[float, str] | None = None) -> Judge:
    told: list[StageChange] = [change(at_s, word) for at_s, word in (stages or {}).items()]
    known = district(*sensors, stages=told)
    packs = packs_of(PACK_FOLDER)
    return Judge(registry=known, packs=packs, detector_for=lambda _: None)


def series(quantity: str, values: list[float], every_s: float, kind: str = "pit") -> list[Report]:
    return [
        a_report("site", "D-01", kind, every_s * n, {quantity: value})
        for n, value in enumerate(values)
    ]


def standing(changes: list[Change]) -> dict[str, Severity]:
    return {each.alert.rule_id: each.alert.severity for each in firing(changes)}


WALL = sensor("wall_top_h_mm", "pit", every_s=DAY_S, design=PIT_DESIGN)


def walk(*per_day: float) -> list[float]:
    values = [0.0]
    for rate in per_day:
        values.append(values[-1] + rate)
    return values


SLAB = {0.0: "slab_cast"}
B3_RATES: list[tuple[str, tuple[float, ...], dict[float, str], str, Severity]] = [
    ("reaches the limit", (1.0, 1.0, 3.0, 3.0), {}, "pit_displacement", Severity.SEVERE),
    ("three days above 70 %", (2.2, 2.2, 2.2), {}, "pit_rate_held", Severity.SEVERE),
    (
        "after the slab the limit is x 0.7",
        (2.2, 2.2),
        {0.0: "slab_cast"},
        "pit_displacement",
        Severity.SEVERE,
    ),
    (
        "after the slab, 70 % of 0.7",
        (1.5, 1.5, 1.5),
        {0.0: "slab_cast"},
        "pit_rate_held",
        Severity.SEVERE,
    ),
]


@pytest.mark.parametrize(
    ("row", "rates", "stages", "rule", "level"), B3_RATES, ids=[r[0] for r in B3_RATES]
)
def test_b3_judging_rules_of_rates(
    row: str, rates: tuple[float, ...], stages: dict[float, str], rule: str, level: Severity
) -> None:
    found = standing(
        run(shipped(WALL, stages=stages), series("wall_top_h_mm", walk(*rates), DAY_S))
    )
    assert found.get(rule) is level, (row, found)


def test_b3_two_days_above_70_per_cent_are_not_three() -> None:
    found = standing(run(shipped(WALL), series("wall_top_h_mm", walk(1.0, 2.2, 2.2), DAY_S)))
    assert "pit_rate_held" not in found


def test_b3_a_difference_of_ten_minutes_is_no_rate() -> None:
    steps = series("wall_top_h_mm", [0.0, 0.5, 0.0, 0.5, 0.0, 0.5], 600.0)
    fast = sensor("wall_top_h_mm", "pit", every_s=600.0, design=PIT_DESIGN)
    assert standing(run(shipped(fast), steps)) == {}


B7_STEPS = [
    (1.9, None),
    (3.0, Severity.MODERATE),
    (5.0, Severity.SEVERE),
    (10.0, Severity.EXTREME),
]


@pytest.mark.parametrize(("rate", "level"), B7_STEPS)
def test_b7_velocity_steps(rate: float, level: Severity | None) -> None:
    slow = sensor(
        "wall_top_h_mm",
        "pit",
        every_s=DAY_S,
        design=PIT_DESIGN | {"wall_top_h_rate_mm_per_d": 100.0},
    )
    found = standing(run(shipped(slow), series("wall_top_h_mm", walk(rate, rate, rate), DAY_S)))
    assert found.get("pit_velocity") is level


def test_b7_a_forecast_raises_says_its_interval_and_leaves_the_limits_alone() -> None:
    law = [-math.log(1.0 - day / 30.0) / 0.2 for day in range(28)]
    changes = run(shipped(WALL), series("wall_top_h_mm", law, DAY_S))
    (told,) = (each for each in firing(changes) if each.alert.rule_id == "pit_forecast")
    assert told.alert.severity is Severity.SEVERE
    assert "At this trend failure between 2026-06-30" in told.alert.reason
    assert "the limits hold all the same" in told.alert.reason


def test_b7_steady_creep_forecasts_nothing() -> None:
    found = standing(run(shipped(WALL), series("wall_top_h_mm", walk(*[0.8] * 30), DAY_S)))
    assert found == {}


@pytest.mark.parametrize("code", sorted(code for code in DANGER_SIGNS if code < 20))
def test_b4_every_danger_sign_of_a_pit_is_red_at_once_by_one_reading(code: int) -> None:
    here = shipped(sensor("danger_kind", "pit"), stages={0.0: "backfilled", 1.0: "stopped"})
    (told,) = firing(run(here, series("danger_kind", [0.0, float(code)], 600.0)))
    assert told.alert.severity is Severity.EXTREME
    words = DANGER_SIGNS[code]
    assert f"{words[0].upper()}{words[1:]}." in told.alert.reason


@pytest.mark.parametrize("stage", ["mounted", "zeroed", "pouring", "curing", "removed"])
@pytest.mark.parametrize("code", sorted(code for code in DANGER_SIGNS if 20 < code < 30))
def test_c3_every_danger_sign_of_formwork_is_red_in_every_stage(code: int, stage: str) -> None:
    here = shipped(sensor("danger_kind", "formwork"), stages={0.0: stage})
    found = standing(run(here, series("danger_kind", [float(code)], 60.0, "formwork")))
    assert found == {"formwork_danger_kind": Severity.EXTREME}


def test_a_danger_sign_ends_by_a_person_s_word_only() -> None:
    here = shipped(sensor("danger_kind", "pit"))
    changes = run(here, series("danger_kind", [2.0, *[0.0] * 30], 600.0))
    (told,) = firing(changes)
    assert told.alert.awaiting_sign_off


B5_TILT = [((0.11, 0.11, 0.11), True), ((0.11, 0.09, 0.11), False), ((0.11, 0.11), False)]


@pytest.mark.parametrize(("tilts", "is_raised"), B5_TILT)
def test_a_building_that_tilts_on_three_successive_days(
    tilts: tuple[float, ...], is_raised: bool
) -> None:
    house = sensor("building_tilt_permille", "pit", every_s=DAY_S, design={"safety_grade": 1.0})
    found = standing(run(shipped(house), series("building_tilt_permille", walk(*tilts), DAY_S)))
    assert ("pit_building_tilt_rate" in found) is is_raised


@pytest.mark.parametrize(
    ("quantity", "growth", "rule"),
    [
        ("crack_building_mm", 0.05, "pit_crack_grows"),
        ("crack_ground_mm", 0.3, "pit_ground_crack_grows"),
    ],
)
def test_a_crack_that_keeps_growing_warns_whatever_its_width(
    quantity: str, growth: float, rule: str
) -> None:
    crack = sensor(quantity, "pit", every_s=DAY_S)
    grows = walk(growth * 1.01, growth * 1.01, growth * 1.01)
    assert standing(run(shipped(crack), series(quantity, grows, DAY_S)))[rule] is Severity.MODERATE
    rests = walk(growth * 1.01, 0.0, growth * 1.01)
    assert rule not in standing(run(shipped(crack), series(quantity, rests, DAY_S)))


def test_groundwater_is_judged_beyond_its_yearly_swing() -> None:
    design = {"gw_level_limit_mm": 1000.0, "gw_annual_swing_mm": 800.0}
    well = sensor("gw_level_mm", "pit", every_s=600.0, design=design)
    for value, level in ((-1650.0, Severity.MODERATE), (-1800.0, Severity.SEVERE)):
        found = standing(run(shipped(well), series("gw_level_mm", [value] * 3, 600.0)))
        assert found["pit_groundwater"] is level
    assert standing(run(shipped(well), series("gw_level_mm", [-1300.0] * 3, 600.0))) == {}


# Alarm values of C3 with their 80 %: quantity, design, warns at, alarms at.
C3 = [
    ("settlement_mm", {}, 6.4, 8.0),
    ("h_displacement_mm", {}, 9.6, 12.0),
    ("pole_tilt_deg", {}, 0.1832, 0.229),
    ("pole_force_kn", {"pole_design_force_kn": 30.0}, 24.0, 30.0),
    ("foundation_settlement_mm", {}, 6.4, 8.0),
    ("differential_mm", {"pole_spacing_m": 0.9}, 0.72, 0.9),
]


@pytest.mark.parametrize(("quantity", "design", "warns", "alarms"), C3, ids=[row[0] for row in C3])
@pytest.mark.parametrize("stage", ["pouring", "curing"])
def test_c3_values_since_the_zero_reading_warn_at_80_and_alarm_at_100_per_cent(
    quantity: str, design: dict[str, float], warns: float, alarms: float, stage: str
) -> None:
    probe = sensor(quantity, "formwork", every_s=10.0, design=design)
    zero = 2.0 * alarms  # an offset that only zeroing takes away
    for value, level in (
        (warns * 0.99, "minor"),
        (warns * 1.005, "moderate"),
        (alarms * 1.005, "severe"),
    ):
        here = shipped(probe, stages={-1.0: "mounted", 95.0: "zeroed", 96.0: stage})
        slowly = [min(value, 0.0015 * alarms * n) for n in range(690)]  # under 2 % in two minutes
        rows = series(quantity, [zero] * 10 + [zero + each for each in slowly], 10.0, "formwork")
        found = {rule: each.word for rule, each in standing(run(here, rows)).items()}
        assert list(found.values()) == [level], (quantity, value, found)


@pytest.mark.parametrize("stage", ["mounted", "zeroed", "removed"])
def test_c3_only_pouring_and_curing_alarm(stage: str) -> None:
    probe = sensor("settlement_mm", "formwork", every_s=10.0)
    rows = series("settlement_mm", [0.02 * n for n in range(1000)], 10.0, "formwork")
    assert standing(run(shipped(probe, stages={0.0: stage}), rows)) == {}


@pytest.mark.parametrize(
    ("stage", "is_raised"), [("mounted", True), ("zeroed", True), ("removed", False)]
)
def test_a_jump_of_a_whole_alarm_value_before_the_pour_is_not_passed_over(
    stage: str, is_raised: bool
) -> None:
    probe = sensor("settlement_mm", "formwork", every_s=10.0)
    rows = series("settlement_mm", [0.0] * 10 + [9.0] * 3, 10.0, "formwork")
    found = standing(run(shipped(probe, stages={0.0: stage}), rows))
    assert found == ({"formwork_jump": Severity.MODERATE} if is_raised else {})


def test_c3_an_alarm_value_that_still_rises_is_red() -> None:
    probe = sensor("settlement_mm", "formwork", every_s=10.0)
    here = shipped(probe, stages={95.0: "zeroed", 96.0: "pouring"})
    rows = series("settlement_mm", [0.0] * 10 + [0.5 * n for n in range(19)], 10.0, "formwork")
    assert standing(run(here, rows))["formwork_settlement"] is Severity.EXTREME


C3_SILENCE = [("pouring", 60.0), ("curing", 1800.0), ("mounted", 3600.0), ("removed", 3650 * DAY_S)]


@pytest.mark.parametrize(("stage", "stale_s"), C3_SILENCE)
def test_silence_in_a_pour_is_told_after_a_minute(stage: str, stale_s: float) -> None:
    probe = sensor("settlement_mm", "formwork", every_s=10.0)
    here = shipped(probe, stages={0.0: stage})
    here.silence.start(at(0).timestamp())
    here.tick(at(5), 0)
    watch = here.find(probe.key)
    assert watch is not None
    assert watch.stale_s == stale_s
