"""Signals are plausible on an ordinary day, the same for the same seed, and follow events."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from firmware_sim.events import DEEDS, Event
from firmware_sim.physics.build import build
from firmware_sim.physics.chart import SYNTHETIC, rated_t, scaled
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec, SensorSpec, load_sites
from sensors.catalogue import KINDS

BAIYUN = Path(__file__).parents[3] / "examples" / "baiyun"
START = datetime(2026, 7, 1, tzinfo=UTC)
DAY_S = 86400.0
Series = dict[tuple[str, str], list[tuple[float, float]]]


@pytest.fixture(scope="module")
def fleet() -> dict[str, DeviceSpec]:
    return {device.name: device for device in load_sites(BAIYUN)}


def event(deed: str, at_s: float, target: str = "*", **params: float) -> Event:
    defaults = {name: param.default for name, param in DEEDS[deed].params.items()}
    return Event(deed=deed, at_s=at_s, target=target, params=defaults | params)


def series(
    spec: DeviceSpec, until_s: float, *events: Event, seed: int = 1, step_s: float | None = None
) -> Series:
    """Sample a device as it would sample itself, and undo its unit and calibration."""
    world = World(start=START, seed=seed, events=events, devices=load_sites(BAIYUN))
    signal = build(spec, world)
    sensors = {(sensor.point, sensor.quantity): sensor for sensor in spec.sensors}
    found: Series = {key: [] for key in sensors}
    t_s = step = step_s or spec.every_s
    while t_s <= until_s:
        for point, values in signal.at(t_s).items():
            for quantity, raw in values.items():
                sensor = sensors[point, quantity]
                value = raw * sensor.unit * sensor.scale + sensor.offset
                found[point, quantity].append((t_s, value))
        t_s += step
    return found


def values(found: Series, quantity: str) -> Iterator[float]:
    return (v for (_, name), points in found.items() if name == quantity for _, v in points)


# What an ordinary day may show at most: 55 % of the first limit, or of the rated value.
ORDINARY: dict[str, dict[str, tuple[float, float]]] = {
    "crane": {
        "moment_pct": (-2.0, 55.0),
        "wind_ms": (0.0, 6.6),
        "tilt_x_deg": (-0.126, 0.126),
        "tilt_y_deg": (-0.126, 0.126),
        "clearance_m": (18.2, 200.0),
    },
    "hoist": {"load_pct": (-1.0, 55.0), "wind_ms": (0.0, 7.1), "persons": (0.0, 9.0)},
    "formwork": {
        "settlement_mm": (0.0, 4.4),
        "h_displacement_mm": (0.0, 6.6),
        "pole_tilt_deg": (0.0, 0.126),
        "pole_force_kn": (0.0, 0.55 * 41),
        "danger_sign": (0.0, 0.0),
    },
    "rain": {"rain_mm": (0.0, 0.0)},
    "water_level": {"ponding_depth_m": (-0.02, 0.055)},
    "pit": {"danger_sign": (0.0, 0.0), "building_tilt_permille": (0.0, 1.1)},
}


@pytest.mark.parametrize("kind", list(ORDINARY))
def test_an_ordinary_day_stays_within_ordinary_bounds_and_the_gross_range(
    fleet: dict[str, DeviceSpec], kind: str
) -> None:
    catalogue = KINDS[kind].quantities
    # Machines report every few seconds: one of each kind and site is a fair sample of them.
    chosen = {d.site: d for d in fleet.values() if d.kind == kind}
    for spec in chosen.values() if kind in ("crane", "hoist", "formwork") else fleet.values():
        if spec.kind != kind:
            continue
        for (_, quantity), points in series(spec, DAY_S, step_s=max(spec.every_s, 10.0)).items():
            entry = catalogue[quantity]
            low, high = ORDINARY[kind].get(quantity, (entry.low, entry.high))
            seen = [value for _, value in points]
            assert low <= min(seen), (spec.name, quantity)
            assert max(seen) <= high, (spec.name, quantity)
            assert all(entry.low <= value <= entry.high for value in seen)


def test_pits_rest_below_55_percent_of_their_design_limits(fleet: dict[str, DeviceSpec]) -> None:
    judged = 0
    for spec in fleet.values():
        if spec.kind != "pit":
            continue
        limits = {(s.point, s.quantity): limit_of(s) for s in spec.sensors}
        for key, points in series(spec, DAY_S).items():
            limit = limits[key]
            if limit is None:
                continue
            judged += 1
            assert max(abs(value) for _, value in points) < 0.55 * limit, (spec.name, key)
    assert judged > 60


def limit_of(sensor: SensorSpec) -> float | None:
    stem, unit = sensor.quantity.rsplit("_", 1)
    if sensor.quantity == "strut_force_kn":
        return sensor.design.get("strut_capacity_kn")
    return sensor.design.get(f"{stem}_limit_{unit}")


def test_struts_keep_their_preload_and_follow_the_warmth_of_the_day(
    fleet: dict[str, DeviceSpec],
) -> None:
    spec = fleet["jiahe-pit/PIT-ZL1"]
    found = series(spec, DAY_S)
    preloads = {s.point: s.design.get("strut_preload_kn", 0.0) for s in spec.sensors}
    air = {t: v for (_, q), points in found.items() if q == "temperature_degc" for t, v in points}
    warmest, coldest = max(air, key=lambda t: air[t]), min(air, key=lambda t: air[t])
    for (point, quantity), points in found.items():
        if quantity == "strut_force_kn":
            force = dict(points)
            assert min(force.values()) >= preloads[point]
            assert 30.0 < force[warmest] - force[coldest] < 250.0


def test_rivers_rest_well_below_every_stage_and_change_slowly(fleet: dict[str, DeviceSpec]) -> None:
    for spec in fleet.values():
        stages = list(values(found := series(spec, DAY_S), "stage_m")) if is_river(spec) else []
        if not stages:
            continue
        lowest = min(
            spec.design.get(name, math.inf)
            for name in ("warning_stage_m", "patrol_stage_m", "flood_limit_stage_m")
        )
        assert max(stages) < lowest - 0.5, spec.name
        hourly = found["", "stage_m"][:: round(3600 / spec.every_s)]
        assert max(b - a for (_, a), (_, b) in pairwise(hourly)) < 0.165, spec.name


def is_river(spec: DeviceSpec) -> bool:
    return any(sensor.quantity == "stage_m" for sensor in spec.sensors)


def test_the_two_minute_mean_of_an_ordinary_wind_is_under_55_percent_of_eight(
    fleet: dict[str, DeviceSpec],
) -> None:
    wind = list(values(series(fleet["huanghe-tower/TC-03"], DAY_S), "wind_ms"))
    means = [sum(wind[i : i + 24]) / 24 for i in range(0, len(wind) - 24, 6)]
    assert max(means) < 4.4
    assert max(means) - min(means) > 0.8


def test_a_crane_works_through_the_day_on_plausible_paths(fleet: dict[str, DeviceSpec]) -> None:
    found = series(fleet["huanghe-tower/TC-01"], 14 * 3600.0)
    moment = [value for _, value in found["", "moment_pct"]]
    assert sum(value > 10.0 for value in moment) / len(moment) > 0.1
    for quantity, most_per_s in (("radius_m", 3.0), ("slew_deg", 10.0), ("hook_height_m", 5.0)):
        steps = [abs(b - a) / 5.0 for (_, a), (_, b) in pairwise(found["", quantity])]
        assert max(steps) < most_per_s, quantity


def test_moment_is_load_over_the_chart_s_rated_load(fleet: dict[str, DeviceSpec]) -> None:
    found = series(fleet["yunxi-tower/TC-03"], 6 * 3600.0)
    for (_, load), (_, rated), (_, moment) in zip(
        found["", "load_t"], found["", "rated_load_t"], found["", "moment_pct"], strict=True
    ):
        assert moment == pytest.approx(100.0 * load / rated, abs=4.5)


def test_the_load_chart_is_interpolated_in_one_over_the_radius() -> None:
    assert rated_t(SYNTHETIC, 25.0) == pytest.approx(3.19)
    # K/R - c, of which the chart is a rounded table.
    assert rated_t(SYNTHETIC, 27.0) == pytest.approx(85.24 / 27.0 - 0.222, abs=0.02)
    assert rated_t(SYNTHETIC, 56.1) == 0.0
    assert rated_t(scaled(12.0), 5.0) == 12.0


@pytest.mark.parametrize("name", ["huanghe-tower/TC-01", "jiahe-pit/PIT-W1", "baihe-creek/WL-01"])
def test_the_seed_decides_and_nothing_else(fleet: dict[str, DeviceSpec], name: str) -> None:
    hour = 3600.0 if "pit" not in name else 7200.0
    assert series(fleet[name], hour) == series(fleet[name], hour)
    assert series(fleet[name], hour) != series(fleet[name], hour, seed=2)


def test_a_storm_of_known_depth_is_caught_in_whole_tips(fleet: dict[str, DeviceSpec]) -> None:
    storm = event(
        "rain_storm", 600.0, peak_mm_per_h=40.0, rise=600.0, hold=3600.0, fall=600.0, spread=0.0
    )
    for name, tip in (("baiyun-rain/RG-01", 0.2), ("baiyun-rain/RG-12", 0.5)):
        spec = fleet[name]
        found = series(spec, 7200.0, storm)
        bins = [value for _, value in found["", "rain_mm"]]
        assert sum(bins) == pytest.approx(40.0 * (3600 + 600) / 3600, rel=0.12)
        assert all(abs(v / tip - round(v / tip)) < 0.05 for v in bins)
        totals = [value for _, value in found["", "rain_total_mm"]]
        assert all(a <= b for a, b in pairwise(totals))
        assert totals[-1] - totals[0] == pytest.approx(sum(bins[1:]), abs=0.01)


def test_a_cranes_lift_stops_in_strong_wind_and_the_jib_weathervanes(
    fleet: dict[str, DeviceSpec],
) -> None:
    found = series(
        fleet["huanghe-tower/TC-03"], 7200.0, event("wind", 0.0, mean_ms=15.0, hold=7200.0)
    )
    late = [v for t, v in found["", "moment_pct"] if t > 3000.0]
    slew = [v % 360.0 for t, v in found["", "slew_deg"] if t > 6000.0]
    assert max(late) < 3.0
    assert max(slew) - min(slew) < 90.0


EVENTS = [
    ("huanghe-tower/TC-01", "moment_pct", event("overload", 600.0, pct=112.0), 111.0, 113.5),
    (
        "huanghe-tower/TC-01",
        "clearance_m",
        event("near_miss", 600.0, "huanghe-tower/TC-01", clearance_m=3.0),
        2.8,
        4.0,
    ),
    ("huanghe-tower/TC-01", "tilt_x_deg", event("lean", 600.0, tilt_deg=0.3), 0.25, 0.42),
    ("huanghe-tower/SJ-01", "load_pct", event("overload", 600.0, pct=112.0), 111.0, 113.0),
    ("jiahe-pit/PIT-W1", "wall_top_h_mm", event("pit_creep", 0.0, to_pct=105.0), 30.8, 32.5),
    ("jiahe-pit/PIT-ZL1", "strut_force_kn", event("strut_load", 0.0, to_pct=90.0), 2400.0, 3950.0),
    ("jiahe-pit/PIT-SW1", "gw_level_mm", event("groundwater", 0.0, to_pct=105.0), -1070.0, -1030.0),
    ("taihe-hall/FW-01", "settlement_mm", event("pour", 0.0, to_pct=90.0), 7.0, 7.5),
    ("jiahe-pit/PIT-W1", "danger_sign", event("danger", 600.0), 1.0, 1.0),
    ("baihe-creek/WL-01", "stage_m", event("river_rise", 0.0, over_warning_m=0.4), 6.5, 7.1),
]


@pytest.mark.parametrize(
    ("name", "quantity", "happens", "low", "high"),
    EVENTS,
    ids=[f"{happens.deed} {quantity}" for _, quantity, happens, _, _ in EVENTS],
)
def test_an_event_drives_its_quantity_where_it_says(
    fleet: dict[str, DeviceSpec], name: str, quantity: str, happens: Event, low: float, high: float
) -> None:
    spec = fleet[name]
    if not any(sensor.quantity == quantity for sensor in spec.sensors):
        spec = with_sensor(spec, quantity)
    until_s = 620.0 + 60.0 if happens.at_s else 8400.0
    driven = list(values(series(spec, until_s, happens, step_s=10.0), quantity))
    extreme = min if quantity in ("clearance_m", "gw_level_mm") else max
    assert low <= extreme(driven) <= high


def with_sensor(spec: DeviceSpec, quantity: str) -> DeviceSpec:
    return DeviceSpec(
        site=spec.site,
        id=spec.id,
        kind=spec.kind,
        every_s=spec.every_s,
        sensors=(*spec.sensors, SensorSpec(quantity)),
        design=spec.design,
    )


def test_an_event_leaves_other_devices_and_points_alone(fleet: dict[str, DeviceSpec]) -> None:
    creep = event("pit_creep", 0.0, "jiahe-pit/PIT-W1/WT3", to_pct=120.0)
    found = series(fleet["jiahe-pit/PIT-W1"], 7200.0, creep)
    moved = {
        point for (point, q), points in found.items() if q == "wall_top_h_mm" and points[-1][1] > 20
    }
    assert moved == {"WT3"}
    other = fleet["jiahe-pit/PIT-W2"]
    assert series(other, 7200.0, creep) == series(other, 7200.0)


def test_creep_runs_faster_and_faster_and_then_rests(fleet: dict[str, DeviceSpec]) -> None:
    creep = event("pit_creep", 0.0, "jiahe-pit/PIT-W1/WT3", to_pct=110.0, over=7200.0)
    points = series(fleet["jiahe-pit/PIT-W1"], 14400.0, creep)["WT3", "wall_top_h_mm"]
    path = [value for t, value in points]
    first, last = path[3] - path[0], path[11] - path[8]
    assert last > 2.0 * first
    assert abs(path[-1] - path[12]) < 0.6


def test_a_pump_failure_ponds_and_closes_the_barrier(fleet: dict[str, DeviceSpec]) -> None:
    events = (
        event("rain_storm", 0.0, peak_mm_per_h=60.0, hold=5400.0),
        event("pond", 0.0, "baiyun-underpasses/UP-01", drain_mm_per_h=10.0),
    )
    found = series(fleet["baiyun-underpasses/UP-01"], 7140.0, *events)
    depth = [value for _, value in found["", "ponding_depth_m"]]
    closed = [value for _, value in found["", "barrier_closed"]]
    assert 0.3 < max(depth) < 1.0
    assert closed[0] == 0.0
    assert closed[-1] == 1.0
    assert max(values(found, "pump_running")) == 0.0
    dry = series(fleet["baiyun-underpasses/UP-02"], 7200.0, *events)
    assert max(values(dry, "ponding_depth_m")) < 0.05


def test_a_stuck_device_repeats_itself_to_the_last_digit(fleet: dict[str, DeviceSpec]) -> None:
    found = series(fleet["baihe-creek/WL-01"], 3600.0, event("stick", 600.0, lasting=1200.0))
    stage = found["", "stage_m"]
    assert len({v for t, v in stage if 600.0 <= t < 1800.0}) == 1
    assert len({v for t, v in stage if t >= 1800.0}) > 10
