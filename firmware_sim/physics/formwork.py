"""High formwork: settlement, lean and pole force grow while concrete is poured, then creep."""

from firmware_sim.physics.world import Waves, World, lasting, smooth
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


class Formwork:
    """The signal of one formwork logger: every sensor by point and quantity."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._world, self._site = world, spec.site
        self._probes = [Probe(spec, sensor, world) for sensor in spec.sensors]

    def at(self, t_s: float) -> dict[str, dict[str, float]]:
        """Give point → quantity → value at `t_s`."""
        values: dict[str, dict[str, float]] = {}
        for probe in self._probes:
            air = self._world.air_degc(self._site, t_s)
            values.setdefault(probe.point, {})[probe.quantity] = probe.at(t_s, air)
        return values


class Probe:
    """One sensor of a formwork; at rest it stands at 15 to 35 % of its alarm value."""

    def __init__(self, spec: DeviceSpec, sensor: SensorSpec, world: World) -> None:
        self.quantity, self.point = sensor.quantity, sensor.point
        self._random = world.random(spec.name, sensor.point, sensor.quantity)
        self.alarm = _alarm(sensor)
        self._rest = self._random.uniform(0.15, 0.35)
        self._wander = Waves(self._random, 2400.0)
        place = (spec.site, spec.id, sensor.point or "*")
        self._pours = world.acting("pour", *place)
        self._dangers = world.acting("danger", *place)

    def at(self, t_s: float, air_degc: float) -> float:
        """Give the value at `t_s` with the air at `air_degc`."""
        if self.quantity == "temperature_degc":
            return air_degc
        if self.quantity == "danger_sign":
            return float(lasting(self._dangers, t_s) is not None)
        if self.quantity in ("battery_v", "battery_pct"):
            full = 3.6 if self.quantity == "battery_v" else 88.0
            return full * (1.0 + self._random.gauss(0.0, 0.002))
        share = self._rest + 0.01 * self._wander(t_s)
        for pour in self._pours:
            gone = smooth((t_s - pour.at_s) / pour.params["over"])
            share += (pour.params["to_pct"] / 100.0 - share) * gone
        return (share + self._random.gauss(0.0, 0.004)) * self.alarm


def _alarm(sensor: SensorSpec) -> float:
    stem, _, unit = sensor.quantity.rpartition("_")
    own = sensor.design.get(f"{stem}_limit_{unit}", 0.0)
    if sensor.quantity == "pole_force_kn":
        own = sensor.design.get("pole_design_force_kn", own)
    return own if own > 0.0 else _ALARM.get(sensor.quantity, 1.0)
