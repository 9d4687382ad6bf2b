"""Puts a signal behind every device: physics, then instruments, faults, and the wire's digits."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from firmware_sim.device import Signal
from firmware_sim.faults import Faults
from firmware_sim.physics.camera import Camera
from firmware_sim.physics.crane import Crane
from firmware_sim.physics.formwork import Formwork
from firmware_sim.physics.hoist import Hoist
from firmware_sim.physics.instrument import Probe
from firmware_sim.physics.pit import Pit
from firmware_sim.physics.platform import Platform
from firmware_sim.physics.rain import Rain
from firmware_sim.physics.water_level import WaterLevel
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec, SensorSpec

Values = dict[str, dict[str, float]]


class _Flat(Protocol):
    """Physics that give each quantity once."""

    def at(self, t_s: float) -> dict[str, float]: ...


_ONE: dict[str, Callable[[DeviceSpec, World], _Flat]] = {
    "crane": Crane,
    "hoist": Hoist,
    "rain": Rain,
    "water_level": WaterLevel,
    "platform": Platform,
}
_MANY: dict[str, Callable[[DeviceSpec, World], Signal]] = {
    "pit": Pit,
    "formwork": Formwork,
    "camera": Camera,
}


def build(spec: DeviceSpec, world: World) -> Signal:
    """Give what one device reports in this world."""
    return _Reported(true_signal(spec, world), world, spec)


def true_signal(spec: DeviceSpec, world: World) -> Signal:
    """Give what is true at one device's sensors, in base units: no instrument, no fault."""
    return _MANY[spec.kind](spec, world) if spec.kind in _MANY else _Spread(spec, world)


class _Spread:
    """Gives the values of one-of-each physics to the points at which the sensors sit."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._inner = _ONE[spec.kind](spec, world)
        self._points: dict[str, list[str]] = {}
        for sensor in spec.sensors:
            self._points.setdefault(sensor.point, []).append(sensor.quantity)

    def at(self, t_s: float) -> Values:
        values = self._inner.at(t_s)
        return {point: {q: values[q] for q in names} for point, names in self._points.items()}


class _Reported:
    """What the instruments see, through their faults, in their own units and digits."""

    def __init__(self, inner: Signal, world: World, spec: DeviceSpec) -> None:
        self._inner = inner
        self._sensors = {
            (sensor.point, sensor.quantity): _Reporting(
                sensor, Probe(spec, sensor, world), Faults(spec, sensor, world)
            )
            for sensor in spec.sensors
        }

    def at(self, t_s: float) -> Values:
        found: Values = {}
        for point, values in self._inner.at(t_s).items():
            said = {name: self._said(point, name, value, t_s) for name, value in values.items()}
            heard = {name: value for name, value in said.items() if value is not None}
            if heard:
                found[point] = heard
        return found

    def _said(self, point: str, quantity: str, true: float, t_s: float) -> float | None:
        sensor, probe, faults = self._sensors[point, quantity]
        seen = faults.seen(probe.seen(true, t_s), t_s)
        return None if seen is None else round(sensor.raw(seen), probe.digits) + 0.0


class _Reporting(NamedTuple):
    """One sensor's way from the truth to the wire."""

    sensor: SensorSpec
    probe: Probe
    faults: Faults
