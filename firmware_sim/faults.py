"""Faults of values and clocks: what a broken sensor, cable or clock makes of good readings.

Each is a function of the value and the time, with a memory where the fault has one. What breaks the
link or the messages is in `firmware_sim.mishap`.
"""

from collections.abc import Sequence

from firmware_sim.events import CLOCK_DEEDS, VALUE_DEEDS, Event
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec, SensorSpec

_BATTERY = frozenset({"battery_v", "battery_pct"})
_HOUSEKEEPING = _BATTERY | {"temperature_degc"}
# What befalls a device's own voltage and warmth too, when an event names no quantity.
_WHOLE = frozenset({"gap", "stick", "low_battery"})


class Faults:
    """The faults of one sensor, in order of time; asked with growing time."""

    def __init__(self, spec: DeviceSpec, sensor: SensorSpec, world: World) -> None:
        names = VALUE_DEEDS | ({"low_battery"} if sensor.quantity in _BATTERY else set())
        found = [
            event
            for deed in sorted(names)
            for event in world.acting(deed, spec.site, spec.id, sensor.point or "*")
            if event.quantity == sensor.quantity
            or (not event.quantity and (sensor.quantity not in _HOUSEKEEPING or deed in _WHOLE))
        ]
        self._events = sorted(found, key=lambda event: event.at_s)
        self._random = world.random(spec.name, sensor.point, sensor.quantity, "fault")
        self._is_counter = sensor.quantity.endswith("_total_mm")
        self._last: float | None = None
        self._zeros: dict[int, float] = {}
        self._spent: set[int] = set()

    def seen(self, value: float, t_s: float) -> float | None:
        """Give what the broken sensor says, or None where it says nothing."""
        if not self._events:
            return value
        answer: float | None = value
        for event in self._events:
            if event.at_s <= t_s and answer is not None:
                answer = self._apply(event, answer, t_s)
        if answer is not None and not any(_sticks(event, t_s) for event in self._events):
            self._last = answer
        return answer

    def _apply(self, event: Event, value: float, t_s: float) -> float | None:
        since_s = t_s - event.at_s
        if since_s >= event.params.get("lasting", float("inf")):
            return value
        match event.deed:
            case "gap":
                return None
            case "stick":
                return value if self._last is None else self._last
            case "dying":
                return self._dying(event, value, since_s)
            case _:
                return self._shifted(event, value, since_s)

    def _shifted(self, event: Event, value: float, since_s: float) -> float:
        """Apply a fault that moves or stretches the value."""
        params = event.params
        match event.deed:
            case "counter_reset":
                value = self._from_zero(event, value) if self._is_counter else value
            case "spike":
                value += self._once(event, params["by"])
            case "low_battery":
                share = min(since_s / params["over"], 1.0)
                value *= 1.0 + share * (params["to_pct"] / 100.0 - 1.0)
            case "drift":
                value += params["by"] * min(since_s / params["over"], 1.0)
            case "bias":
                value += params["by"]
            case _:
                value *= params["times"]
        return value

    def _dying(self, event: Event, value: float, since_s: float) -> float | None:
        share = since_s / event.params["over"]
        if share >= 1.0:
            return None
        return value + self._random.gauss(0.0, event.params["noise"] * share)

    def _once(self, event: Event, by: float) -> float:
        if id(event) in self._spent:
            return 0.0
        self._spent.add(id(event))
        return by

    def _from_zero(self, event: Event, value: float) -> float:
        zero = self._zeros.setdefault(id(event), value if self._last is None else self._last)
        return value - zero


def _sticks(event: Event, t_s: float) -> bool:
    return event.deed == "stick" and event.at_s <= t_s < event.at_s + event.params["lasting"]


class WrongClock:
    """What a device's clock says: the truth, or off by a jump, or running fast or slow."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = [event for event in events if event.deed in CLOCK_DEEDS]

    def __call__(self, t_s: float) -> float:
        """Give the device's time, in seconds since the start, when it is really `t_s`."""
        said_s = t_s
        for event in self._events:
            since_s = t_s - event.at_s
            if 0.0 <= since_s < event.params["lasting"]:
                skewed = event.deed == "clock_skew"
                said_s += since_s * event.params["ppm"] * 1e-6 if skewed else event.params["by"]
        return said_s


def clock_of(spec: DeviceSpec, events: Sequence[Event]) -> WrongClock:
    """Give the clock of one device."""
    return WrongClock([event for event in events if event.touches(spec.site, spec.id)])
