"""How bad the truth of a scenario is at every instant, judged without any server.

The limits are written down here once more, from the domain reference, in the plainest way: no
hysteresis, no delay. Severities are 1 (minor) to 4 (extreme), 0 is none.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from math import hypot

from firmware_sim.nature import Nature
from firmware_sim.physics.build import true_signal
from firmware_sim.physics.world import World
from firmware_sim.scenario import Scenario
from firmware_sim.site import DeviceSpec, SensorSpec

Points = list[tuple[float, float]]
# (seconds, severity 0 to 4) for every sample of one hazard.
Levels = list[tuple[float, int]]
FAR = float("inf")
DAY_S = 86400.0

PIT = {
    **dict.fromkeys(
        ("wall_top_h_mm", "wall_top_v_mm", "deep_h_mm", "column_v_mm"), "pit_deformation"
    ),
    **dict.fromkeys(
        ("surface_v_mm", "building_v_mm", "pipe_v_mm", "road_v_mm"), "pit_surroundings"
    ),
    "gw_level_mm": "pit_groundwater",
}
FORMWORK = {"settlement_mm": 8.0, "h_displacement_mm": 12.0, "pole_tilt_deg": 0.229}
WIND = {("crane", "wind_ms"): (8.0, 10.8, 12.0, 20.0), ("hoist", "wind_ms"): (10.8, 13.0, 20.0)}
FLAT = {
    ("crane", "moment_pct"): ("crane_overload", (80.0, 90.0, 100.0, 110.0)),
    ("hoist", "load_pct"): ("hoist_overload", (FAR, 90.0, 100.0, 110.0)),
    ("water_level", "ponding_depth_m"): ("ponding", (0.10, 0.15, 0.27, 0.40)),
}
# Which gauge stands where a camera looks.
GAUGES = {
    ("proving-street/CAM-1", "north"): "proving-street/UP-1",
    ("proving-street/CAM-1", "south"): "proving-street/UP-2",
}
RAIN = ((12, 50, 1), (6, 50, 2), (1, 30, 2), (3, 50, 3), (1, 50, 3), (3, 100, 4), (1, 70, 4))


def level(value: float, limits: Sequence[float]) -> int:
    """Give the number of limits reached; infinite ones below a reached one count with it."""
    return max((n for n, limit in enumerate(limits, 1) if value >= limit), default=0)


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
    worst = dict.fromkeys((t for t, _ in points), 0)
    for hours, limit_mm, severity in RAIN:
        for t_s, total, _ in windowed(points, hours * 3600.0):
            if total >= limit_mm - 1e-6:
                worst[t_s] = max(worst[t_s], severity)
    return sorted(worst.items())


def counted(points: Points, span_mm: float) -> Points:
    """Turn a counter that rolls over into what fell between its reports."""
    steps: Points = []
    for (_, before), (t_s, after) in pairwise(points):
        steps.append((t_s, (after - before) % span_mm if span_mm else after - before))
    return steps


def river(points: Points, design: dict[str, float]) -> Levels:
    warning = design.get("warning_stage_m", FAR)
    limits = (
        warning - 0.5,
        warning,
        design.get("guaranteed_stage_m", FAR),
        design.get("record_stage_m", FAR),
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


def moving(points: Points, limit: float, rate_per_d: float) -> Levels:
    """Judge movement by its sum and its rate over a day; before a day has passed there is none."""
    found: Levels = []
    past: deque[tuple[float, float]] = deque()
    for t_s, value in points:
        past.append((t_s, value))
        while len(past) > 1 and past[1][0] <= t_s - DAY_S:
            past.popleft()
        whole_day = t_s - past[0][0] >= DAY_S
        rate = abs(value - past[0][1]) / (t_s - past[0][0]) * DAY_S if whole_day else 0.0
        of_sum, of_rate = abs(value) / limit, rate / rate_per_d if rate_per_d else 0.0
        found.append((t_s, _both(of_sum, of_rate)))
    return found


def _both(of_sum: float, of_rate: float) -> int:
    less, more = min(of_sum, of_rate), max(of_sum, of_rate)
    if less >= 1.0:
        return 4
    if less >= 0.85 or more >= 1.0:
        return 3
    if less >= 0.70 or more >= 0.85:
        return 2
    return 1 if of_sum >= 0.60 else 0


def judged(spec: DeviceSpec, sensor: SensorSpec, points: Points) -> tuple[str, Levels]:
    """Give the hazard of one sensor and its level at every sample; "" where it has no limit."""
    key = (spec.kind, sensor.quantity)
    if key in FLAT:
        hazard, limits = FLAT[key]
        return hazard, [(t, level(abs(value), limits)) for t, value in points]
    if key in WIND:
        return f"{spec.kind}_wind", mean_wind(points, WIND[key])
    if key in (("crane", "clearance_m"), ("crane", "travel_m")):
        return near(points) if sensor.quantity == "clearance_m" else ended(points, spec.design)
    if key in (("rain", "rain_mm"), ("rain", "rain_total_mm")):
        span_mm = spec.design.get("x_counter_span_mm", 0.0)
        is_counter = sensor.quantity == "rain_total_mm"
        return "rainstorm", rain(counted(points, span_mm) if is_counter else points)
    if key == ("water_level", "stage_m"):
        return "river_flood", river(points, spec.design)
    return judged_by_share(sensor, points, spec.kind)


def near(points: Points) -> tuple[str, Levels]:
    limits = (-10.0, -5.0, FAR, -2.0)
    return "crane_collision", [(t, level(-value, limits)) for t, value in points]


def ended(points: Points, design: dict[str, float]) -> tuple[str, Levels]:
    """Judge how far a crane is past the nearer end stop of its rail; before it that is negative."""
    first, last = design["travel_min_m"], design["travel_max_m"]
    past = [(t, max(value - last, first - value)) for t, value in points]
    return "crane_travel", [(t, level(off, (FAR, -1.0, 0.0, 0.5))) for t, off in past]


def judged_by_share(sensor: SensorSpec, points: Points, kind: str) -> tuple[str, Levels]:
    stem, _, unit = sensor.quantity.rpartition("_")
    limit = sensor.design.get(f"{stem}_limit_{unit}", 0.0)
    if sensor.quantity in PIT and limit:
        rate = sensor.design.get(f"{stem}_rate_mm_per_d", 0.0)
        return PIT[sensor.quantity], moving(points, limit, rate)
    if sensor.quantity == "strut_force_kn" and "strut_capacity_kn" in sensor.design:
        limit = sensor.design["strut_capacity_kn"]
        return "pit_support", share(points, limit, (0.6, 0.7, 0.8, 1.0))
    if sensor.quantity in FORMWORK:
        return "formwork_collapse", share(points, FORMWORK[sensor.quantity], (0.6, 0.8, 1.0))
    if sensor.quantity == "persons" and "persons_allowed" in sensor.design:
        n = sensor.design["persons_allowed"]
        return "no_entry_zone", [(t, level(v, (FAR, n + 1.0, n + 3.0))) for t, v in points]
    if sensor.quantity == "danger_sign":
        hazard = "pit_deformation" if kind == "pit" else "formwork_collapse"
        return hazard, [(t, 4 if value >= 1.0 else 0) for t, value in points]
    return "", []


def leaning(found: dict[tuple[str, str], Points], busy: Points) -> Levels:
    """Judge the mast's lean while nothing hangs on the hook, and its going over at any time."""
    levels: Levels = []
    before: tuple[float, float, float] | None = None
    for (t_s, x), (_, y), (_, load_t) in zip(
        found["", "tilt_x_deg"], found["", "tilt_y_deg"], busy, strict=True
    ):
        tilt = hypot(x, y)
        severity = level(tilt, (0.172, 0.229)) if load_t < 0.05 else 0
        if before is not None:
            rate = hypot(x - before[1], y - before[2]) / (t_s - before[0])
            severity = 4 if rate > 0.2 or tilt > 2.0 else severity
        before = (t_s, x, y)
        levels.append((t_s, severity))
    return levels


