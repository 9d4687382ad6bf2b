"""Cranes that travel: the rail of the site file, and how far along it a crane can be believed.

The position that a site file gives is where the crane stands when its `travel_m` is 0. A rail
without a `travel_m`, or a `travel_m` without a rail, does not say where the crane is, and nothing
is judged from there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import cos, radians, sin

from sensors.crane.frame import Frame
from sensors.crane.geometry import Rail
from sensors.crane.rail import AZIMUTH, CARRIAGE, CARRIAGE_M, LEAST, MOST, NAMES, TRAVEL, has_rail
from sensors.fault import Fault
from sensors.model import Position
from sensors.registry import Device, Sensor


def travels(device: Device) -> bool:
    """Say whether anything of the device speaks of travelling, whole or not."""
    if any(TRAVEL in sensors for sensors in device.points.values()):
        return True
    return any(name in sensor.design for sensor in device.sensors for name in NAMES)


def zero_of(device: Device) -> Position:
    """Give where a crane stands, or stands when its travel is 0."""
    return device.position if device.zero is None else device.zero


def rail_of(device: Device, design: Mapping[str, float]) -> Rail | str | None:
    """Give the rail of a crane, None where it does not travel, or why its place is not known.

    It reaches as far as the values of `travel_m` are believed.
    """
    if not travels(device):
        return None
    sensor = device.points.get("", {}).get(TRAVEL)
    lacking = [name for name in NAMES if name not in design]
    if sensor is None:
        return f"{device.id} stands on a rail and has no {TRAVEL} beside its slew_deg"
    if lacking:
        return f"{device.id} has {TRAVEL} and the site file gives no {' and no '.join(lacking)}"
    along = radians(design[AZIMUTH])
    least, most = max(sensor.low, sensor.suspect_low), min(sensor.high, sensor.suspect_high)
    return Rail(sin(along), cos(along), least, most, design.get(CARRIAGE, CARRIAGE_M))


def on_rail(device: Device) -> Device:
    """Put a crane that travels, and all that sits on it, at the middle of its rail.

    That is the place of its alerts and cards: where it stands at an instant moves within its site.
    """
    design = device.sensors[0].design if device.sensors else {}
    if device.kind != "crane" or not has_rail(design):
        return device
    zero = device.position
    middle = _place(zero, design, (design[LEAST] + design[MOST]) / 2)
    sensors = tuple(
        replace(sensor, position=middle) if sensor.position == zero else sensor
        for sensor in device.sensors
    )
    return replace(device, position=middle, zero=zero, sensors=sensors)


def ends_of(device: Device) -> tuple[Position, Position] | None:
    """Give where a crane stands at either end stop, None for one that does not travel."""
    if device.zero is None:
        return None
    design = device.sensors[0].design
    first, last = (_place(device.zero, design, design[end]) for end in (LEAST, MOST))
    return first, last


def _place(zero: Position, design: Mapping[str, float], travel_m: float) -> Position:
    along = radians(design[AZIMUTH])
    return Frame(zero).position(travel_m * sin(along), travel_m * cos(along))


def rail_faults(device: Device) -> Iterator[Fault]:
    """Find rails of a crane that are given in part, or that end before they begin."""
    found: dict[tuple[str, int], Fault] = {}
    for sensor in device.sensors if device.kind == "crane" else ():
        if (fault := _fault(sensor)) is not None:
            found.setdefault((fault.file, fault.line), fault)
    yield from found.values()


def _fault(sensor: Sensor) -> Fault | None:
    design = sensor.design
    given = [name for name in (*NAMES, CARRIAGE) if name in design]
    lacking = [name for name in NAMES if name not in design]
    if not given:
        return None
    place = sensor.design_from[given[0]].place
    allowed = f"{', '.join(NAMES)}: all three, or none where the crane does not travel"
    if lacking:
        what = f"{given[0]} is given without {' and '.join(lacking)}"
        return Fault(place.file, place.line, what, allowed, "give the rest of the rail")
    if design[LEAST] < design[MOST]:
        return None
    place = sensor.design_from[MOST].place
    what = f"{MOST} {design[MOST]:g} is not above {LEAST} {design[LEAST]:g}"
    fix = "give the travel_m that the crane shows at either end stop"
    return Fault(place.file, place.line, what, f"above {design[LEAST]:g} m", fix)
