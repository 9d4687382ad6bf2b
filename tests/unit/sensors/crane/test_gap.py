"""Cranes put up with too little room above one another are warned of by `check`."""

from pathlib import Path

import pytest

from groundwatch.district import load_district
from sensors.virtual.crane_gap import Gap, gap_between
from tests.unit.alerting.joints.yard import crane, on_rail, registry
from tests.unit.sensors.crane.test_geometry import tower

# How far apart, how high the jib feet are; what is left between them (the cathead is 6 m high).
CASES = {
    "over the cathead with 2 m": (40.0, 58.0, 50.0, Gap(2.0, "cathead")),
    "over the cathead with 1 m": (40.0, 57.0, 50.0, Gap(1.0, "cathead")),
    "into the mast": (40.0, 52.0, 50.0, Gap(-4.0, "cathead")),
    "jib over jib with 4 m": (80.0, 54.0, 50.0, Gap(4.0, "jib")),
    "at one height": (80.0, 50.0, 50.0, Gap(0.0, "jib")),
    "too far apart to come above one another": (101.0, 50.0, 50.0, None),
}


@pytest.mark.parametrize("case", CASES)
def test_room_above_one_another(case: str) -> None:
    apart_m, high_m, low_m, gap = CASES[case]
    assert gap_between(tower(apart_m, 0.0, high_m), tower(0.0, 0.0, low_m)) == gap


def warned(folder: Path, east_m: float, mast_m: float) -> tuple[str, ...]:
    registry(folder, crane("LOW", 0.0, 40.0), crane("TALL", east_m, mast_m))
    return load_district(folder).warnings


def test_two_metres_are_enough(tmp_path: Path) -> None:
    assert warned(tmp_path, 40.0, 48.0) == ()


def test_less_is_said_with_file_and_line_and_what_is_asked(tmp_path: Path) -> None:
    (line,) = warned(tmp_path, 40.0, 47.0)
    assert "site.yaml:" in line
    assert "the jib of TALL comes over LOW, 1.0 m above the top of its cathead" in line
    assert "at least 2 m (GB 5144 10.5" in line


def test_a_jib_that_runs_into_the_other_mast_is_said(tmp_path: Path) -> None:
    (line,) = warned(tmp_path, 40.0, 41.0)
    assert "5.0 m below the top of its cathead" in line


def test_cranes_that_cannot_meet_are_not_warned_of(tmp_path: Path) -> None:
    assert warned(tmp_path, 140.0, 40.0) == ()


def test_a_crane_that_can_travel_under_another_jib_is_warned_of(tmp_path: Path) -> None:
    registry(tmp_path, on_rail("LOW", 0.0, 40.0), crane("TALL", 150.0, 47.0))
    (line,) = load_district(tmp_path).warnings
    assert "the jib of TALL comes over LOW, 1.0 m above the top of its cathead" in line
