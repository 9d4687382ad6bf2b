"""The example district: it loads without a fault and holds what the scenarios need."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import sensors
from sensors.model import SensorKey
from sensors.site import Bounds, FutureRule, Registry, load_registry

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"
BOUNDS = {"白云区": Bounds(23.13, 113.14, 23.44, 113.52)}


@pytest.fixture(scope="module")
def district() -> Registry:
    registry, faults = load_registry(EXAMPLE, bounds=BOUNDS)
    assert [str(fault) for fault in faults] == []
    return registry


def test_it_is_as_large_as_its_readme_says(district: Registry) -> None:
    n_measured = sum(1 for sensor in district.sensors() if not sensor.derived)
    said = f"{len(district.sites)} sites, {district.n_devices} devices, {n_measured} sens"
    assert said in (EXAMPLE / "README.md").read_text(encoding="utf-8")
    assert district.n_devices >= 44
    assert district.n_sensors >= 220
    assert {device.kind for device in district.devices()} == {
        *("crane", "hoist", "pit", "formwork", "rain", "water_level")
    }


def test_every_site_is_named_in_its_readme_and_says_that_it_is_fictitious(
    district: Registry,
) -> None:
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    for site in district.sites:
        assert f"`{site}`" in readme
        text = (EXAMPLE / "sites" / f"{site}.yaml").read_text(encoding="utf-8")
        header = text.partition("\nsite:")[0]
        assert "fictitious" in header
        assert "approximate" in header


def test_it_has_what_the_storm_scenario_needs(district: Registry) -> None:
    for key in (
        SensorKey("baihe-creek", "WL-01", "", "stage_m"),
        SensorKey("baihe-creek", "WL-02", "", "stage_m"),
        SensorKey("baiyun-underpasses", "UP-01", "", "ponding_depth_m"),
        SensorKey("huanghe-tower", "TC-03", "", "wind_ms"),
        SensorKey("huanghe-tower", "TC-03", "", "moment_pct"),
        SensorKey("jiahe-pit", "PIT-W1", "WT1", "wall_top_h_mm"),
        SensorKey("jiahe-pit", "PIT-CX3", "CX3-7.5m", "deep_h_mm"),
    ):
        assert district.sensor(key) is not None, str(key)
    rain = [sensor for sensor in district.sensors() if sensor.key.quantity == "rain_mm"]
    assert len(rain) >= 6


def test_one_gauge_has_no_datum_and_the_others_have_their_stages(district: Registry) -> None:
    stages = {
        str(sensor.key): set(sensor.design)
        for sensor in district.sensors()
        if sensor.key.quantity == "stage_m"
    }
    bare = [name for name, design in stages.items() if "datum" not in design]
    assert bare == ["baihe-creek/WL-03/stage_m"]
    for name, design in stages.items():
        if name not in bare:
            assert {"warning_stage_m", "guaranteed_stage_m", "record_stage_m"} <= design, name


def test_it_shows_calibration_other_units_and_a_restamped_clock(district: Registry) -> None:
    assert district.sites["yunxi-tower"].clock.future is FutureRule.RESTAMP
    converted = [sensor for sensor in district.sensors() if sensor.sent_unit != sensor.unit]
    calibrated = [sensor for sensor in district.sensors() if sensor.offset != 0.0]
    assert len(converted) >= 4
    assert len(calibrated) >= 4


@pytest.mark.parametrize(
    "module", [module.name for module in pkgutil.iter_modules(sensors.__path__, "sensors.")]
)
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
