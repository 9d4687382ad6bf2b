"""A deep excavation pit: slow creep with noise, struts that follow the temperature, groundwater.

Each sensor rests at a seeded share of its limit; a prestressed one a little above its preload.
The limit comes from the site file (`wall_top_h_limit_mm`, `strut_capacity_kn`, `limit_mm` …), else
it is a common value for the quantity (domain reference B3).
"""

import math

from firmware_sim.events import Event
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
_HORIZONTAL = frozenset({"wall_top_h_mm", "deep_h_mm"})
_DEED = {
    "strut_force_kn": "strut_load",
    "anchor_force_kn": "strut_load",
    "gw_level_mm": "groundwater",
}
_STRUT_KN_PER_K = 12.0
# Share of the creep's span at which failure would come: the end is 3.3 times as fast as the start.
_TERTIARY = 0.7


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
    """One sensor of a pit."""

    def __init__(self, spec: DeviceSpec, sensor: SensorSpec, world: World) -> None:
        self.quantity, self.point = sensor.quantity, sensor.point
        random = world.random(spec.name, sensor.point, sensor.quantity)
        self._random = random
        self.limit = _limit(sensor)
        self._rest = _rest(sensor, self.limit, random.random())
        self._per_day = random.uniform(0.001, 0.004)
        self._wander = Waves(random, 6.0 * 3600.0)
        deed = _DEED.get(sensor.quantity)
        if sensor.quantity in _HORIZONTAL:
            deed = "pit_creep"
        place = (spec.site, spec.id, sensor.point or "*")
        self._events = world.acting(deed, *place) if deed else []
        self._dangers = world.acting("danger", *place)

    def at(self, t_s: float, air_degc: float) -> float:
        """Give the value at `t_s` with the air at `air_degc`."""
        if self.quantity == "temperature_degc":
            return air_degc
        if self.quantity == "danger_sign":
            return float(lasting(self._dangers, t_s) is not None)
        if self.quantity == "battery_v":
            return 12.6 + self._random.gauss(0.0, 0.02)
        if self.quantity == "battery_pct":
            return 94.0
        share = self._rest + self._per_day * t_s / 86400.0
        for event in self._events:
            share = _driven(event, t_s, share)
        value = share * self.limit * (1.0 + 0.004 * self._wander(t_s))
        if self.quantity == "strut_force_kn":
            value += _STRUT_KN_PER_K * (air_degc - 26.0)
        value += self._random.gauss(0.0, 0.0015) * self.limit
        return -value if self.quantity in _DOWNWARD else max(value, 0.0)


def _driven(event: Event, t_s: float, share: float) -> float:
    """Carry `share` towards the event's end by -ln(1 - u), the law of Voight at α = 2."""
    u = min((t_s - event.at_s) / event.params["over"], 1.0)
    if u <= 0.0:
        return share
    gone = math.log(1.0 - _TERTIARY * u) / math.log(1.0 - _TERTIARY)
    return share + (event.params["to_pct"] / 100.0 - share) * gone


def _limit(sensor: SensorSpec) -> float:
    stem, unit = _stem(sensor.quantity)
    for key in (f"{stem}_limit_{unit}", f"{stem}_capacity_{unit}", f"limit_{unit}"):
        if sensor.design.get(key, 0.0) > 0.0:
            return sensor.design[key]
    return _LIMITS.get(sensor.quantity, 1.0)


def _rest(sensor: SensorSpec, limit: float, share: float) -> float:
    """Give the resting share of the limit; `share` is drawn from 0 to 1."""
    stem, unit = _stem(sensor.quantity)
    preload = sensor.design.get(f"{stem}_preload_{unit}", 0.0)
    if preload <= 0.0:
        return 0.18 + 0.18 * share
    low, high = (1.10, 1.18) if stem == "strut" else (1.01, 1.025)
    return preload / limit * (low + (high - low) * share)


def _stem(quantity: str) -> tuple[str, str]:
    """Split `strut_force_kn` into `strut` and `kn`, `wall_top_h_mm` into `wall_top_h` and `mm`."""
    stem, _, unit = quantity.rpartition("_")
    return stem.removesuffix("_force"), unit
