"""A yard of tower cranes for tests: a site file, and reports of where the cranes are."""

from collections.abc import Mapping
from pathlib import Path

from alerting.book import Change
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import AlertState
from alerting.rules import PACK_FOLDER
from sensors.model import Report, SensorKey
from sensors.registry import Registry
from sensors.site import load_registry
from tests.builders import at, packs_of, report

# 40 m east of (23.2, 113.2) is 0.000391 degrees of longitude; 0.0009028 of latitude is 100 m.
PER_M_EAST = 1.0 / 102_382.4
_HEAD = """
site: {id: site, name: Site, position: {lat: 23.2, lon: 113.2}, kind: building,
  district: D, street: S, village: V}
devices:
"""
_CRANE = """
  - id: {id}
    kind: crane
    every: 1s
    position: {{lat: 23.2, lon: {lon:.8f}}}
    design: {{jib_length_m: 50, counter_jib_m: 13, mast_height_m: {mast_m}, base_elevation_m: 10,
      half_width_m: 0}}
    sensors: [{sensors}]
"""
SENSORS = "slew_deg radius_m hook_height_m load_t lift_state"


def crane(name: str, east_m: float, mast_m: float, sensors: str = SENSORS) -> str:
    listed = ", ".join(f"{{quantity: {quantity}}}" for quantity in sensors.split())
    lon = 113.2 + east_m * PER_M_EAST
    return _CRANE.format(id=name, lon=lon, mast_m=mast_m, sensors=listed)


def on_rail(
    name: str,
    zero_m: float,
    mast_m: float,
    rail: str = "rail_azimuth_deg: 90, travel_min_m: 0, travel_max_m: 100",
    sensors: str = f"{SENSORS} travel_m",
) -> str:
    """A crane that stands at `zero_m` east when its travel is 0; its rail goes 100 m east."""
    return crane(name, zero_m, mast_m, sensors).replace(
        "half_width_m: 0", f"half_width_m: 0, {rail}"
    )


def registry(folder: Path, *cranes: str, zones: str = "") -> Registry:
    (folder / "sites").mkdir(exist_ok=True)
    (folder / "sites" / "site.yaml").write_text(_HEAD + "".join(cranes) + zones, encoding="utf-8")
    found, faults = load_registry(folder)
    assert not faults, [str(fault) for fault in faults]
    return found


def two(folder: Path) -> Registry:
    """A low crane and a high one 60 m east of it: only ropes and the low jib can meet."""
    return registry(folder, crane("LOW", 0.0, 40.0), crane("TALL", 60.0, 60.0))


def judge_of(known: Registry) -> Judge:
    packs = packs_of(PACK_FOLDER)
    joints = joints_for(known)
    return Judge(registry=known, packs=packs, detector_for=lambda _: None, joints=joints)


def stands(
    seconds: float,
    device: str,
    slew_deg: float,
    *,
    radius_m: float = 40.0,
    hook_m: float = 10.0,
    state: float = 2.0,
    delay_s: float = 0.2,
    load_t: float = 1.0,
    travel_m: float | None = None,
    qc: Mapping[str, int] | None = None,
) -> Report:
    values = {
        "slew_deg": slew_deg,
        "radius_m": radius_m,
        "hook_height_m": hook_m,
        "load_t": load_t,
        "lift_state": state,
    }
    if travel_m is not None:
        values["travel_m"] = travel_m
    return report(seconds, values, kind="crane", device=device, delay_s=delay_s, qc=qc)


def run(judge: Judge, reports: list[Report], first_seq: int = 1) -> list[Change]:
    changes: list[Change] = []
    for seq, entry in enumerate(reports, first_seq):
        changes += judge.take([entry], seq, entry.received_at)
    return changes


def outputs(
    judge: Judge, quantity: str, device: str = "LOW", point: str = "TALL"
) -> dict[float, float]:
    watch = judge.find(SensorKey("site", device, point, quantity))
    assert watch is not None
    start_s = at(0).timestamp()
    times = (round(time_s - start_s, 3) for time_s in watch.history.times)
    return dict(zip(times, watch.history.values, strict=True))


def firing(changes: list[Change]) -> dict[str, str]:
    last = {change.alert.id: change.alert for change in changes}
    standing = [alert for alert in last.values() if alert.state is AlertState.FIRING]
    return {f"{alert.sensor.point}/{alert.rule_id}": alert.severity.word for alert in standing}
