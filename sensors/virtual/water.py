"""The virtual sensor of every camera's zone in an underpass: how deep the water is where cars are.

Works on the devices of one site and gives them back with the sensors added. `alerting.joints`
computes the values.
"""

from dataclasses import replace

from sensors.registry import Device, Sensor, Site
from sensors.underpass import Underpass
from sensors.virtual.make import virtual

SEEN, DEEP, STANDS = "vehicles", "ponding_depth_m", "vehicle_depth_m"


def sensor_at(site: Site, place: str, quantity: str) -> Sensor | None:
    """Find a quantity at `device` or `device/point` of a site."""
    name, _, point = place.partition("/")
    device = next((device for device in site.devices if device.id == name), None)
    return None if device is None else device.points.get(point, {}).get(quantity)


def inputs_of(site: Site, underpass: Underpass) -> tuple[Sensor, Sensor] | None:
    """Give what sees the vehicles of an underpass and what measures its depth."""
    vehicles, depth = sensor_at(site, underpass.zone, SEEN), sensor_at(site, underpass.gauge, DEEP)
    return None if vehicles is None or depth is None else (vehicles, depth)


def why_not(site: Site, underpass: Underpass) -> str:
    """Say which end of an underpass the site does not have, or "" where both are there."""
    if sensor_at(site, underpass.zone, SEEN) is None:
        return f"no camera's zone '{underpass.zone}' that counts {SEEN}"
    if sensor_at(site, underpass.gauge, DEEP) is None:
        return f"no gauge '{underpass.gauge}' that measures {DEEP}"
    return ""


def with_virtual_water(site: Site) -> Site:
    """Give the site with the virtual sensors of its underpasses."""
    added: dict[str, list[Sensor]] = {}
    for underpass in site.underpasses:
        if (inputs := inputs_of(site, underpass)) is not None:
            sensor = _standing(underpass, *inputs)
            added.setdefault(sensor.key.device, []).append(sensor)
    return replace(site, devices=tuple(_with(d, added.get(d.id, []), site) for d in site.devices))


def _with(device: Device, sensors: list[Sensor], site: Site) -> Device:
    """Add the sensors of one device, and say of which of its zones nobody knows the depth."""
    known = {sensor.key for sensor in sensors}
    has_gauge = any(sensor.key.quantity == DEEP for each in site.devices for sensor in each.sensors)
    missing = {
        f"{key.point}/{STANDS}" if key.point else STANDS: "the site file names no gauge for it"
        " in `underpasses:`"
        for key in (sensor.key for sensor in device.sensors)
        if has_gauge and key.quantity == SEEN and key._replace(quantity=STANDS) not in known
    }
    if not sensors and not missing:
        return device
    return replace(
        device,
        sensors=(*device.sensors, *sensors),
        missing={**device.missing, **missing},
    )


def _standing(underpass: Underpass, vehicles: Sensor, depth: Sensor) -> Sensor:
    """Make the sensor: where the camera looks, with both design values, the gauge's first."""
    both = virtual(
        vehicles,
        vehicles.key._replace(quantity=STANDS),
        f"depth at {underpass.gauge} while {underpass.zone} sees a vehicle, else 0",
        depth.design,
    )
    return replace(
        both,
        words={**vehicles.words, **depth.words},
        design_from={**vehicles.design_from, **depth.design_from},
    )
