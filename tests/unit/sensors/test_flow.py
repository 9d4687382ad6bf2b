"""The flow of a gauge with a rating curve: derived, suspect beyond its gaugings, or not at all."""

from pathlib import Path

import pytest

from sensors.model import Qc
from tests.unit.sensors.test_derive import made, taken

CURVE = (
    "rating: {segments: ["
    "{from_m: 0.5, to_m: 2.0, c: 10.0, h0_m: 0.5, b: 1.5},"
    " {from_m: 2.0, to_m: 6.0, c: 12.0, h0_m: 0.8, b: 1.7}],"
    " gaugings: 24, highest_gauging_m: 4.0, dated: 2025-11-03, source: survey HX-7 (fictitious)}"
)


@pytest.mark.parametrize(
    ("stage_m", "flow_m3s", "flag"),
    [
        (1.5, 10.0, None),
        (2.0, 12.0 * 1.2**1.7, None),  # the upper segment from its lower end on
        (4.0, 12.0 * 3.2**1.7, None),
        (4.1, 12.0 * 3.3**1.7, Qc.SUSPECT),  # no gauging reached so far
        (5.5, 12.0 * 4.7**1.7, Qc.SUSPECT),
    ],
)
def test_a_stage_gives_a_flow(
    tmp_path: Path, stage_m: float, flow_m3s: float, flag: Qc | None
) -> None:
    registry, faults = made(tmp_path, "stage_m", kind="water_level", extra=CURVE)
    assert faults == []
    report = taken(registry, f'"stage_m": {stage_m}')
    assert report.values["flow_m3s"] == pytest.approx(flow_m3s)
    assert report.qc.get("flow_m3s") == flag


SPANS = [  # the report is of 2026-06-01
    ("valid_from: 2026-06-01, valid_until: 2026-06-01", None),
    ("valid_from: 2026-06-02", Qc.SUSPECT),
    ("valid_until: 2026-05-31", Qc.SUSPECT),
    ("valid_from: 2026-05-01", None),
]


@pytest.mark.parametrize(("span", "flag"), SPANS)
def test_a_flow_outside_the_days_of_its_curve_is_suspect(
    tmp_path: Path, span: str, flag: Qc | None
) -> None:
    extra = CURVE.replace("rating: {", f"rating: {{{span}, ")
    registry, faults = made(tmp_path, "stage_m", kind="water_level", extra=extra)
    assert faults == []
    report = taken(registry, '"stage_m": 1.5')
    assert report.values["flow_m3s"] == pytest.approx(10.0)
    assert report.qc.get("flow_m3s") == flag
    says = registry.sites["site"].devices[0].points[""]["flow_m3s"].derived
    assert "suspect outside it" in says
    assert span.split(": ")[-1] in says


@pytest.mark.parametrize("stage_m", [0.4, 5.7])  # below the curve; over 1.5 times the gaugings
def test_a_stage_off_the_curve_gives_none(tmp_path: Path, stage_m: float) -> None:
    registry, _ = made(tmp_path, "stage_m", kind="water_level", extra=CURVE)
    assert "flow_m3s" not in taken(registry, f'"stage_m": {stage_m}').values


def test_the_sensor_says_what_its_flow_stands_on(tmp_path: Path) -> None:
    registry, _ = made(tmp_path, "stage_m", kind="water_level", extra=CURVE)
    sensor = registry.sites["site"].devices[0].points[""]["flow_m3s"]
    assert sensor.derived == (
        "rating curve of 2025-11-03 (survey HX-7 (fictitious)), 24 gaugings up to 4 m;"
        " suspect above"
    )


def test_a_measured_flow_comes_first(tmp_path: Path) -> None:
    registry, _ = made(tmp_path, "stage_m flow_m3s", kind="water_level", extra=CURVE)
    report = taken(registry, '"stage_m": 1.5, "flow_m3s": 9.1')
    assert report.values["flow_m3s"] == 9.1


def test_where_the_tide_moves_the_stage_there_is_no_flow_and_it_says_why(tmp_path: Path) -> None:
    extra = CURVE + "\n    design: {tidal: 1}"
    registry, _ = made(tmp_path, "stage_m", kind="water_level", extra=extra)
    device = registry.sites["site"].devices[0]
    assert "flow_m3s" not in device.points[""]
    assert "many flows" in device.missing["flow_m3s"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from_m: 2.0", "from_m: 2.5", "the segments leave 2 m to 2.5 m open or overlap"),
        ("to_m: 2.0", "to_m: 0.4", "the segment from 0.5 m must end above its start"),
        ("c: 12.0", "c: 2.0", "the flow falls where the segments meet, at 2 m"),
        ("highest_gauging_m: 4.0", "highest_gauging_m: 0.5", "lies below the curve"),
        (
            "gaugings: 24",
            "valid_from: 2026-01-02, valid_until: 2026-01-01, gaugings: 24",
            "ends on",
        ),
        ("gaugings: 24", "gaugings: 0", "gaugings: 0 is out of range; allowed: at least 1"),
        ("b: 1.5", "b: 0.1", "b: 0.1 is out of range; allowed: at least 0.5"),
    ],
)
def test_a_curve_that_cannot_be_used_is_a_fault_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    _, faults = made(tmp_path, "stage_m", kind="water_level", extra=CURVE.replace(old, new))
    assert len(faults) == 1
    assert said in faults[0]
    assert "site.yaml:8" in faults[0]


def test_only_a_gauge_has_a_curve(tmp_path: Path) -> None:
    _, faults = made(tmp_path, "load_t", kind="crane", extra=CURVE)
    assert "a crane has no rating curve" in faults[0]
