"""The limits of cranes, hoists, formwork, rain, stage and ponding as the domain reference has them.

Typed here as rows: what is measured, the severity, the number, its unit, and how sure we are.
"""

import pytest

from sensors.registry import Sensor
from tests.builders import sensor
from tests.unit.alerting_limits.look import Found, bound, limits, wholes

# kind, quantity, rule, severity, measure, value, unit, confidence
ROWS = [
    # Load and moment: 80 % slow trolley, 90 % early warning, 100 % alarm, 110 % must have cut
    ("crane", "moment_pct", "crane_moment", "minor", "value", 80, "%", "H"),
    ("crane", "moment_pct", "crane_moment", "moderate", "value", 90, "%", "H"),
    ("crane", "moment_pct", "crane_moment", "severe", "value", 100, "%", "H"),
    ("crane", "moment_pct", "crane_moment", "extreme", "value", 110, "%", "H"),
    # Wind: force 5 begins at 8.0, force 6 at 10.8 stops lifting, 12.0 by JGJ 33, in service 20
    ("crane", "wind_ms", "crane_wind", "minor", "mean_2min", 8.0, "m/s", "H"),
    ("crane", "wind_ms", "crane_wind", "moderate", "mean_2min", 10.8, "m/s", "S7"),
    ("crane", "wind_ms", "crane_wind", "severe", "mean_2min", 12.0, "m/s", "V"),
    ("crane", "wind_ms", "crane_wind", "extreme", "mean_2min", 20.0, "m/s", "H"),
    # Gusts of 3 s stand one force above the mean: force 6, 7 and 8 begin at 10.8, 13.9 and 17.2
    *(
        ("crane", quantity, "crane_gust", severity, "gust", value, "m/s", confidence)
        for quantity in ("wind_ms", "gust_ms")
        for severity, value, confidence in (
            ("minor", 10.8, "D"),
            ("moderate", 13.9, "D"),
            ("severe", 17.2, "D"),
            ("extreme", 20.0, "H"),
        )
    ),
    # Anti-collision: warn 10 m, slow 5 m, at least 2 m
    ("crane", "clearance_m", "crane_clearance", "minor", "value", 10, "m", "D"),
    ("crane", "clearance_m", "crane_clearance", "moderate", "value", 5, "m", "D"),
    ("crane", "clearance_m", "crane_clearance", "extreme", "value", 2, "m", "S7"),
    # Hoist: warn 90 %, start blocked at or below 110 %; some cities cap 9 persons
    ("hoist", "load_pct", "hoist_load", "moderate", "value", 90, "%", "H"),
    ("hoist", "load_pct", "hoist_load", "extreme", "value", 110, "%", "H"),
    ("hoist", "persons", "hoist_persons", "severe", "value", 10, "count", "V"),
    ("hoist", "wind_ms", "hoist_wind", "moderate", "mean_2min", 13.0, "m/s", "V"),
    ("hoist", "wind_ms", "hoist_wind", "severe", "mean_2min", 20.0, "m/s", "V"),
    # National rain table, internal alert; hourly amounts are a design default
    ("rain", "rain_mm", "rain_total", "minor", "in_12h", 50, "mm", "S16"),
    ("rain", "rain_mm", "rain_total", "moderate", "in_6h", 50, "mm", "S16"),
    ("rain", "rain_mm", "rain_total", "moderate", "in_1h", 30, "mm", "D"),
    ("rain", "rain_mm", "rain_total", "severe", "in_3h", 50, "mm", "S16"),
    ("rain", "rain_mm", "rain_total", "severe", "in_1h", 50, "mm", "D"),
    ("rain", "rain_mm", "rain_total", "extreme", "in_3h", 100, "mm", "S16"),
    ("rain", "rain_mm", "rain_total", "extreme", "in_1h", 70, "mm", "D"),
    # Rate of rise on small urban streams
    ("water_level", "stage_m", "stage_rise", "moderate", "rate", 0.3, "m/h", "D"),
    ("water_level", "stage_m", "stage_rise", "severe", "rate", 0.5, "m/h", "D"),
    ("water_level", "stage_m", "stage_rise", "extreme", "rate", 1.0, "m/h", "D"),
    # Time to the warning stage at the present slope
    ("water_level", "stage_m", "stage_soon", "moderate", "to_warning", 60, "min", "D"),
    ("water_level", "stage_m", "stage_soon", "severe", "to_warning", 30, "min", "D"),
    # Ponding: 10, 15, 27, 40 cm
    ("water_level", "ponding_depth_m", "ponding", "minor", "value", 0.10, "m", "D"),
    ("water_level", "ponding_depth_m", "ponding", "moderate", "value", 0.15, "m", "H"),
    ("water_level", "ponding_depth_m", "ponding", "severe", "value", 0.27, "m", "V"),
    ("water_level", "ponding_depth_m", "ponding", "extreme", "value", 0.40, "m", "V"),
]


