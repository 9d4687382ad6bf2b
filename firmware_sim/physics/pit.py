"""A deep excavation pit: creep, stages, failure, struts that follow the warmth, groundwater.

Each sensor rests at a seeded share of its limit; a prestressed one a little above its preload.
The limit comes from the site file (`wall_top_h_limit_mm`, `strut_capacity_kn`, `limit_mm` …), else
it is a common value for the quantity (domain reference B3).
"""

import math

from firmware_sim.events import Event
from firmware_sim.nature import Nature
from firmware_sim.physics.ground import bulge, depth_of, smooth, staged, tertiary
from firmware_sim.physics.world import Waves, World, lasting
from firmware_sim.site import DeviceSpec, SensorSpec

_LIMITS = {
    "wall_top_h_mm": 30.0,
    "wall_top_v_mm": 20.0,
    "deep_h_mm": 40.0,
    "column_v_mm": 20.0,
    "strut_force_kn": 3000.0,
    "anchor_force_kn": 400.0,
    "gw_level_mm": 1000.0,
    "pore_pressure_kpa": 120.0,
    "earth_pressure_kpa": 160.0,
    "wall_force_kn_m": 600.0,
    "surface_v_mm": 25.0,
    "building_v_mm": 20.0,
    "building_tilt_permille": 2.0,
    "crack_building_mm": 1.5,
    "crack_ground_mm": 10.0,
    "pipe_v_mm": 10.0,
    "road_v_mm": 20.0,
    "heave_mm": 30.0,
}
# Settlement and draw-down are negative; toward the pit, heave, forces and cracks positive.
_DOWNWARD = frozenset(
    {
        "wall_top_v_mm",
        "column_v_mm",
        "surface_v_mm",
        "building_v_mm",
        "pipe_v_mm",
        "road_v_mm",
        "gw_level_mm",
    }
)
_HORIZONTAL = ("wall_top_h_mm", "deep_h_mm")
_AROUND = (
    *("wall_top_v_mm", "column_v_mm", "surface_v_mm", "building_v_mm", "building_tilt_permille"),
    *("crack_building_mm", "crack_ground_mm", "pipe_v_mm", "road_v_mm", "heave_mm"),
)
_PRESSED = ("pore_pressure_kpa", "earth_pressure_kpa", "wall_force_kn_m")
# What each deed moves.
_MOVES: dict[str, tuple[str, ...]] = {
    "pit_creep": _HORIZONTAL,
    "excavate": (*_HORIZONTAL, "surface_v_mm"),
    "collapse": (*_HORIZONTAL, "surface_v_mm"),
    "strut_load": ("strut_force_kn", "anchor_force_kn"),
    "groundwater": ("gw_level_mm",),
    "settle": _AROUND,
    "press": _PRESSED,
}
# Share of the creep's span at which failure would come: the end is 3.3 times as fast as the start.
_TERTIARY = 0.7
_FALLEN_SHARE = 4.0


