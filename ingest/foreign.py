"""From what a foreign sender says to what the intake takes: devices by address, sensors by name.

Plain functions over the registry. A unit that the sender states itself beats the site file's
`unit:`, which says only what is meant where the sender says nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ingest.codecs.heard import ForeignSample, ForeignStatus
from ingest.codecs.sample import meant, named
from sensors.calibrate import in_sent_unit, units_of
from sensors.door import DOORS
from sensors.registry import Device, Registry, Sensor

_MAX_NAMED = 8
KnownRaw = dict[str, tuple[datetime, float]]


class Translated(NamedTuple):
    """A sample in our words: raw values by point and quantity, as the site file expects them.

    `flags` are what the sender thinks of them, by point and quantity. `unnamed` are names that no
    sensor of the device has, `faults` sentences about values that cannot be used.
    """

    points: dict[str, dict[str, float]]
    flags: dict[str, dict[str, int]]
    unnamed: list[str]
    faults: list[str]


def translated(device: Device, sample: ForeignSample) -> Translated:
    """Find the sensors of a sample, and bring stated units to those the site file names."""
    found = Translated({}, {}, [], [])
    names = device.names
    for name, value in sample.values.items():
        sensor = names.get(name)
        if sensor is None:
            found.unnamed.append(name)
            continue
        symbol = sample.units.get(name)
        raw = value if symbol is None else in_sent_unit(value, symbol, sensor)
        if raw is None:
            found.faults.append(_why_no_unit(name, symbol or "", sensor))
            continue
        found.points.setdefault(sensor.key.point, {})[sensor.key.quantity] = raw
        if name in sample.flags:
            flags = found.flags.setdefault(sensor.key.point, {})
            flags[sensor.key.quantity] = int(sample.flags[name])
    return found


def known_of(device: Device, sample: ForeignSample, point: str) -> KnownRaw:
    """Give what a sample's device said before of one point, by quantity."""
    found: dict[str, tuple[datetime, float]] = {}
    for name, (at, value, unit) in sample.known.items():
        sensor = device.names.get(name)
        if sensor is None or sensor.key.point != point:
            continue
        raw = in_sent_unit(value, unit, sensor) if unit else value
        if raw is not None:
            found[sensor.key.quantity] = (at, raw)
    return found


def why_no_device(registry: Registry, door: str, address: str) -> str:
    """Say that nobody has an address, with near ones."""
    known = registry.addresses(door)
    said = f"no device has the {door} address '{named(address)}'"
    if not known:
        return f"{said}; no site file gives `addresses: {{{door}: …}}` ({DOORS[door]})"
    return said + meant(address, known)


def why_unnamed(device: Device, unnamed: list[str]) -> str:
    """Say which names no sensor of a device has, with near ones."""
    told = [
        f"no sensor called '{named(each)}'{meant(each, device.names)}"
        for each in unnamed[:_MAX_NAMED]
    ]
    more = f" and {len(unnamed) - _MAX_NAMED} more" if len(unnamed) > _MAX_NAMED else ""
    return f"'{device.site}/{device.id}' has {', '.join(told)}{more}"


def devices_of(registry: Registry, door: str, status: ForeignStatus) -> Iterator[Device]:
    """Yield the devices a status is about."""
    own = registry.addressed(door, status.address)
    if own is not None:
        yield own
    if status.reaches_below:
        start = f"{status.address}/" if status.address else ""
        for address in registry.addresses(door):
            device = registry.addressed(door, address)
            if address.startswith(start) and address != status.address and device is not None:
                yield device


def _why_no_unit(name: str, symbol: str, sensor: Sensor) -> str:
    allowed = ", ".join(units_of(sensor.unit))
    return (
        f"'{named(name)}' is in {named(symbol)}, which cannot be turned into {sensor.unit}"
        f" for {sensor.key}; allowed: {allowed}"
    )