@pytest.mark.parametrize(
    ("kind", "quantity", "rule", "severity", "measure", "value", "unit", "confidence"), ROWS
)
def test_a_limit_has_the_number_unit_and_confidence_of_the_reference(
    kind: str,
    quantity: str,
    rule: str,
    severity: str,
    measure: str,
    value: float,
    unit: str,
    confidence: str,
) -> None:
    design = {"datum": 0.0, "warning_stage_m": 5.0} if quantity == "stage_m" else None
    found = limits(sensor(quantity, kind, design=design), rule, severity)
    assert found[measure] == Found(value, unit, confidence)


ERECTING = [("severe", 9.0), ("extreme", 12.0)]


@pytest.mark.parametrize(("severity", "value"), ERECTING)
def test_while_a_crane_is_erected_the_strictest_wind_counts(severity: str, value: float) -> None:
    crane = sensor("wind_ms", "crane", words={"crane_stage": "erecting"})
    found = limits(crane, "crane_wind_erecting", severity)["mean_2min"]
    assert found == Found(value, "m/s", "V")


RAIN_RULES = [
    ("rain_mm", "rain_total"),
    ("rain_total_mm", "rain_counter"),
    ("intensity_mm_per_h", "rain_intensity"),
]
GUANGDONG = [
    ("moderate", "in_6h", 50, "H"),
    ("severe", "in_3h", 50, "H"),
    ("extreme", "in_3h", 100, "H"),
]


@pytest.mark.parametrize(("severity", "measure", "value", "confidence"), GUANGDONG)
@pytest.mark.parametrize(("quantity", "rule"), RAIN_RULES)
def test_guangdongs_three_colours_are_a_table_of_their_own(
    quantity: str, rule: str, severity: str, measure: str, value: float, confidence: str
) -> None:
    gauge = sensor(quantity, "rain", words={"rain_table": "guangdong"})
    assert limits(gauge, rule, severity)[measure] == Found(value, "mm", confidence)
    assert limits(gauge, rule, "minor") == {}
    found = bound(gauge, rule)
    assert not [gap for gap in found.not_judged if gap.severity.word == "minor"]


@pytest.mark.parametrize(("quantity", "rule"), RAIN_RULES)
def test_a_gauge_that_reaches_an_amount_never_speaks_of_a_signal(quantity: str, rule: str) -> None:
    found = bound(sensor(quantity, "rain"), rule)
    assert "internal alert" in found.title
    assert "信号" not in found.title_zh
    assert "Guangdong" not in str([level.provenance for level in found.levels])


@pytest.mark.parametrize(("quantity", "rule"), RAIN_RULES)
def test_counter_and_intensity_have_the_same_amounts(quantity: str, rule: str) -> None:
    gauge = sensor(quantity, "rain")
    for row in ROWS:
        if row[2] == "rain_total":
            _, _, _, severity, measure, value, unit, confidence = row
            assert limits(gauge, rule, severity)[measure] == Found(value, unit, confidence)


# Formwork: rule, quantity, alarm value, unit, confidence; the warning is at 80 % of it
FORMWORK = [
    ("formwork_settlement", "settlement_mm", 8.0, "mm", "S7"),
    ("formwork_displacement", "h_displacement_mm", 12.0, "mm", "S7"),
    ("formwork_pole_tilt", "pole_tilt_deg", 0.229, "deg", "S7"),
]


@pytest.mark.parametrize(("rule", "quantity", "alarm", "unit", "confidence"), FORMWORK)
def test_formwork_alarms_at_its_value_and_warns_at_80_per_cent(
    rule: str, quantity: str, alarm: float, unit: str, confidence: str
) -> None:
    of = sensor(quantity, "formwork")
    assert wholes(of, rule)["of_limit"] == Found(alarm, unit, confidence)
    assert limits(of, rule, "minor")["of_limit"] == Found(60, "%", "D")
    assert limits(of, rule, "moderate")["of_limit"] == Found(80, "%", "S7")
    assert limits(of, rule, "severe")["of_limit"] == Found(100, "%", "S7")


