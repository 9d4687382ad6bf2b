"""What is wrong with a rail in a site file is said with file and line."""

from pathlib import Path

import pytest

from sensors.site import load_registry
from tests.unit.alerting.joints.yard import on_rail, registry

FAULTS = {
    "an azimuth alone": (
        "rail_azimuth_deg: 90",
        "rail_azimuth_deg is given without travel_min_m and travel_max_m; allowed:"
        " rail_azimuth_deg, travel_min_m, travel_max_m: all three",
    ),
    "no azimuth": (
        "travel_min_m: 0, travel_max_m: 80",
        "travel_min_m is given without rail_azimuth_deg",
    ),
    "one end": (
        "rail_azimuth_deg: 90, travel_max_m: 80",
        "rail_azimuth_deg is given without travel_min_m",
    ),
    "an undercarriage that does not travel": (
        "undercarriage_m: 7",
        "undercarriage_m is given without rail_azimuth_deg and travel_min_m and travel_max_m",
    ),
    "ends the wrong way round": (
        "rail_azimuth_deg: 90, travel_min_m: 80, travel_max_m: 0",
        "travel_max_m 0 is not above travel_min_m 80; allowed: above 80 m; give the travel_m that",
    ),
    "an azimuth that cannot be": (
        "rail_azimuth_deg: 900, travel_min_m: 0, travel_max_m: 80",
        "rail_azimuth_deg 900 cannot be",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_rail_that_cannot_be_is_a_fault(tmp_path: Path, case: str) -> None:
    rail, what = FAULTS[case]
    (tmp_path / "sites").mkdir()
    good = "rail_azimuth_deg: 90, travel_min_m: 0, travel_max_m: 100"
    registry(tmp_path, on_rail("LOW", 0.0, 40.0))
    file = tmp_path / "sites" / "site.yaml"
    text = file.read_text(encoding="utf-8")
    line = next(n for n, each in enumerate(text.splitlines(), 1) if good in each)
    file.write_text(text.replace(good, rail), encoding="utf-8")
    _, faults = load_registry(tmp_path)
    (fault,) = [str(each) for each in faults]
    assert f"site.yaml:{line}: {what}" in fault
