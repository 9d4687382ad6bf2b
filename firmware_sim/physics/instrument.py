"""What instruments make of the truth: noise, a bias, drift, warmth, and the digits they report."""

from random import Random

from firmware_sim import nature
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec, SensorSpec

_DAY_S = 86400.0
_WHOLE = (
    "_code",
    "_bits",
    "_state",
    "persons",
    "vehicles",
    "floor",
    "_open",
    "_sign",
    "_running",
    "_closed",
)
_REFERENCE_DEGC = 26.0


class Probe:
    """One instrument on one sensor; asked with growing time."""

    def __init__(self, spec: DeviceSpec, sensor: SensorSpec, world: World) -> None:
        self._random: Random = world.random(spec.name, sensor.point, sensor.quantity, "instrument")
        self._made = nature.instrument(spec.kind, sensor.quantity)
        self._bias = self._random.uniform(-self._made.bias, self._made.bias)
        self._drift = self._random.uniform(-self._made.drift, self._made.drift)
        self._site, self._world = spec.site, world
        self.digits = 0 if sensor.quantity.endswith(_WHOLE) else self._made.digits

    def seen(self, true: float, t_s: float) -> float:
        """Give what the instrument sees of a true value at `t_s`."""
        made = self._made
        value = true + self._bias + self._drift * t_s / _DAY_S
        if made.noise:
            value += self._random.gauss(0.0, made.noise)
        if made.per_k:
            value += made.per_k * (self._world.air_degc(self._site, t_s) - _REFERENCE_DEGC)
        return max(value, made.floor)
