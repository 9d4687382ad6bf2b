"""Stages, couplings and neighbours in site files, and every mistake in them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sensors.document import Fault
from sensors.model import SensorKey
from sensors.site import Registry

Load = Callable[..., tuple[Registry, list[Fault]]]

RAIN = """\
site: {id: rain, name: Rain, position: {lat: 23.2, lon: 113.3}, kind: other, district: 白云区, \
street: 嘉禾街道, village: 禾望社区}
devices:
  - {id: RG-01, kind: rain, every: 1m, sensors: [{quantity: rain_mm}]}
"""
PIT = """\
site: {id: pit, name: Pit, position: {lat: 23.2, lon: 113.3}, kind: pit, district: 白云区, \
street: 嘉禾街道, village: 禾望社区}
%s
devices:
  - id: CX
    kind: pit
    every: 10m
    stages: [{at: 2026-06-01, stage: stopped}]
    sensors:
      - {quantity: deep_h_mm, point: CX1-2.5m}
      - {quantity: deep_h_mm, point: CX1-5.0m}
  - id: FW-01
    kind: formwork
    every: 10s
    sensors: [{quantity: settlement_mm, point: P1}, {quantity: foundation_settlement_mm, point: P1}]
  - id: FW-02
    kind: formwork
    every: 10s
    sensors: [{quantity: settlement_mm, point: P1}]
"""
STAGES = """\
stages:
  - {at: 2026-05-01, stage: excavating, depth_m: 4}
  - {at: 2026-06-01T08:30:00+08:00, stage: slab_cast, note: section A}
"""
COUPLING = """\
couplings:
  - {gauge: rain/RG-01, rain_mm: 50, tighten: 0.8, every: 5m, source: design default}
"""
NEIGHBOURS = "neighbours:\n  - {poles: [FW-01/P1, FW-02/P1], spacing_m: 0.9}\n"


def test_stages_are_read_with_their_instants_in_utc(load: Load) -> None:
    registry, faults = load(PIT % STAGES)
    assert [str(fault) for fault in faults] == []
    dug, cast = registry.sites["pit"].stages
    assert (dug.at, dug.depth_m) == (datetime(2026, 4, 30, 16, tzinfo=UTC), 4.0)
    assert (cast.at, cast.note) == (datetime(2026, 6, 1, 0, 30, tzinfo=UTC), "section A")
    device = registry.device("pit", "CX")
    assert device is not None
    assert [change.stage for change in device.stages] == ["stopped"]


def test_a_coupling_names_its_gauge_and_says_what_it_does(load: Load) -> None:
    registry, faults = load(RAIN, PIT % COUPLING)
    assert [str(fault) for fault in faults] == []
    (coupling,) = registry.sites["pit"].couplings
    assert coupling.gauge == SensorKey("rain", "RG-01", "", "rain_mm")
    assert (coupling.over, coupling.factor) == (50.0, 0.8)
    assert coupling.window == coupling.hold == timedelta(days=1)
    assert coupling.condition == "50 mm of rain in 24 h"


def test_a_borehole_is_a_sensor_of_its_own_that_no_device_sends(load: Load) -> None:
    registry, _ = load(PIT % "")
    hole = registry.sensor(SensorKey("pit", "CX", "CX1", "deep_h_max_mm"))
    assert hole is not None
    assert hole.derived == "greatest of the 2 points of borehole CX1"
    device = registry.device("pit", "CX")
    assert device is not None
    assert "CX1/deep_h_max_mm" not in device.names


def test_neighbouring_poles_are_a_sensor_with_their_spacing(load: Load) -> None:
    registry, faults = load(PIT % NEIGHBOURS)
    assert [str(fault) for fault in faults] == []
    pair = registry.sensor(SensorKey("pit", "FW-01", "P1--FW-02.P1", "differential_mm"))
    assert pair is not None
    assert pair.design["pole_spacing_m"] == 0.9


STREET = """\
site: {id: street, name: Street, position: {lat: 23.2, lon: 113.3}, kind: street, \
district: 白云区, street: 嘉禾街道, village: 禾望社区}
devices:
  - id: CAM
    kind: camera
    every: 1m
    sensors: [{quantity: vehicles, point: lane}, {quantity: vehicles, point: yard}]
  - id: UP
    kind: water_level
    every: 1m
    design: {close_depth_m: 0.2}
    sensors: [{quantity: ponding_depth_m}]
underpasses:
  - {zone: CAM/lane, gauge: UP}
"""


def test_a_zone_in_an_underpass_has_a_depth_and_another_says_that_it_has_none(load: Load) -> None:
    registry, faults = load(STREET)
    assert [str(fault) for fault in faults] == []
    standing = registry.sensor(SensorKey("street", "CAM", "lane", "vehicle_depth_m"))
    assert standing is not None
    assert standing.design["close_depth_m"] == 0.2
    assert standing.derived == "depth at UP while CAM/lane sees a vehicle, else 0"
    camera = registry.device("street", "CAM")
    assert camera is not None
    assert camera.missing == {
        "yard/vehicle_depth_m": "the site file names no gauge for it in `underpasses:`"
    }
    assert "lane/vehicle_depth_m" not in camera.names


UNDERPASSES = [
    ("gauge: UP}", "gauge: UP-9}", "no gauge 'UP-9' that measures ponding_depth_m"),
    ("zone: CAM/lane", "zone: CAM/lain", "no camera's zone 'CAM/lain' that counts vehicles"),
    ("  - {zone", "  - {zone: CAM/lane, gauge: UP}\n  - {zone", "'CAM/lane' already exists"),
]


@pytest.mark.parametrize(("old", "new", "what"), UNDERPASSES, ids=[row[2] for row in UNDERPASSES])
def test_an_underpass_without_an_end_is_told(load: Load, old: str, new: str, what: str) -> None:
    _, faults = load(STREET.replace(old, new))
    (text,) = [str(fault) for fault in faults]
    assert what in text


FAULTS = [
    (STAGES.replace("slab_cast", "slab_casted"), "'slab_casted' is not a stage", "'slab_cast'"),
    (STAGES.replace("+08:00", ""), "has no offset from UTC", "2026-05-04T08:00:00+08:00"),
    (STAGES.replace("2026-05-01", "May"), "'May' is no instant", "2026-05-04"),
    (COUPLING.replace("rain_mm: 50, ", ""), "needs the gauge's `site/device`", "ponding_m"),
    (COUPLING.replace("RG-01", "RG-02"), "there is no sensor rain/RG-02/rain_mm", "rain/RG-01"),
    (COUPLING.replace("0.8", "1.8"), "1.8", "1"),
    (NEIGHBOURS.replace("FW-02/P1", "FW-02/P9"), "no pole FW-02/P9", "settlement_mm"),
]


@pytest.mark.parametrize(("block", "what", "allowed"), FAULTS, ids=[row[1] for row in FAULTS])
def test_a_mistake_says_what_is_wrong_and_what_is_allowed(
    load: Load, block: str, what: str, allowed: str
) -> None:
    _, faults = load(RAIN, PIT % block)
    (text,) = [str(fault) for fault in faults]
    assert what in text
    assert allowed in text
