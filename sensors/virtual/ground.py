"""The virtual sensors of pits and formwork: a borehole's greatest movement, neighbours' settlement.

Works on the devices of one site and gives them back with the sensors added. `alerting.joints`
computes the values.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from sensors.model import SensorKey
from sensors.registry import Device, Sensor, Site
from sensors.virtual.make import virtual

DEEP = "deep_h_mm"
DEEPEST = "deep_h_max_mm"
DIFFERENTIAL = "differential_mm"
SETTLES = ("foundation_settlement_mm", "settlement_mm")
"""What poles may settle by, the base before the top: the limit is one of the pole's base."""

_DEPTH = re.compile(r"(?P<hole>.+)-(?P<depth>\d+(?:\.\d+)?)m")
_BETWEEN = "--"


def hole_and_depth(point: str) -> tuple[str, float] | None:
    """Take a borehole's point apart, None for any other point.

    >>> hole_and_depth("CX3-7.5m")
    ('CX3', 7.5)
    """
    found = _DEPTH.fullmatch(point)
    return None if found is None else (found["hole"], float(found["depth"]))


def boreholes(device: Device) -> dict[str, dict[float, Sensor]]:
    """Give the inclinometer sensors of a device by borehole and depth."""
    holes: dict[str, dict[float, Sensor]] = {}
    for sensor in device.sensors:
        if sensor.key.quantity == DEEP and (place := hole_and_depth(sensor.key.point)) is not None:
            hole, depth_m = place
            holes.setdefault(hole, {})[depth_m] = sensor
    return {hole: dict(sorted(points.items())) for hole, points in holes.items()}


def pole(site: Site, name: str) -> Sensor | None:
    """Find what the pole `device/point` settles by."""
    device_id, _, point = name.partition("/")
    for device in site.devices:
        if device.id == device_id:
            known = device.points.get(point, {})
            return next((known[quantity] for quantity in SETTLES if quantity in known), None)
    return None


def between(one: Sensor, other: Sensor) -> SensorKey:
    """Name the sensor of two neighbouring poles; it belongs to the first one's device."""
    first, second = one.key, other.key
    point = f"{first.point or 'P'}{_BETWEEN}{second.device}.{second.point or 'P'}"
    return SensorKey(first.site, first.device, point, DIFFERENTIAL)


def with_virtual_ground(site: Site) -> Site:
    """Give the site with the virtual sensors of its boreholes and neighbouring poles."""
    added: dict[str, list[Sensor]] = {}
    for device in site.devices:
        for hole, points in boreholes(device).items():
            deepest = next(iter(points.values()))
            says = f"greatest of the {len(points)} points of borehole {hole}"
            key = SensorKey(site.id, device.id, hole, DEEPEST)
            added.setdefault(device.id, []).append(virtual(deepest, key, says))
    for pair in site.neighbours:
        one, other = pole(site, pair.one), pole(site, pair.other)
        if one is not None and other is not None:
            says = f"settlement of {pair.one} less that of {pair.other}"
            more = {"pole_spacing_m": pair.spacing_m}
            sensor = virtual(one, between(one, other), says, more)
            added.setdefault(one.key.device, []).append(sensor)
    if not added:
        return site
    return replace(site, devices=tuple(_with(d, added.get(d.id, ())) for d in site.devices))


def _with(device: Device, sensors: Iterable[Sensor]) -> Device:
    known = {sensor.key for sensor in device.sensors}
    new = [sensor for sensor in sensors if sensor.key not in known]
    return replace(device, sensors=(*device.sensors, *new))
