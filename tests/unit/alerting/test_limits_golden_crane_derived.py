"""Limits on what is derived for cranes, hoists and platforms (A4-A10): reached, and just short."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from alerting.model import Severity
from tests.builders import judge, report, sensor

MINOR, MODERATE, SEVERE, EXTREME = Severity


@dataclass(frozen=True)
class Cell:
    """Holding `value` for `count` seconds reaches `level` of `rule`; `short` reaches less."""

    kind: str
    quantity: str
    rule: str
    value: float
    level: Severity
    short: float
    count: int = 3
    every_s: float = 1.0
    design: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}-{self.value}-{self.level.word}"


FREE, TIED = {"tilt_limit_permille": 4.0}, {"tilt_limit_permille": 2.0}
CHART = ("crane", "chart_pct", "crane_chart_load")
TILT = ("crane", "unloaded_tilt_permille", "crane_unloaded_tilt")
SPEED = ("hoist", "speed_ms", "hoist_speed")
PLATFORM = ("platform", "load_pct", "platform_load")
DAYS = ("hoist", "antifall_calibration_days", "hoist_antifall")
TRAVEL_END = ("crane", "travel_m", "crane_travel_end")
TRAVEL_START = ("crane", "travel_m", "crane_travel_start")
HELD = ("crane", "held_jib_ms", "crane_jib_held")
RAIL = {"rail_azimuth_deg": 90.0, "travel_min_m": 0.0, "travel_max_m": 100.0}
CELLS = [
    Cell(*CHART, 80, MINOR, 79.9),
    Cell(*CHART, 90, MODERATE, 89.9),
    Cell(*CHART, 100, SEVERE, 99.9),
    Cell(*CHART, 110, EXTREME, 109.9),
    Cell("crane", "limiter_gap_pct", "crane_limiter_gap", -10, MINOR, -9.9, count=70),
    Cell("crane", "limiter_gap_pct", "crane_limiter_gap", 20, MODERATE, 19.9, count=70),
    Cell(*TILT, 3.0, MODERATE, 2.99, count=700, design=FREE),
    Cell(*TILT, 4.0, SEVERE, 3.99, count=700, design=FREE),
    Cell(*TILT, 1.5, MODERATE, 1.49, count=700, design=TIED),
    Cell(*TILT, 2.0, SEVERE, 1.99, count=700, design=TIED),
    Cell("crane", "tilt_deg", "crane_sway", 0.77, SEVERE, 0.76, count=20),
    Cell("crane", "tilt_rate_deg_per_s", "crane_overturn_rate", 0.2, EXTREME, 0.199),
    Cell("crane", "leaning_load_pct", "crane_overturn_load", 110, EXTREME, 109.9),
    Cell("crane", "rebound_deg", "crane_overturn_rebound", 0.2, EXTREME, 0.199),
    Cell(
        *("crane", "tilt_rate_deg_per_s", "crane_overturn_rate", 0.3, EXTREME, 0.29),
        design={"overturn_rate_deg_per_s": 0.3},
    ),
    Cell("crane", "clearance_m", "crane_clearance", 10, MINOR, 10.1, count=1),
    Cell("crane", "clearance_m", "crane_clearance", 5, MODERATE, 5.1, count=1),
    Cell("crane", "clearance_m", "crane_clearance", 2, EXTREME, 2.1, count=1),
    Cell("crane", "contact_s", "crane_contact", 10, MINOR, 10.1, count=1),
    Cell("crane", "contact_s", "crane_contact", 5, MODERATE, 5.1, count=1),
    Cell("crane", "no_lift_m", "crane_no_lift_zone", 5, MINOR, 5.1, count=1),
    Cell("crane", "no_lift_m", "crane_no_lift_zone", 0, SEVERE, 0.1, count=1),
    Cell("crane", "no_entry_m", "crane_no_entry_zone", 0, EXTREME, 0.1, count=1),
    Cell(*TRAVEL_END, 99.0, MODERATE, 98.9, design=RAIL),
    Cell(*TRAVEL_END, 100.0, SEVERE, 99.9, design=RAIL),
    Cell(*TRAVEL_END, 100.5, EXTREME, 100.4, design=RAIL),
    Cell(*TRAVEL_START, 1.0, MODERATE, 1.1, design=RAIL),
    Cell(*TRAVEL_START, 0.0, SEVERE, 0.1, design=RAIL),
    Cell(*TRAVEL_START, -0.5, EXTREME, -0.4, design=RAIL),
    Cell(*HELD, 13.9, MODERATE, 13.8, count=8, every_s=60.0),
    Cell(*HELD, 17.2, SEVERE, 17.1, count=8, every_s=60.0),
    Cell(*HELD, 20.0, EXTREME, 19.9, count=8, every_s=60.0),
    Cell("crane", "unmanned_lift", "crane_unmanned", 1, MODERATE, 0),
    Cell("crane", "device_alarms", "crane_own_alarms", 1, MODERATE, 0),
    Cell(*SPEED, 1.2, SEVERE, 1.19, design={"rated_speed_ms": 1.0}),
    Cell(*SPEED, -1.4, EXTREME, -1.39, design={"rated_speed_ms": 1.0}),
    Cell("hoist", "door_moving", "hoist_door", 1, EXTREME, 0),
    Cell("hoist", "height_m", "hoist_top", 99.5, SEVERE, 99.4, design={"max_height_m": 99.0}),
    Cell("hoist", "height_m", "hoist_bottom", -0.5, SEVERE, -0.4),
    Cell("hoist", "device_alarms", "hoist_own_alarms", 1, MODERATE, 0),
    Cell(*DAYS, 30, MINOR, 30.1, count=1),
    Cell(*DAYS, 7, MODERATE, 7.1, count=1),
    Cell(*DAYS, 0, SEVERE, 0.1, count=1),
    Cell(*PLATFORM, 90, MODERATE, 89.9),
    Cell(*PLATFORM, 100, SEVERE, 99.9),
    Cell(*PLATFORM, 110, EXTREME, 109.9),
    Cell(
        *("platform", "tilt_deg", "platform_tilt", 2.0, SEVERE, 1.99),
        design={"platform_tilt_limit_deg": 2.0},
    ),
    Cell("platform", "device_alarms", "platform_own_alarms", 1, MODERATE, 0),
]


def reached(cell: Cell, value: float) -> int:
    here = judge(sensor(cell.quantity, cell.kind, every_s=cell.every_s, design=dict(cell.design)))
    highest = 0
    for number in range(cell.count):
        entry = report(cell.every_s * number, {cell.quantity: value}, kind=cell.kind)
        for change in here.take([entry], number + 1, entry.received_at):
            if change.alert.rule_id == cell.rule:
                highest = max(highest, int(change.alert.severity))
    return highest


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_at_the_limit_the_level_is_reached_and_just_short_it_is_not(cell: Cell) -> None:
    assert reached(cell, cell.value) == cell.level
    assert reached(cell, cell.short) < cell.level


def test_a_hoists_speed_without_its_rated_speed_is_not_judged() -> None:
    assert reached(Cell(*SPEED, 5.0, SEVERE, 0.0), 5.0) == 0


def test_one_reading_far_off_does_not_doubt_the_limiter_for_a_minute() -> None:
    gap = sensor("limiter_gap_pct", "crane", every_s=10.0)
    values = [0.5] * 12 + [75.0] + [0.5] * 12
    here = judge(gap)
    changes = []
    for n, value in enumerate(values):
        entry = report(10.0 * n, {"limiter_gap_pct": value}, kind="crane")
        changes += here.take([entry], n + 1, entry.received_at)
    assert changes == []
