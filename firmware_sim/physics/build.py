"""Puts a signal behind every device: the kind's physics, its sensors only, rounded as reported."""

from collections.abc import Callable
from typing import Protocol

from firmware_sim.device import Signal
from firmware_sim.physics.crane import Crane
from firmware_sim.physics.formwork import Formwork
from firmware_sim.physics.hoist import Hoist
from firmware_sim.physics.pit import Pit
from firmware_sim.physics.platform import Platform
from firmware_sim.physics.rain import Rain
from firmware_sim.physics.water_level import WaterLevel
from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec

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
_MANY: dict[str, Callable[[DeviceSpec, World], Signal]] = {"pit": Pit, "formwork": Formwork}
# Digits after the point that an instrument reports, by the ending of the quantity's name.
_DIGITS = (
    ("_code", 0),
    ("_bits", 0),
    ("_state", 0),
    ("slew_deg", 1),
    ("_deg", 3),
    ("_pct", 1),
    ("_mm", 2),
    ("_ms", 2),
    ("_kn", 1),
)


def build(spec: DeviceSpec, world: World) -> Signal:
    """Give the signal of one device in this world."""
    signal: Signal = _MANY[spec.kind](spec, world) if spec.kind in _MANY else _Spread(spec, world)
    return _Reported(signal, world, spec)


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
    """Speaks in the instrument's unit and digits; repeats itself while a `stick` event lasts."""

    def __init__(self, inner: Signal, world: World, spec: DeviceSpec) -> None:
        self._inner = inner
        self._sticks = world.acting("stick", spec.site, spec.id)
        self._sensors = {(s.point, s.quantity): (s, _digits(s.quantity)) for s in spec.sensors}
        self._last: Values = {}

    def at(self, t_s: float) -> Values:
        fresh = {
            point: {name: self._raw(point, name, value) for name, value in values.items()}
            for point, values in self._inner.at(t_s).items()
        }
        if not self._last or lasting(self._sticks, t_s) is None:
            self._last = fresh
        return {point: dict(values) for point, values in self._last.items()}

    def _raw(self, point: str, quantity: str, value: float) -> float:
        sensor, digits = self._sensors[point, quantity]
        return round(sensor.raw(value), digits) + 0.0


def _digits(quantity: str) -> int:
    return next((n for ending, n in _DIGITS if quantity.endswith(ending)), 3)
