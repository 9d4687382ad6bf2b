"""High formwork: zeroed, loaded layer by layer in a pour, creeping while it cures, or failing."""

import math

from firmware_sim.physics.ground import layered, tertiary
from firmware_sim.physics.world import Waves, World, lasting
from firmware_sim.site import DeviceSpec, SensorSpec

# Alarm values of DBJ/T 15-197-2020 as in the domain reference C3; pole force is a design value.
_ALARM = {
    "settlement_mm": 8.0,
    "h_displacement_mm": 12.0,
    "pole_tilt_deg": 0.229,
    "beam_tilt_deg": 0.229,
    "pole_force_kn": 20.0,
    "foundation_settlement_mm": 8.0,
}
_CREEP_UNIT_S = 3600.0
_NOISE_CODE = 22.0  # visible deformation, loosening or noise


class Formwork:
    """The signal of one formwork logger: every sensor by point and quantity."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._world, self._site = world, spec.site
        self._probes = [Probe(spec, sensor, world) for sensor in spec.sensors]

    def at(self, t_s: float) -> dict[str, dict[str, float]]:
        """Give point → quantity → value at `t_s`."""
        values: dict[str, dict[str, float]] = {}
        air = self._world.air_degc(self._site, t_s)
        for probe in self._probes:
            values.setdefault(probe.point, {})[probe.quantity] = probe.at(t_s, air)
        return values


class Probe:
    """What is true at one sensor; before zeroing it stands at 15 to 35 % of its alarm value."""

    def __init__(self, spec: DeviceSpec, sensor: SensorSpec, world: World) -> None:
        self.quantity, self.point = sensor.quantity, sensor.point
        random = world.random(spec.name, sensor.point, sensor.quantity)
        self._nature = world.nature
        self.alarm = _alarm(sensor)
        self._rest = random.uniform(
            world.nature("formwork", "rest_low_share"), world.nature("formwork", "rest_high_share")
        )
        self._wander = Waves(random, 2400.0)
        place = (spec.site, spec.id, sensor.point or "*")
        self._zeroed = world.acting("zero", *place)
        self._pours = world.acting("pour", *place)
        self._collapses = world.acting("collapse", *place)
        self._dangers = world.acting("danger", *place)

    def at(self, t_s: float, air_degc: float) -> float:
        """Give the value at `t_s` with the air at `air_degc`."""
        if self.quantity == "temperature_degc":
            return air_degc
        if self.quantity == "danger_sign":
            return float(lasting(self._dangers, t_s) is not None)
        if self.quantity == "danger_kind":
            return _NOISE_CODE if lasting(self._dangers, t_s) is not None else 0.0
        if self.quantity == "phase_code":
            return float(self._phase(t_s))
        if self.quantity in ("battery_v", "battery_pct"):
            return 3.6 if self.quantity == "battery_v" else 88.0
        return self._share(t_s) * self.alarm

    def _phase(self, t_s: float) -> int:
        """Give 0 mounted, 1 zeroed, 2 pouring, 3 curing, as the gateway tells it."""
        begun = [pour for pour in self._pours if pour.at_s <= t_s]
        if begun:
            return 2 if any(t_s < pour.at_s + pour.params["over"] for pour in begun) else 3
        return int(any(event.at_s <= t_s for event in self._zeroed))

    def _share(self, t_s: float) -> float:
        rest = self._rest
        if any(event.at_s <= t_s for event in self._zeroed):
            rest = self._nature("formwork", "zeroed_share")
        share = rest + 0.01 * self._wander(t_s)
        for pour in self._pours:
            since_s, over_s = t_s - pour.at_s, pour.params["over"]
            way = pour.params["to_pct"] / 100.0 - share
            gone = layered(since_s, over_s, int(pour.params["layers"]))
            cured_s = max(since_s - over_s, 0.0)
            late = self._nature("formwork", "creep_share") * math.log10(
                1.0 + cured_s / _CREEP_UNIT_S
            )
            share += way * (gone + late)
        for event in self._collapses:
            gained = event.params["gain_pct"] / 100.0 / math.log(10.0)
            share += gained * tertiary(t_s - event.at_s, event.params["over"])
        return share


def _alarm(sensor: SensorSpec) -> float:
    stem, _, unit = sensor.quantity.rpartition("_")
    own = sensor.design.get(f"{stem}_limit_{unit}", 0.0)
    if sensor.quantity == "pole_force_kn":
        own = sensor.design.get("pole_design_force_kn", own)
    return own if own > 0.0 else _ALARM.get(sensor.quantity, 1.0)