def test_a_poles_force_is_held_against_its_own_design_value() -> None:
    pole = sensor("pole_force_kn", "formwork", design={"pole_design_force_kn": 28.0})
    assert wholes(pole, "formwork_pole_force")["of_limit"].value == 28.0
    bare = bound(sensor("pole_force_kn", "formwork"), "formwork_pole_force")
    assert bare.levels == ()
    assert {gap.reason for gap in bare.not_judged} == {
        "the site file gives no pole_design_force_kn"
    }


def test_signs_of_danger_are_red_at_once() -> None:
    for kind, confidence in (("pit", "S6"), ("formwork", "S7")):
        of = sensor("danger_sign", kind)
        assert limits(of, f"{kind}_danger_sign", "extreme")["value"] == Found(1, "bool", confidence)
        assert bound(of, f"{kind}_danger_sign").n == 1


# The pit's ladder: 60 % blue; 70 both or 85 one yellow; 85 both or 100 one orange; 100 both red
LADDER = [
    ("minor", {("cumulative",): (60,)}, "D"),
    ("moderate", {("cumulative", "rate"): (70, 70), ("cumulative",): (85,), ("rate",): (85,)}, "H"),
    ("severe", {("cumulative", "rate"): (85, 85), ("cumulative",): (100,), ("rate",): (100,)}, "H"),
    ("extreme", {("cumulative", "rate"): (100, 100)}, "H"),
]


@pytest.mark.parametrize(("severity", "ways", "confidence"), LADDER)
@pytest.mark.parametrize(
    ("quantity", "rule"),
    [("wall_top_h_mm", "pit_displacement"), ("gw_level_mm", "pit_groundwater")],
)
def test_the_pits_ladder(
    quantity: str,
    rule: str,
    severity: str,
    ways: dict[tuple[str, ...], tuple[float, ...]],
    confidence: str,
) -> None:
    design = {
        f"{quantity.removesuffix('_mm')}_{end}": 10.0 for end in ("limit_mm", "rate_mm_per_d")
    }
    found = bound(sensor(quantity, "pit", design=design), rule)
    entry = next(level for level in found.levels if level.severity.word == severity)
    said = {
        tuple(found.measures[at].name for at, _ in way.limits): tuple(
            limit for _, limit in way.limits
        )
        for way in entry.ways
    }
    assert said == ways
    assert {way.basis.provenance.confidence for way in entry.ways} == {confidence}
    rate = next(measure for measure in found.measures if measure.name == "rate")
    assert rate.window_s == 24 * 3600


def stage(**design: float) -> Sensor:
    return sensor("stage_m", design={"datum": 0.0, **design})


STAGES = [
    ({"patrol_stage_m": 2.0, "warning_stage_m": 3.0}, "minor", 2.0),
    ({"warning_stage_m": 3.0}, "minor", 2.5),
    ({"warning_stage_m": 3.0}, "moderate", 3.0),
    ({"guaranteed_stage_m": 4.0}, "severe", 4.0),
    ({"record_stage_m": 5.0}, "extreme", 5.001),
]


@pytest.mark.parametrize(("design", "severity", "value"), STAGES)
def test_reference_stages_of_a_river_have_their_colours(
    design: dict[str, float], severity: str, value: float
) -> None:
    assert limits(stage(**design), "stage", severity)["value"].value == pytest.approx(value)


RESERVOIR = [
    ("flood_limit_stage_m", "minor"),
    ("normal_stage_m", "moderate"),
    ("design_flood_stage_m", "severe"),
    ("check_flood_stage_m", "extreme"),
]


@pytest.mark.parametrize(("name", "severity"), RESERVOIR)
def test_reference_stages_of_a_reservoir_have_their_order(name: str, severity: str) -> None:
    assert limits(stage(**{name: 42.5}), "reservoir_stage", severity)["value"].value == 42.5


# What a project says of itself wins: design value, its number, kind, quantity, rule, severity
OWN = [
    ("wind_stop_ms", 9.5, "crane", "wind_ms", "crane_wind", "severe"),
    ("clearance_min_m", 3.0, "crane", "clearance_m", "crane_clearance", "extreme"),
    ("close_depth_m", 0.2, "water_level", "ponding_depth_m", "ponding", "severe"),
    ("rise_1h_severe_m", 0.7, "water_level", "stage_m", "stage_rise", "severe"),
]


@pytest.mark.parametrize(("name", "value", "kind", "quantity", "rule", "severity"), OWN)
def test_a_projects_own_value_wins(
    name: str, value: float, kind: str, quantity: str, rule: str, severity: str
) -> None:
    of = sensor(quantity, kind, design={name: value})
    assert value in {found.value for found in limits(of, rule, severity).values()}
