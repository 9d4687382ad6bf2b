"""Every cell of the domain reference's table of quality control that is a number, one row each."""

import pytest

from sensors.model import Position, Qc
from sensors.plausible import why_not_plausible
from sensors.qc.location import location
from sensors.qc.neighbour import Near, neighbour
from sensors.qc.partner import Spread, against, in_rain
from sensors.qc.rate import rate
from sensors.qc.spike import Around, spike
from sensors.qc.table import checks_for
from sensors.qc.total import total
from sensors.qc.verdict import Sample, Verdict, worst
from tests.builders import sensor
from tests.screened import flags_of

PASS, NOT_EVALUATED, SUSPECT, FAIL = Qc.PASS, Qc.NOT_EVALUATED, Qc.SUSPECT, Qc.FAIL


@pytest.mark.parametrize(
    ("kind", "quantity", "value", "flag"),
    [
        ("rain", "rain_mm", -0.1, FAIL),
        ("rain", "rain_mm", 20.1, SUSPECT),
        ("rain", "rain_mm", 60.1, FAIL),
        ("crane", "load_t", -0.6, FAIL),
        ("crane", "slew_deg", 721, FAIL),
        ("crane", "wind_ms", 76, FAIL),
        ("crane", "moment_pct", 131, SUSPECT),
        ("crane", "moment_pct", 129, PASS),
    ],
)
def test_ranges_of_one_value(kind: str, quantity: str, value: float, flag: Qc) -> None:
    assert why_not_plausible(value, sensor(quantity, kind))[0] == flag


@pytest.mark.parametrize(
    ("window_s", "amount", "flag"),
    [
        (300, 60, PASS),
        (300, 60.1, FAIL),
        (3600, 120, PASS),
        (3600, 120.1, SUSPECT),
        (3600, 305, SUSPECT),
        (3600, 305.1, FAIL),
    ],
)
def test_rain_within_a_window(window_s: float, amount: float, flag: Qc) -> None:
    limits = {entry.window_s: entry for entry in checks_for("rain", "rain_mm").totals}
    assert total(amount, limits[window_s]).flag == flag


@pytest.mark.parametrize(
    ("kind", "quantity", "change", "elapsed_s", "flag"),
    [
        ("water_level", "stage_m", 0.5, 300, PASS),
        ("water_level", "stage_m", -0.51, 300, SUSPECT),
        ("water_level", "stage_m", 0.9, 600, PASS),
        ("water_level", "ponding_depth_m", 0.11, 60, SUSPECT),
        ("pit", "wall_top_h_mm", 5, 600, PASS),
        ("pit", "wall_top_h_mm", 5.1, 600, SUSPECT),
        ("formwork", "settlement_mm", 5.1, 10, SUSPECT),
        ("crane", "radius_m", 3.1, 1, SUSPECT),
        ("crane", "radius_m", 3.0, 0.2, PASS),
        ("crane", "slew_deg", 10.1, 1, SUSPECT),
        ("crane", "slew_deg", -355, 1, PASS),
        ("crane", "hook_height_m", 5.1, 1, SUSPECT),
    ],
)
def test_rate_of_change(
    kind: str, quantity: str, change: float, elapsed_s: float, flag: Qc
) -> None:
    limits = checks_for(kind, quantity).rate
    assert limits is not None
    before, now = Sample(0.0, 0.0), Sample(elapsed_s, change)
    assert rate(before, now, limits, 3600.0).flag == flag


SPIKES = [
    ("water_level", "stage_m", [1, 1, 1.21, 1, 1], [1, 1, 4, 1, 1]),
    ("water_level", "stage_m", [1, 1, 1.19, 1, 1], [1, 1, 1, 1, 1]),
    ("water_level", "stage_m", [1, 1, 1.3, 1.3, 1, 1, 1], [1, 1, 3, 3, 1, 1, 1]),
    ("water_level", "stage_m", [1, 1, 1.3, 1.3, 1.3, 1.3], [1, 1, 1, 1, 1, 1]),
    ("water_level", "stage_m", [1, 1, 1.3], [1, 1, 3]),
    ("water_level", "stage_m", [1, 1, 1.3, 1, 1.3, 1, 1.3], [1, 1, 4, 1, 3, 3, 3]),
    ("pit", "wall_top_h_mm", [2, 2, 9, 2, 2], [1, 1, 4, 1, 1]),
    ("pit", "wall_top_h_mm", [2, 2, 40, 40, 41], [1, 1, 3, 1, 1]),
    ("crane", "load_t", [1, 1, 5, 1, 1], [1, 1, 3, 1, 1]),
]


@pytest.mark.parametrize(("kind", "quantity", "values", "flags"), SPIKES)
def test_spikes_and_jumps_that_stay(
    kind: str, quantity: str, values: list[float], flags: list[int]
) -> None:
    times = [600.0 * n for n in range(len(values))]
    assert flags_of(checks_for(kind, quantity), times, values) == flags


