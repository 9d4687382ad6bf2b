"""Site files: what is resolved from them, and every fault of every file with its line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors.calibrate import calibrated
from sensors.catalogue import KINDS
from sensors.document import Fault
from sensors.model import Position, SensorKey
from sensors.site import Bounds, FutureRule, Registry, SiteKind, load_registry

Load = Callable[..., tuple[Registry, list[Fault]]]

HEAD = """\
site:
  id: north-pit
  name: North pit
  position: {lat: 23.2, lon: 113.3}
  kind: pit
  district: 白云区
  street: 嘉禾街道
  village: 禾望社区
"""
DEVICE = """\
devices:
  - id: PIT-1
    kind: pit
    every: 10m
    sensors:
      - {quantity: wall_top_h_mm, point: WT1}
"""


def told(faults: list[Fault]) -> list[str]:
    return [str(fault).rpartition("/")[2] if not fault.line else _short(fault) for fault in faults]


def _short(fault: Fault) -> str:
    text = str(fault)
    return text[text.index(Path(fault.file).name) :]


# --- what a sound file becomes ---

FULL = """\
site:
  id: creek
  name: Creek
  zh: 白禾涌
  position: {lat: 23.2, lon: 113.3}
  kind: river
  district: 白云区
  street: 嘉禾街道
  village: 禾望社区
  clock: {future: restamp, not_before: 2020-06-01}
  design: {warning_stage_m: 6.0, guaranteed_stage_m: 7.0}
devices:
  - id: WL-01
    kind: water_level
    position: {lat: 23.21, lon: 113.31}
    every: 1m
    design: {warning_stage_m: 6.5, x_flap_gate_m: 3}
    sensors:
      - quantity: stage_m
        unit: cm
        calibration: {scale: 2.0, offset: 0.1, at: 2026-01-01, source: levelling}
        range: [-2, 20]
        typical: [0, 9]
        every: 5m
        position: {lat: 23.22, lon: 113.32}
        design: {guaranteed_stage_m: 7.5}
      - {quantity: battery_v}
"""


def test_a_sensor_has_everything_resolved(load: Load) -> None:
    registry, faults = load(FULL)
    assert faults == []
    sensor = registry.sensor(SensorKey("creek", "WL-01", "", "stage_m"))
    assert sensor is not None
    assert (sensor.kind, sensor.unit, sensor.sent_unit) == ("water_level", "m", "cm")
    assert (sensor.scale, sensor.offset) == (0.02, 0.1)
    assert (sensor.low, sensor.high, sensor.suspect_low, sensor.suspect_high) == (-2, 20, 0, 9)
    assert sensor.every == timedelta(minutes=5)
    assert sensor.position == Position(23.22, 113.32)
    assert sensor.design == {
        "warning_stage_m": 6.5,
        "guaranteed_stage_m": 7.5,
        "x_flap_gate_m": 3.0,
    }


def test_what_a_sensor_does_not_say_it_takes_from_device_site_and_catalogue(load: Load) -> None:
    registry, _ = load(FULL)
    sensor = registry.sensor(SensorKey("creek", "WL-01", "", "battery_v"))
    assert sensor is not None
    assert (sensor.scale, sensor.offset, sensor.unit) == (1.0, 0.0, "V")
    assert (sensor.low, sensor.suspect_low, sensor.suspect_high, sensor.high) == (0, 0, 60, 60)
    assert sensor.every == timedelta(minutes=1)
    assert sensor.position == Position(23.21, 113.31)
    assert sensor.design["guaranteed_stage_m"] == 7.0
    assert hash(sensor)


RADAR = """\
devices:
  - id: WL-9
    kind: water_level
    every: 5m
    sensors:
      - {quantity: stage_m, unit: mm, calibration: {scale: -1.0, offset: 12.35}}
      - {quantity: battery_v}
