"""Makes a virtual sensor: one whose value is computed, after the sensor that stands behind it."""

from collections.abc import Mapping
from dataclasses import replace

from sensors.catalogue import KINDS
from sensors.model import SensorKey
from sensors.qc.checks import NO_CHECKS
from sensors.registry import Device, Sensor


def virtual(
    model: Sensor, key: SensorKey, says: str, design: Mapping[str, float] | None = None
) -> Sensor:
    """Make a sensor with the design and the pace of `model`; `design` adds to its design values.

    What is said of the model alone (own limits, checks of single values, its neighbours at the same
    point) does not pass on.
    """
    entry = KINDS[model.kind].quantities[key.quantity]
    return replace(
        model,
        key=key,
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=entry.low,
        high=entry.high,
        suspect_low=entry.low if entry.suspect_low is None else entry.suspect_low,
        suspect_high=entry.high if entry.suspect_high is None else entry.suspect_high,
        design={**model.design, **(design or {})},
        sent_as="",
        beside=frozenset(),
        limits=(),
        checks=NO_CHECKS,
        derived=says,
        is_steady=False,  # its joint says whether its silence is looked at
    )


def virtual_of(
    device: Device,
    point: str,
    quantity: str,
    says: str,
    design: Mapping[str, float] | None = None,
) -> Sensor:
    """Make a sensor about a device as a whole, with the device's place and pace."""
    model = replace(device.sensors[0], every=device.every, position=device.position)
    return virtual(model, SensorKey(device.site, device.id, point, quantity), says, design)
