"""A camera that counts: persons and vehicles in its zones, as far as a scenario sends them there.

Traffic comes in ones and twos with the minute; what is stranded or has walked in stays.
"""

from firmware_sim.events import Event
from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec

_PASSING_S = 10.0  # how long a passing vehicle is in the picture


class Camera:
    """The signal of one camera; empty zones unless an event says otherwise."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._spec, self._world = spec, world
        self._points: dict[str, list[str]] = {}
        for sensor in spec.sensors:
            self._points.setdefault(sensor.point, []).append(sensor.quantity)
        self._events = {
            (point, deed): world.acting(deed, spec.site, spec.id, point or "*")
            for point in self._points
            for deed in ("trespass", "strand", "traffic")
        }

    def at(self, t_s: float) -> dict[str, dict[str, float]]:
        """Give what is counted in every zone at `t_s`."""
        return {
            point: {name: self._value(point, name, t_s) for name in names}
            for point, names in self._points.items()
        }

    def _value(self, point: str, quantity: str, t_s: float) -> float:
        if quantity == "persons":
            return self._staying(point, "trespass", t_s)
        if quantity == "vehicles":
            return self._staying(point, "strand", t_s) + self._passing(point, t_s)
        air_degc = self._world.air_degc(self._spec.site, t_s)
        return {"battery_v": 12.0, "battery_pct": 100.0, "temperature_degc": air_degc}[quantity]

    def _staying(self, point: str, deed: str, t_s: float) -> float:
        event = lasting(self._events[point, deed], t_s)
        return event.params["n"] if event is not None else 0.0

    def _passing(self, point: str, t_s: float) -> float:
        event: Event | None = lasting(self._events[point, "traffic"], t_s)
        if event is None:
            return 0.0
        random = self._world.random(self._spec.name, point, "traffic", f"{t_s // _PASSING_S:.0f}")
        share = event.params["per_min"] * _PASSING_S / 60.0
        return float(sum(random.random() < share / 2.0 for _ in range(2)))
