"""Zones: a loaded hook over a no-lift zone, and any part of a crane in a no-entry zone."""

from pathlib import Path

import pytest

from tests.unit.alerting.joints.yard import (
    PER_M_EAST,
    crane,
    firing,
    judge_of,
    outputs,
    registry,
    run,
    stands,
)

PER_M_NORTH = 1.0 / 110_745.0


def zone(name: str, kind: str, west_m: float, east_m: float, extra: str = "") -> str:
    """A strip 20 m wide, from south to north 10 m each way of the crane's parallel."""
    corners = [(west_m, -10.0), (east_m, -10.0), (east_m, 10.0), (west_m, 10.0)]
    listed = ", ".join(
        f"{{lat: {23.2 + north * PER_M_NORTH:.8f}, lon: {113.2 + east * PER_M_EAST:.8f}}}"
        for east, north in corners
    )
    return f"\n  - {{id: {name}, kind: {kind}, polygon: [{listed}]{extra}}}"


ROAD = "zones:" + zone("road", "no_lift", 20.0, 40.0)
LINE = "zones:" + zone("line", "no_entry", 45.0, 47.0, ", top_m: 60")


def test_a_load_over_the_zone_alerts_and_its_distance_was_told_before(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0), zones=ROAD))
    changes = run(judge, [stands(0, "A", 90.0, radius_m=12.0)])
    assert outputs(judge, "no_lift_m", "A", "road")[0] == pytest.approx(8.0, abs=0.05)
    assert firing(changes) == {}
    changes = run(judge, [stands(1, "A", 90.0, radius_m=16.0)], first_seq=2)
    assert firing(changes) == {"road/crane_no_lift_zone": "minor"}
    changes = run(judge, [stands(2, "A", 90.0, radius_m=26.0)], first_seq=3)
    assert outputs(judge, "no_lift_m", "A", "road")[2] == pytest.approx(-6.0, abs=0.05)
    assert firing(changes) == {"road/crane_no_lift_zone": "severe"}


def test_an_empty_hook_may_be_there(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0), zones=ROAD))
    assert run(judge, [stands(0, "A", 90.0, radius_m=30.0, load_t=0.1)]) == []


def test_the_jib_in_a_no_entry_zone_is_red_whatever_hangs_there(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0), zones=LINE))
    changes = run(judge, [stands(0, "A", 90.0, radius_m=10.0, load_t=0.0)])
    assert outputs(judge, "no_entry_m", "A", "line")[0] <= 0.0
    assert firing(changes) == {"line/crane_no_entry_zone": "extreme"}


def test_over_the_top_of_a_no_entry_zone_only_the_hook_counts(tmp_path: Path) -> None:
    """The jib's foot is at 70 m, 10 m over the zone's top; a hook at 56 m is in it."""
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 60.0), zones=LINE))
    entries = [stands(0, "A", 90.0, radius_m=46.0, hook_m=55.0)]
    run(judge, entries)
    assert outputs(judge, "no_entry_m", "A", "line")[0] == pytest.approx(5.0, abs=0.05)
    changes = run(judge, [stands(1, "A", 90.0, radius_m=46.0, hook_m=46.0)], first_seq=2)
    assert firing(changes) == {"line/crane_no_entry_zone": "extreme"}


def test_a_zone_out_of_reach_has_no_sensor_and_one_that_cannot_be_judged_says_why(
    tmp_path: Path,
) -> None:
    far = "zones:" + zone("far", "no_lift", 90.0, 95.0)
    known = registry(tmp_path, crane("A", 0.0, 40.0), zones=far)
    assert not any(sensor.key.point for sensor in known.sensors())
    known = registry(tmp_path, crane("A", 0.0, 40.0, "slew_deg radius_m hook_height_m"), zones=ROAD)
    device = known.device("site", "A")
    assert device is not None
    assert device.missing["road/no_lift_m"] == "A has no load_t"
