"""What is derived from one report: shares of the load chart, tilt, signs; and why it cannot be."""

from pathlib import Path

import pytest

from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.model import Qc, Report, SensorKey
from sensors.registry import Registry
from sensors.site import load_registry
from tests.builders import at

CHART = """
model: QTZ-T
source: synthetic
charts:
  - {jib_m: 56, reeving: 4, points: [[13.7, 6.00], [15, 5.46], [20, 4.04], [25, 3.19],
     [30, 2.62], [35, 2.21], [40, 1.91], [45, 1.67], [50, 1.48], [56, 1.30]]}
  - {jib_m: 56, reeving: 2, points: [[26.5, 3.00], [30, 2.62], [40, 1.91], [56, 1.30]]}
"""
SITE = """
site: {{id: site, name: Site, position: {{lat: 23.2, lon: 113.2}}, kind: building,
  district: D, street: S, village: V}}
devices:
  - id: D-01
    kind: {kind}
    every: 1s
    {extra}
    sensors: [{sensors}]
"""
ON_CHART = "chart: {model: QTZ-T, jib_m: 56}"


def made(
    folder: Path, sensors: str, *, kind: str = "crane", extra: str = ON_CHART
) -> tuple[Registry, list[str]]:
    for name in ("sites", "charts"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "charts" / "qtz.yaml").write_text(CHART, encoding="utf-8")
    listed = ", ".join(f"{{quantity: {name}}}" for name in sensors.split())
    text = SITE.format(kind=kind, extra=extra, sensors=listed)
    (folder / "sites" / "site.yaml").write_text(text, encoding="utf-8")
    registry, faults = load_registry(folder)
    return registry, [str(fault) for fault in faults]


def taken(registry: Registry, readings: str) -> Report:
    payload = f'{{"at": {int(at(0).timestamp() * 1000)}, "readings": {{{readings}}}}}'
    message = RawMessage("gw/1/site/D-01/telemetry", payload.encode(), at(1))
    decoded = Intake(registry).decode([message])
    assert decoded.rejects == []
    (report,) = decoded.reports
    return report


LOADS = {
    "half of what may be lifted at 20 m": (20.0, 2.02, 4, 4.04, 50.0),
    "inside the break radius": (5.0, 3.0, 4, 6.0, 50.0),
    "midway between two points, over 1/R": (25.0, 3.19, 4, 3.19, 100.0),
    "two falls": (30.0, 1.31, 2, 2.62, 50.0),
    "beyond the chart with a load": (56.1, 0.5, 4, 0.0, 300.0),
    "beyond the chart with an empty hook": (56.1, 0.2, 4, 0.0, 0.0),
}


@pytest.mark.parametrize("case", LOADS)
def test_the_load_is_held_against_the_chart(tmp_path: Path, case: str) -> None:
    radius_m, load_t, reeving, rated_t, pct = LOADS[case]
    registry, faults = made(tmp_path, "load_t radius_m reeving")
    assert faults == []
    readings = f'"load_t": {load_t}, "radius_m": {radius_m}, "reeving": {reeving}'
    values = taken(registry, readings).values
    assert values["chart_load_t"] == pytest.approx(rated_t)
    assert values["chart_pct"] == pytest.approx(pct)


def test_the_cranes_own_per_cent_is_kept_and_compared(tmp_path: Path) -> None:
    extra = f"{ON_CHART}\n    design: {{reeving: 4, rated_moment_t_m: 82.2}}"
    registry, faults = made(tmp_path, "load_t radius_m moment_pct", extra=extra)
    assert faults == []
    values = taken(registry, '"load_t": 2.02, "radius_m": 20, "moment_pct": 62').values
    assert values["moment_pct"] == 62.0
    assert values["limiter_gap_pct"] == pytest.approx(12.0)
    assert values["nameplate_pct"] == pytest.approx(100 * 2.02 * 20 / 82.2)


def test_the_quality_is_that_of_the_worst_input(tmp_path: Path) -> None:
    extra = f"{ON_CHART}\n    design: {{reeving: 4, max_load_t: 6}}"
    registry, _ = made(tmp_path, "load_t radius_m tilt_x_deg tilt_y_deg", extra=extra)
    readings = '"load_t": 9.5, "radius_m": 20, "tilt_x_deg": 6, "tilt_y_deg": 0'
    report = taken(registry, readings)
    assert report.qc["load_t"] == report.qc["chart_pct"] == Qc.FAIL
    assert report.qc["tilt_deg"] == Qc.SUSPECT
    assert "chart_load_t" not in report.qc


def test_without_an_input_there_is_no_value(tmp_path: Path) -> None:
    registry, _ = made(tmp_path, "load_t radius_m reeving")
    assert "chart_pct" not in taken(registry, '"load_t": 2, "reeving": 4').values
    values = taken(registry, '"load_t": 2, "radius_m": 20, "reeving": 3').values
    assert "chart_load_t" not in values