"""


def test_a_probe_that_sends_its_distance_gives_a_stage(load: Load) -> None:
    registry, faults = load(HEAD + RADAR)
    assert not faults
    probe = registry.sensor(SensorKey("north-pit", "WL-9", "", "stage_m"))
    assert probe is not None
    assert calibrated(8120.0, probe) == pytest.approx(12.35 - 8.12)
    assert probe.beside == {"battery_v"}


def test_the_registry_looks_up_sites_devices_and_points(load: Load) -> None:
    registry, _ = load(FULL, HEAD + DEVICE)
    assert list(registry.sites) == ["creek", "north-pit"]
    site = registry.sites["creek"]
    assert (site.kind, site.zh, site.address) == (SiteKind.RIVER, "白禾涌", "")
    assert site.clock.future is FutureRule.RESTAMP
    assert site.clock.not_before == datetime(2020, 6, 1, tzinfo=UTC)
    device = registry.device("north-pit", "PIT-1")
    assert device is not None
    assert (device.name, device.position) == ("PIT-1", Position(23.2, 113.3))
    assert device.points["WT1"]["wall_top_h_mm"] is device.sensors[0]
    assert registry.device("north-pit", "WL-01") is None
    assert registry.sensor(SensorKey("north-pit", "PIT-1", "", "wall_top_h_mm")) is None
    assert (registry.n_devices, registry.n_sensors) == (2, 3)
    assert {device.id for device in registry.devices()} == {"WL-01", "PIT-1"}
    assert len(list(registry.sensors())) == 3


def test_a_site_without_a_clock_block_quarantines_and_believes_from_2000(load: Load) -> None:
    clock = load(HEAD + DEVICE)[0].sites["north-pit"].clock
    assert (clock.future, clock.not_before.year) == (FutureRule.QUARANTINE, 2000)


def test_the_design_tightens_what_is_believable(load: Load) -> None:
    crane = HEAD.replace("kind: pit", "kind: building") + (
        "devices:\n  - id: TC-01\n    kind: crane\n    every: 5s\n    design: {max_load_t: 6}\n"
        "    sensors: [{quantity: load_t}]\n"
    )
    river = FULL.replace("        typical: [0, 9]\n", "").replace(
        "design: {guaranteed_stage_m: 7.5}", "design: {record_stage_m: 8.0, bed_level_m: 2.0}"
    )
    registry, faults = load(crane, river)
    assert faults == []
    load_t = registry.sensor(SensorKey("north-pit", "TC-01", "", "load_t"))
    stage = registry.sensor(SensorKey("creek", "WL-01", "", "stage_m"))
    assert load_t is not None
    assert stage is not None
    assert (load_t.low, load_t.high) == (-0.5, 9.0)
    assert (stage.suspect_low, stage.suspect_high) == (2.0, 9.0)


# --- the fingerprint ---


def test_the_fingerprint_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    def fingerprint(name: str, **files: str) -> str:
        folder = tmp_path / name / "sites"
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
        return load_registry(tmp_path / name)[0].fingerprint

    first = fingerprint("one", a=FULL, b=HEAD + DEVICE)
    assert fingerprint("two", b="# a remark\n" + FULL, a=HEAD + DEVICE) == first
    swapped = FULL.replace(
        "warning_stage_m: 6.5, x_flap_gate_m: 3", "x_flap_gate_m: 3, warning_stage_m: 6.5"
    )
    assert fingerprint("five", a=swapped, b=HEAD + DEVICE) == first
    assert fingerprint("three", a=FULL.replace("6.5", "6.6"), b=HEAD + DEVICE) != first
    assert fingerprint("four", a=FULL) != first


# --- faults of one file ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            "s1.yaml:1: the file is empty; allowed: stages, neighbours, underpasses, couplings",
        ),
        (HEAD, "s1.yaml:1: 'devices' is missing; allowed: the devices of the site; add `devices:`"),
        (DEVICE, "s1.yaml:1: 'site' is missing; allowed: the block that names the site"),
        (
            HEAD + "devices: []\n",
            "s1.yaml:9: devices: has 0 entries; allowed: at least 1",
        ),
        ("site:\n" + DEVICE, "s1.yaml:1: 'site' is empty; allowed: id, name, zh, position, kind"),
        (HEAD + "devices:\n  -\n", "s1.yaml:10: entry 1 is empty; allowed: id, kind, name"),
        (HEAD + "devices:\n  - PIT-1\n", "s1.yaml:10: 'PIT-1' is not a block of keys; allowed:"),
        (
            HEAD + DEVICE + "sensors: []\n",
            "s1.yaml:15: unknown key 'sensors'; allowed: stages, neighbours, underpasses",
        ),
        (
            HEAD.replace("id: north-pit", "id: north/pit") + DEVICE,
            "s1.yaml:2: id: 'north/pit' cannot be part of an MQTT topic here; "
            "allowed: 1 to 64 of A-Z a-z 0-9 _ . - and first a letter or digit",
        ),
        (
            HEAD.replace("id: north-pit", "id: 'gate#'") + DEVICE,
            "s1.yaml:2: id: 'gate#' cannot be",
        ),
        (HEAD.replace("kind: pit", "kind: pti") + DEVICE, "s1.yaml:5: kind: 'pti' is not one of"),
        (HEAD.replace("kind: pit", "kind: pti") + DEVICE, "did you mean 'pit'?"),
        (HEAD.replace("lat: 23.2", "lat: north") + DEVICE, "s1.yaml:4: lat: 'north' is not a num"),
        (HEAD.replace("lat: 23.2", "lat: 91") + DEVICE, "s1.yaml:4: lat: 91 is out of range"),
        (HEAD.replace("lon: 113.3", "lon: -181") + DEVICE, "s1.yaml:4: lon: -181 is out of range"),
        (
            HEAD.replace("lat: 23.2, lon: 113.3", "lat: 113.3, lon: 23.2") + DEVICE,
            "s1.yaml:4: position: lat 113.3 and lon 23.2 look swapped; "
            "allowed: lat -90 to 90, lon -180 to 180; swap them",
        ),
        (HEAD.replace("  street: 嘉禾街道\n", "") + DEVICE, "s1.yaml:1: 'street' is missing"),
        (HEAD + "  clock: {future: guess}\n" + DEVICE, "s1.yaml:9: future: 'guess' is not one of"),
        (
            HEAD + "  clock:\n    not_before: 1970-01-01\n" + DEVICE,
            "s1.yaml:10: not_before: 1970-01-01 is no use",
        ),
        (
            HEAD + "  design:\n    pit_dept_m: 12\n" + DEVICE,
            "s1.yaml:10: design: unknown design value 'pit_dept_m'; allowed: pit_depth_m, ",
        ),
        (
            HEAD + "  design:\n    pit_depth_m: -12\n" + DEVICE,
            "s1.yaml:10: pit_depth_m -12 cannot be: excavation depth H; allowed: 0.5 to 100 m",
        ),
        (HEAD + "  design: {pit_depth_m: .nan}\n" + DEVICE, "s1.yaml:9: pit_depth_m: nan is not"),
        (HEAD + "  design: {pit_depth_m: deep}\n" + DEVICE, "s1.yaml:9: pit_depth_m: 'deep' is n"),
        (HEAD + "  design: {x_mine: .inf}\n" + DEVICE, "s1.yaml:9: x_mine: inf is not a finite"),
        (
            HEAD + "  design: {warning_stage_m: 7, guaranteed_stage_m: 6}\n" + DEVICE,
            "s1.yaml:9: warning_stage_m 7 lies above guaranteed_stage_m 6",
        ),
        (
            HEAD + DEVICE.replace("every: 10m", "every: 10"),
            "s1.yaml:12: every: 10 has no unit of time",
        ),
        (HEAD + DEVICE.replace("every: 10m", "every: 0s"), "s1.yaml:12: every: '0s' is out of ra"),
        (HEAD + DEVICE.replace("    every: 10m\n", ""), "s1.yaml:10: 'every' is missing"),
        (
            HEAD + DEVICE.replace("kind: pit", "kind: cran"),
            "s1.yaml:11: kind: 'cran' is not a kind of device; allowed: crane, hoist, pit,",
        ),
        (
            HEAD + DEVICE + "      - {quantity: wall_top_h, point: WT2}\n",
            "s1.yaml:15: 'wall_top_h' is not a quantity of kind pit; allowed: wall_top_h_mm,",
        ),
        (
            HEAD + DEVICE + "      - {quantity: moment_pct}\n",
            "s1.yaml:15: 'moment_pct' is not a quantity of kind pit",
        ),
        (
            HEAD + DEVICE + "      - {quantity: strut_force_kn, unit: mm}\n",
            "s1.yaml:15: unit 'mm' cannot be turned into kN for strut_force_kn; allowed: kN, N, t",
        ),
        (
            HEAD + DEVICE + "      - quantity: heave_mm\n        range: [-1, 5000]\n",
            "s1.yaml:16: range [-1, 5000] is wider than heave_mm can be; "
            "allowed: within [-1000, 1000] mm",
        ),
        (
            HEAD + DEVICE + "      - quantity: heave_mm\n        range: [5, 5]\n",
            "s1.yaml:16: range: [5, 5] is empty; allowed: [low, high] with low below high",
        ),
        (HEAD + DEVICE + "      - {quantity: heave_mm, range: [5]}\n", "s1.yaml:15: "),
        (
            HEAD
            + DEVICE
            + "      - quantity: heave_mm\n        range: [0, 9]\n        typical: [0, 10]\n",
            "s1.yaml:17: typical [0, 10] reaches outside the gross range; allowed: within [0, 9]",
        ),
        (
            HEAD + DEVICE + "      - {quantity: temperature_degc, range: [70, 80]}\n",
            "s1.yaml:15: no value of temperature_degc would pass",
        ),
        (
            HEAD + DEVICE + "      - {quantity: heave_mm, calibration: {scale: 0}}\n",
            "s1.yaml:15: scale: 0 would turn every value into the same one; allowed: a number but",
        ),
        (
            HEAD + DEVICE + "      - {quantity: heave_mm, calibration: {ofset: 1}}\n",
            "s1.yaml:15: unknown key 'ofset'; allowed: scale, offset, at, source; "
            "did you mean 'offset'?",
        ),
        (
            HEAD + DEVICE + "      - {quantity: wall_top_h_mm, point: WT1}\n",
            "s1.yaml:15: sensor 'WT1/wall_top_h_mm' already exists on line 14; give each point",
        ),
        (
            HEAD + DEVICE + "      - {quantity: deep_h_mm, point: 'CX1 7m'}\n",
            "s1.yaml:15: point: 'CX1 7m' cannot be part of an MQTT topic here",
        ),
        (
            HEAD + DEVICE + DEVICE.removeprefix("devices:\n"),
            "s1.yaml:15: device 'PIT-1' already exists on line 10; change its id",
        ),
    ],
)
def test_a_fault_in_a_site_file_is_told_with_its_line(load: Load, text: str, expected: str) -> None:
    _, faults = load(text)
    assert any(expected in line for line in told(faults)), told(faults)
    assert not any(fault.is_warning for fault in faults)


def test_all_faults_of_all_files_are_told_at_once(load: Load) -> None:
    text = (
        HEAD.replace("kind: pit", "kind: hole").replace("name: North pit", "nam: North pit")
        + "devices:\n"
        + "  - id: 'PIT 1'\n    kind: pit\n    sensors:\n"
        + "      - {quantity: wall_top}\n      - {quantity: heave_mm, unit: t}\n"
        + "  - id: PIT-2\n    kind: hole\n    every: 1m\n    design: {pit_depth_m: 0}\n"
        + "    sensors:\n      - {quantity: heave_mm, calibration: {scale: no}}\n"
    )
    registry, faults = load(text, "site: [\n", HEAD + DEVICE)
    lines = [line.split(": ")[0] for line in told(faults)]
    assert lines == [
        "s1.yaml:1",
        "s1.yaml:3",
        "s1.yaml:5",
        "s1.yaml:10",
        "s1.yaml:10",
        "s1.yaml:13",
        "s1.yaml:14",
        "s1.yaml:16",
        "s1.yaml:20",
        "s2.yaml:2",
    ]
    assert list(registry.sites) == ["north-pit"]


def test_a_site_id_used_by_two_files_is_a_fault_in_the_second(load: Load) -> None:
    registry, faults = load(HEAD + DEVICE, "# other\n" + HEAD + DEVICE)
    (fault,) = told(faults)
    assert fault.startswith("s2.yaml:3: site 'north-pit' already exists in ")
    assert fault.endswith("/s1.yaml:2; give each site its own id")
    assert registry.n_devices == 1


# --- warnings ---


def test_a_position_far_from_its_site_is_only_a_warning(load: Load) -> None:
    far = DEVICE.replace("every: 10m", "every: 10m\n    position: {lat: 32.2, lon: 113.3}")
    registry, faults = load(HEAD + far)
    assert told(faults) == [
        "s1.yaml:13: warning: the position is 1001 km from what it belongs to; "
        "allowed: usually within 50 km"
    ]
    assert faults[0].is_warning
    assert registry.n_sensors == 1


def test_a_site_outside_its_district_is_only_a_warning(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "s1.yaml").write_text(HEAD + DEVICE, encoding="utf-8")
    inside = {"白云区": Bounds(23.1, 113.1, 23.5, 113.6)}
    outside = {"白云区": Bounds(23.3, 113.1, 23.5, 113.6)}
    assert load_registry(tmp_path, bounds=inside)[1] == []
    registry, faults = load_registry(tmp_path, bounds=outside)
    assert told(faults) == [
        "s1.yaml:4: warning: the position lies outside the district 白云区; "
        "allowed: lat 23.3 to 23.5, lon 113.1 to 113.6"
    ]
    assert faults[0].is_warning
    assert list(registry.sites) == ["north-pit"]


# --- the folder ---


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    registry, (fault,) = load_registry(tmp_path / "nowhere")
    assert str(fault) == (
        f"{tmp_path}/nowhere/sites: the folder of site files does not exist; "
        "write one YAML file per site there, or copy one of examples/baiyun/sites"
    )
    assert registry.n_sensors == 0


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "notes.txt").write_text("no site")
    _, (fault,) = load_registry(tmp_path)
    assert "there is no site file in this folder" in str(fault)


def test_both_spellings_of_the_suffix_are_read(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "a.yml").write_text(HEAD + DEVICE, encoding="utf-8")
    assert load_registry(tmp_path)[0].n_sensors == 1


# --- nothing a person can write makes it crash ---

_WORDS = st.sampled_from(
    ["north-pit", "pit", "10m", "wall_top_h_mm", "stage_m", "mm", "", "WT1", "crane", "白云区"]
)
_KEYS = st.sampled_from(
    [
        *("site", "devices", "id", "name", "kind", "position", "lat", "lon", "district", "street"),
        *("village", "clock", "future", "not_before", "design", "pit_depth_m", "every", "sensors"),
        *("quantity", "point", "unit", "calibration", "scale", "offset", "range", "typical"),
        *("x_a", "nonsense"),
    ]
)
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.just(10**400) | st.text()
)
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=25,
)
_SOUND = yaml.safe_load(HEAD + DEVICE)


def _paths(tree: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    branches = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    return [at, *(path for key, value in branches for path in _paths(value, (*at, key)))]


@st.composite
def _damaged(draw: st.DrawFn) -> object:
    """A sound site file in which one part was replaced by anything."""
    path = draw(st.sampled_from(_paths(_SOUND)))
    replacement = draw(_TREES)
    if not path:
        return replacement
    tree = yaml.safe_load(HEAD + DEVICE)
    parent = tree
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = replacement
    return tree


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=_TREES | _damaged())
def test_no_tree_makes_the_loading_fail(load: Load, tree: object) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    registry, faults = load(text)
    last = text.count("\n") + 1
    for fault in faults:
        assert 1 <= fault.line <= last
        assert "\n" not in str(fault)
    if not faults:
        assert registry.n_sensors >= 1
        for sensor in registry.sensors():
            assert sensor.key.quantity in KINDS[sensor.kind].quantities
            assert sensor.low <= sensor.suspect_low < sensor.suspect_high <= sensor.high
