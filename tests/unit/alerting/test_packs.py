"""The built-in rule packs, cell by cell: at the limit the colour is reached, just short it is not.

The numbers are those of the project's colour scale (crane, pit, formwork, rain, stage, ponding).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alerting.judge import Judge
from alerting.model import Severity
from alerting.rules import PACK_FOLDER, load_packs
from sensors.catalogue import KINDS
from sensors.design import DESIGN
from tests.builders import judge, report, sensor

MINOR, MODERATE, SEVERE, EXTREME = Severity


@dataclass(frozen=True)
class Cell:
    """Holding `value` for `count` readings `every_s` apart reaches `level` of `rule`."""

    kind: str
    quantity: str
    rule: str
    value: float
    level: Severity
    short: float
    count: int = 2
    every_s: float = 1.0
    design: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}-{self.value}-{self.level.word}"


STAGES = {"datum": 0.0, "warning_stage_m": 3.0, "guaranteed_stage_m": 4.0, "record_stage_m": 5.0}
FORCE = {
    "strut_capacity_kn": 1000.0,
    "anchor_capacity_kn": 1000.0,
    "pole_design_force_kn": 100.0,
    "safety_grade": 1.0,
}
WALL = {"wall_top_h_limit_mm": 30.0}
SHIFT = {"gw_level_limit_mm": 1000.0}


def rain(value: float, level: Severity, hours: float, short: float) -> Cell:
    """So much rain spread evenly over so many hours of one-minute bins."""
    count = int(hours * 60)
    return Cell("rain", "rain_mm", "rain_total", value / count, level, short / count, count, 60.0)


CELLS = [
    Cell("crane", "moment_pct", "crane_moment", 80, MINOR, 79.9),
    Cell("crane", "moment_pct", "crane_moment", 90, MODERATE, 89.9),
    Cell("crane", "moment_pct", "crane_moment", 100, SEVERE, 99.9),
    Cell("crane", "moment_pct", "crane_moment", 110, EXTREME, 109.9),
    Cell("crane", "wind_ms", "crane_wind", 8.0, MINOR, 7.9, 130),
    Cell("crane", "wind_ms", "crane_wind", 10.8, MODERATE, 10.7, 130),
    Cell("crane", "wind_ms", "crane_wind", 12.0, SEVERE, 11.9, 130),
    Cell("crane", "wind_ms", "crane_wind", 20.0, EXTREME, 19.9, 130),
    Cell("crane", "clearance_m", "crane_clearance", 10, MINOR, 10.1, 1),
    Cell("crane", "clearance_m", "crane_clearance", 5, MODERATE, 5.1, 1),
    Cell("crane", "clearance_m", "crane_clearance", 2, EXTREME, 2.1, 1),
    Cell("hoist", "load_pct", "hoist_load", 90, MODERATE, 89.9),
    Cell("hoist", "load_pct", "hoist_load", 100, SEVERE, 99.9),
    Cell("hoist", "load_pct", "hoist_load", 110, EXTREME, 109.9),
    Cell("hoist", "wind_ms", "hoist_wind", 20.0, SEVERE, 19.9, 130),
    Cell("camera", "persons", "no_entry_zone", 1, MODERATE, 0, 1, 60, {"persons_allowed": 0.0}),
    Cell("camera", "persons", "no_entry_zone", 4, MODERATE, 3, 1, 60, {"persons_allowed": 3.0}),
    Cell("camera", "persons", "no_entry_zone", 3, SEVERE, 2, 1, 60, {"persons_allowed": 0.0}),
    Cell("camera", "vehicle_depth_m", "vehicle_in_water", 0.15, SEVERE, 0.149, 1, 60),
    Cell("camera", "vehicle_depth_m", "vehicle_in_water", 0.27, EXTREME, 0.269, 1, 60),
    Cell("pit", "wall_top_h_mm", "pit_displacement", 18.0, MINOR, 17.9, 2, 600, WALL),
    Cell("pit", "wall_top_h_mm", "pit_displacement", -18.0, MINOR, -17.9, 2, 600, WALL),
    Cell("pit", "wall_top_h_mm", "pit_displacement", 25.5, MODERATE, 25.4, 2, 600, WALL),
    Cell("pit", "wall_top_h_mm", "pit_displacement", 30.0, SEVERE, 29.9, 2, 600, WALL),
    Cell("pit", "gw_level_mm", "pit_groundwater", -1000.0, SEVERE, -999.0, 2, 600, SHIFT),
    Cell("pit", "strut_force_kn", "pit_strut", 510, MODERATE, 509, 2, 600, FORCE),
    Cell("pit", "anchor_force_kn", "pit_anchor", 510, MODERATE, 509, 2, 600, FORCE),
    Cell("pit", "strut_force_kn", "pit_strut", 600, SEVERE, 599, 2, 600, FORCE),
    Cell("pit", "strut_force_kn", "pit_strut", 1000, EXTREME, 999, 2, 600, FORCE),
    Cell("pit", "anchor_force_kn", "pit_anchor", 600, SEVERE, 599, 2, 600, FORCE),
    Cell("pit", "danger_sign", "pit_danger_sign", 1, EXTREME, 0, 1),
    Cell("formwork", "settlement_mm", "formwork_settlement", 6.4, MODERATE, 6.39, 30, 5),
    Cell("formwork", "settlement_mm", "formwork_settlement", 8.0, SEVERE, 7.99, 30, 5),
    Cell("formwork", "h_displacement_mm", "formwork_displacement", 9.6, MODERATE, 9.59, 30, 5),
    Cell("formwork", "h_displacement_mm", "formwork_displacement", -12.0, SEVERE, -11.9, 30, 5),
    Cell("formwork", "pole_tilt_deg", "formwork_pole_tilt", 0.229, SEVERE, 0.228, 30, 5),
    Cell("formwork", "pole_force_kn", "formwork_pole_force", 80, MODERATE, 79, 30, 5, FORCE),
    Cell("formwork", "pole_force_kn", "formwork_pole_force", 100, SEVERE, 99, 30, 5, FORCE),
    rain(50, MINOR, 12, 49.9),
    rain(30.01, MODERATE, 1, 29.9),
    rain(50.01, MODERATE, 6, 49.9),
    rain(50.01, SEVERE, 1, 49.9),
    rain(50.01, SEVERE, 3, 49.9),
    rain(70.01, EXTREME, 1, 69.9),
    rain(100.01, EXTREME, 3, 99.9),
    Cell("water_level", "stage_m", "stage", 2.5, MINOR, 2.49, 2, 300, STAGES),
    Cell("water_level", "stage_m", "stage", 3.0, MODERATE, 2.99, 2, 300, STAGES),
    Cell("water_level", "stage_m", "stage", 4.0, SEVERE, 3.99, 2, 300, STAGES),
    Cell("water_level", "stage_m", "stage", 5.001, EXTREME, 5.0, 2, 300, STAGES),
    Cell("water_level", "ponding_depth_m", "ponding", 0.10, MINOR, 0.099, 2, 60),
    Cell("water_level", "ponding_depth_m", "ponding", 0.15, MODERATE, 0.149, 2, 60),
    Cell("water_level", "ponding_depth_m", "ponding", 0.27, SEVERE, 0.269, 2, 60),
    Cell("water_level", "ponding_depth_m", "ponding", 0.40, EXTREME, 0.399, 2, 60),
]


def level_after(cell: Cell, value: float, count: int) -> int:
    """Hold a value for some readings and give the level the rule then stands at."""
    gauge = sensor(cell.quantity, cell.kind, every_s=cell.every_s, design=cell.design)
    judged = judge(gauge)
    feed(judged, cell, value, count)
    return standing(judged, cell)


def feed(judged: Judge, cell: Cell, value: float, count: int, start_s: float = 0.0) -> None:
    for number in range(count):
        entry = report(
            start_s + cell.every_s * number, {cell.quantity: value}, kind=cell.kind, delay_s=0.1
        )
        judged.take([entry], int(start_s) + number + 1, entry.received_at)


def standing(judged: Judge, cell: Cell) -> int:
    watch = judged.find(sensor(cell.quantity, cell.kind).key)
    assert watch is not None
    track = next(track for track in watch.tracks if track.rule.id == cell.rule)
    return track.newest.level


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_limit_reaches_its_colour_and_just_short_of_it_does_not(cell: Cell) -> None:
    assert level_after(cell, cell.value, cell.count) == cell.level
    assert level_after(cell, cell.short, cell.count) < cell.level


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.count == 2], ids=str)
def test_one_reading_is_not_enough_where_two_are_asked_for(cell: Cell) -> None:
    assert level_after(cell, cell.value, 1) < cell.level


def test_one_pit_reading_of_one_and_a_half_times_the_limit_is_enough() -> None:
    cell = Cell("pit", "wall_top_h_mm", "pit_displacement", 45.0, SEVERE, 44.9, 1, 600, WALL)
    assert level_after(cell, 45.0, 1) == SEVERE
    for value in (
        27.0,
        33.0,
        44.9,
    ):  # 1.5 times a lower rung of the ladder is not 1.5 times the limit
        assert level_after(cell, value, 1) == 0


def test_cumulative_and_rate_together_reach_red() -> None:
    design = {"wall_top_h_limit_mm": 30.0, "wall_top_h_rate_mm_per_d": 3.0}
    cell = Cell("pit", "wall_top_h_mm", "pit_displacement", 0.0, EXTREME, 0.0, 2, 600, design)
    judged = judge(sensor("wall_top_h_mm", "pit", every_s=600, design=design))
    for number in range(200):  # 4 mm a day, past 30 mm
        value = 26.0 + 4.0 * number / 144
        entry = report(600.0 * number, {"wall_top_h_mm": value}, kind="pit")
        judged.take([entry], number + 1, entry.received_at)
    assert standing(judged, cell) == EXTREME


def test_formwork_past_its_alarm_value_and_still_rising_is_red() -> None:
    cell = Cell("formwork", "settlement_mm", "formwork_settlement", 0, EXTREME, 0, 2, 5)
    judged = judge(sensor("settlement_mm", "formwork", every_s=5))
    for number in range(40):
        entry = report(5.0 * number, {"settlement_mm": 6.0 + 0.06 * number}, kind="formwork")
        judged.take([entry], number + 1, entry.received_at)
    assert standing(judged, cell) == EXTREME


def test_a_fast_rise_of_a_stream_is_red_within_the_hour() -> None:
    cell = Cell("water_level", "stage_m", "stage_rise", 0, EXTREME, 0, 2, 300)
    judged = judge(sensor("stage_m", every_s=300))
    for number in range(12):
        entry = report(300.0 * number, {"stage_m": 1.0 + 0.11 * number})
        judged.take([entry], number + 1, entry.received_at)
    assert standing(judged, cell) == EXTREME


def test_a_pit_without_design_values_is_not_judged_and_says_why() -> None:
    judged = judge(sensor("wall_top_h_mm", "pit"))
    watch = judged.find(sensor("wall_top_h_mm", "pit").key)
    assert watch is not None
    # What is the same on every pit (velocity, forecasts) is judged; what needs a limit is not.
    assert {track.rule.id for track in watch.tracks} == {
        *("pit_velocity", "pit_forecast", "pit_forecast_fast"),
    }


def test_every_level_has_a_source_and_every_design_name_is_known() -> None:
    packs, faults = load_packs(PACK_FOLDER)
    assert not faults
    assert set(packs) >= {"crane", "hoist", "pit", "formwork", "rain", "water_level"}
    for pack in (pack for kind in packs.values() for pack in kind):
        for rule in pack.spec.rules:
            for level in rule.levels.values():
                assert len(level.source) > 5
            text = rule.model_dump_json()
            for quantity in rule.quantities:
                stem = quantity.rpartition("_")[0]
                for name in _design_names(text, stem):
                    assert name in DESIGN, f"{pack.file}: {rule.id} refers to {name}"


def _design_names(text: str, stem: str) -> list[str]:
    parts = text.split('"design":"')[1:]
    return [part.split('"', 1)[0].replace("{stem}", stem) for part in parts]


# What is changed in the pack, to what, and what the fault in that line says.
FAULTY = [
    ("kind: crane", "kind: krane", "krane"),
    ("quantities: [moment_pct]", "quantities: [moment]", "has no quantity 'moment'"),
    ("{value: 80}", "{valeu: 80}", "no measure 'valeu'"),
    ("{of: mean, window: 2m,", "{of: mean,", "needs a `window`"),
    ("{of: gust, window: 2m, over: 3s,", "{of: gust, window: 2m,", "needs a `over`"),
    ('unit: "%", baseline: rated', "unit: t, baseline: rated", "is in %, not in t"),
    ("unit: m, baseline", "unit: mm, baseline", "clearance_m is in m, not in mm"),
    ("baseline: calm air at the cathead", "x: 1", "baseline"),
    ("design: wind_stop_ms", "design: jib_length_m", "is in m, mean_2min in m/s"),
    ("design: wind_stop_ms", "design: wind_stop", "no design value 'wind_stop'"),
    ("confidence: S7}", "confidence: X}", "confidence"),
    ("lateness: 60s", "lateness: 60", "60"),
]


@pytest.mark.parametrize(("before", "after", "said"), FAULTY)
def test_a_fault_in_a_pack_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = (PACK_FOLDER / "crane.yaml").read_text()
    place = f"crane.yaml:{text[: text.index(before)].count(chr(10)) + 1}"
    (tmp_path / "crane.yaml").write_text(text.replace(before, after, 1))
    _, faults = load_packs(tmp_path)
    shown = [str(fault) for fault in faults]
    assert any(place in line and said in line for line in shown), shown


def test_every_ruled_quantity_is_in_the_catalogue() -> None:
    packs, _ = load_packs(PACK_FOLDER)
    for pack in (pack for kind in packs.values() for pack in kind):
        known = KINDS[pack.spec.kind].quantities
        assert all(quantity in known for rule in pack.spec.rules for quantity in rule.quantities)
