"""Makes a virtual sensor of a device."""

from collections.abc import Sequence

from sensors.catalogue import KINDS
from sensors.model import SensorKey
from sensors.registry import Device, Sensor


def virtual(device: Device, point: str, quantity: str, says: str) -> Sensor:
    """Make a sensor whose value is computed; it inherits design and pace from the device's."""
    home: Sequence[Sensor] = list(device.sensors)
    entry = KINDS[device.kind].quantities[quantity]
    return Sensor(
        key=SensorKey(device.site, device.id, point, quantity),
        kind=device.kind,
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=entry.low,
        high=entry.high,
        suspect_low=entry.low if entry.suspect_low is None else entry.suspect_low,
        suspect_high=entry.high if entry.suspect_high is None else entry.suspect_high,
        every=device.every,
        position=device.position,
        design=home[0].design,
        derived=says,
        is_steady=False,  # its joint says whether its silence is looked at
    )