def held_jib(found: dict[tuple[str, str], Points], busy: Points) -> Levels:
    """Judge the mean wind while an idle crane's jib has turned by less than a degree in 7 min."""
    levels: Levels = []
    slews: deque[tuple[float, float]] = deque()
    wind = mean_wind(found["", "wind_ms"], (FAR, 13.9, 17.2, 20.0))
    for (t_s, slew), (_, severity), (_, load_t) in zip(
        found["", "slew_deg"], wind, busy, strict=True
    ):
        slews.append((t_s, slew))
        while slews[0][0] <= t_s - 420.0:
            slews.popleft()
        turned = max(v for _, v in slews) - min(v for _, v in slews)
        is_held = turned < 1.0 and load_t < 0.05 and t_s - slews[0][0] >= 360.0
        levels.append((t_s, severity if is_held else 0))
    return levels


def in_water(spec: DeviceSpec, point: str, seen: Points, world: World) -> Levels:
    """Judge vehicles by the water where they are, whatever becomes of its gauge."""
    name = GAUGES[spec.name, point]
    gauge = next(device for device in world.devices if device.name == name)
    water = true_signal(gauge, world)
    limits = (FAR, FAR, 0.15, gauge.design["close_depth_m"])
    return [
        (t, level(water.at(t)[""]["ponding_depth_m"], limits) if vehicles else 0)
        for t, vehicles in seen
    ]


def judgements_of(
    spec: DeviceSpec, points: dict[tuple[str, str], Points], world: World
) -> Iterator[tuple[str, Levels]]:
    """Judge every sensor, and what several sensors of a device show together."""
    yield from (judged(spec, s, points[s.point, s.quantity]) for s in spec.sensors)
    if spec.kind == "crane" and ("", "tilt_x_deg") in points:
        yield "crane_tilt", leaning(points, points["", "load_t"])
    if spec.kind == "crane" and {("", "slew_deg"), ("", "wind_ms")} <= set(points):
        yield "crane_jib_held", held_jib(points, points["", "load_t"])
    if spec.kind == "camera":
        for s in (each for each in spec.sensors if each.quantity == "vehicles"):
            seen = points[s.point, "vehicles"]
            yield "vehicle_in_water", in_water(spec, s.point, seen, world)


def truth(
    spec: DeviceSpec,
    script: Scenario,
    start: datetime,
    fleet: Sequence[DeviceSpec] = (),
    choose: Callable[[str], bool] = lambda _: True,
) -> dict[str, Levels]:
    """Follow what is true at one device to the scenario's end, or to its death, and judge it."""
    world = World(
        start=start,
        seed=script.seed,
        events=script.events,
        devices=fleet,
        nature=Nature(script.nature),
    )
    if "rail_azimuth_deg" in spec.design:  # how near others are is judged from where it travels
        spec = replace(spec, sensors=(*spec.sensors, SensorSpec("clearance_m")))
    signal = true_signal(spec, world)
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
    judgements = list(judgements_of(spec, points, world))
    for hazard, levels in judgements:
        if hazard and choose(hazard):
            by_time = worst.setdefault(hazard, {})
            for t, severity in levels:
                by_time[t] = max(by_time.get(t, 0), severity)
    return {hazard: sorted(by_time.items()) for hazard, by_time in worst.items()}
