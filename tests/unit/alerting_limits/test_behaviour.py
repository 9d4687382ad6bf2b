"""Each hazard through the judge: just below, at and above its limit, then clear; or not judged."""

from dataclasses import dataclass

import pytest

from alerting.model import Severity
from alerting.rules import PACK_FOLDER
from groundwatch.limits import rule_views
from sensors.registry import Sensor
from tests.builders import judge, packs_of, sensor
from tests.unit.alerting_limits.look import bound, pit, severity_after, standing

CALM = 0
MINOR, MODERATE, SEVERE, EXTREME = Severity


@dataclass(frozen=True)
class Case:
    """A sensor, a rule, a limit, which side is dangerous, and readings that show it is over."""

    name: str
    of: Sensor
    rule: str
    limit: float
    level: int
    step: float  # from the limit into danger
    safe: float
    clear_n: int = 4
    until: int = CALM  # where it stands after the calm readings
    n: int = 3

    def __str__(self) -> str:
        return self.name


PILE = "bored_pile"
CASES = [
    Case("moment", sensor("moment_pct", "crane", every_s=5), "crane_moment", 90, MODERATE, 0.1, 50),
    Case(
        "clearance",
        sensor("clearance_m", "crane", every_s=5),
        "crane_clearance",
        2,
        EXTREME,
        -0.1,
        20,
    ),
    Case("cage", sensor("load_pct", "hoist", every_s=5), "hoist_load", 100, SEVERE, 0.1, 40),
    Case("persons", sensor("persons", "hoist", every_s=5), "hoist_persons", 10, SEVERE, 1, 4),
    Case(
        "wall",
        pit("wall_top_h_mm", support_type=PILE),
        "pit_displacement",
        20,
        SEVERE,
        0.1,
        1,
        320,
        SEVERE,
    ),
    Case(
        "wall-away",
        pit("wall_top_h_mm", support_type=PILE),
        "pit_displacement",
        -20,
        SEVERE,
        -0.1,
        1,
        320,
        SEVERE,
    ),
    Case("column", pit("column_v_mm"), "pit_columns", 20, SEVERE, 0.1, 1, 320, SEVERE),
    Case("surface", pit("surface_v_mm"), "pit_surface", -25, SEVERE, -0.1, 1, 320, SEVERE),
    Case(
        "pipe",
        pit("pipe_v_mm", pipe_kind="flexible"),
        "pit_surroundings",
        -10,
        SEVERE,
        -0.1,
        1,
        320,
        SEVERE,
    ),
    Case(
        "tilt",
        pit("building_tilt_permille"),
        "pit_building_tilt",
        2,
        SEVERE,
        0.01,
        0.1,
        until=SEVERE,
    ),
    Case(
        "crack",
        pit("crack_building_mm", crack_kind="new"),
        "pit_crack",
        0.2,
        SEVERE,
        0.01,
        0.0,
        until=SEVERE,
    ),
    Case(
        "strut",
        pit("strut_force_kn", strut_capacity_kn=1000),
        "pit_strut",
        600,
        SEVERE,
        1,
        100,
        until=SEVERE,
    ),
    Case(
        "slack",
        pit("anchor_force_kn", anchor_preload_kn=300),
        "pit_anchor_slack",
        240,
        SEVERE,
        -1,
        400,
        until=SEVERE,
    ),
    Case("groundwater", pit("gw_level_mm"), "pit_groundwater", -1000, SEVERE, -1, 10, 320, SEVERE),
    Case(
        "settling",
        sensor("settlement_mm", "formwork", every_s=10),
        "formwork_settlement",
        8,
        SEVERE,
        0.01,
        1,
        25,
        SEVERE,
    ),
    Case(
        "stage",
        sensor("stage_m", design={"datum": 0.0, "warning_stage_m": 3.0}),
        "stage",
        3.0,
        MODERATE,
        0.01,
        1.0,
        9,
    ),
    Case(
        "reservoir",
        sensor("stage_m", design={"datum": 0.0, "normal_stage_m": 43.0}),
        "reservoir_stage",
        43.0,
        MODERATE,
        0.01,
        40.0,
        9,
    ),
    Case("ponding", sensor("ponding_depth_m", every_s=60), "ponding", 0.27, SEVERE, 0.001, 0.0, 12),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_just_short_of_the_limit_is_less(case: Case) -> None:
    short = case.limit - case.step
    assert severity_after(judge(case.of), case.of, case.rule, [short] * case.n) < case.level


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_limit_itself_and_beyond_it_is_reached(case: Case) -> None:
    for value in (case.limit, case.limit + case.step):
        assert severity_after(judge(case.of), case.of, case.rule, [value] * case.n) == case.level


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_over_after_calm_readings_or_after_a_persons_word(case: Case) -> None:
    judged = judge(case.of)
    beyond = case.limit + case.step
    # Readings that differ by a hair: a sensor that repeats itself exactly proves nothing.
    calm = [case.safe + 1e-6 * number for number in range(case.clear_n)]
    level = severity_after(judged, case.of, case.rule, [*[beyond] * case.n, *calm])
    assert level == case.until
    watch = judged.find(case.of.key)
    assert watch is not None
    track = next(track for track in watch.tracks if track.rule.id == case.rule)
    assert track.newest.calm_done == (case.until != CALM)


def test_a_rate_above_seventy_per_cent_three_times_running_is_an_alarm() -> None:
    of = pit("wall_top_h_mm", support_type=PILE)  # 2 mm/d, so 1.4 mm/d counts

    def creeping(per_day: float, count: int) -> list[float]:
        return [per_day * number / 144 for number in range(count)]

    # Three readings are three days: the last three must each have moved by more than that.
    assert severity_after(judge(of), of, "pit_rate_held", creeping(1.45, 2 * 144)) == CALM
    assert severity_after(judge(of), of, "pit_rate_held", creeping(1.45, 3 * 144 + 1)) == SEVERE
    assert severity_after(judge(of), of, "pit_rate_held", creeping(1.35, 4 * 144)) == CALM


def test_a_ten_minute_jump_is_no_rate() -> None:
    of = pit("wall_top_h_mm", support_type=PILE)
    values = [0.0] * 100 + [0.5, 0.0, 0.5]
    assert severity_after(judge(of), of, "pit_displacement", values) == CALM


def test_cumulative_and_rate_together_climb_the_ladder() -> None:
    of = pit("wall_top_h_mm", support_type=PILE)  # 20 mm and 2 mm/d
    for start, per_day, level in ((14.0, 1.5, MODERATE), (17.0, 1.8, SEVERE), (20.0, 2.1, EXTREME)):
        values = [start + per_day * number / 144 for number in range(90)]
        assert severity_after(judge(of), of, "pit_displacement", values) == level


# --- a pit whose depth nobody knows: the absolute value is only an upper bound ---


def unknown_depth() -> Sensor:
    return pit("wall_top_h_mm", depth=None, support_type=PILE)


def test_below_an_upper_bound_is_not_judged_and_never_called_calm() -> None:
    of = unknown_depth()
    judged = judge(of)
    assert severity_after(judged, of, "pit_displacement", [5.0, 5.1, 5.2]) == CALM
    views = rule_views(of, packs_of(PACK_FOLDER)["pit"], judged.find(of.key))
    view = next(entry for entry in views if entry.rule_id == "pit_displacement")
    assert view.fold is not None
    assert view.fold.text.startswith("nothing is reached, and minor, moderate, severe, extreme not")
    assert "pit_depth_m" in view.fold.text
    gaps = [gap for gap in view.not_judged if gap.may_raise]
    assert {gap.severity for gap in gaps} == set(Severity)


def test_reaching_an_upper_bound_raises() -> None:
    of = unknown_depth()
    assert severity_after(judge(of), of, "pit_displacement", [20.0, 20.1]) == SEVERE


def test_falling_below_an_upper_bound_shows_nothing_so_only_a_person_ends_it() -> None:
    of = unknown_depth()
    values = [20.0, 20.1, *[1.0, 1.1] * 150]
    judged = judge(of)
    assert severity_after(judged, of, "pit_displacement", values) == SEVERE
    watch = judged.find(of.key)
    assert watch is not None
    assert not any(track.newest.calm_done for track in watch.tracks)
    rule = bound(of, "pit_displacement")
    assert rule.unclear == EXTREME
    known = bound(pit("wall_top_h_mm", depth=20.0, support_type=PILE), "pit_displacement")
    assert known.unclear == CALM


def test_the_same_falls_with_the_depth_known_lead_to_a_sign_off() -> None:
    of = pit("wall_top_h_mm", depth=20.0, support_type=PILE)
    judged = judge(of)
    severity_after(judged, of, "pit_displacement", [20.0, 20.1, *[1.0, 1.1] * 150])
    watch = judged.find(of.key)
    assert watch is not None
    track = next(track for track in watch.tracks if track.rule.id == "pit_displacement")
    assert track.newest.calm_done


def test_wind_is_judged_by_its_mean() -> None:
    crane = sensor("wind_ms", "crane", every_s=1.0)
    assert severity_after(judge(crane), crane, "crane_wind", [10.7] * 130) == MINOR
    assert severity_after(judge(crane), crane, "crane_wind", [10.8] * 130) == MODERATE
    judged = judge(crane)
    severity_after(judged, crane, "crane_wind", [10.9] * 130)
    times = {130.0 + number: 3.0 for number in range(900)}
    assert severity_after(judged, crane, "crane_wind", times) == CALM


def test_rain_is_judged_by_its_windows_and_clears_when_they_are_dry() -> None:
    gauge = sensor("rain_mm", "rain", every_s=60.0)
    for each, count, level in ((0.49, 60, CALM), (0.5, 60, MODERATE), (1.2, 60, EXTREME)):
        assert severity_after(judge(gauge), gauge, "rain_total", [each] * count) == level
    judged = judge(gauge)
    severity_after(judged, gauge, "rain_total", [0.5] * 60)
    assert standing(judged, gauge, "rain_total") == MODERATE


def test_a_tilt_rate_counts_after_three_days() -> None:
    of = pit("building_tilt_permille")
    values = [0.11 * number / 144 for number in range(144 * 4)]
    assert severity_after(judge(of), of, "pit_building_tilt_rate", values[:300]) == CALM
    assert severity_after(judge(of), of, "pit_building_tilt_rate", values) == SEVERE