MISSING = {
    "no chart": ("load_t radius_m reeving", "", "chart_load_t", "gives no `chart`"),
    "no radius": ("load_t reeving", ON_CHART, "chart_load_t", "the crane has no radius_m"),
    "no reeving": ("load_t radius_m", ON_CHART, "chart_load_t", "neither measured nor given"),
    "no load": ("radius_m reeving", ON_CHART, "chart_pct", "the crane has no load_t"),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_cannot_be_derived_says_why(tmp_path: Path, case: str) -> None:
    sensors, extra, quantity, words = MISSING[case]
    registry, _ = made(tmp_path, sensors, extra=extra)
    device = registry.device("site", "D-01")
    assert device is not None
    assert words in device.missing[quantity]
    assert quantity not in device.points[""]


def test_a_chart_that_is_not_there_is_a_fault_with_its_line(tmp_path: Path) -> None:
    _, faults = made(tmp_path, "load_t", extra="chart: {model: QTZ-T, jib_m: 50}")
    (fault,) = faults
    assert "site.yaml:8: no load chart of 'QTZ-T' with a jib of 50 m" in fault
    assert "QTZ-T with 56 m" in fault


def test_a_sender_cannot_send_what_is_derived(tmp_path: Path) -> None:
    registry, _ = made(tmp_path, "load_t radius_m reeving")
    payload = b'{"at": "2026-06-01T00:00:00Z", "readings": {"chart_pct": 1}}'
    decoded = Intake(registry).decode([RawMessage("gw/1/site/D-01/telemetry", payload, at(1))])
    assert decoded.reports == []
    assert len(decoded.rejects) == 1


TILTS = {  # traps of 0.3: 2, 3 and 4 permille in degrees
    "2 permille": (0.1146, 2.0),
    "3 permille": (0.1719, 3.0),
    "4 permille": (0.2292, 4.0),
}


@pytest.mark.parametrize("case", TILTS)
def test_tilt_without_load_is_told_in_permille(tmp_path: Path, case: str) -> None:
    degrees, permille = TILTS[case]
    registry, _ = made(tmp_path, "load_t tilt_x_deg tilt_y_deg", extra="")
    empty = taken(registry, f'"load_t": 0.1, "tilt_x_deg": 0, "tilt_y_deg": {-degrees}').values
    assert empty["unloaded_tilt_permille"] == pytest.approx(permille, abs=0.005)
    loaded = taken(registry, f'"load_t": 2, "tilt_x_deg": 0, "tilt_y_deg": {degrees}').values
    assert "unloaded_tilt_permille" not in loaded
    assert loaded["tilt_deg"] == pytest.approx(degrees)


@pytest.mark.parametrize(("sensor_m", "limit"), [(30.0, 2.0), (60.0, 4.0)])
def test_the_limit_of_tilt_depends_on_the_height_of_the_sensor_and_the_top_tie(
    tmp_path: Path, sensor_m: float, limit: float
) -> None:
    extra = f"design: {{tie_height_m: 45, tilt_height_m: {sensor_m}}}"
    registry, _ = made(tmp_path, "load_t tilt_x_deg tilt_y_deg", extra=extra)
    found = registry.sensor(SensorKey("site", "D-01", "", "unloaded_tilt_permille"))
    assert found is not None
    assert found.design["tilt_limit_permille"] == limit
    assert not found.is_steady


SIGNS = {
    "nobody logged in while lifting (S9 code 71)": (
        *("crane", "load_t operator_code", '"load_t": 2, "operator_code": 255'),
        *("unmanned_lift", 1.0),
    ),
    "nobody logged in at rest": (
        *("crane", "load_t operator_code", '"load_t": 0.2, "operator_code": 255'),
        *("unmanned_lift", 0.0),
    ),
    "lifting, where the device does not say so": (
        *("crane", "load_t", '"load_t": 1', "lift_state", 1.0),
    ),
    "an empty hook": ("crane", "load_t", '"load_t": 0.25', "lift_state", 0.0),
    "collision, moment and area bits 2, 3, 10": (
        *("crane", "limit_bits", '"limit_bits": 1036', "device_alarms", 3.0),
    ),
    "a limit switch is no alarm": (
        *("crane", "limit_bits", f'"limit_bits": {1 << 13}', "device_alarms", 0.0),
    ),
    "hoist, door open while it moves": (
        *("hoist", "door_open speed_ms", '"door_open": 1, "speed_ms": -0.6', "door_moving", 1.0),
    ),
    "hoist, door open at a stop": (
        *("hoist", "door_open speed_ms", '"door_open": 1, "speed_ms": 0.02', "door_moving", 0.0),
    ),
    "platform weight alarm, bit 1": (
        *("platform", "warning_bits", '"warning_bits": 2', "device_alarms", 1.0),
    ),
    "platform weight warning, bit 0": (
        *("platform", "warning_bits", '"warning_bits": 1', "device_alarms", 0.0),
    ),
}


@pytest.mark.parametrize("case", SIGNS)
def test_signs(tmp_path: Path, case: str) -> None:
    kind, sensors, readings, quantity, value = SIGNS[case]
    registry, _ = made(tmp_path, sensors, kind=kind, extra="")
    assert taken(registry, readings).values[quantity] == value


def test_a_hoists_load_is_told_in_per_cent_where_it_does_not_say_so(tmp_path: Path) -> None:
    registry, _ = made(tmp_path, "load_t", kind="hoist", extra="design: {rated_load_t: 2.0}")
    assert taken(registry, '"load_t": 1.8').values["load_pct"] == pytest.approx(90.0)
