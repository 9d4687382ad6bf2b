"""Scenario files: what they mean, and how mistakes in them are told."""

from pathlib import Path

import pytest

from firmware_sim.errors import Misuse
from firmware_sim.library import staged
from firmware_sim.scenario import Scenario, load_scenario
from firmware_sim.site import DeviceSpec, SensorSpec

ROOT = Path(__file__).parents[3]
BUILT_IN = sorted((ROOT / "firmware_sim" / "scenarios").glob("*.yaml"))

TEXT = """\
name: small
description: one gauge dies
seed: 3
duration: 1h
start: 2026-07-01T08:00:00+08:00
events:
  - {at: 10m, do: river_rise, target: creek/WL-1, over_warning_m: 0.5, rise: 20m}
  - {at: 20m, do: die, target: creek/WL-1}
  - {at: 5m, do: rain_storm, peak_mm_per_h: 50}
labels:
  - {hazard: river_flood, target: "creek/*", kind: water_level, severity: severe, from: 15m,
     by: 20m}
allowed:
  - {hazard: rainstorm, target: creek}
quiet:
  - {target: creek, kind: rain}
"""

FLEET = [
    DeviceSpec(
        site="creek", id="WL-1", kind="water_level", every_s=60, sensors=(SensorSpec("stage_m"),)
    ),
    DeviceSpec(site="creek", id="RG-1", kind="rain", every_s=60, sensors=(SensorSpec("rain_mm"),)),
]


def load(folder: Path, text: str = TEXT) -> Scenario:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def test_durations_targets_and_defaults_are_understood(tmp_path: Path) -> None:
    script = load(tmp_path)
    assert (script.duration_s, script.seed, script.speed) == (3600.0, 3, 1.0)
    assert script.start is not None
    assert script.start.isoformat() == "2026-07-01T00:00:00+00:00"
    rise, death, rain = script.events
    assert (rise.at_s, rise.params) == (600.0, {"over_warning_m": 0.5, "rise": 1200.0})
    assert death.touches("creek", "WL-1", "")
    assert not death.touches("creek", "WL-2")
    assert (rain.target, rain.params["hold"]) == ("*", 3600.0)


def test_a_label_is_expanded_to_the_devices_of_its_target_and_kind(tmp_path: Path) -> None:
    script = load(tmp_path)
    assert [d.name for _, d in script.expand(script.choose(FLEET))] == ["creek/WL-1"]
    label, _ = script.expand(FLEET)[0]
    assert (label.from_s, label.by_s, label.until_s) == (900.0, 1200.0, 3600.0)


def test_scopes_cover_by_hazard_and_kind(tmp_path: Path) -> None:
    script = load(tmp_path)
    gauge, rain = FLEET
    assert script.allowed[0].covers("rainstorm", rain)
    assert not script.allowed[0].covers("river_flood", gauge)
    assert script.quiet[0].covers("sensor_silent", rain)
    assert not script.quiet[0].covers("sensor_silent", gauge)


@pytest.mark.parametrize(
    ("find", "put", "expected"),
    [
        ("do: die", "do: dye", "small.yaml:8: unknown event `dye`; allowed are rain_storm, wind"),
        ("at: 20m, ", "", "small.yaml:8: `at` is missing; write it like 90s, 20m or 3h"),
        ("duration: 1h", "duration: 1 hour", "small.yaml:4: duration: `1 hour` is not a duration"),
        (
            "rise: 20m",
            "raise: 20m",
            "small.yaml:7: unknown key `raise`; allowed are at, do, target",
        ),
        (
            "peak_mm_per_h: 50",
            "peak_mm_per_h: 5000",
            "small.yaml:9: peak_mm_per_h: 5000 is outside",
        ),
        (
            "over_warning_m: 0.5",
            "over_warning_m: much",
            "small.yaml:7: over_warning_m: `much` is not",
        ),
        ("severity: severe", "severity: orange", "unknown severity `orange`; allowed are minor"),
        (
            "hazard: river_flood",
            "hazard: flood",
            "unknown hazard `flood`; allowed are crane_overload",
        ),
        ("by: 20m", "by: 10m", "small.yaml:11: `from`, `by` and `until` must follow each other"),
        ("kind: rain", "kind: snow", "small.yaml:16: unknown kind `snow`; allowed are crane"),
        ("+08:00", "", "small.yaml:5: start: "),
        ("target: creek/WL-1}", "x: 1}", "small.yaml:8: `die` needs a target"),
        ("name: small", "nom: small", "small.yaml:1: unknown key `nom`; allowed are name"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, find: str, put: str, expected: str
) -> None:
    assert find in TEXT
    with pytest.raises(Misuse) as caught:
        load(tmp_path, TEXT.replace(find, put, 1))
    assert any(expected in fault for fault in caught.value.faults), caught.value.faults


def test_targets_the_sites_do_not_have_are_refused(tmp_path: Path) -> None:
    script = load(tmp_path, TEXT.replace("creek/WL-1}", "creek/WL-9}"))
    with pytest.raises(Misuse, match=r"event `die` on `creek/WL-9` matches no device"):
        script.choose(FLEET)


def test_an_event_on_the_wrong_kind_of_device_is_refused(tmp_path: Path) -> None:
    script = load(tmp_path, TEXT.replace("target: creek/WL-1, over", "target: creek/RG-1, over"))
    with pytest.raises(Misuse, match="event `river_rise` on `creek/RG-1` matches no device"):
        script.choose(FLEET)


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_the_built_in_scenarios_fit_the_sites_they_name(path: Path) -> None:
    stage = staged(load_scenario(path))
    assert stage.script.name == path.stem
    assert stage.devices
    assert len(stage.script.description) > 20
    assert stage.script.labels or stage.script.quiet or stage.script.allowed


def test_numbers_of_nature_may_be_a_scenarios_own(tmp_path: Path) -> None:
    own = TEXT.replace("events:", "nature: {pit.strut_kn_per_k: 30}\nevents:")
    assert load(tmp_path, own).nature == {"pit.strut_kn_per_k": 30.0}
    with pytest.raises(Misuse, match=r"unknown key `pit\.strut`; allowed are wind\.length_m"):
        load(tmp_path, own.replace("pit.strut_kn_per_k", "pit.strut"))


def test_a_fault_of_values_may_name_one_quantity(tmp_path: Path) -> None:
    gap = "{at: 20m, do: gap, target: creek/WL-1, quantity: stage_m}"
    script = load(tmp_path, TEXT.replace("{at: 20m, do: die, target: creek/WL-1}", gap))
    assert script.events[1].quantity == "stage_m"
    with pytest.raises(Misuse, match="unknown key `quantity`; allowed are at, do, target"):
        load(tmp_path, TEXT.replace("do: die, target: creek/WL-1", "do: die, quantity: x"))
