"""The labels of the built-in scenarios are what the signals really do, judged without any server.

The limits are written down here once more, from the domain reference, in the plainest way: no
hysteresis, no delay. A label must be crossed inside its window and hold to its end; a device that
is neither labelled nor allowed must cross nothing.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_sim.physics.build import build
from firmware_sim.physics.world import World
from firmware_sim.scenario import SEVERITIES, Scenario, load_scenario
from firmware_sim.site import DeviceSpec, SensorSpec, load_sites

ROOT = Path(__file__).parents[3]
SCENARIOS = ROOT / "firmware_sim" / "scenarios"
# The tide is high at one start and low at another; work stops at night.
STARTS = [datetime(2026, 7, 1, hour, tzinfo=UTC) for hour in (1, 7, 13)]
Points = list[tuple[float, float]]
# (seconds, severity 1 to 4) for every sample of one hazard.
Levels = list[tuple[float, int]]


def level(value: float, limits: tuple[float, ...]) -> int:
    return sum(value >= limit for limit in limits)


def windowed(points: Points, window_s: float) -> Iterator[tuple[float, float, int]]:
    """Give time, sum and number of the values of the last `window_s`."""
    kept: deque[tuple[float, float]] = deque()
    total = 0.0
    for t_s, value in points:
        kept.append((t_s, value))
        total += value
        while kept[0][0] <= t_s - window_s:
            total -= kept.popleft()[1]
        yield t_s, total, len(kept)


def mean_wind(points: Points, limits: tuple[float, ...]) -> Levels:
    return [(t, level(total / n, limits)) for t, total, n in windowed(points, 120.0)]


def rain(points: Points) -> Levels:
    rules = ((12, 50, 1), (6, 50, 2), (1, 30, 2), (3, 50, 3), (1, 50, 3), (3, 100, 4), (1, 70, 4))
    worst = dict.fromkeys((t for t, _ in points), 0)
    for hours, limit_mm, severity in rules:
        for t_s, total, _ in windowed(points, hours * 3600.0):
            if total >= limit_mm - 1e-6:
                worst[t_s] = max(worst[t_s], severity)
    return sorted(worst.items())


def river(points: Points, design: dict[str, float]) -> Levels:
    warning = design.get("warning_stage_m", float("inf"))
    limits = (
        warning - 0.5,
        warning,
        design.get("guaranteed_stage_m", float("inf")),
        design.get("record_stage_m", float("inf")),
    )
    found = []
    past: deque[tuple[float, float]] = deque()
    for t_s, stage in points:
        past.append((t_s, stage))
        while past[0][0] < t_s - 3600.0:
            past.popleft()
        by_rise = level(stage - past[0][1], (0.3, 0.5, 1.0))
        found.append((t_s, max(level(stage, limits), by_rise + 1 if by_rise else 0)))
    return found


def share(points: Points, limit: float, limits: tuple[float, ...]) -> Levels:
    return [(t, level(abs(value) / limit, limits)) for t, value in points]


FAR = float("inf")
PIT = {
    "wall_top_h_mm": "pit_deformation",
    "wall_top_v_mm": "pit_deformation",
    "deep_h_mm": "pit_deformation",
    "gw_level_mm": "pit_groundwater",
    "surface_v_mm": "pit_surroundings",
}
FORMWORK = {"settlement_mm": 8.0, "h_displacement_mm": 12.0, "pole_tilt_deg": 0.229}
WIND = {("crane", "wind_ms"): (8.0, 10.8, 12.0, 20.0), ("hoist", "wind_ms"): (13.0, 20.0)}
FLAT = {
    ("crane", "moment_pct"): ("crane_overload", (80.0, 90.0, 100.0, 110.0)),
    ("crane", "tilt_x_deg"): ("crane_tilt", (0.172, 0.229)),
    ("crane", "tilt_y_deg"): ("crane_tilt", (0.172, 0.229)),
    ("hoist", "load_pct"): ("hoist_overload", (90.0, 100.0, 110.0)),
    ("water_level", "ponding_depth_m"): ("ponding", (0.10, 0.15, 0.27, 0.40)),
}


def judged(spec: DeviceSpec, sensor: SensorSpec, points: Points) -> tuple[str, Levels]:
    """Give the hazard of one sensor and its level at every sample; "" where it has no limit."""
    key = (spec.kind, sensor.quantity)
    if key in FLAT:
        hazard, limits = FLAT[key]
        return hazard, [(t, level(abs(value), limits)) for t, value in points]
    if key in WIND:
        return f"{spec.kind}_wind", mean_wind(points, WIND[key])
    if key == ("crane", "clearance_m"):
        near = [(t, level(-value, (-10.0, -5.0, FAR, -2.0))) for t, value in points]
        return "crane_collision", near
    if key == ("rain", "rain_mm"):
        return "rainstorm", rain(points)
    if key == ("water_level", "stage_m"):
        return "river_flood", river(points, spec.design)
    return judged_by_share(sensor, points)


def judged_by_share(sensor: SensorSpec, points: Points) -> tuple[str, Levels]:
    stem, _, unit = sensor.quantity.rpartition("_")
    limit = sensor.design.get(f"{stem}_limit_{unit}", 0.0)
    if sensor.quantity in PIT and limit:
        return PIT[sensor.quantity], share(points, limit, (0.6, 0.85, 1.0))
    if sensor.quantity == "strut_force_kn" and "strut_capacity_kn" in sensor.design:
        limit = sensor.design["strut_capacity_kn"]
        return "pit_support", share(points, limit, (0.6, 0.8, 1.0))
    if sensor.quantity in FORMWORK:
        return "formwork_collapse", share(points, FORMWORK[sensor.quantity], (0.6, 0.8, 1.0))
    return "", []


def truth(spec: DeviceSpec, script: Scenario, start: datetime) -> dict[str, Levels]:
    """Simulate one device to the end, or to its death, and judge everything it says."""
    signal = build(spec, World(start=start, seed=script.seed, events=script.events))
    deaths = [e.at_s for e in script.events if e.deed == "die" and e.touches(spec.site, spec.id)]
    until_s = min([script.duration_s, *deaths])
    points: dict[tuple[str, str], Points] = {(s.point, s.quantity): [] for s in spec.sensors}
    t_s = spec.every_s
    while t_s <= until_s:
        for point, values in signal.at(t_s).items():
            for quantity, value in values.items():
                points[point, quantity].append((t_s, value))
        t_s += spec.every_s
    worst: dict[str, dict[float, int]] = {}
    for sensor in spec.sensors:
        sent = points[sensor.point, sensor.quantity]
        base = [(t, v * sensor.unit * sensor.scale + sensor.offset) for t, v in sent]
        hazard, levels = judged(spec, sensor, base)
        by_time = worst.setdefault(hazard, {})
        for t, severity in levels if hazard else []:
            by_time[t] = max(by_time.get(t, 0), severity)
    return {hazard: sorted(by_time.items()) for hazard, by_time in worst.items()}


@pytest.fixture(scope="module", params=STARTS, ids=lambda start: f"from {start.hour} UTC")
def storm(request: pytest.FixtureRequest) -> tuple[Scenario, dict[str, dict[str, Levels]]]:
    script = load_scenario(SCENARIOS / "district-storm.yaml")
    devices = script.choose(load_sites(ROOT / "examples" / "baiyun"))
    return script, {d.name: truth(d, script, request.param) for d in devices}


def test_every_label_is_crossed_in_its_window_and_holds_to_its_end(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    script, found = storm
    labels = script.expand(load_sites(ROOT / "examples" / "baiyun"))
    assert {label.hazard for label, _ in labels} >= {
        "rainstorm", "river_flood", "ponding", "crane_wind", "pit_deformation", "sensor_silent"
    }  # fmt: skip
    for label, device in labels:
        if label.hazard == "sensor_silent":
            continue
        least = SEVERITIES.index(label.severity) + 1
        over = [t for t, severity in found[device.name][label.hazard] if severity >= least]
        what = (label.hazard, device.name, label.severity)
        assert over, what
        assert label.from_s <= over[0] <= label.by_s, (*what, over[0] / 60)
        death = found[device.name][label.hazard][-1][0]
        assert over[-1] >= min(label.until_s, death) - 2 * device.every_s, (*what, over[-1] / 60)


def test_river_labels_do_not_depend_on_judging_the_rate_of_rise() -> None:
    for name in ("district-storm", "cut-and-burst"):
        script = load_scenario(SCENARIOS / f"{name}.yaml")
        for label, device in script.expand(load_sites(ROOT / "examples" / "baiyun")):
            if label.hazard != "river_flood":
                continue
            steady = device.design["warning_stage_m"]
            signal = build(device, World(start=STARTS[0], seed=script.seed, events=script.events))
            step = int(device.every_s)
            times = range(step, int(label.by_s), step)
            assert max(signal.at(float(t))[""]["stage_m"] for t in times) > steady + 0.05


def test_what_is_neither_labelled_nor_allowed_crosses_no_limit(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    script, found = storm
    checked = 0
    for device in load_sites(ROOT / "examples" / "baiyun"):
        for hazard, levels in found[device.name].items():
            if any(scope.covers(hazard, device) for scope in script.allowed):
                continue
            checked += 1
            over = [(t / 60, severity) for t, severity in levels if severity]
            assert not over, (device.name, hazard, over[:3])
    assert checked > 50


def test_whatever_is_labelled_is_also_allowed_and_nothing_quiet_is_labelled() -> None:
    for path in SCENARIOS.glob("*.yaml"):
        script = load_scenario(path)
        for label, device in script.expand(load_sites(ROOT / "examples" / "baiyun")):
            assert any(s.covers(label.hazard, device) for s in script.allowed), label
            assert not any(s.covers(label.hazard, device) for s in script.quiet), label


def test_the_first_label_is_crossed_within_eight_simulated_minutes(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    _, found = storm
    first = min(
        t for hazards in found.values() for levels in hazards.values() for t, s in levels if s
    )
    assert first <= 480.0


def test_the_gauge_dies_while_it_stands_above_its_warning_stage(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    script, found = storm
    last_s, severity = found["baihe-creek/WL-02"]["river_flood"][-1]
    silent = [label for label, _ in script.expand(load_sites(ROOT / "examples" / "baiyun"))]
    assert severity >= 2
    assert last_s == 75 * 60.0
    assert any(x.hazard == "sensor_silent" and x.from_s > last_s for x in silent)


def test_the_cut_gauge_crosses_its_limit_while_nobody_can_hear_it() -> None:
    script = load_scenario(SCENARIOS / "cut-and-burst.yaml")
    fleet = {d.name: d for d in load_sites(ROOT / "examples" / "baiyun")}
    for start in STARTS:
        gauge = fleet["baihe-creek/WL-01"]
        levels = dict(truth(gauge, script, start)["river_flood"])
        warning = gauge.design["warning_stage_m"]
        assert warning > 0
        (label,) = script.labels
        over = [t for t, severity in levels.items() if severity >= 2]
        assert label.from_s <= over[0] <= label.by_s
        assert over[-1] >= label.until_s


def test_a_quiet_day_crosses_nothing() -> None:
    script = load_scenario(SCENARIOS / "quiet-day.yaml")
    devices = script.choose(load_sites(ROOT / "examples" / "baiyun"))
    # Machines speak every few seconds: one of each kind stands for all of theirs.
    slow = [d for d in devices if d.every_s >= 60.0]
    fast = list({d.kind: d for d in devices if d.every_s < 60.0}.values())
    for device in slow + fast:
        for hazard, levels in truth(device, script, STARTS[0]).items():
            assert not [t for t, severity in levels if severity], (device.name, hazard)