def test_twenty_equal_readings_and_a_day_are_a_flat_line_and_less_is_none() -> None:
    for kind, quantity in (("pit", "gw_level_mm"), ("water_level", "stage_m")):
        checks = checks_for(kind, quantity)
        slow = flags_of(checks, [7200.0 * n for n in range(25)], [1.0] * 25)
        assert slow == [1] * 19 + [3] * 6
        hourly = flags_of(checks, [3600.0 * n for n in range(30)], [1.0] * 30)
        assert hourly == [1] * 24 + [3] * 6


@pytest.mark.parametrize(
    ("moved_lat", "moved_m", "flag"),
    [(0.0004, 50, PASS), (0.0005, 50, SUSPECT), (0.00001, 1, SUSPECT), (0.000005, 1, PASS)],
)
def test_a_device_that_moved(moved_lat: float, moved_m: float, flag: Qc) -> None:
    home = Position(23.2, 113.2)
    assert location(Position(23.2 + moved_lat, 113.2), home, moved_m).flag == flag
    assert location(None, home, moved_m).flag == NOT_EVALUATED


@pytest.mark.parametrize(
    ("amount", "around", "flag"),
    [
        (0.0, [10, 12, 11], SUSPECT),
        (1.0, [10.1, 10.1, 10.1], SUSPECT),
        (1.1, [10.1, 10.1, 10.1], PASS),
        (101, [10, 10, 10], SUSPECT),
        (99, [10, 10, 10], PASS),
        (0.0, [10, 10], NOT_EVALUATED),
        (0.0, [9, 9, 9], NOT_EVALUATED),
    ],
)
def test_a_gauge_among_gauges(amount: float, around: list[float], flag: Qc) -> None:
    limits = checks_for("rain", "rain_mm").neighbour
    assert limits is not None
    near = [Near(2.0 + n, value) for n, value in enumerate(around)]
    assert neighbour(amount, near, limits).flag == flag
    far = [Near(10.1 + n, value) for n, value in enumerate(around)]
    assert neighbour(amount, far, limits).flag == NOT_EVALUATED


@pytest.mark.parametrize(
    ("rain_mm", "stage", "flag"),
    [
        (20.1, Spread(1.0, 1.0), SUSPECT),
        (20.1, Spread(1.0, 1.01), PASS),
        (20.0, Spread(1.0, 1.0), NOT_EVALUATED),
        (None, Spread(1.0, 1.0), NOT_EVALUATED),
        (50.0, None, NOT_EVALUATED),
    ],
)
def test_a_stage_in_the_rain(rain_mm: float | None, stage: Spread | None, flag: Qc) -> None:
    limits = checks_for("water_level", "stage_m").in_rain
    assert limits is not None
    assert limits.window_s == 6 * 3600
    assert in_rain(stage, rain_mm, limits).flag == flag


@pytest.mark.parametrize(
    ("kind", "quantity", "own", "partner", "flag"),
    [
        ("crane", "load_t", Spread(2, 2), Spread(1, 1), SUSPECT),
        ("crane", "load_t", Spread(2, 2.1), Spread(1, 1), PASS),
        ("crane", "load_t", Spread(0, 0), Spread(0, 0), NOT_EVALUATED),
        ("pit", "strut_force_kn", Spread(0, 1500), Spread(3.0, 3.2), SUSPECT),
        ("pit", "strut_force_kn", Spread(0, 1500), Spread(3.0, 9.0), NOT_EVALUATED),
        ("pit", "strut_force_kn", Spread(0, 900), Spread(3.0, 3.2), PASS),
    ],
)
def test_a_value_against_its_partner(
    kind: str, quantity: str, own: Spread, partner: Spread, flag: Qc
) -> None:
    limits = checks_for(kind, quantity).against
    assert limits is not None
    assert against(own, partner, limits).flag == flag


@pytest.mark.parametrize(
    ("flags", "rolled_up"),
    [
        ([PASS, FAIL, SUSPECT], FAIL),
        ([PASS, SUSPECT, NOT_EVALUATED], SUSPECT),
        ([NOT_EVALUATED, PASS], PASS),
        ([NOT_EVALUATED], NOT_EVALUATED),
        ([], NOT_EVALUATED),
    ],
)
def test_the_worst_flag_counts(flags: list[Qc], rolled_up: Qc) -> None:
    assert worst(Verdict(flag, "test") for flag in flags).flag == rolled_up


def test_where_no_value_came_the_flag_is_missing() -> None:
    assert worst([], has_value=False).flag == Qc.MISSING


def test_without_a_reading_just_before_nothing_is_evaluated() -> None:
    checks = checks_for("water_level", "stage_m")
    assert checks.spike is not None
    assert checks.rate is not None
    sample, before = Sample(5000.0, 9.0), Sample(0.0, 1.0)
    for base in (None, before):
        around = Around(base, [], sample, [])
        assert spike(around, checks.spike, 900.0).flag == NOT_EVALUATED
        assert rate(base, sample, checks.rate, 900.0).flag == NOT_EVALUATED