class Pit:
    """The signal of one pit's logger: every sensor by point and quantity."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._world, self._site = world, spec.site
        self._probes = [Probe(spec, sensor, world) for sensor in spec.sensors]

    def at(self, t_s: float) -> dict[str, dict[str, float]]:
        """Give point → quantity → value at `t_s`."""
        air = self._world.air_degc(self._site, t_s)
        values: dict[str, dict[str, float]] = {}
        for probe in self._probes:
            values.setdefault(probe.point, {})[probe.quantity] = probe.at(t_s, air)
        return values


class Probe:
    """What is true at one sensor of a pit."""

    def __init__(self, spec: DeviceSpec, sensor: SensorSpec, world: World) -> None:
        self.quantity, self.point = sensor.quantity, sensor.point
        random = world.random(spec.name, sensor.point, sensor.quantity)
        nature = self._nature = world.nature
        self.limit = _limit(sensor)
        self._part = _part(sensor, world) if sensor.quantity == "deep_h_mm" else 1.0
        self._rest = _rest(sensor, self.limit, random.random(), nature) * self._part
        self._per_day = random.uniform(
            nature("pit", "creep_low_per_day"), nature("pit", "creep_high_per_day")
        )
        self._wander = Waves(random, 6.0 * 3600.0)
        place = (spec.site, spec.id, sensor.point or "*")
        deeds = [deed for deed, moved in _MOVES.items() if sensor.quantity in moved]
        found = [event for deed in deeds for event in world.acting(deed, *place)]
        self._events = sorted(found, key=lambda event: event.at_s)
        self._dangers = world.acting("danger", *place)

    def at(self, t_s: float, air_degc: float) -> float:
        """Give the value at `t_s` with the air at `air_degc`."""
        if self.quantity == "temperature_degc":
            return air_degc
        if self.quantity == "danger_sign":
            return float(lasting(self._dangers, t_s) is not None)
        if self.quantity == "battery_v":
            return 12.6
        if self.quantity == "battery_pct":
            return 94.0
        share = self._rest + self._per_day * t_s / 86400.0
        for event in self._events:
            share = self._driven(event, t_s, share)
        value = share * self.limit * (1.0 + 0.004 * self._wander(t_s))
        if self.quantity == "strut_force_kn":
            warmer_k = air_degc - self._nature("pit", "strut_reference_degc")
            value += self._nature("pit", "strut_kn_per_k") * warmer_k
        return -value if self.quantity in _DOWNWARD else max(value, 0.0)

    def _driven(self, event: Event, t_s: float, share: float) -> float:
        """Carry `share` of the limit along one event."""
        since_s, over_s = t_s - event.at_s, event.params["over"]
        if since_s <= 0.0:
            return share
        if event.deed == "collapse":
            if since_s >= over_s:
                return _FALLEN_SHARE
            gained = event.params["gain_pct"] / 100.0 / math.log(10.0)
            return share + self._part * gained * tertiary(since_s, over_s)
        way = event.params["to_pct"] / 100.0 * self._part - share
        if event.deed == "excavate":
            creep = self._nature("pit", "stage_creep_share")
            return share + way * staged(
                since_s, over_s, creep, 3600.0 * self._nature("pit", "stage_creep_unit_h")
            )
        if event.deed in ("settle", "press"):
            return share + way * smooth(since_s / over_s)
        return share + way * tertiary(min(since_s, over_s), over_s / _TERTIARY) / -math.log(
            1.0 - _TERTIARY
        )


def _part(sensor: SensorSpec, world: World) -> float:
    """Give how much of the wall's largest movement this depth sees."""
    depth_m, pit_m = depth_of(sensor.point), sensor.design.get("pit_depth_m", 0.0)
    if depth_m is None or pit_m <= 0.0:
        return 1.0
    nature = world.nature
    return bulge(
        depth_m, pit_m, nature("pit", "profile_peak_share"), nature("pit", "profile_width_share")
    )


def _limit(sensor: SensorSpec) -> float:
    stem, unit = _stem(sensor.quantity)
    names = (
        *(f"{stem}_limit_{unit}", f"{stem}_capacity_{unit}", f"{stem}_design_{unit}"),
        f"limit_{unit}",
    )
    named = (sensor.design[name] for name in names if sensor.design.get(name, 0.0) > 0.0)
    return next(named, _LIMITS.get(sensor.quantity, 1.0))


def _rest(sensor: SensorSpec, limit: float, drawn: float, nature: Nature) -> float:
    """Give the resting share of the limit; what is prestressed stands just above its preload."""
    stem, unit = _stem(sensor.quantity)
    preload = sensor.design.get(f"{stem}_preload_{unit}", 0.0)
    if preload <= 0.0:
        low, high = nature("pit", "rest_low_share"), nature("pit", "rest_high_share")
        return low + (high - low) * drawn
    low, high = (1.10, 1.18) if stem == "strut" else (1.01, 1.025)
    return preload / limit * (low + (high - low) * drawn)


def _stem(quantity: str) -> tuple[str, str]:
    """Split `strut_force_kn` into `strut` and `kn`; `wall_force_kn_m` keeps its first part."""
    if quantity == "wall_force_kn_m":
        return "wall_force", "kn_m"
    stem, _, unit = quantity.rpartition("_")
    return stem.removesuffix("_force"), unit
